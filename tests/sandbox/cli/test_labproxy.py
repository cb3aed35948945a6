import pytest

from sandbox.cli.labproxy import describe_sandbox


def test_the_proxy_attaches_to_the_server_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_URL", "http://127.0.0.1:8400")
    assert (describe_sandbox()["command"], describe_sandbox()["port"]) == ([], 8400)


def test_without_one_it_starts_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    assert describe_sandbox()["command"][-2:] == ["--port", "{port}"]

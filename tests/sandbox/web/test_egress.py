"""The egress proxy: what goes out goes by it, to the address that the guard has judged, and its password is shown nowhere."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp
from typer.testing import CliRunner

from sandbox.cli.verbs import app as cli
from sandbox.errors import BadRequest
from sandbox.redact import logged_secrets
from sandbox.testbench.chains import Terms, Untrusted
from sandbox.testbench.guard import Guard, GuardedTransport, NotLetOut, Refused
from sandbox.web.egress import VARIABLE, Egress, egress_of, way_out
from tests.places import PROJECT
from tests.sandbox.event.closed_systems import issued, serving
from tests.tunnel import Proxy, proxying

PUBLIC = "93.184.216.34"
HOST = "hospital.example"
PASSWORD = "canary-proxy-password"
BY_OTHERS = PROJECT / "out" / "proxies" / "proxy.py" / "bin" / "python"


async def resolve(host: str, port: int) -> list[str]:
    return {HOST: [PUBLIC], "metadata.example": ["169.254.169.254"]}.get(host, ["127.0.0.1"])


async def says_its_host(scope: object, receive: object, send: object) -> None:
    if scope["type"] == "http":  # type: ignore[index]
        host = Request(scope).headers["host"]  # type: ignore[arg-type]
        await PlainTextResponse(host)(scope, receive, send)  # type: ignore[arg-type]


SYSTEM: ASGIApp = says_its_host


def got(url: str, guard: Guard, terms: Terms | None = None) -> httpx.Response:
    """Asks as the bench does."""

    async def ask() -> httpx.Response:
        contexts = {(HOST, 443): terms} if terms else {}
        way = GuardedTransport(guard, resolve=resolve, contexts=contexts)
        async with httpx.AsyncClient(transport=way, trust_env=False, timeout=10) as client:
            await client.get(url)
            return await client.get(url)

    return asyncio.run(ask())


def port_of(base: str) -> int:
    return int(base.rpartition(":")[2])


def test_a_public_address_is_reached_by_the_proxy_as_it_was_judged() -> None:
    with serving(SYSTEM) as base, proxying(Proxy({f"{PUBLIC}:80": port_of(base)})) as proxy:
        answer = got(f"http://{HOST}/fhir", Guard(egress=egress_of(proxy.address)))
    assert answer.text == HOST
    assert proxy.asked == [f"{PUBLIC}:80"]  # one tunnel for both requests


def test_tls_is_between_us_and_the_system(tmp_path: Path) -> None:
    authority = issued("National CA", is_authority=True)
    files = issued(HOST, authority, host=HOST).files(tmp_path, "server")
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(cadata=authority.pem)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with (
        serving(SYSTEM, **files) as base,
        proxying(Proxy({f"{PUBLIC}:443": port_of(base)})) as proxy,
    ):
        guard = Guard(egress=egress_of(proxy.address))
        assert got(f"https://{HOST}/fhir", guard, Terms(context)).text == HOST
        with pytest.raises(Untrusted) as error:
            got(f"https://{HOST}/fhir", guard)
    # the second look that says whose certificate it is went the same way
    assert "National CA" in str(error.value.params) + str(error.value)
    assert set(proxy.asked) == {f"{PUBLIC}:443"}


def test_the_guard_decides_before_the_proxy_is_asked() -> None:
    with proxying(Proxy()) as proxy:
        guard = Guard(egress=egress_of(proxy.address))
        for url in ("http://metadata.example/", "http://10.1.2.3/", f"http://{HOST}:6379/"):
            with pytest.raises(Refused):
                got(url, guard)
    assert proxy.asked == []


def test_what_is_near_is_dialled_from_here() -> None:
    with serving(SYSTEM) as base, proxying(Proxy()) as proxy:
        guard = Guard(frozenset({"127.0.0.1"}), egress=egress_of(proxy.address))
        assert got(base, guard).status_code == 200
    assert proxy.asked == []


def test_the_password_of_the_proxy_is_sent_to_it_and_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = Proxy(credential=f"ana:{PASSWORD}")
    with serving(SYSTEM) as base, proxying(proxy):
        proxy.leads[f"{PUBLIC}:80"] = port_of(base)
        with pytest.raises(NotLetOut) as error:
            got(f"http://{HOST}/", Guard(egress=egress_of(proxy.address)))
        assert "407" in error.value.params["reason"]
        monkeypatch.setenv(VARIABLE, proxy.address.replace("//", f"//ana:{PASSWORD}@"))
        egress = egress_of()
        assert got(f"http://{HOST}/", Guard(egress=egress)).text == HOST
    assert "canary" not in repr(egress)
    assert PASSWORD in logged_secrets()


def test_a_proxy_that_opens_no_way_or_is_not_there_is_no_fault_of_the_system() -> None:
    with proxying(Proxy()) as proxy, pytest.raises(NotLetOut) as error:
        got(f"http://{HOST}/", Guard(egress=egress_of(proxy.address)))
    assert error.value.params["reason"].startswith("502")
    with pytest.raises(NotLetOut):
        got(f"http://{HOST}/", Guard(egress=egress_of("http://127.0.0.1:9")))


def test_variables_that_other_programs_obey_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(SYSTEM) as base, proxying(Proxy()) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address)
        assert egress_of() is None
        assert got(base, Guard(allows_private=True)).status_code == 200
    assert proxy.asked == []


@pytest.mark.parametrize(
    "text", ["proxy.example:3128", "socks5://proxy.example", "http://", "http://a:b", "http://a/x"]
)
def test_what_is_no_proxy_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(BadRequest):
        egress_of()


def test_clients_of_the_course_go_by_it_and_to_what_is_near_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(VARIABLE, "http://proxy.example:3128")
    assert way_out("http://127.0.0.1:8400/fhir") is None
    proxy = way_out(f"http://{PUBLIC}/fhir")
    assert proxy is not None
    assert str(proxy.url) == "http://proxy.example:3128"
    monkeypatch.delenv(VARIABLE)
    assert way_out(f"http://{PUBLIC}/fhir") is None


@pytest.mark.parametrize("verb", [["run", "fhir.basics"], ["serve"], ["lab"], ["agent", "--server", "http://127.0.0.1:9", "--system", "x"]])  # fmt: skip
def test_no_verb_takes_a_password_in_its_option(verb: list[str]) -> None:
    said = CliRunner().invoke(cli, [*verb, "--egress-proxy", f"http://ana:{PASSWORD}@proxy:3128"])
    assert said.exit_code == 2
    assert PASSWORD not in said.output


@contextmanager
def by_others(folder: Path) -> Iterator[Egress]:
    """proxy.py, which takes every name and address for loopback."""
    (folder / "leading.py").write_text(
        "from proxy.http.proxy import HttpProxyBasePlugin\n"
        "class Leading(HttpProxyBasePlugin):\n"
        "    def resolve_dns(self, host, port):\n"
        "        return '127.0.0.1', None\n"
    )
    file = folder / "port"
    options = ["--hostname", "127.0.0.1", "--port", "0", "--port-file", str(file)]
    options += ["--plugins", "leading.Leading", "--num-workers", "1", "--num-acceptors", "1"]
    process = subprocess.Popen(
        [str(BY_OTHERS), "-m", "proxy", *options, "--basic-auth", f"ana:{PASSWORD}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 20
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        egress = egress_of(f"http://127.0.0.1:{file.read_text().strip()}")
        assert egress
        yield egress
    finally:
        process.terminate()
        process.wait()


@pytest.mark.skipif(not BY_OTHERS.exists(), reason="proxy.py is not installed: make clients")
def test_a_proxy_by_others_takes_our_tunnels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(SYSTEM) as base, by_others(tmp_path) as egress:
        url = f"http://{HOST}:{port_of(base)}/"
        with pytest.raises(NotLetOut) as error:
            got(url, Guard(egress=egress))
        assert error.value.params["reason"].startswith("407")
        monkeypatch.setenv(VARIABLE, egress.address.replace("//", f"//ana:{PASSWORD}@"))
        assert got(url, Guard(egress=egress_of())).text == f"{HOST}:{port_of(base)}"

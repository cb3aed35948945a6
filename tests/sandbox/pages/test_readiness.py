"""The page of readiness: the check asks other servers in the operator's name, so that it is for those who may start runs."""

from __future__ import annotations

from pathlib import Path

from tests.sandbox.api.test_gate import an_event


def test_without_people_whoever_comes_checks_a_node(tmp_path: Path) -> None:
    with an_event(tmp_path, has_people=False) as event:
        assert event.ask("GET", "/readiness").status_code == 200
        checked = event.ask("GET", "/readiness/here?lang=es")
        assert checked.status_code == 200
        assert "<h1>" in checked.text
        assert event.ask("GET", "/readiness/nowhere").status_code == 404


def test_with_people_only_who_may_start_a_run_checks_one(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        assert event.ask("GET", "/readiness").status_code == 200
        assert event.ask("GET", "/readiness/here").status_code == 401
        statuses = {
            name: event.ask("GET", "/readiness/here", secret).status_code
            for name, secret in event.sessions.items()
        }
        # a monitor without a team starts no run
        assert statuses == {"Inés": 200, "Ana": 200, "Pia": 200, "Mario": 403}

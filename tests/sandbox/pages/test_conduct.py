"""A facilitator confirms, publishes and withdraws results by buttons, and everybody reads what is published."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testbench.fingerprint import fingerprint
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.pages.test_monitoring import PLAN, waiting

ACTS = f"/event/{PLAN}/results"
PUBLIC = f"/results/{PLAN}?lang=es"


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def verified(event: Event) -> None:
    """Has Mario verify what Chile and Peru have done together."""
    place = f"/api/instances/{waiting(event)}"
    mario = event.sessions["Mario"]
    shown = event.ask("POST", f"{place}/claim", mario, json={}).json()
    for name in shown["missing_evidence"]:
        link = {"name": name, "url": f"https://example.org/{name}", "evidence": name}
        event.ask("POST", f"{place}/attachments", event.sessions["Ana"], json=link)
    partly = {"decision": "partially", "words": "The rest comes later."}
    decided = event.ask("POST", f"{place}/decide", mario, json=partly)
    assert decided.json()["state"] == "partially", decided.text


def act(event: Event, word: str, who: str = "Inés") -> int:
    reply = event.ask("POST", f"{ACTS}/{word}?lang=es", event.sessions[who], headers=FORM)
    return int(reply.status_code)


def test_results_are_public_from_publishing_to_withdrawing(event: Event) -> None:
    verified(event)
    paths = (PUBLIC, f"/api/published/{PLAN}", f"/api/published/{PLAN}/results.csv")
    assert [event.ask("GET", path).status_code for path in paths] == [404] * 3
    assert act(event, "publish") == 412
    assert [act(event, "confirm", who) for who in ("Ana", "Mario")] == [403, 403]
    assert act(event, "confirm") == 200
    # the button to publish is in sight at once, below all that the event came to
    ines = event.sessions["Inés"]
    led = event.client.post(
        f"{ACTS}/confirm?lang=es",
        headers={**FORM, "Authorization": f"Bearer {ines}"},
        follow_redirects=False,
    )
    assert led.headers["location"].endswith("/results?lang=es#standing")
    assert 'href="#standing"' in event.ask("GET", f"{ACTS}?lang=es", ines).text
    assert [event.ask("GET", path).status_code for path in paths] == [404] * 3
    assert act(event, "publish") == 200
    page, told, table = (event.ask("GET", path) for path in paths)
    assert [reply.status_code for reply in (page, told, table)] == [200] * 3
    assert "visor-cl" in page.text
    tests = {(cell["system"], cell["state"], tuple(cell["peers"])) for cell in told.json()["tests"]}
    assert tests == {("visor-cl", "partially", ()), ("nodo-pe", "partially", ())}
    assert "visor-cl" in table.text
    names = ("Ana", "Pia", "Mario", "Inés")
    assert not [name for name in names for reply in (page, told, table) if name in reply.text]
    assert act(event, "withdraw") == 200
    assert [event.ask("GET", path).status_code for path in paths] == [404] * 3


def test_who_confirmed_and_what_has_changed_since_stands_on_the_page(event: Event) -> None:
    act(event, "confirm")
    results = f"{ACTS}?lang=es"
    before = event.ask("GET", results, event.sessions["Ana"]).text
    assert "Los confirmó Inés" in before
    assert "Cambiaron desde que se confirmaron" not in before
    verified(event)
    after = event.ask("GET", results, event.sessions["Ana"]).text
    assert "Cambiaron desde que se confirmaron" in after
    assert 'action="../../event/lacpass-2023/results/confirm' not in after  # no facilitator
    standing = event.ask("GET", f"/api/plans/{PLAN}/results/standing", event.sessions["Ana"]).json()
    assert standing["confirmed_by"] == "Inés"
    assert {row["system"] for row in standing["changed"]} == {"visor-cl", "nodo-pe"}


def test_a_changed_check_is_adopted_by_a_button(
    event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ines = event.sessions["Inés"]
    node = {"name": "node", "base": "http://127.0.0.1:9/fhir", "actors": ["document-recipient"]}
    event.ask("POST", "/api/systems", ines, json=node)
    begun = {"event": PLAN, "test": "1.1", "system": "node"}
    assert event.ask("POST", "/api/instances", ines, json=begun).status_code == 201
    place = f"/event/{PLAN}/checks?lang=es"
    assert "Ninguna ha cambiado." in event.ask("GET", place, ines).text
    monkeypatch.setattr(
        "sandbox.event.conduct.fingerprint", lambda test: f"{'0' * 12}.{fingerprint(test)[13:]}"
    )
    page = event.ask("GET", place, ines).text
    assert "Adoptar todas" in page
    assert "cómo se pregunta y se comprueba" in page
    assert "las reglas del validador" not in page
    assert event.ask("GET", place, event.sessions["Mario"]).status_code == 403
    assert event.ask("POST", place, event.sessions["Ana"], headers=FORM).status_code == 403
    after = event.ask("POST", place, ines, headers=FORM)
    assert "Ninguna ha cambiado." in after.text
    rows = event.ask("GET", f"/api/plans/{PLAN}/checks", event.sessions["Ana"]).json()
    assert not [row for row in rows if row["is_changed"]]
    assert [row for row in rows if row["pinned"]]


def test_overruled_verdicts_are_for_facilitators(event: Event) -> None:
    path = f"/api/plans/{PLAN}/overruled"
    assert event.ask("GET", path, event.sessions["Mario"]).status_code == 403
    content = event.ask("GET", path, event.sessions["Inés"]).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("cases.json")) == []


def test_the_token_of_a_server_does_not_hide_what_is_published(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, token="secret") as client:
        assert client.get(f"/api/plans/{PLAN}").status_code == 401
        assert client.get(f"/api/published/{PLAN}").status_code == 404

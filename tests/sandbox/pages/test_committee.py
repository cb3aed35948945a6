"""The committee of LACChain: a ministry asks, a facilitator admits, everybody sees who is in; nobody else decides."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.sandbox.api.test_gate import FORM, Event, an_event


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def sent(event: Event, who: str, path: str, **fields: str) -> int:
    form = {"headers": FORM, "content": urlencode(fields)}
    return int(event.ask("POST", path, event.sessions[who], **form).status_code)


def asked(event: Event) -> str:
    made = event.ask("POST", "/lacchain/CL/api/v1/did/lac1", event.sessions["Ana"], json={})
    did = str(made.json()["did"])
    fields = {"did": did, "name": "MINSAL Chile", "country": "CHL", "url": "https://minsal.example"}
    assert sent(event, "Ana", "/lacchain?lang=es", **fields) == 200
    return did


def test_a_ministry_is_admitted_by_a_facilitator_alone(event: Event) -> None:
    did = asked(event)
    waits = event.ask("GET", "/lacchain?lang=es", event.sessions["Ana"]).text
    assert "MINSAL Chile (CHL)" in waits
    assert "Admitir" not in waits
    admission = {"did": did, "decision": "admit", "days": "365"}
    assert sent(event, "Ana", "/lacchain/admissions", **admission) == 403
    assert sent(event, "Mario", "/lacchain/admissions", **admission) == 403
    assert sent(event, "Inés", "/lacchain/admissions", **admission) == 200
    shown = event.ask("GET", "/lacchain?lang=es", event.sessions["Ana"]).text
    assert "llega a la raíz" in shown
    assert "Nadie espera respuesta." in shown
    audit = event.ask("GET", "/audit?lang=es", event.sessions["Inés"]).text
    for act in ("cambió el directorio público", "admitió a un miembro en LACChain"):
        assert act in audit


def test_a_member_is_dismissed_and_its_chain_ends(event: Event) -> None:
    did = asked(event)
    sent(event, "Inés", "/lacchain/admissions", did=did, decision="admit", days="9")
    assert sent(event, "Inés", "/lacchain/admissions", did=did, decision="dismiss") == 200
    page = event.ask("GET", "/lacchain?lang=pt", event.sessions["Inés"]).text
    assert did not in page
    assert "Raiz da rede" in page


def test_what_is_asked_must_be_a_did_of_this_network(event: Event) -> None:
    fields = {"did": "did:web:a.example", "name": "x", "country": "CHL", "url": "https://a.example"}
    assert sent(event, "Ana", "/lacchain", **fields) == 400
    assert sent(event, "Inés", "/lacchain/admissions", did="did:lac1:x", decision="refuse") == 404


def test_who_is_not_known_reads_no_members_and_makes_no_did(event: Event) -> None:
    assert event.ask("POST", "/lacchain/CL/api/v1/did/lac1", "", json={}).status_code == 401
    for path in ("/lacchain/chain", "/lacchain/mailbox/vc"):
        assert event.ask("POST", path, "", json={}).status_code == 401
    assert event.ask("GET", "/lacchain", "").status_code == 401

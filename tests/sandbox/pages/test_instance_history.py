"""The page of a test instance tells what is so now: the newest attempt, who has decided what, and what others said with another decision not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

import pytest

from sandbox.i18n import LANGUAGES, say
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.pages.test_monitoring import waiting

PLAN = "lacpass-2023"
EMPTY = re.compile(r"<(ul|fieldset|section|ol)[^>]*>\s*(<(h2|legend)[^>]*>[^<]*</\3>\s*)?</\1>")


class WebPage(BaseHTTPRequestHandler):
    """Answers everything as a web server does that knows no FHIR."""

    def do_GET(self) -> None:
        self.send_response(404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<h1>Not found</h1>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def a_web_page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), WebPage)
    thread = Thread(target=partial(server.serve_forever, poll_interval=0.02))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        yield event


def shown(event: Event, place: str, who: str, language: str = "es") -> str:
    page = event.ask("GET", f"{place}?lang={language}", event.sessions[who])
    assert page.status_code == 200, page.text
    # a sentence as it is read
    return " ".join(unescape(re.sub("<[^>]+>", " ", page.text)).split())


def registered(event: Event, host: str) -> None:
    """Registers the system, or moves it to another address."""
    body = {"name": "clinic", "base": f"http://{host}/fhir", "actors": ["document-recipient"]}
    reply = event.ask("POST", "/api/systems", event.sessions["Ana"], json={**body, "country": "CL"})
    assert reply.is_success, reply.text


def played(event: Event, place: str) -> None:
    ana = event.sessions["Ana"]
    body = {"role": "repository"}
    assert event.ask("POST", f"/api{place}/runs", ana, json=body).status_code == 201
    while any(
        result["last_run"] and result["last_state"] != "done"
        for result in event.ask("GET", f"/api{place}", ana).json()["bench"]
    ):
        pass


def begun_at(event: Event, host: str) -> str:
    """Begins the first test with a system at an address that is allowed."""
    registered(event, host)
    ines = event.sessions["Inés"]
    allowed = {"kind": "address", "whose": "Chile", "what": host, "reason": "a test"}
    until = {"until": "2026-07-30"}
    assert event.ask("POST", "/api/allowances", ines, json={**allowed, **until}).is_success
    what = {"event": PLAN, "test": "1.1", "system": "clinic"}
    id = event.ask("POST", "/api/instances", event.sessions["Ana"], json=what).json()["id"]
    played(event, f"/instances/{id}")
    return f"/instances/{id}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_newest_attempt_is_told_first_and_the_one_before_with_it(
    event: Event, language: str
) -> None:
    with a_web_page() as old:
        place = begun_at(event, old)
        assert f"http://{old}/fhir" in shown(event, place, "Ana", language)
    new = "127.0.0.1:9"
    registered(event, new)
    ines = event.sessions["Inés"]
    allowed = {"kind": "address", "whose": "Chile", "what": new, "reason": "a test"}
    event.ask("POST", "/api/allowances", ines, json={**allowed, "until": "2026-07-30"})
    played(event, place)
    read = {"headers": {"Accept-Language": language}}
    said = event.ask("GET", f"/api{place}", event.sessions["Ana"], **read)
    (result,) = said.json()["bench"]
    assert (result["verdict"], result["last_verdict"]) == ("fail", "inconclusive")
    page = shown(event, place, "Ana", language)
    step = page.partition(say("floor.step.title", language))[2]
    assert step.index(new) < step.index(say("instances.page.one_before", language))
    assert step.index(say("instances.page.one_before", language)) < step.index(old)
    # what is to be read is the run that says so
    source = event.ask("GET", f"{place}?lang={language}", event.sessions["Ana"]).text
    button = re.search(r'<a class="button" href="[./]*runs/([^?]+)\?', source)
    assert button
    assert button[1] == result["last_run"]
    assert (
        f"{result['last_checks'][0]['text']} ({say('instances.page.no_count', language)})" in page
    )
    # nobody passes by taking a failing server away, and whoever decides reads both
    refused = event.ask("POST", f"/api{place}/submit", event.sessions["Ana"], json={})
    assert refused.status_code == 412
    event.ask("POST", f"/api{place}/contest", event.sessions["Ana"], json={"words": "Ours is up."})
    event.ask("POST", f"/api{place}/claim", event.sessions["Mario"], json={})
    panel = shown(event, place, "Mario", language)
    panel = panel[panel.rindex(say("instances.page.failed_checks", language)) - 600 :]
    assert panel.index(new) < panel.index(old)
    event.ask("POST", f"/api{place}/return", event.sessions["Mario"], json={"words": "Test."})
    stuck = shown(event, f"/event/{PLAN}/stuck", "Inés", language)
    assert new in stuck
    assert old not in stuck


def failed(event: Event, place: str, words: str = "Corrijan la base.") -> None:
    mario = event.sessions["Mario"]
    event.ask("POST", f"/api{place}/claim", mario, json={})
    decision = {"decision": "failed", "words": words}
    assert event.ask("POST", f"/api{place}/decide", mario, json=decision).is_success


def verified(event: Event, place: str) -> None:
    """Verifies it without a word."""
    mario = event.sessions["Mario"]
    for name in event.ask("GET", f"/api{place}", mario).json()["missing_evidence"]:
        link = {"name": name, "url": f"https://example.org/{name}", "evidence": name}
        event.ask("POST", f"/api{place}/attachments", event.sessions["Ana"], json=link)
    event.ask("POST", f"/api{place}/claim", mario, json={})
    decision = {"decision": "verified", "ticked": list(range(20))}
    reply = event.ask("POST", f"/api{place}/decide", mario, json=decision)
    assert reply.json()["state"] == "verified", reply.text


def test_no_decision_is_told_with_the_words_of_another(event: Event) -> None:
    place = f"/instances/{waiting(event)}"
    ana = event.sessions["Ana"]
    failed(event, place)
    page = shown(event, place, "Ana")
    head, _, rest = page.partition("Corrijan la base.")
    assert "Mario la dio por no superada" in head[-80:]
    assert "la revisa Mario" not in page
    # the way on stands at the top, and says what it does
    assert say("instances.step.again", "es") in rest
    source = event.ask("GET", f"{place}?lang=es", ana).text
    assert source.index("/resume?lang=es") < source.index('id="parts"')
    event.ask("POST", f"/api{place}/resume", ana, json={})
    page = shown(event, place, "Ana")
    assert "la revisa Mario" not in page
    assert "Mario la dio por no superada" in page.partition("Corrijan la base.")[0][-80:]
    event.ask("POST", f"/api{place}/submit", ana, json={})
    verified(event, place)
    page = shown(event, place, "Ana")
    head, _, talk = page.partition(say("instances.page.talk", "es"))
    assert "Mario la verificó" in head
    assert "Corrijan la base." not in head
    assert say("instances.step.done", "es") in head
    assert "Mario la dio por no superada : Corrijan la base." in talk.replace(
        "superada:", "superada :"
    )
    assert "Mario la verificó" in talk
    ines = shown(event, f"/event/{PLAN}/monitors", "Inés")
    assert re.search(r"Mario –? ?.*? 2 ", ines.partition(say("monitors.decided", "es"))[2])


def test_what_was_sent_back_waits_for_its_team_and_is_contested_no_more(event: Event) -> None:
    event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
    place = f"/instances/{waiting(event)}"
    ana, mario = event.sessions["Ana"], event.sessions["Mario"]
    failed(event, place)
    event.ask("POST", f"/api{place}/contest", ana, json={"words": "Está bien."})
    assert "impugnada" in shown(event, place, "Ana")
    event.ask("POST", f"/api{place}/claim", mario, json={})
    event.ask("POST", f"/api{place}/return", mario, json={"words": "Falta la captura."})
    page = shown(event, place, "Ana")
    assert "impugnada" not in page
    assert say("instances.step.returned", "es") in page
    first = event.ask("GET", "/?lang=es", ana).text
    needs = first.partition('id="needs"')[2].partition("</section>")[0]
    assert place[1:] in needs
    assert say("floor.own.returned", "es") in needs
    assert say("floor.step.returned", "es") in first
    event.ask("POST", f"/api{place}/submit", ana, json={})
    needs = event.ask("GET", "/?lang=es", ana).text.partition('id="needs"')[2]
    assert place[1:] not in needs.partition("</section>")[0]


def test_nothing_empty_is_shown(event: Event) -> None:
    place = f"/instances/{waiting(event)}"
    event.ask("POST", f"/api{place}/claim", event.sessions["Mario"], json={})
    source = event.ask("GET", f"{place}?lang=es", event.sessions["Mario"]).text
    assert not EMPTY.search(source)
    failed(event, place)
    source = event.ask("GET", f"{place}?lang=es", event.sessions["Ana"]).text
    assert not EMPTY.search(source)


def test_an_invitation_names_country_and_team(event: Event) -> None:
    for who, name, country, actor in (
        ("Ana", "visor-cl", "CL", "document-consumer"),
        ("Pia", "nodo-pe", "PE", "document-responder"),
    ):
        body = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
        event.ask("POST", "/api/systems", event.sessions[who], json={**body, "country": country})
    what = {"event": PLAN, "test": "1.10", "system": "visor-cl"}
    id = event.ask("POST", "/api/instances", event.sessions["Ana"], json=what).json()["id"]
    page = event.ask("GET", f"/instances/{id}?lang=es", event.sessions["Ana"]).text
    assert '<option value="nodo-pe">nodo-pe (Perú · Perú)</option>' in page
    form = urlencode({"role": "responder", "system": "nodo-pe"})
    invited = event.ask(
        "POST",
        f"/instances/{id}/partners?lang=es",
        event.sessions["Ana"],
        headers=FORM,
        content=form,
    )
    assert invited.status_code == 200
    assert "invitado, sin respuesta" in invited.text

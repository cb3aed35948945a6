"""The first page says to each kind of person what comes next, counted from all that happened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sandbox.event.instance import STATES
from sandbox.i18n import LANGUAGES, say
from sandbox.pages.how_tos import how_tos
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.pages.test_monitoring import waiting

PLAN = "lacpass-2023"
KINDS = ("", "Ana", "Mario", "Inés")


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        event.ask("POST", f"/event/{PLAN}/now", event.sessions["Inés"], headers=FORM)
        yield event


def first(event: Event, who: str = "", language: str = "es") -> str:
    page = event.ask("GET", f"/?lang={language}", event.sessions[who] if who else "")
    assert page.status_code == 200, page.text
    return str(page.text)


def tiles(page: str) -> dict[str, str]:
    found = re.findall(r"<b>([^<]*)</b> <span>([^<]*)</span>", page)
    return {label: number for number, label in found}


def registered(event: Event, name: str, actor: str) -> None:
    body = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor], "country": "CL"}
    reply = event.ask("POST", "/api/systems", event.sessions["Ana"], json=body)
    assert reply.status_code == 201, reply.text


def test_in_a_room_of_ones_own_it_is_the_page_to_practise(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        for event in ("", PLAN):
            if event:
                client.post(f"/event/{event}/now", headers=FORM)
            assert say("pages.home.heading", "es") in client.get("/?lang=es").text
        assert client.get("/practice?lang=es").text.count('href="lessons/') >= 8


@pytest.mark.parametrize("who", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_reads_its_own_page_and_it_is_light(
    event: Event, who: str, language: str
) -> None:
    waiting(event)
    key = {"": "visitor.how", "Ana": "own.running", "Mario": "monitor.title", "Inés": "stuck.title"}
    page = first(event, who, language)
    assert say(f"floor.{key[who]}", language) in page
    assert len(page.encode()) + len(event.client.get("/style.css").content) < 60_000


@pytest.mark.parametrize(
    ("who", "name"), [("Ana", "first-day"), ("Mario", "monitor"), ("Inés", "event-in-an-afternoon")]
)
def test_each_kind_is_led_to_the_help_for_it(event: Event, who: str, name: str) -> None:
    title = how_tos("pt")[name].title
    assert f'<a href="help/{name}?lang=pt">{title}</a>' in first(event, who, "pt")


def test_a_visitor_reads_of_the_event_and_of_nobody_who_takes_part(event: Event) -> None:
    waiting(event)
    page = first(event)
    assert "Conectatón LACPASS 2023" in page
    for secret in ("visor-cl", "nodo-pe", "Ana", "Pia", "Chile</"):
        assert secret not in page


def test_a_visitor_is_led_to_nothing_that_is_closed(event: Event) -> None:
    # with an agenda ahead: that of the shipped plan is over
    following = {"id": "next", "template": PLAN, "first": "2099-05-04", "days": 3}
    ines = event.sessions["Inés"]
    assert event.ask("POST", "/api/plans", ines, json=following).status_code == 201
    event.ask("POST", "/event/next/now", ines, headers=FORM)
    page = event.ask("GET", "/?lang=es").text
    assert 'href="#agenda"' in page
    main = page[page.index("<main") :]
    for place in re.findall(r'href="([^"#]+)', main):
        assert event.ask("GET", f"/{place}").status_code == 200, place


def test_published_results_are_a_click_away(event: Event) -> None:
    link = f'href="results/{PLAN}?lang=es"'
    assert link not in first(event)
    for decision in ("confirm", "publish"):
        event.ask("POST", f"/event/{PLAN}/results/{decision}", event.sessions["Inés"], headers=FORM)
    assert link in first(event)


def test_a_participant_is_led_from_the_first_system_to_the_first_test(event: Event) -> None:
    assert say("floor.step.register", "es") in first(event, "Ana")
    registered(event, "repo-cl", "document-recipient")
    page = first(event, "Ana")
    what = re.search(r'name="what" value="([^"]+)"', page)
    assert what
    begun = event.ask(
        "POST", "/instances?lang=es", event.sessions["Ana"], headers=FORM,
        content=urlencode({"event": PLAN, "what": what[1]}),
    )  # fmt: skip
    assert begun.url.path.startswith("/instances/")
    page = first(event, "Ana")
    assert f'href="{begun.url.path[1:]}?lang=es"' in page
    # what waits for nobody else is handed in before another is begun
    assert say("floor.step.go_on", "es") in page
    # and below a next step nothing says that there is none
    assert say("floor.own.needs", "es") not in page
    assert 'class="empty"' not in page.partition('id="next"')[2].partition('id="running"')[0]
    team = event.ask("GET", "/team?lang=es", event.sessions["Ana"]).text
    assert f'href="./?lang=es#next">{say("floor.step.what_next", "es")}' in team


def test_who_is_asked_to_take_part_reads_so_first(event: Event) -> None:
    for who, name, actor in (
        ("Ana", "visor-cl", "document-consumer"),
        ("Pia", "nodo-pe", "document-responder"),
    ):
        system = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
        event.ask("POST", "/api/systems", event.sessions[who], json=system)
    body = {"event": PLAN, "test": "1.10", "system": "visor-cl"}
    begun = event.ask("POST", "/api/instances", event.sessions["Ana"], json=body).json()
    partner = {"role": begun["open_roles"][0], "system": "nodo-pe"}
    event.ask("POST", f"/api/instances/{begun['id']}/partners", event.sessions["Ana"], json=partner)
    page = first(event, "Pia")
    assert say("floor.step.answer", "es") in page
    needs = page.index(say("floor.own.needs", "es"))
    assert page.index(begun["id"]) < needs < page.rindex(begun["id"])
    assert say("floor.step.answer", "es") not in first(event, "Ana")


def test_a_monitor_takes_the_next_from_the_first_page(event: Event) -> None:
    id = waiting(event)
    assert tiles(first(event, "Mario"))[say("floor.monitor.waiting", "es")] == "1"
    taken = event.ask(
        "POST", "/instances/queue?lang=es", event.sessions["Mario"], headers=FORM,
        content=urlencode({"event": PLAN, "mine": "yes"}),
    )  # fmt: skip
    assert taken.url.path == f"/instances/{id}"
    after = first(event, "Mario")
    assert tiles(after)[say("floor.monitor.waiting", "es")] == "0"
    assert tiles(after)[say("floor.monitor.in_work", "es").lower()] == "1"


def decided(event: Event, id: str, decision: str) -> None:
    place, mario = f"/api/instances/{id}", event.sessions["Mario"]
    for name in event.ask("GET", place, event.sessions["Ana"]).json()["missing_evidence"]:
        link = {"name": name, "url": f"https://example.org/{name}", "evidence": name}
        event.ask("POST", f"{place}/attachments", event.sessions["Ana"], json=link)
    event.ask("POST", f"{place}/claim", mario, json={})
    body = {"decision": decision, "words": "visto", "ticked": list(range(20))}
    answer = event.ask("POST", f"{place}/decide", mario, json=body)
    assert answer.json()["state"] == decision, answer.text


def test_a_monitor_reads_how_often_they_decided_themselves(event: Event) -> None:
    label = say("floor.monitor.decided", "es")
    id = waiting(event)
    assert tiles(first(event, "Mario"))[label] == "0"
    decided(event, id, "verified")
    assert tiles(first(event, "Mario"))[label] == "1"
    ines = event.sessions["Inés"]
    person = {"name": "Otro", "role": "monitor", "team": ""}
    added = event.ask("POST", "/api/people", ines, json=person).json()
    code = added["enter"].removeprefix("/enter/")
    event.sessions["Otro"] = event.client.post("/api/enter", json={"code": code}).json()["session"]
    other = tiles(first(event, "Otro"))
    assert other[label] == "0"
    # nothing there counts what others have done
    assert set(other.values()) == {"0"}


def test_what_is_contested_says_so_to_a_monitor_and_why_above_the_form(event: Event) -> None:
    id = waiting(event)
    decided(event, id, "failed")
    place, mario = f"/instances/{id}", event.sessions["Mario"]
    reason = {"words": "el visor sí mostró la vacuna"}
    sent = event.ask("POST", f"/api{place}/contest", event.sessions["Ana"], json=reason)
    assert sent.is_success, sent.text
    listed = first(event, "Mario").partition(f'href="instances/{id}')[2].partition("</li>")[0]
    assert say("instances.page.contested", "es") in listed
    for acts in ("claim", "decide"):
        page = event.ask("GET", f"{place}?lang=es", mario).text
        talk = page.index('id="talk"')
        assert page[:talk].count(reason["words"]) == page[talk:].count(reason["words"]) == 1
        if acts == "claim":
            assert event.ask("POST", f"/api{place}/claim", mario, json={}).is_success
    assert page.index('id="decide"') < page.index(reason["words"]) < page.index('name="decision"')
    # answered, it is a matter of the history
    body = {"decision": "failed", "words": "revisado otra vez", "ticked": []}
    assert event.ask("POST", f"/api{place}/decide", mario, json=body).is_success
    after = event.ask("GET", f"{place}?lang=es", mario).text
    assert reason["words"] not in after[: after.index('id="talk"')]


def test_a_facilitator_sees_what_asks_for_a_decision(event: Event) -> None:
    waiting(event)
    page = first(event, "Inés")
    counted = tiles(page)
    assert counted[say("floor.glance.instances", "es")] == "1"
    assert counted[say("instances.state.to_verify", "es")] == "1"
    assert say("floor.glance.unassigned", "es", count=1) in page
    registered(event, "repo-cl", "document-recipient")
    stuck = first(event, "Inés").partition('id="stuck"')[2].partition("</section>")[0]
    assert "repo-cl" in stuck
    assert "visor-cl" not in stuck


def test_a_facilitator_decides_about_an_address_that_this_server_may_not_ask(event: Event) -> None:
    body = {"name": "interno", "base": "http://10.0.0.5:8080/fhir", "actor": "document-recipient"}
    ana = event.sessions["Ana"]
    event.ask("POST", "/team/systems?lang=es", ana, data=body, headers=FORM)
    wanted = say("looks.blocked", "es", system="interno", team="Chile", host="10.0.0.5")
    assert wanted in first(event, "Inés")
    assert wanted not in first(event, "Ana")
    allowed = {
        "kind": "address",
        "whose": "Chile",
        "what": "10.0.0.5",
        "reason": "VPN",
        "until": "2026-07-30",
    }
    reply = event.ask("POST", "/api/allowances", event.sessions["Inés"], json=allowed)
    assert reply.status_code == 201, reply.text
    assert wanted not in first(event, "Inés")


def test_the_screen_of_the_hall_shows_what_is_verified_and_no_person(event: Event) -> None:
    id = waiting(event)
    before = event.ask("GET", "/floor?lang=es", event.sessions["Ana"]).text
    assert "visor-cl" not in before
    place = f"/api/instances/{id}"
    for name in event.ask("GET", place, event.sessions["Ana"]).json()["missing_evidence"]:
        link = {"name": name, "url": f"https://example.org/{name}", "evidence": name}
        event.ask("POST", f"{place}/attachments", event.sessions["Ana"], json=link)
    mario = event.sessions["Mario"]
    event.ask("POST", f"{place}/claim", mario, json={})
    decision = {"decision": "verified", "words": "visto", "ticked": list(range(20))}
    verified = event.ask("POST", f"{place}/decide", mario, json=decision)
    assert verified.json()["state"] == "verified", verified.text
    page = event.ask("GET", "/floor?lang=es", event.sessions["Ana"]).text
    assert "visor-cl ↔ nodo-pe" in page
    assert 'http-equiv="refresh"' in page
    assert "Mario" not in page
    assert event.ask("GET", "/floor").status_code == 401


def test_the_cards_of_states_add_up_to_all_instances(event: Event) -> None:
    ana = event.sessions["Ana"]
    registered(event, "repo-cl", "document-recipient")
    body = {"event": PLAN, "test": "1.1", "system": "repo-cl"}
    begun = [event.ask("POST", "/api/instances", ana, json=body).json()["id"] for _ in range(4)]
    event.ask("POST", f"/api/instances/{begun[0]}/pause", ana, json={})
    for id in begun[1:3]:
        event.ask("POST", f"/api/instances/{id}/abort", ana, json={})
    for decision in ("failed", "partially"):
        # the systems are there already for the second
        id = waiting(event) if decision == "failed" else again(event)
        decided(event, id, decision)
    expected = {"paused": 1, "aborted": 2, "started": 1, "failed": 1, "partially": 1}
    for who, place in (("Ana", "/floor"), ("Inés", "/")):
        page = event.ask("GET", f"{place}?lang=es", event.sessions[who]).text
        shown = tiles(page)
        total = int(shown.pop(say("floor.glance.instances", "es")))
        for state, count in expected.items():
            label = say(f"instances.{'state' if count == 1 else 'counted'}.{state}", "es")
            assert shown[label] == str(count), (place, state)
        states = {
            say(f"instances.{kind}.{state}", "es")
            for kind in ("state", "counted")
            for state in STATES
        }
        assert sum(int(n) for label, n in shown.items() if label in states) == total == 6


def again(event: Event) -> str:
    """Another instance of those that `waiting` has made, which waits for a monitor."""
    ana = event.sessions["Ana"]
    body = {"event": PLAN, "test": "1.10", "system": "visor-cl"}
    begun = event.ask("POST", "/api/instances", ana, json=body).json()
    place, role = f"/api/instances/{begun['id']}", begun["open_roles"][0]
    event.ask("POST", f"{place}/partners", ana, json={"role": role, "system": "nodo-pe"})
    event.ask("POST", f"{place}/accept", event.sessions["Pia"], json={"role": role})
    assert event.ask("POST", f"{place}/submit", ana, json={}).json()["state"] == "to_verify"
    return str(begun["id"])


def test_it_speaks_of_the_event_and_not_of_the_newest(event: Event) -> None:
    registered(event, "repo-cl", "document-recipient")
    body = {"event": PLAN, "test": "1.1", "system": "repo-cl"}
    for _ in range(60):
        assert event.ask("POST", "/api/instances", event.sessions["Ana"], json=body).is_success
    assert tiles(first(event, "Inés"))[say("floor.glance.instances", "es")] == "60"


def begin(event: Event, who: str, what: str) -> str:
    """Presses the button that begins a test; returns the path where one is led."""
    content = urlencode({"event": PLAN, "what": what})
    begun = event.ask(
        "POST", "/instances?lang=es", event.sessions[who], headers=FORM, content=content
    )
    assert begun.status_code == 200, begun.text
    return str(begun.url.path)


def test_whoever_begins_what_is_open_is_led_to_it(event: Event) -> None:
    for who, name, actor in (
        ("Ana", "visor-cl", "document-consumer"),
        ("Pia", "nodo-pe", "document-responder"),
        ("Pia", "otro-pe", "document-responder"),
    ):
        system = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
        assert event.ask("POST", "/api/systems", event.sessions[who], json=system).is_success
    own = "1.10|consumer|visor-cl"
    met, other = (f"{own}|responder|{name}" for name in ("nodo-pe", "otro-pe"))
    first_one = begin(event, "Ana", met)
    assert begin(event, "Ana", met) == first_one
    content = urlencode({"event": PLAN, "what": met})
    again = event.ask(
        "POST", "/instances?lang=es", event.sessions["Ana"], headers=FORM, content=content
    )
    assert say("floor.done.open_already", "es") in again.text
    # another partner is another meeting, and so is none that was chosen yet
    assert len({first_one, begin(event, "Ana", other), begin(event, "Ana", own)}) == 3
    assert begin(event, "Ana", own) != first_one
    # what is over is begun anew
    event.ask("POST", f"/api{first_one}/abort", event.sessions["Ana"], json={})
    assert begin(event, "Ana", met) != first_one
    # and nobody learns of what others have open
    refused = event.ask(
        "POST", "/instances?lang=es", event.sessions["Pia"], headers=FORM, content=content
    )
    assert refused.status_code == 403


def test_a_test_stands_once_with_each_role_and_its_progress_counts_the_rows(event: Event) -> None:
    ana = event.sessions["Ana"]
    body = {"name": "both", "base": "http://127.0.0.1:9/fhir", "country": "CL"}
    actors = {"actors": ["document-source", "document-recipient"]}
    assert event.ask("POST", "/api/systems", ana, json={**body, **actors}).is_success
    page = first(event, "Ana")
    (total,) = re.findall(r'id="system-1">both.*?<progress max="(\d+)"', page, re.DOTALL)
    required = page.partition('id="system-1"')[2].partition('id="optional-')[0]
    titles = re.findall(r"[ (]\((\d[\w.]*)\)", re.sub(r'aria-label="[^"]*"', "", required))
    assert len(titles) == len(set(titles)) == int(total)
    # one that is begun in one role alone is under way there as on the map
    begin(event, "Ana", "1.8|source|both")
    own = first(event, "Ana").partition('id="system-1"')[2]
    row = own.partition("(1.8)")[2].partition("</ul>")[0]
    chips = re.findall(r'class="chip s-(\w+)"', row)
    assert chips[0] == "started"
    assert sorted(chips[1:]) == ["alone", "to_do"]
    drawn = event.ask("GET", f"/event/{PLAN}/map?lang=es", ana).text
    assert re.search(r'class="sign s-started"[^>]*href="[^"]*test=1\.8"', drawn)
    # where the map does not fit, each system has its signs with how many there are of each
    narrow = drawn.partition('<ul class="list narrow">')[2].partition("</ul>")[0]
    assert re.findall(r'class="sign s-(\w+)"', narrow) == ["started", "to_do"]


def test_an_invitation_stands_at_the_role_that_it_is_for(event: Event) -> None:
    ana, pia = event.sessions["Ana"], event.sessions["Pia"]
    for who, name, country, actors in (
        (ana, "src-cl", "CL", ["document-source"]),
        (pia, "both-pe", "PE", ["document-source", "document-recipient"]),
    ):
        body = {"name": name, "base": "http://127.0.0.1:9/fhir", "country": country}
        assert event.ask("POST", "/api/systems", who, json={**body, "actors": actors}).is_success
    begin(event, "Ana", "1.8|source|src-cl|recipient|both-pe")
    row = first(event, "Pia").partition('id="system-1"')[2].partition("(1.8)")[2]
    row = row.partition("</ul>")[0]
    assert row.count(say("floor.own.asked", "es")) == 1
    # the other role can be begun with somebody else
    assert "1.8|source|both-pe" in row
    assert "1.8|recipient|both-pe" not in row


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_fails_and_what_waits_are_told_apart(event: Event, language: str) -> None:
    ana = event.sessions["Ana"]
    body = {"name": "both", "base": "http://127.0.0.1:9/fhir", "country": "CL"}
    actors = {"actors": ["document-source", "document-recipient"]}
    assert event.ask("POST", "/api/systems", ana, json={**body, **actors}).is_success
    for test, role in (("1.1", "repository"), ("1.4", "source")):
        place = f"/api{begin(event, 'Ana', f'{test}|{role}|both')}"
        assert event.ask("POST", f"{place}/runs", ana, json={"role": role}).is_success
        while event.ask("GET", place, ana).json()["bench"][0]["last_state"] in (
            "queued",
            "running",
        ):
            pass
        # the one that changed last comes next
        how = {"1.1": "failing", "1.4": "waiting"}[test]
        assert say(f"floor.step.go_on_{how}", language) in first(event, "Ana", language)
    own = first(event, "Ana", language).partition('id="system-1"')[2]
    for test, how in (("1.1", "failing"), ("1.4", "waiting")):
        row = own.partition(f"({test})")[2].partition("</li>")[0]
        assert re.findall(r'class="chip s-(\w+)"', row) == [how]
        assert say(f"floor.own.{how}", language) in row

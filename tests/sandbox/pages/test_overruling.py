"""A monitor puts a verdict in the place of the bench's on the page of a test instance, and decides then; nobody else can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.fhir.json import Json
from sandbox.i18n import LANGUAGES, say
from tests.sandbox.api.test_gate import FORM, Event, an_event
from tests.sandbox.mhd.submissions import a_submission

PLAN = "lacpass-2023"
RULING = re.compile(
    r"<details(?: open)?><summary>(?:(?!</details>).)*/overrulings\?.*?</details>", re.DOTALL
)
CHECK = re.compile(r'<button name="of" value="([^"/]+)/([^"]+)"')


def a_wrong_submission() -> Json:
    """A submission of which one check fails, for which no other waits."""
    submission = a_submission()
    for entry in submission["entry"]:
        entry["resource"].pop("masterIdentifier", None)
    return submission


@pytest.fixture
def contested(tmp_path: Path) -> Iterator[tuple[Event, str]]:
    with contesting(tmp_path) as found:
        yield found


@contextmanager
def contesting(tmp_path: Path) -> Iterator[tuple[Event, str]]:
    """What the bench has failed of Chile's system, and its team thinks right; Inés looks at it."""
    with an_event(tmp_path) as event:
        ana = event.sessions["Ana"]
        body = {
            "name": "clinic",
            "base": "http://127.0.0.1:9/fhir",
            "country": "CL",
            "actors": ["document-source"],
        }
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        what = {"event": PLAN, "test": "1.4", "system": "clinic"}
        shown = event.ask("POST", "/api/instances", ana, json=what).json()
        place, role = f"/instances/{shown['id']}", shown["parts"][0]["role"]
        run = event.ask(
            "POST", "/api/runs", ana, json={"track": "mhd.source", "system": "clinic"}
        ).json()
        event.client.post(run["inbox"], json=a_wrong_submission())
        event.ask("POST", f"/api/runs/{run['id']}/finish", ana)
        event.ask("POST", f"/api{place}/runs", ana, json={"role": role, "run": run["id"]})
        reply = event.ask("POST", f"/api{place}/contest", ana, json={"words": "It is right."})
        assert reply.status_code == 200, reply.text
        yield event, place


def claimed(event: Event, place: str) -> str:
    """Lets Mario look at it; returns his session."""
    mario = event.sessions["Mario"]
    assert event.ask("POST", f"/api{place}/claim", mario, json={}).status_code == 200
    return mario


def forms(page: str) -> dict[str, str]:
    """The parts of a page that overrule, each by the test that it is about."""
    found = [form[0] for form in RULING.finditer(page)]
    return {CHECK.findall(form)[0][1]: form for form in found}


def filled(form: str, **typed: str) -> dict[str, str]:
    """What a browser sends of such a part when its button is pressed."""
    ((run, test),) = CHECK.findall(form)
    of = f"{run}/{test}"
    return {"of": of, **{f"{name}-{of}": text for name, text in typed.items()}}


def sent(
    event: Event, place: str, who: str, form: str, *others: tuple[str, str], **typed: str
) -> Any:
    """Sends it, with what stands in the form beside it."""
    content = urlencode([*filled(form, **typed).items(), *others])
    return event.ask(
        "POST",
        f"{place}/overrulings?lang=es",
        who,
        headers=FORM,
        content=content,
        follow_redirects=False,
    )


def chosen(form: str) -> list[str]:
    return re.findall(r'<option value="([^"]*)" selected>', form)


def test_each_failed_check_has_its_form_with_the_clause_and_no_verdict_chosen(
    contested: tuple[Event, str],
) -> None:
    event, place = contested
    mario = claimed(event, place)
    (result,) = event.ask("GET", f"/api{place}", mario).json()["bench"]
    assert result["failed"]
    page = event.ask("GET", f"{place}?lang=es", mario).text
    found = forms(page)
    assert list(found) == [check["id"] for check in result["failed"]]
    for check in result["failed"]:
        form = found[check["id"]]
        assert f"El banco se equivoca aquí: {check['number']}" in page
        assert CHECK.findall(form) == [(result["run"], check["id"])]
        assert check["clause"]
        assert f">{check['clause']}</textarea>" in unescape(form)
        options = re.findall(r'<option value="(\w*)"', form)
        assert options == ["", "pass", "warn", "skip"]
        assert chosen(form) == []
    # nothing that is folded away keeps the browser from sending the decision
    decision = page.partition("/decide?")[2].partition("</form>")[0]
    assert list(forms(decision)) == list(found)
    assert decision.count(" required") == 1
    # and whoever presses the enter key sends the decision, never the first of the verdicts
    assert decision.index("<button hidden>") < decision.index("/overrulings?")


def test_who_may_not_decide_sees_no_form_and_is_refused(contested: tuple[Event, str]) -> None:
    event, place = contested
    mario = event.sessions["Mario"]
    assert forms(event.ask("GET", f"{place}?lang=es", mario).text) == {}  # before it is his
    claimed(event, place)
    form = next(iter(forms(event.ask("GET", f"{place}?lang=es", mario).text).values()))
    typed = {"verdict": "pass", "reason": "Está bien.", "clause": "FHIR R4 http.html"}
    for who, status in (("Ana", 403), ("Pia", 403), ("Inés", 412)):
        page = event.ask("GET", f"{place}?lang=es", event.sessions[who])
        assert forms(page.text) == {}
        refused = sent(event, place, event.sessions[who], form, **typed)
        assert refused.status_code == status
    assert sent(event, place, "", form, **typed).status_code == 401
    elsewhere = event.client.post(
        f"{place}/overrulings",
        content=urlencode(filled(form, **typed)),
        headers={
            **FORM,
            "Cookie": f"connectathon_session={mario}",
            "Origin": "https://elsewhere.example",
        },
    )
    assert elsewhere.status_code == 403
    assert event.ask("GET", f"/api{place}", mario).json()["overrulings"] == []


@pytest.mark.parametrize(
    ("lacks", "says"),
    [
        ("verdict", "Falta el veredicto"),
        ("reason", "Falta el motivo"),
        ("clause", "Falta la cláusula"),
    ],
)
def test_what_was_typed_survives_what_is_missing(
    contested: tuple[Event, str], lacks: str, says: str
) -> None:
    event, place = contested
    mario = claimed(event, place)
    test, form = list(forms(event.ask("GET", f"{place}?lang=es", mario).text).items())[-1]
    typed = {"verdict": "warn", "reason": "Basta <así>.", "clause": "MHD 4.2.3 2:3.65", lacks: " "}
    refused = sent(event, place, mario, form, **typed)
    assert refused.status_code == 400
    assert says in refused.text.partition('role="alert"')[2][:300]
    again = forms(refused.text)[test]
    assert chosen(again) == ([] if lacks == "verdict" else ["warn"])
    assert ("Basta &lt;así&gt;." in again) == (lacks != "reason")
    assert (">MHD 4.2.3 2:3.65</textarea>" in again) == (lacks != "clause")
    # it alone is open: the others are as they were
    assert refused.text.count("<details open><summary>El banco se equivoca aquí") == 1
    others = [one for id, one in forms(refused.text).items() if id != test]
    assert others
    assert all(chosen(one) == [] and "Basta" not in one for one in others)
    assert event.ask("GET", f"/api{place}", mario).json()["overrulings"] == []


def test_a_ruling_shows_both_verdicts_and_leads_on_to_the_decision(
    contested: tuple[Event, str],
) -> None:
    event, place = contested
    mario = claimed(event, place)
    points = event.ask("GET", f"/api{place}", mario).json()["checklist"]
    ticked = "&".join(f"ticked={number}" for number in range(len(points)))
    decide = {"headers": FORM, "content": f"decision=verified&words=Visto&{ticked}"}
    refused = event.ask("POST", f"{place}/decide?lang=es", mario, **decide)
    assert refused.status_code == 412
    assert "abre «El banco se equivoca aquí»" in refused.text
    while open_forms := [
        form for form in forms(event.ask("GET", f"{place}?lang=es", mario).text).values()
        if '<option value="pass"' in form
    ]:  # fmt: skip
        typed = {
            "verdict": "pass",
            "reason": "El servidor <tiene> razón.",
            "clause": "FHIR R4 http.html#read",
        }
        done = sent(event, place, mario, open_forms[0], **typed)
        assert done.status_code == 303
        assert done.headers["location"].endswith(f"{place.lstrip('/')}?lang=es#decide")
    page = event.ask("GET", f"{place}?lang=es", mario).text
    ruled = event.ask("GET", f"/api{place}", mario).json()
    assert {(one["was"], one["verdict"], one["by"]) for one in ruled["overrulings"]} == {
        ("fail", "pass", "Mario")
    }
    assert "el banco de pruebas decía: falla" in page
    decision = page.partition('<h2 id="decide">')[2]
    assert "de falla a pasa:" in decision
    assert "El servidor &lt;tiene&gt; razón." in decision
    assert "El banco se equivoca aquí:" not in decision
    # a ruling that was a slip is changed by the same form
    test, form = next(iter(forms(page).items()))
    assert (
        sent(
            event, place, mario, form, verdict="warn", reason="Con reparos.", clause="FHIR R4"
        ).status_code
        == 303
    )
    ruled = event.ask("GET", f"/api{place}", mario).json()
    assert (ruled["overrulings"][-1]["test"], ruled["overrulings"][-1]["verdict"]) == (test, "warn")
    assert [result["verdict"] for result in ruled["bench"]] == ["warn"]
    changed = forms(event.ask("GET", f"{place}?lang=es", mario).text)
    assert re.findall(r'<option value="(\w*)"', changed[test]) == ["", "pass", "fail", "skip"]
    assert event.ask("POST", f"{place}/decide?lang=es", mario, **decide).status_code == 200
    decided = event.ask("GET", f"{place}?lang=es", event.sessions["Ana"]).text
    assert event.ask("GET", f"/api{place}", mario).json()["state"] == "verified"
    # whoever reads it afterwards sees both, and nothing to fill in
    assert "de falla a pasa:" in decided
    assert forms(decided) == {}


def test_a_check_has_one_form_whatever_verdict_a_program_gave(
    contested: tuple[Event, str],
) -> None:
    """Two of the same names would send what stands in both as one text."""
    event, place = contested
    mario = claimed(event, place)
    (result,) = event.ask("GET", f"/api{place}", mario).json()["bench"]
    check = result["failed"][0]["id"]
    for verdict in ("review", "inconclusive", "error", "fail", "skip"):
        ruling = {"run": result["run"], "test": check, "verdict": verdict}
        body = {**ruling, "reason": f"It is {verdict}.", "clause": "FHIR R4"}
        event.ask("POST", f"/api{place}/overrulings", mario, json=body)
        page = event.ask("GET", f"{place}?lang=es", mario).text
        assert CHECK.findall(page).count((result["run"], check)) == 1, verdict


@pytest.mark.parametrize("half", [{"verdict": "fail"}, {"reason": "Sigue <mal>."}])
def test_nothing_is_decided_over_a_verdict_that_was_filled_in_and_not_given(
    contested: tuple[Event, str], half: dict[str, str]
) -> None:
    event, place = contested
    mario = claimed(event, place)
    form = next(iter(forms(event.ask("GET", f"{place}?lang=es", mario).text).values()))
    begun = filled(form, **half)
    begun.pop("of")
    typed = {"decision": "failed", "words": "No pasa.", **begun}

    def decided() -> Any:
        return event.ask(
            "POST", f"{place}/decide?lang=es", mario, headers=FORM, content=urlencode(typed)
        )

    refused = decided()
    assert refused.status_code == 400
    assert "todavía no cuenta" in refused.text.partition('role="alert"')[2][:400]
    again = next(iter(forms(refused.text).values()))
    assert "<details open>" in again
    assert event.ask("GET", f"/api{place}", mario).json()["state"] == "to_verify"
    for name in begun:
        typed[name] = " "
    assert decided().status_code == 200
    assert event.ask("GET", f"/api{place}", mario).json()["state"] == "failed"


def test_a_ruling_takes_nothing_of_what_was_ticked_and_typed(
    contested: tuple[Event, str],
) -> None:
    event, place = contested
    mario = claimed(event, place)
    before = forms(event.ask("GET", f"{place}?lang=es", mario).text)
    (first, form), (second, other) = list(before.items())[:2]
    typed = {"verdict": "pass", "reason": "Está bien.", "clause": "FHIR R4 http.html"}
    half = filled(other, reason="A <medias>.")
    half.pop("of")
    begun = [("ticked", "0"), ("decision", "verified"), ("words", "Visto & bueno"), *half.items()]
    for _ in (1, 2):  # a page of a form that is loaded again sends it once more
        done = sent(event, place, mario, form, *begun, **typed)
        assert done.status_code == 200
        rulings = event.ask("GET", f"/api{place}", mario).json()["overrulings"]
        assert [one["test"] for one in rulings] == [first]
    page = done.text
    assert re.findall(r'name="ticked" value="(\d+)" checked', page) == ["0"]
    assert re.search(r'<option value="verified" selected>', page)
    assert "Visto &amp; bueno</textarea>" in page
    again = forms(page)
    assert "A &lt;medias&gt;." in again[second]
    assert "<details open>" in again[second]
    # what was given stands in the list of verdicts, and no more in its form
    assert "Está bien." not in again[first]
    assert "de falla a pasa:" in page
    # it goes on where the decision is, and is refreshed from the page's own address
    assert '<h2 id="decide" tabindex="-1" autofocus>' in page
    (own,) = re.findall(r'data-page="([^"?]+)[^"]*" data-typed', page)
    assert own.endswith(place.lstrip("/"))


def test_a_check_that_was_left_out_has_the_same_form(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        place, left = handed_in_without(event)
        mario = claimed(event, place)
        page = event.ask("GET", f"{place}?lang=es", mario).text
        found = forms(page)
        assert left in found
        assert re.findall(r'<option value="(\w*)"', found[left]) == ["", "pass", "warn", "fail"]
        done = sent(
            event, place, mario, found[left], verdict="pass", reason="Lo vi.", clause="FHIR R4"
        )
        assert done.status_code == 303
        (ruling,) = event.ask("GET", f"/api{place}", mario).json()["overrulings"]
        assert (ruling["test"], ruling["was"], ruling["verdict"]) == (left, "skip", "pass")


def test_what_waited_for_a_check_that_was_set_aside_is_not_verified_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that has sent one broken body is not verified by a word about that body alone."""
    monkeypatch.setattr(f"{__name__}.a_wrong_submission", lambda: {"resourceType": "Bundle"})
    with contesting(tmp_path) as (event, place):
        mario = claimed(event, place)
        typed = {"verdict": "pass", "reason": "Lo vi.", "clause": "FHIR R4 http.html"}
        for form in forms(event.ask("GET", f"{place}?lang=es", mario).text).values():
            assert sent(event, place, mario, form, **typed).status_code == 303
        page = event.ask("GET", f"{place}?lang=es", mario).text
        assert page.count("esperaba una comprobación cuyo veredicto quedó sin efecto") > 20
        for decision, status in (("verified", 412), ("partially", 200)):
            body = {"decision": decision, "words": "Visto.", "ticked": [0, 1, 2]}
            reply = event.ask("POST", f"/api{place}/decide", mario, json=body)
            assert reply.status_code == status, reply.text
            assert status == 200 or reply.json()["key"] == "instances.waited"


def handed_in_without(event: Event) -> tuple[str, str]:
    """An instance in which the bench has left out something that the plan requires, and a monitor was asked."""
    ana = event.sessions["Ana"]
    system = {"name": "clinic", "base": "http://127.0.0.1:9/fhir", "actors": ["content-creator"]}
    event.ask("POST", "/api/systems", ana, json={**system, "country": "CL"})
    what = {"event": PLAN, "test": "2a.9", "system": "clinic"}
    place = f"/instances/{event.ask('POST', '/api/instances', ana, json=what).json()['id']}"
    # a code that is none, and no keys to hold it against
    body = {"role": "issuer", "inputs": {"certificate": "shc:/567629"}}
    event.ask("POST", f"/api{place}/runs", ana, json=body)
    while not (result := event.ask("GET", f"/api{place}", ana).json()["bench"][0])["verdict"]:
        pass
    event.ask("POST", f"/api{place}/contest", ana, json={"words": "It is right."})
    return place, next(left["id"] for left in result["left_out"] if left["why"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_bench_leaves_to_the_monitor_has_the_same_form(
    contested: tuple[Event, str], language: str
) -> None:
    event, place = contested
    mario = claimed(event, place)
    for form in forms(event.ask("GET", f"{place}?lang=es", mario).text).values():
        ((run, test),) = CHECK.findall(form)
        body = {
            "run": run,
            "test": test,
            "verdict": "review",
            "reason": "Nobody saw it.",
            "clause": "FHIR R4",
        }
        assert event.ask("POST", f"/api{place}/overrulings", mario, json=body).status_code == 201
    (result,) = event.ask("GET", f"/api{place}", mario).json()["bench"]
    assert (result["verdict"], result["failed"]) == ("review", [])
    assert result["undecided"]
    page = event.ask("GET", f"{place}?lang={language}", mario).text
    assert say("instances.page.undecided_checks", language) in unescape(page)
    assert list(forms(page)) == [check["id"] for check in result["undecided"]]
    for check in result["undecided"]:
        assert f"{say('instances.page.ruling_undecided', language)}: {check['number']}" in page
        options = re.findall(r'<option value="(\w*)"', forms(page)[check["id"]])
        assert options == ["", "pass", "warn", "fail", "skip"]

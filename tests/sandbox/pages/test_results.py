"""The page of what an event came to: charts beside their tables, what was found, files, and days that were kept."""

from __future__ import annotations

import json
import re
import tomllib
from html import escape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.i18n import LANGUAGES, say
from sandbox.pages.home import track_name
from sandbox.pages.results import _system_html as system_html_of
from sandbox.testbench.tracks import TRACKS
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import FORM, an_event

EVENT = "lacpass-2023"
PAGE = f"/event/{EVENT}/results"
BOTH = ("fuente-cl", "fuente-pe")
KINDS = {"Ana": BOTH[:1], "Pia": BOTH[1:], "Mario": BOTH, "Inés": BOTH}
"""Whose runs each of them may see."""


def played(client: TestClient, name: str, team: str) -> None:
    """Has a team start a planned test, and its Source send what is no submission."""
    system = {"name": name, "base": "http://127.0.0.1:9/fhir", "team": team, "country": "CL"}
    client.post("/api/systems", json={**system, "actors": ["document-source"]}).raise_for_status()
    begun = client.post(
        "/api/instances", json={"event": EVENT, "test": "1.4", "system": name}
    ).json()
    run = client.post("/api/runs", json={"track": "mhd.source", "system": name}).json()
    added = {"role": "source", "run": run["id"]}
    client.post(f"/api/instances/{begun['id']}/runs", json=added).raise_for_status()
    client.post(run["inbox"], json={"resourceType": "Bundle", "type": "collection"})
    client.get(f"/api/runs/{run['id']}")  # what came is judged behind its answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_and_findings_stand_beside_their_tables(tmp_path: Path, language: str) -> None:
    with a_sandbox(tmp_path) as client:
        for name in ("one", "two", "three"):
            played(client, name, f"Team {name}")
        client.post(f"/api/plans/{EVENT}/snapshots").raise_for_status()
        page = client.get(PAGE, params={"lang": language}).text
        findings = client.get(f"/api/plans/{EVENT}/findings").json()
    # each drawn for a screen and for a phone, whose style shows one of them
    assert page.count('class="chart broad"') == page.count('class="chart narrow"') == 4
    for kind in ("day", "track", "test", "country"):
        assert f"<title>{say(f'event_report.by.{kind}', language)}</title>" in page
    assert f"{EVENT}/report.pdf?lang={language}" in page
    assert f"{EVENT}/certificates.pdf?lang={language}" in page
    assert say("event_report.findings", language) in page
    assert say("event_report.practice", language) in page  # three systems, one clause
    first = findings["frequent"][0]
    assert (first["runs"], first["systems"]) == (3, ["one", "three", "two"])
    assert f"runs/{first['run']}" in page
    assert say("event_report.snapshots", language) in page


def test_before_anybody_begins_there_is_nothing_to_draw(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        page = client.get(PAGE, params={"lang": "en"})
        assert page.status_code == 200
        assert "<svg" not in page.text
        none = client.get(f"/api/plans/{EVENT}/certificates.pdf")
        assert none.status_code == 404
        assert none.json()["key"] == "event_report.no_team"
        report = client.get(f"/api/plans/{EVENT}/report.pdf")
        assert report.content.startswith(b"%PDF-")


def test_what_a_system_sent_is_not_shown_to_everybody(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        played(client, "one", "Team one")
        page = client.get(PAGE, params={"lang": "en"}).text
    section = re.search(r'<section aria-labelledby="findings".*?</section>', page, re.DOTALL)
    assert section is not None
    assert "collection" not in section[0]


def test_whose_run_one_may_not_see_is_neither_named_nor_linked(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        for who, name in (("Ana", "fuente-cl"), ("Pia", "fuente-pe")):
            event.client.headers["Authorization"] = f"Bearer {event.sessions[who]}"
            played(event.client, name, {"Ana": "Chile", "Pia": "Perú"}[who])
        del event.client.headers["Authorization"]
        runs = event.ask("GET", "/api/runs", event.sessions["Inés"]).json()
        of = {run["system"]: run["id"] for run in runs}
        pages = {
            who: event.ask("GET", f"{PAGE}?lang=es", event.sessions[who]).text for who in KINDS
        }
        api = f"/api/plans/{EVENT}/findings"
        told = {who: event.ask("GET", api, event.sessions[who]).json() for who in KINDS}
        event.ask("POST", f"/event/{EVENT}/now", event.sessions["Inés"], headers=FORM)
        rows = event.ask("GET", f"{api}?lang=es", event.sessions["Inés"]).json()["frequent"]
        examples = [row["example"] for row in rows]
        (one, *_) = [one for one in examples if one["text"] != one["public_text"]]
        found = event.ask("GET", f"/search?q={one['key']}", event.sessions["Pia"]).text
        report = f"/api/plans/{EVENT}/report.pdf"
        assert event.ask("GET", report, event.sessions["Pia"]).content.startswith(b"%PDF-")
    # the search finds it, without what a system sent
    assert "#findings" in found
    assert escape(one["public_text"]) in found
    assert escape(one["text"]) not in found
    for who, names in KINDS.items():
        section = pages[who].partition('id="findings"')[2].partition("</section>")[0]
        first = told[who]["frequent"][0]
        # all is counted for everybody
        assert first["runs"] == len(first["systems"]) + first["others"] == 2
        assert say("event_report.runs", "es", runs=2) in section
        for name, run in of.items():
            assert (name in section) == (name in first["systems"]) == (name in names), (who, name)
            if name not in names:
                assert f"runs/{run}" not in section
                assert run not in json.dumps(told[who])
        assert (say("event_report.others", "es", count=1) in section) == (len(names) == 1)
        for link in re.findall(r"runs/([\w-]+)\?", section):
            assert link in {of[name] for name in names}


def test_an_event_that_plays_by_itself_says_so_on_every_page(tmp_path: Path) -> None:
    words = say("event_report.simulation", "en")
    with a_sandbox(tmp_path) as client:
        table = tomllib.loads(client.get(f"/api/plans/{EVENT}/file").text)
        plan = json.loads(json.dumps(table, default=str))
        for is_simulation in (True, False):
            body = {**plan, "is_simulation": is_simulation}
            client.put(f"/api/plans/{EVENT}", json=body).raise_for_status()
            client.post(f"/api/plans/{EVENT}/now").raise_for_status()
            for place in (PAGE, "/event", "/instances", "/matrix", "/report", "/runs", "/team"):
                assert (words in client.get(f"{place}?lang=en").text) == is_simulation, place


def test_behind_a_change_only_the_system_that_it_concerns_is_written_anew(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        for name in ("left", "right", "third"):
            played(client, name, f"Team {name}")
        first = client.get(PAGE).text
        assert all(f'id="achieved-{name}"' in first for name in ("left", "right", "third"))
        written = system_html_of.cache_info().misses
        played(client, "fourth", "Team fourth")
        assert 'id="achieved-fourth"' in client.get(PAGE).text
        assert system_html_of.cache_info().misses == written + 1


def test_the_report_of_runs_has_words_and_no_column_of_nothing(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        body = {
            "name": "node",
            "base": "http://127.0.0.1:9/fhir",
            "actors": ["content-creator"],
            "country": "ZA",
        }
        client.post("/api/systems", json=body).raise_for_status()
        asked = {
            "track": "ips.content",
            "system": "node",
            "inputs": {"document": '{"resourceType": "Bundle"}'},
        }
        run = client.post("/api/runs", json=asked).json()["id"]
        pages = (client.get(f"/api/runs/{run}").json()["state"] for _ in range(500))
        assert "done" in pages
        page = client.get("/report?lang=es").text
        listed = client.get("/runs?lang=es").text
    assert f">{say('ips_content.name', 'es')}</a>" in listed
    head = page.partition("<table")[2].partition("</thead>")[0]
    heads = re.findall(r'<th scope="col">([^<]+)</th>', head)
    assert "falla" in heads
    assert "error nuestro" not in heads
    assert "Sudáfrica" in page
    assert f">{say('ips_content.name', 'es')}</th>" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_tracks_are_called_alike(language: str) -> None:
    """A report of runs tells them apart by their names alone."""
    names = [track_name(id, language) for id in TRACKS]
    assert len(set(names)) == len(names)

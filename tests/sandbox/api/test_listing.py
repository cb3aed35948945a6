"""Lists by page over HTTP: narrowed, counted, gone on with; and one team's loop changes nobody else's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.event.run_list import RunList
from sandbox.i18n import LANGUAGES
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.sandbox.api.test_gate import Event, an_event
from tests.sandbox.event.played import Played, asked

SYSTEMS = {"Ana": "clinic", "Pia": "archive"}
LOOP = 1010
PAGES = ("runs", "team", "queue", "matrix", "report", "api/runs", "api/queue", "api/matrix")


@pytest.fixture
def event(tmp_path: Path) -> Iterator[Event]:
    with an_event(tmp_path) as event:
        for name, system in SYSTEMS.items():
            body = {"name": system, "base": "http://127.0.0.1:9/fhir"}
            assert event.ask("POST", "/api/systems", event.sessions[name], json=body).is_success
        yield event


@pytest.fixture
def written(event: Event, tmp_path: Path) -> Iterator[RunList]:
    """The runs of that event as another process writes them."""
    partitions = Partitions(tmp_path / "sandbox")
    yield RunList(RunStore(partitions.main))
    partitions.close()


def of(event: Event, name: str, **more: Any) -> Played:
    """A run of the system of somebody's team."""
    me = event.ask("GET", "/api/me", event.sessions[name]).json()
    mine = Played(SYSTEMS[name], me["team"], me["team_id"], me["id"], country=me["country"])
    return replace(mine, **more)


def ids(reply: Any) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [run["id"] for run in reply.json()]


def next_of(reply: Any) -> str:
    found = re.fullmatch(r'<(\?.+)>; rel="next"', reply.headers.get("link", ""))
    return found[1] if found else ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_loop_of_one_team_changes_no_page_of_another(
    event: Event, written: RunList, language: str
) -> None:
    for number, name in enumerate(("Ana", "Pia", "Ana")):
        played = of(event, name, verdict="warn", count=number // 2)
        written.append(f"first{number}", [*played.lines(number), asked(number)])

    def looked_at() -> dict[tuple[str, str], str]:
        pages = {}
        for name in ("Pia", "Mario", "Inés"):
            for path in PAGES:
                # monitors and facilitators see the loop itself in the lists of all runs
                if name == "Pia" or not path.endswith(("runs", "team")):
                    reply = event.ask("GET", f"/{path}?lang={language}", event.sessions[name])
                    assert reply.status_code == 200, path
                    pages[name, path] = without_loop(reply.text)
        return pages

    before = looked_at()
    assert "runs/first1" in before["Pia", "runs"]
    assert "runs/first1" in before["Mario", "queue"]
    assert "archive" in before["Inés", "matrix"]
    assert "FHIR" in before["Inés", "report"]
    looped = of(event, "Ana", verdict="warn")
    for number in range(LOOP):
        written.append(f"loop{number}", replace(looped, count=number % 2).lines(10 + number))

    assert looked_at() == before
    assert f"loop{LOOP - 2}" in event.ask("GET", "/matrix", event.sessions["Ana"]).text


def without_loop(text: str) -> str:
    """A page without what it says of the system of the loop."""
    text = re.sub(r'<tr><th scope="row">clinic.*?</tr>', "", text, flags=re.DOTALL)
    text = re.sub(r'\{"system":"clinic".*?"played":\d+\},?', "", text)
    # how many of its runs do not count is all that the report says of the loop
    return re.sub(r"<section><h2>.*?</section>", "", text, flags=re.DOTALL)


def test_a_list_goes_on_where_the_link_says_while_runs_come(event: Event, written: RunList) -> None:
    played = of(event, "Ana")
    before = [f"r{number:02}" for number in range(23)]
    for number, run in enumerate(before):
        written.append(run, played.lines(number // 4))
    secret = event.sessions["Ana"]
    seen: list[str] = []
    query = "?limit=5&system=clinic"
    for coming in range(10):
        reply = event.ask("GET", f"/api/runs{query}", secret)
        seen += ids(reply)
        assert reply.headers["x-total-count"] == str(23 + coming)
        query = next_of(reply)
        if not query:
            break
        assert "system=clinic" in query
        written.append(f"new{coming}", played.lines(5))
    assert seen == [*reversed(before)]


def test_a_list_is_narrowed_by_right_before_it_is_cut(event: Event, written: RunList) -> None:
    written.append("old", of(event, "Pia").lines(0))
    for number in range(60):
        written.append(f"r{number}", of(event, "Ana").lines(number + 1))

    for path in ("/api/runs?limit=1", "/api/runs?mine=yes&limit=1"):
        reply = event.ask("GET", path, event.sessions["Pia"])
        assert (ids(reply), reply.headers["x-total-count"], next_of(reply)) == (["old"], "1", "")
    assert "runs/old" in event.ask("GET", "/runs", event.sessions["Pia"]).text
    assert "runs/old" in event.ask("GET", "/team", event.sessions["Pia"]).text
    page = event.ask("GET", "/runs?lang=es", event.sessions["Inés"]).text
    assert "61 corridas" in page
    (older,) = re.findall(r'<a href="(\?[^"]+)">Corridas anteriores', page)
    rest = event.ask("GET", f"/runs{older.replace('&amp;', '&')}", event.sessions["Inés"]).text
    assert "runs/old" in rest
    assert "Corridas anteriores" not in rest


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("track=ips.server", ["b"]),
        ("track=ips.server&track=fhir.basics", ["b", "a"]),
        ("system=archive", ["b"]),
        ("team=Chile", ["a"]),
        ("state=running", ["b"]),
        ("verdict=fail", ["b"]),
        ("standing=to_verify", ["a"]),
        ("since=2026-11-02", ["b"]),
        ("country=xx", []),
    ],
)
def test_filters(event: Event, written: RunList, query: str, expected: list[str]) -> None:
    day = 1793491200000  # 2026-11-01
    written.append("a", [*of(event, "Ana").lines(day), asked(day)])
    other = of(event, "Pia", track="ips.server", verdict="fail", state="running")
    written.append("b", other.lines(day + 24 * 3600 * 1000))
    assert ids(event.ask("GET", f"/api/runs?{query}", event.sessions["Inés"])) == expected
    page = event.ask("GET", f"/runs?lang=en&{query}", event.sessions["Inés"]).text
    assert sorted(re.findall(r"runs/(\w)\?lang", page)) == sorted(expected)
    assert ("No runs match" in page) == (not expected)


@pytest.mark.parametrize(
    ("query", "status", "key"),
    [
        ("cursor=here", 400, "store.bad_cursor"),
        ("limit=many", 400, "testbench.bad_request"),
        ("state=odd", 400, "testbench.bad_request"),
        ("verdict=odd", 400, "testbench.bad_request"),
        ("standing=odd", 400, "testbench.bad_request"),
        ("since=yesterday", 400, "testbench.bad_request"),
        ("track=odd", 404, "testbench.no_track"),
    ],
)
def test_what_no_list_knows_is_refused(event: Event, query: str, status: int, key: str) -> None:
    secret = event.sessions["Inés"]
    reply = event.ask("GET", f"/api/runs?{query}", secret)
    assert (reply.status_code, reply.json()["key"]) == (status, key)
    assert event.ask("GET", f"/runs?{query}", secret).status_code == status


def test_the_matrix_is_whole_unless_a_limit_is_given(event: Event, written: RunList) -> None:
    for number, track in enumerate(("fhir.basics", "ips.server", "mhd.recipient")):
        for name in SYSTEMS:
            written.append(f"{name}{track}", of(event, name, track=track).lines(number))
    secret = event.sessions["Ana"]

    whole = event.ask("GET", "/api/matrix", secret)
    cells: list[Any] = []
    query = "?limit=4&verdict=pass"
    while query:
        part = event.ask("GET", f"/api/matrix{query}", secret)
        assert part.headers["x-total-count"] == "6"
        cells += part.json()
        query = next_of(part)

    assert cells == whole.json()
    assert len(cells) == 6
    assert event.ask("GET", "/api/matrix?verdict=fail", secret).json() == []
    of_one = event.ask("GET", "/api/matrix?system=clinic&track=ips.server", secret).json()
    assert [(cell["system"], cell["track"]) for cell in of_one] == [("clinic", "ips.server")]


@pytest.mark.parametrize(
    ("language", "part", "apart"),
    [("en", "1 of ", "Rehearsals against"), ("es", "1 de ", "Ensayos"), ("pt", "1 de ", "Ensaios")],
)
def test_parts_and_rehearsals_are_shown_and_not_counted(
    event: Event, written: RunList, language: str, part: str, apart: str
) -> None:
    written.append("part", of(event, "Ana", count=1).lines(0))
    written.append("rehearsal", of(event, "Ana", system="sandbox").lines(1))
    secret = event.sessions["Inés"]
    page = event.ask("GET", f"/matrix?lang={language}", secret).text
    cell = re.search(r'<a href="runs/part[^>]*>([^<]*)</a>', page)
    assert cell is not None
    assert cell[1].startswith(part)
    assert 'class="part"' in cell[0]
    report = event.ask("GET", "/api/report", secret).json()
    assert (report["count"], report["by_track"]) == (0, {})
    assert (report["apart"]["rehearsals"], report["apart"]["partial"]) == (1, 1)
    assert apart in event.ask("GET", f"/report?lang={language}", secret).text

"""The audit log: each act leaves a line with who, when and from where, and no line can be changed unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli.verbs import app
from sandbox.store.audit import Audit, Entry, hash_of
from sandbox.store.database import Database
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import a_sandbox
from tests.sandbox.api.test_people import FORM, as_one, finished, people, registered

__all__ = ["people"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    is_postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_database") if is_postgres else ""
    partitions = Partitions(tmp_path, url=url)
    yield partitions.main
    partitions.close()


def acts(client: TestClient, secret: str) -> list[Entry]:
    answer = client.get("/api/audit", headers=as_one(secret))
    assert answer.status_code == 200
    return [Entry(**line) for line in answer.json()]


def changed(database: Database, sql: str) -> list[tuple[str, int]]:
    with database.writing() as connection:
        connection.execute(sql)
    return [(fault.key, fault.number) for fault in Audit(database).verify()]


def filled(database: Database) -> Audit:
    log = Audit(database)
    for number in range(1, 6):
        log.record("data.exported", count=number)
    assert log.verify() == []
    return log


def test_each_act_says_who_did_what_about_what_and_from_where(
    served: TestClient, people: dict[str, str]
) -> None:
    registered(served, people["Ana"])
    run = finished(served, people["Ana"])
    ask, claim = (f"/api/runs/{run}/review/{act}" for act in ("ask", "claim"))
    decide = f"/runs/{run}/review/decide"
    assert served.post(ask, json={}, headers=as_one(people["Ana"])).status_code == 200
    assert served.post(claim, json={}, headers=as_one(people["Mario"])).status_code == 200
    form = {"decision": "failed", "comment": "RUT 12.345.678-5 is shown in the list"}
    page = served.post(
        decide, data=form, headers=FORM | as_one(people["Mario"]), follow_redirects=False
    )
    assert page.status_code == 303
    served.get(f"/api/runs/{run}/report/evidence", headers=as_one(people["Ana"]))

    told = [
        (entry.act, entry.who, entry.team, entry.door, entry.place, dict(entry.details))
        for entry in acts(served, people["Inés"])[:6]
    ][::-1]
    assert told == [
        ("system.registered", "Ana", "Chile", "api", "testclient", {"name": "hospital", "team": "Chile"}),
        ("run.queued", "Ana", "Chile", "api", "testclient",
         {"run": run, "team": "Chile", "track": "mhd.source", "system": "hospital"}),
        ("run.asked", "Ana", "Chile", "api", "testclient", {"run": run}),
        ("run.claimed", "Mario", "Perú", "api", "testclient", {"run": run}),
        # what a monitor writes may name a patient: the log of the run holds it, this one does not
        ("run.decided", "Mario", "Perú", "page", "testclient", {"run": run, "decision": "failed"}),
        ("evidence.exported", "Ana", "Chile", "api", "testclient", {"run": run}),
    ]  # fmt: skip


def test_people_and_their_links_are_in_it_without_any_secret(
    served: TestClient, people: dict[str, str]
) -> None:
    entries = acts(served, people["Inés"])
    assert {"people.person", "people.code", "people.entered"} <= {entry.act for entry in entries}
    added = next(entry for entry in entries if entry.details.get("name") == "Pia")
    assert added.act in ("people.person", "people.entered")
    text = json.dumps([entry.details for entry in entries])
    assert not any(word in text for word in ("hash", "session", *people.values()))


def test_only_facilitators_read_it_in_api_and_page(
    served: TestClient, people: dict[str, str]
) -> None:
    for path in ("/api/audit", "/audit"):
        for name, status in (("Inés", 200), ("Ana", 403), ("Mario", 403)):
            assert served.get(path, headers=as_one(people[name])).status_code == status
    page = served.get("/audit?lang=es", headers=as_one(people["Inés"])).text
    assert "agregó a una persona" in page
    assert "Perú" in page


def test_older_acts_come_page_by_page(database: Database) -> None:
    log = filled(database)
    newest = log.newest(limit=2)
    assert [entry.number for entry in newest] == [5, 4]
    assert [entry.number for entry in log.newest(before=4, limit=2)] == [3, 2]
    assert [line.number for line in log.lines(after=3)] == [4, 5]


@pytest.mark.parametrize(
    ("sql", "faults"),
    [
        ("UPDATE audit SET body = replace(body, '\"count\":3', '\"count\":4') WHERE number = 3", [("audit.changed", 3)]),
        ("DELETE FROM audit WHERE number = 3", [("audit.missing", 3)]),
        ("DELETE FROM audit WHERE number = 1", [("audit.missing", 1)]),
        ("UPDATE audit SET number = 9 - number WHERE number = 4", [("audit.missing", 4)]),
    ],
    ids=["changed", "taken out", "first taken out", "moved"],
)  # fmt: skip
def test_a_line_that_was_tampered_with_is_told(
    database: Database, sql: str, faults: list[tuple[str, int]]
) -> None:
    filled(database)
    if "9 - number" in sql:
        changed(database, "DELETE FROM audit WHERE number = 5")
    assert changed(database, sql) == faults


def test_a_line_that_was_written_anew_with_its_hash_does_not_fit_the_next(
    database: Database,
) -> None:
    log = filled(database)
    third = next(line for line in log.lines(after=2))
    forged = third.body.replace('"count":3', '"count":4')
    with database.writing() as connection:
        connection.execute(
            "UPDATE audit SET body = ?, hash = ? WHERE number = 3", [forged, hash_of(forged)]
        )
    assert [(fault.key, fault.number) for fault in log.verify()] == [("audit.unchained", 4)]


def test_an_act_that_was_taken_back_leaves_no_line(database: Database) -> None:
    store = RunStore(database)
    with suppress(RuntimeError), database.writing():
        store.put_system("hospital", "{}")
        raise RuntimeError
    assert store.audit.newest() == []
    store.put_system("hospital", "{}")
    assert [entry.act for entry in store.audit.newest()] == ["system.registered"]


def test_the_command_line_acts_reads_and_verifies(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]

    def typed(*words: str) -> tuple[int, str]:
        ended = CliRunner().invoke(app, [*words, *data])
        return ended.exit_code, ended.output

    assert typed("systems", "add", "hospital", "http://hospital.test/fhir")[0] == 0
    assert typed("data", "backup", str(tmp_path / "copy"))[0] == 0
    assert typed("systems", "remove", "hospital")[0] == 0
    listed = typed("audit")[1]
    acted = ("system.registered", "backup.made", "system.removed")
    assert all(act in line for act, line in zip(acted, listed.splitlines(), strict=True))
    assert "(command)" in listed

    code, said = typed("audit", "verify")
    assert code == 0
    head = said.rpartition("last hash is ")[2].partition(".")[0]
    assert len(head) == 64
    partitions = Partitions(tmp_path / "data")
    changed(partitions.main, "DELETE FROM audit WHERE number = 3")
    partitions.close()
    assert typed("audit", "verify")[0] == 0  # the end was cut: what is left is a chain
    code, said = typed("audit", "verify", "--head", head)
    assert (code, head in said) == (1, True)


def test_a_backup_tells_of_itself(tmp_path: Path) -> None:
    partitions = Partitions(tmp_path / "data")
    partitions.back_up(tmp_path / "copy")
    partitions.close()
    copy = Partitions(tmp_path / "copy")
    assert [entry.act for entry in Audit(copy.main).newest()] == ["backup.made"]
    copy.close()

"""A changed check stands beside and does not count until it is adopted; results are confirmed and published by hand."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, replace

import pytest

from sandbox.errors import NotFound, PreconditionFailed
from sandbox.event import conduct as conducts
from sandbox.event import run as runs
from sandbox.event.additions import Addition
from sandbox.event.conduct import bench_tests_of, changes
from sandbox.event.instance import Instance
from sandbox.event.instance_acts import Words
from sandbox.event.overruled import cases_of, zip_of
from sandbox.event.overruling import Ruling
from sandbox.event.partners import Chosen
from sandbox.event.published import Published, differences, published_csv
from sandbox.event.results import Cell, RoleResult
from sandbox.testbench.fingerprint import fingerprint
from sandbox.testbench.script import Test
from sandbox.testbench.tracks import TRACKS
from tests.sandbox.event.test_instances import (
    BASICS,
    EVENT,
    INES,
    MONITOR,
    PIA,
    SEND,
    Floor,
    floor,
    refusing,
)

__all__ = ["floor"]
TOUCHED = "fhir.basics.life_of_a_resource"


def update(monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """The check of one test is in another state from now on, as after an update of the sandbox."""

    def changed(test: Test) -> str:
        return f"{state}.judge" if test.id == TOUCHED else fingerprint(test)

    monkeypatch.setattr(runs, "fingerprint", changed)
    monkeypatch.setattr(conducts, "fingerprint", changed)


def attempted(floor: Floor, instance: Instance) -> Instance:
    return floor.instances.attempt(instance.id, "recipient", floor.run("recipient-pe"), PIA)


def begun(floor: Floor) -> Instance:
    return floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)


def test_the_first_instance_pins_the_checks_of_its_test(floor: Floor) -> None:
    assert floor.instances.conduct.read("rehearsal").checks == {}
    begun(floor)
    checks = floor.instances.conduct.read("rehearsal").checks
    assert set(checks) == {test.id for test in TRACKS["fhir.basics"].tests}
    assert TOUCHED in checks
    assert [test.id for test in bench_tests_of([BASICS, SEND])] == list(checks)
    last = floor.instances.conduct.read("rehearsal").last
    begun(floor)  # and another one changes nothing
    assert floor.instances.conduct.read("rehearsal").last == last


def test_a_result_tells_by_which_check_it_was_found(floor: Floor) -> None:
    run = floor.run("recipient-pe")
    tests = {test.id: test for test in run.tests}
    assert {id: outcome.check for id, outcome in run.outcomes.items()} == {
        id: fingerprint(test) for id, test in tests.items()
    }


def test_a_changed_check_stands_beside_until_it_is_adopted(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = begun(floor)
    update(monkeypatch, "new")
    (result,) = floor.instances.bench(attempted(floor, instance))
    assert (result.verdict, result.beside, result.changed) == (None, "pass", (TOUCHED,))
    with pytest.raises(PreconditionFailed, match="by_changed_check"):
        floor.instances.act(instance.id, "submit", PIA)
    (change,) = [one for one in changes(EVENT, conduct(floor)) if one.is_changed]
    assert (change.test, change.now) == (TOUCHED, "new.judge")
    assert floor.instances.conduct.adopt(EVENT, INES) == [TOUCHED]
    assert floor.instances.conduct.adopt(EVENT, INES) == []
    (result,) = floor.instances.bench(floor.instances.read(instance.id))
    assert (result.verdict, result.beside) == ("pass", None)
    assert floor.instances.act(instance.id, "submit", PIA).state == "verified"


def conduct(floor: Floor) -> conducts.Conduct:
    return floor.instances.conduct.read("rehearsal")


def test_the_earlier_verdict_counts_on_beside_a_changed_check(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = attempted(floor, begun(floor))
    earlier = instance.attempts[0].run
    update(monkeypatch, "new")
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    (result,) = floor.instances.bench(attempted(floor, instance))
    assert (result.run, result.verdict, result.beside) == (earlier, "pass", "fail")
    floor.instances.conduct.adopt(EVENT, INES, [TOUCHED])
    (result,) = floor.instances.bench(floor.instances.read(instance.id))
    assert (result.verdict, result.beside) == ("fail", None)


def test_what_was_found_by_an_earlier_check_counts_on_when_a_new_one_is_adopted(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = attempted(floor, begun(floor))
    update(monkeypatch, "new")
    floor.instances.conduct.adopt(EVENT, INES)
    (result,) = floor.instances.bench(floor.instances.read(instance.id))
    assert (result.verdict, result.beside) == ("pass", None)


def test_a_test_that_is_not_named_is_not_adopted(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(floor)
    update(monkeypatch, "new")
    assert floor.instances.conduct.adopt(EVENT, INES, ["fhir.basics.capabilities"]) == []
    assert [one.test for one in changes(EVENT, conduct(floor)) if one.is_changed] == [TOUCHED]


def test_a_log_too_old_to_tell_its_checks_counts(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = begun(floor)
    monkeypatch.setattr(runs, "fingerprint", lambda test: "")
    (result,) = floor.instances.bench(attempted(floor, instance))
    assert (result.verdict, result.beside) == ("pass", None)


def ruled(floor: Floor) -> tuple[Instance, str]:
    """An instance in which a monitor has set a verdict aside, and the id of the bench test."""
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    instance = floor.both_in()
    run = floor.run("recipient-pe")
    failed = next(id for id, outcome in run.outcomes.items() if outcome.verdict == "fail")
    floor.instances.attempt(instance.id, "recipient", run, PIA)
    picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
    floor.instances.attach(instance.id, picture, PIA)
    floor.instances.act(instance.id, "contest", PIA, Words("The server is right."))
    floor.instances.act(instance.id, "claim", MONITOR)
    ruling = Ruling(run.id, failed, "pass", "The server is right.", "FHIR R4 http.html#read")
    return floor.instances.overrule(instance.id, ruling, MONITOR), failed


def test_an_overruled_verdict_leaves_as_a_case_with_its_evidence_and_no_name(floor: Floor) -> None:
    instance, failed = ruled(floor)
    (case,) = cases_of([instance, floor.both_in()], floor.service.runs)
    told = (case["test"], case["was"], case["verdict"], case["clause"])
    assert told == (failed, "fail", "pass", "FHIR R4 http.html#read")
    assert case["check"] == fingerprint(next(t for t in bench_tests_of([SEND]) if t.id == failed))
    content = zip_of([case], "rehearsal", floor.service.runs)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("cases.json")) == [case]
        with zipfile.ZipFile(io.BytesIO(archive.read(case["evidence"]))) as evidence:
            assert b'"kind": "exchange"' in evidence.read("events.ndjson")
        assert b'"Mo"' not in archive.read("cases.json")


def test_evidence_of_several_runs_is_told_for_each_or_for_none(floor: Floor) -> None:
    ids = [floor.run("recipient-pe").id for _ in range(2)]
    runs = floor.service.runs
    with pytest.raises(NotFound):
        runs.evidence_of([*ids, "none"])
    assert _exported(floor) == []
    given = runs.evidence_of(ids)
    assert _exported(floor) == [*given] == ids
    assert runs.evidence(ids[0]) == given[ids[0]]


def _exported(floor: Floor) -> list[str]:
    entries = [line.entry for line in floor.service.store.audit.lines()]
    return [entry.details["run"] for entry in entries if entry.act == "evidence.exported"]


ROW = RoleResult("r-pe", "Peru", "PE", "1", "document-recipient", "passed", 1, 1)
CELL = Cell("r-pe", "1.1", "recipient", "verified", 4, 1, 2, ("s-cl",))
NOW = Published((ROW,), (CELL,))


def test_results_are_confirmed_and_what_changes_since_is_told(floor: Floor) -> None:
    conduct_of = floor.instances.conduct
    conduct_of.confirm("rehearsal", NOW, INES)
    confirmed = conduct_of.read("rehearsal").confirmed
    assert confirmed is not None
    assert (confirmed.by, confirmed.results) == ("Inés", NOW)
    assert list(differences(confirmed.results, NOW)) == []
    later = Published((replace(ROW, result="failed"), replace(ROW, system="x-br")), ())
    told = [(one.system, one.was, one.now) for one in differences(confirmed.results, later)]
    assert told == [("r-pe", "passed", "failed"), ("x-br", "", "passed")]


def test_only_what_is_confirmed_is_published_and_it_is_withdrawn(floor: Floor) -> None:
    conduct_of = floor.instances.conduct
    with pytest.raises(PreconditionFailed, match="not_confirmed"):
        conduct_of.publish("rehearsal", INES)
    conduct_of.confirm("rehearsal", NOW, INES)
    assert conduct_of.read("rehearsal").published is None
    conduct_of.publish("rehearsal", INES)
    published = conduct_of.read("rehearsal").published
    assert published is not None
    assert published.by == "Inés"
    conduct_of.withdraw("rehearsal", INES)
    assert conduct_of.read("rehearsal").published is None


def test_everybody_reads_what_was_passed_and_nothing_of_what_was_not() -> None:
    failed = replace(ROW, system="x-br", result="failed")
    cells = (CELL, replace(CELL, system="x-br", state="failed"))
    shown = Published((ROW, failed), cells).for_everybody
    assert [row.system for row in shown.results] == ["r-pe"]
    assert [(cell.system, cell.count, cell.accompanied) for cell in shown.cells] == [("r-pe", 1, 0)]
    assert published_csv(shown) == (
        "system,team,country,test,role,state,peers\nr-pe,Peru,PE,1.1,recipient,verified,s-cl\n"
    )


def test_confirmed_results_are_read_as_they_were_kept() -> None:
    assert Published.read(json.loads(json.dumps(asdict(NOW)))) == NOW


def test_a_partly_verified_instance_is_no_case(floor: Floor) -> None:
    instance = floor.to_verify()
    floor.instances.act(instance.id, "claim", MONITOR)
    said = Words("Something is missing.", decision="partially")
    partly = floor.instances.act(instance.id, "decide", MONITOR, said)
    assert cases_of([partly], floor.service.runs) == []

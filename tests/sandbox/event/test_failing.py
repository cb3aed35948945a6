"""What does not pass is told by how often in a row, since when and for what; and ends with the first run that passes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import httpx
import pytest

from sandbox.errors import PreconditionFailed
from sandbox.event.additions import Addition
from sandbox.event.failing import HOUR, Failing, failing, failing_at
from sandbox.event.instance_acts import Words
from sandbox.event.overruling import Ruling
from sandbox.event.partners import Chosen
from sandbox.store.attempts import Attempted
from tests.sandbox.event.test_instances import MONITOR, PIA, Floor, floor, refusing

__all__ = ["floor"]

NOW = 100 * HOUR
TRY = Attempted("i", "1.1", "recipient", "fhir.basics", "r", "recipient-pe", NOW, "done", "fail")


def told(*tries: tuple[str, int], state: str = "done") -> list[Failing]:
    """What comes of runs, the newest first, each with its verdict and how many minutes ago it began."""
    rows = [
        replace(TRY, run=f"r{place}", verdict=verdict, at=NOW - minutes * 60_000, state=state)
        for place, (verdict, minutes) in enumerate(tries)
    ]
    return list(failing(rows, now=NOW))


def test_it_counts_those_in_a_row_and_those_of_the_last_hour() -> None:
    (found,) = told(("fail", 5), ("inconclusive", 30), ("error", 59), ("fail", 60), ("pass", 90), ("fail", 95))  # fmt: skip
    assert (found.run, found.tries, found.lately) == ("r0", 4, 3)
    assert (found.since, found.last) == (NOW - HOUR, NOW - 5 * 60_000)


@pytest.mark.parametrize("verdict", ["pass", "warn", "review"])
def test_one_that_passes_or_is_for_people_ends_the_row(verdict: str) -> None:
    assert told((verdict, 1), ("fail", 2)) == []


def test_what_judged_nothing_or_goes_on_neither_counts_nor_ends_it() -> None:
    (found,) = told(("skip", 1), ("", 2), ("fail", 3))
    assert (found.run, found.tries) == ("r2", 1)
    for state in ("waiting", "running", "cancelled"):
        assert told(("fail", 1), state=state) == []


def test_each_role_and_track_has_a_row_of_its_own() -> None:
    others = [replace(TRY, run=name, **{what: name}) for what in ("instance", "role", "track") for name in ("x",)]  # type: ignore[arg-type]  # fmt: skip
    assert [one.tries for one in failing([TRY, *others], now=NOW)] == [1, 1, 1, 1]


def test_at_an_event_it_is_kept_as_runs_end(floor: Floor) -> None:
    right = floor.sandbox.app
    floor.sandbox.app = refusing(right)  # type: ignore[assignment]
    begun = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    found = partial(failing_at, floor.instances, "rehearsal")
    assert found() == []
    for count in (1, 2):
        run = floor.run("recipient-pe")
        floor.instances.attempt(begun.id, "recipient", run, PIA)
        (one,) = found()
        assert (one.instance, one.system, one.run) == (begun.id, "recipient-pe", run.id)
        assert (one.tries, one.lately) == (count, count)
        assert one.finding is not None
        assert one.check.startswith("fhir.basics.")
        assert run.outcomes[one.check].verdict == "fail"
    floor.sandbox.app = right
    floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    assert found() == []


def test_where_nothing_could_be_judged_any_more_that_is_the_cause(floor: Floor) -> None:
    right = floor.sandbox.app
    floor.sandbox.app = refusing(right)  # type: ignore[assignment]
    begun = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    failed = floor.run("recipient-pe")
    floor.instances.attempt(begun.id, "recipient", failed, PIA)
    floor.sandbox.app = nobody  # type: ignore[assignment]
    newest = floor.run("recipient-pe")
    assert newest.verdict == "inconclusive"
    floor.instances.attempt(begun.id, "recipient", newest, PIA)
    (one,) = failing_at(floor.instances, "rehearsal")
    assert (one.run, one.tries) == (newest.id, 2)
    assert one.finding is not None
    assert (one.finding.key, one.check) == ("testbench.unreachable", "fhir.basics.capabilities")
    # what counts is still what was judged: nobody is verified by taking a server away
    (result,) = floor.instances.bench(floor.instances.read(begun.id))
    assert (result.run, result.verdict, result.is_judged) == (failed.id, "fail", True)
    assert result.last == newest
    assert {check.verdict for check in result.last_open} == {"inconclusive"}
    assert result.last_open[0].finding == one.finding
    with pytest.raises(PreconditionFailed, match="not_passed"):
        floor.instances.act(begun.id, "submit", PIA)


async def nobody(scope: dict[str, object], receive: object, send: object) -> None:
    raise httpx.ConnectError("All connection attempts failed")


def test_what_a_monitor_set_aside_or_has_to_look_at_is_not_told(floor: Floor) -> None:
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    begun = floor.both_in()
    run = floor.run("recipient-pe")
    floor.instances.attempt(begun.id, "recipient", run, PIA)
    picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
    floor.instances.attach(begun.id, picture, PIA)
    failed = [id for id, outcome in run.outcomes.items() if outcome.verdict == "fail"]
    for ruled, is_told in ((failed[:1], len(failed) > 1), (failed[1:], False)):
        floor.instances.act(begun.id, "contest", PIA, Words("We are right."))
        assert failing_at(floor.instances, "rehearsal") == []
        floor.instances.act(begun.id, "claim", MONITOR)
        for id in ruled:
            ruling = Ruling(run.id, id, "pass", "Right.", "FHIR R4 http.html#read")
            floor.instances.overrule(begun.id, ruling, MONITOR)
        floor.instances.act(begun.id, "return", MONITOR, Words("Go on."))
        assert bool(failing_at(floor.instances, "rehearsal")) is is_told
        if not is_told:
            break

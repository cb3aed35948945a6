"""A run that a team made on its own machine, handed in for an instance of the event.

What comes is evidence: a log with the exchanges.  Its verdicts are not believed; the exchanges are
judged again with the checks of this server.  Whether they were ever sent nobody here can know, so
that such a run is marked, and a person decides about what rests on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound, TooLarge
from sandbox.event.identity import Person
from sandbox.event.instance import Instance
from sandbox.event.plan import PlannedEvent, PlannedTest, RoleInTest, bench_tests
from sandbox.event.presets import presets
from sandbox.event.required import given_for
from sandbox.event.rights import Whose, may
from sandbox.event.run import OWN_MACHINE, Run, labels_of, lines_of
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.event.verifying import read_files
from sandbox.exchange import Exchange, redacted
from sandbox.fhir.dates import milliseconds_of
from sandbox.ids import id_of
from sandbox.limits import HANDED_IN_BYTES, HANDED_IN_LINES, HANDED_IN_UNPACKED
from sandbox.store.runs import hash_of
from sandbox.testbench.engine import judge_again
from sandbox.testbench.script import Result, Test
from sandbox.testbench.tracks import TRACKS, inputs_of

LOG = "events.ndjson"


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What is taken of a zip of evidence: which tests of which track were played when, and the
    exchanges of each.
    """

    run: str
    track: str
    at: int
    given: Mapping[str, str]
    tests: tuple[Test, ...]
    exchanges: Mapping[str, tuple[Exchange, ...]]
    digest: str
    """The hash of its log, which names every body by its hash."""


def read_handed_in(content: bytes) -> HandedIn:
    """Returns what a zip of evidence holds.

    Args:
        content: The zip, as `connectathon export` writes it.

    Raises:
        TooLarge: It is larger than HANDED_IN_BYTES, or has more than HANDED_IN_LINES lines.
        BadRequest: It is no such zip, was changed, or is of a track that is not known here.
    """
    if len(content) > HANDED_IN_BYTES:
        raise TooLarge("instances.zip_too_large", where="zip", megabytes=HANDED_IN_BYTES // 2**20)
    files = read_files(content, most=HANDED_IN_UNPACKED)
    try:
        lines = [json.loads(line) for line in files[LOG].splitlines()]
        if len(lines) > HANDED_IN_LINES:
            raise TooLarge("instances.zip_too_large", where="zip", megabytes=len(content) // 2**20)
        return _handed_in(lines, files)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, RecursionError):
        raise BadRequest("instances.no_run", where="zip") from None


def _handed_in(lines: Sequence[dict[str, Any]], files: Mapping[str, bytes]) -> HandedIn:
    first = lines[0]["body"]
    if lines[0]["kind"] != "queued" or first["track"] not in TRACKS:
        raise KeyError(first["track"])
    track = TRACKS[first["track"]]
    by_number = {
        int(line["body"]["number"]): _exchange(line["body"], files)
        for line in lines
        if line["kind"] in ("exchange", "captured")
    }
    played = {
        line["body"]["test"]: tuple(by_number[number] for number in line["body"]["exchanges"])
        for line in lines
        if line["kind"] == "verdict"
    }
    given = {str(name): str(value) for name, value in first["given"].items()}
    return HandedIn(
        run=given["run"],
        track=track.id,
        at=int(lines[0]["at"]),
        given=given,
        tests=tuple(test for test in track.tests if test.id in played),
        exchanges=played,
        digest=hash_of(files[LOG]),
    )


def _exchange(body: Mapping[str, Any], files: Mapping[str, bytes]) -> Exchange:
    exchange = Exchange(
        method=str(body["method"]),
        url=str(body["url"]),
        request_headers=_headers(body["request_headers"]),
        request_body=files[f"bodies/{body['request_body']}"],
        status=int(body["status"]),
        headers=_headers(body["headers"]),
        body=files[f"bodies/{body['body']}"],
        elapsed=float(body["elapsed"]),
        failure=str(body["failure"]),
    )
    # it was redacted where it was made, if by a sandbox; here nobody knows
    return redacted(exchange)


def _headers(pairs: Sequence[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), str(value)) for name, value in pairs)


def role_for(handed: HandedIn, instance: Instance, planned: PlannedTest, person: Person) -> str:
    """Returns the role that a run handed in without one is for: the only one for which the plan
    asks for such runs, and whose system the person may have tested.

    Raises:
        BadRequest: There is none, or there are several.
    """
    roles = [
        role.name
        for role in planned.roles
        if handed.track in (track for track, _ in bench_tests(role))
        and (part := instance.parts.get(role.name))
        and may(person, "start", Whose(part.team_id))
    ]
    if len(roles) != 1:
        known = ", ".join(role.name for role in planned.roles)
        raise BadRequest("instances.which_role", where="role", track=handed.track, known=known)
    return roles[0]


def under_rules_of(plan: PlannedEvent, role: RoleInTest, handed: HandedIn) -> HandedIn:
    """Returns what was handed in with the inputs that the event fixes: it is judged by its rules,
    whatever a team has told its own machine.
    """
    known = inputs_of(handed.track)
    preset = presets().get(plan.preset)
    defaults = {
        name: value for name, value in (preset.inputs if preset else {}).items() if name in known
    }
    locked = {name: defaults[name] for name in (preset.locked if preset else ()) if name in known}
    fixed = {**locked, **given_for(plan, role, handed.track)}
    return replace(handed, given={**defaults, **handed.given, **fixed})


async def hand_in(
    runs: Runs, handed: HandedIn, system: System, person: Person, *, clock: Clock
) -> Run:
    """Judges what was handed in, and keeps it as a run of a registered system; the same twice is
    the same run.

    Args:
        runs: Where it is kept.
        handed: What came.
        system: The system that it is of, as it is registered here.
        person: Who hands it in.
        clock: What time it is.

    Returns:
        The run, which is done.
    """
    rules = json.dumps(dict(handed.given), sort_keys=True)
    id = id_of("handed in", system.name, handed.digest, rules)
    with suppress(NotFound):
        return runs.read(id)
    results = await _judged(runs, handed)
    now = milliseconds_of(clock())
    lines = [("queued", _first_line(handed, system, person)), *_lines(results)]
    rows = [(kind, now, json.dumps(body, ensure_ascii=False, default=str)) for kind, body in lines]
    exchanges = [exchange for result in results for exchange in result.exchanges]
    blobs = [body for exchange in exchanges for body in (exchange.request_body, exchange.body)]
    runs.list.append(id, rows, blobs=blobs, behind=-1)
    return runs.read(id)


async def _judged(runs: Runs, handed: HandedIn) -> list[Result]:
    given = dict(handed.given)
    results = []
    for test in handed.tests:
        result = await judge_again(test, given, handed.exchanges[test.id], runs.steps())
        given |= result.produced
        results.append(result)
    return results


def _first_line(handed: HandedIn, system: System, person: Person) -> dict[str, Any]:
    track = TRACKS[handed.track]
    return {
        "track": track.id,
        "system": system.name,
        "base": system.base_of(track),
        "engine": "",
        **labels_of(system, person, []),
        "known": [],
        "tests": [test.id for test in handed.tests],
        "whole": len(handed.tests) == len(track.tests),
        "keeper": OWN_MACHINE,
        "inbox": "",
        "given": dict(handed.given),
        "made": {"run": handed.run, "at": handed.at},
    }


def _lines(results: Sequence[Result]) -> list[tuple[str, Any]]:
    lines: list[tuple[str, Any]] = []
    number = 0
    for result in results:
        end = number + len(result.exchanges)
        lines += lines_of(result, range(number, end), has_new=True)
        number = end
    return [*lines, ("done", {})]

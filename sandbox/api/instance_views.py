"""Test instances as the API and the pages show them, in the reader's language.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sandbox.api.instance_shapes import (
    BenchView,
    EntryView,
    InstanceRowView,
    InstanceView,
    LeftOutView,
    ObservedView,
    OpenCheckView,
    PartView,
    ThroughView,
)
from sandbox.errors import NotFound
from sandbox.event.bench_proof import BenchResult
from sandbox.event.failed_checks import OpenCheck
from sandbox.event.identity import Person
from sandbox.event.instance import MOVES, UNDER_WAY, Entry, Instance, State, may_act
from sandbox.event.instance_acts import LINES
from sandbox.event.plan import PlannedEvent, PlannedTest, words_in
from sandbox.event.rights import may
from sandbox.event.run import Run
from sandbox.i18n import Language, say
from sandbox.sentences import text_of
from sandbox.store.instances import InstanceRow
from sandbox.testbench.tracks import TRACKS


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads in which language, and which version of each system is registered now."""

    person: Person
    language: Language
    versions: Mapping[str, str]


def row_view(row: InstanceRow, plan: PlannedEvent, language: Language) -> InstanceRowView:
    """Returns an instance as a line of a list."""
    state = cast("State", row.state)
    parts = [part for part in row.parts if part.standing != "declined"]
    return {
        "id": row.id,
        "event": row.event,
        "test": row.test,
        "title": _title(plan, row.test, language),
        "track": row.track,
        "state": state,
        "state_name": say(f"instances.state.{row.state}", language),
        "at": row.at,
        "changed": row.changed,
        "waiting_since": row.waiting,
        "contested": bool(row.contested),
        "systems": [part.system for part in parts],
        "countries": list(dict.fromkeys(part.country for part in parts if part.country)),
    }


def instance_view(
    instance: Instance,
    test: PlannedTest,
    bench: Sequence[BenchResult],
    reader: Reader,
    observed: Mapping[str, Run],
) -> InstanceView:
    """Returns an instance with all that belongs to it, as a person may see and move it; `observed`
    are the runs of its recording proxies.
    """
    language = reader.language
    return {
        "id": instance.id,
        "event": instance.event,
        "test": instance.test,
        "title": words_in(test.title, language),
        "summary": words_in(test.summary, language),
        "track": instance.track,
        "state": instance.state,
        "state_name": say(f"instances.state.{instance.state}", language),
        "at": instance.at,
        "changed": instance.changed,
        "by": instance.author.name,
        "monitor": instance.monitor,
        "comment": instance.comment,
        "said": _entry(instance.said) if instance.said else None,
        "decision": _entry(instance.decision) if instance.decision else None,
        "contested": instance.is_contested,
        "parts": list(_parts(instance, test, reader)),
        "open_roles": list(instance.open_roles(test)),
        "bench": [_bench(result, language) for result in bench],
        "checklist": [words_in(item, language) for item in test.checklist],
        "missing_evidence": list(instance.missing_evidence(test)),
        "attachments": list(instance.attachments),
        "overrulings": list(instance.overrulings),
        "throughs": list(_throughs(instance, reader.person, observed)),
        "history": [_entry(entry) for entry in instance.history],
        "acts": list(_acts(instance, bench, reader.person)),
    }


def _bench(result: BenchResult, language: Language) -> BenchView:
    return {
        "role": result.role,
        "track": result.track,
        "run": result.run,
        "verdict": result.verdict,
        "found": result.found,
        "tries": result.tries,
        "last_run": result.last.id if result.last else "",
        "last_state": result.last.state if result.last else None,
        "last_verdict": result.last.verdict if result.last and result.last.outcomes else None,
        "last_checks": [_open_check(check, language) for check in result.last_open],
        "handed_in": result.is_handed_in,
        "beside": result.beside,
        "beside_run": result.beside_run,
        "changed": list(result.changed),
        "left_out": list(_left_out(result, language)),
        "failed": [_open_check(check, language) for check in result.failed],
        "undecided": [_open_check(check, language) for check in result.undecided],
    }


def _open_check(check: OpenCheck, language: Language) -> OpenCheckView:
    track = TRACKS[check.track]
    test = next(test for test in track.tests if test.id == check.test)
    return {
        "id": test.id,
        "number": test.number,
        "title": say(track.title_of(test), language),
        "verdict": check.verdict,
        "text": text_of(check.finding, language) if check.finding else "",
        "clause": (check.finding.clause if check.finding else "") or test.clause,
    }


def _left_out(result: BenchResult, language: Language) -> Iterator[LeftOutView]:
    track = TRACKS[result.track]
    reasons = {left.test: left.why for left in result.left_out}
    for test in track.tests:
        if test.id in result.skipped:
            yield {
                "id": test.id,
                "number": test.number,
                "title": say(track.title_of(test), language),
                "why": reasons.get(test.id),
                "clause": test.clause,
            }


def _throughs(
    instance: Instance, person: Person, observed: Mapping[str, Run]
) -> Iterator[ThroughView]:
    is_open = instance.state in UNDER_WAY and may(person, "take_part", instance.whose)
    for through in instance.throughs:
        runs = [observed[id] for id in through.runs]
        is_last = through is instance.throughs[-1]
        yield {
            "address": f"/through/{through.token}/fhir" if is_open and is_last else "",
            "asking": through.asking,
            "answering": through.answering,
            "exchanges": len(runs[0].captured) if runs else 0,
            "runs": [_observed(run) for run in runs],
        }


def _observed(run: Run) -> ObservedView:
    checked = [outcome for outcome in run.outcomes.values() if outcome.verdict != "skip"]
    return {
        "run": run.id,
        "system": run.system,
        "track": run.track.id,
        "verdict": run.verdict if checked else None,
        "checked": len(checked),
        "not_checked": len(run.tests) - len(checked),
    }


def _parts(instance: Instance, test: PlannedTest, reader: Reader) -> Iterator[PartView]:
    titles = {role.name: words_in(role.title, reader.language) for role in test.roles}
    for part in instance.parts.values():
        # one that is registered no more is not known to be another
        now = reader.versions.get(part.system, part.version)
        yield {
            "role": part.role,
            "title": titles.get(part.role, part.role),
            "system": part.system,
            "team": part.team,
            "team_id": part.team_id,
            "country": part.country,
            "base": part.base,
            "version": part.version,
            "version_now": now,
            "is_older": part.version != now,
            "standing": part.standing,
        }


def _entry(entry: Entry) -> EntryView:
    return {
        "number": entry.number,
        "at": entry.at,
        "kind": entry.kind,
        "by": entry.by,
        "words": str(entry.body.get("words", "")),
        "state": cast("State | None", entry.body.get("state")),
    }


def _acts(instance: Instance, bench: Sequence[BenchResult], person: Person) -> Iterator[str]:
    """Yields the words that a person may say of an instance as it stands."""
    for act in LINES:
        move = MOVES[act]
        if instance.state not in move.before or not may_act(person, act, instance):
            continue
        is_claimed = instance.is_claimed_by(person)
        if act == "claim" and instance.monitor:
            continue
        if act in ("release", "return", "decide") and not is_claimed:
            continue
        has_result = instance.state not in UNDER_WAY or any(result.failed for result in bench)
        if act == "contest" and not has_result:
            continue
        if act in ("accept", "decline") and not _is_asked(instance, person):
            continue
        yield act


def _is_asked(instance: Instance, person: Person) -> bool:
    return any(
        part.standing == "invited" and part.team_id == person.team_id
        for part in instance.parts.values()
    )


def _title(plan: PlannedEvent, test: str, language: Language) -> str:
    try:
        return words_in(plan.test(test).title, language)
    except NotFound:  # a plan was loaded that has it no more
        return test

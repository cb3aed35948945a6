"""`connectathon event`: the events that are kept here, loaded from files, shown, written to files,
made for other days, the one that runs now, one that plays by itself, and what one came to; and a
run that is handed in to one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.asking import ask
from sandbox.cli.options import Data, Lang, TokenEnv, bearer, takes
from sandbox.cli.replaying import Size, replay
from sandbox.cli.reporting import take_snapshot, write_out, write_pdf
from sandbox.i18n import Language, as_language, say
from sandbox.settings import DEFAULT_PORT

if TYPE_CHECKING:
    from sandbox.event.event_state import EventStates
    from sandbox.event.events import Change, Events
    from sandbox.event.plan import PlannedEvent
    from sandbox.store.runs import RunStore

HERE = f"http://127.0.0.1:{DEFAULT_PORT}"
SHORT = 60  # letters of a value that differs


class Action(StrEnum):
    """What to do with events."""

    list = "list"
    show = "show"
    load = "load"
    export = "export"
    new = "new"
    now = "now"
    replay = "replay"
    report = "report"
    certificates = "certificates"
    snapshot = "snapshot"
    submit = "submit"
    overruled = "overruled"


NAMED = (Action.load, Action.new, Action.now, Action.replay)
"""Of these no event is meant where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOptions:
    """What is asked of which event, and how."""

    action: Annotated[Action, typer.Argument(help=tell("event.action"))] = Action.list
    which: Annotated[str, typer.Argument(help=tell("event.which"))] = ""
    template: Annotated[str, typer.Option("--from", help=tell("event.from"))] = ""
    first: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help=tell("event.first"))
    ] = None
    days: Annotated[int, typer.Option(min=1, help=tell("event.days"))] = 3
    size: Annotated[Size, typer.Option(help=tell("event.size"))] = Size.full
    server: Annotated[str, typer.Option(help=tell("event.server"))] = ""
    others: Annotated[Path | None, typer.Option(help=tell("event.others"))] = None
    instance: Annotated[str, typer.Option(help=tell("event.instance"), metavar="ID")] = ""
    role: Annotated[str, typer.Option(help=tell("event.role"))] = ""
    token_env: TokenEnv = ""
    out: Annotated[Path | None, typer.Option(help=tell("event.out"))] = None
    yes: Annotated[bool, typer.Option("--yes", help=tell("event.yes"))] = False
    as_json: Annotated[bool, typer.Option("--json", help=tell("event.json"))] = False
    data: Data = None
    lang: Lang = LANGUAGE


@takes(EventOptions)
def event(options: EventOptions) -> None:
    """Exit code 4: loading would change what is kept, and `--yes` was not given; 1: the server
    refuses, or a replay came to other figures than those published.
    """
    action = options.action
    if not options.which and action in NAMED:
        raise typer.BadParameter(tell("event.needs_which"), param_hint="WHICH")
    if action is Action.submit:
        _submit(options)
    elif action is Action.overruled:
        _fetch_overruled(options)
    elif action is Action.replay:
        replay(
            options.which,
            options.size,
            as_language(options.lang),
            server=options.server,
            data=options.data,
            others=options.others,
        )
    else:
        with _events_at(options.data) as (events, states, logs):
            _work(options, events, states, logs)


def _work(options: EventOptions, events: Events, states: EventStates, logs: RunStore) -> None:
    """Does what concerns the events that are kept here."""
    from sandbox.event.event_file import write_event

    language = as_language(options.lang)
    which = options.which
    match options.action:
        case Action.list:
            _list(events, language, as_json=options.as_json)
        case Action.show:
            _show(events.find(which), language, as_json=options.as_json)
        case Action.export:
            write_out(write_event(events.find(which)).encode(), options.out)
        case Action.now:
            print(tell("event.runs", id=events.mark(which).id))
        case Action.load:
            _load(events, _event_in(which, events), says_yes=options.yes)
        case Action.report | Action.certificates:
            of_teams = options.action is Action.certificates
            write_pdf(which, states, language, of_teams=of_teams, out=options.out)
        case Action.snapshot:
            take_snapshot(events.find(which).id, states, logs)
        case _:
            made = _next(events, which, options.template, options.first, options.days)
            _load(events, made, says_yes=options.yes)


def _address(options: EventOptions) -> str:
    """Returns the address of the server to which evidence is handed in.

    A replay asks this option alone: it would fill the very server that the environment names.
    """
    named = options.server or os.environ.get("CONNECTATHON_BASE_URL", "")
    return (named or HERE).rstrip("/")


def _submit(options: EventOptions) -> None:
    """Hands a run from this machine in to its instance at a server."""
    if not options.which or not options.instance:
        raise typer.BadParameter(tell("event.needs_instance"), param_hint="RUN.zip --instance")
    file = Path(options.which)
    if not file.is_file():
        raise typer.BadParameter(tell("event.no_file", file=file), param_hint="RUN.zip")
    place = f"{_address(options)}/api/instances/{options.instance}/handed-in"
    answer = ask(
        "POST",
        place,
        bearer(options.token_env),
        content=file.read_bytes(),
        query={"role": options.role},
    )
    instance = answer.json()
    handed_in = [result for result in instance["bench"] if result["handed_in"]]
    if not handed_in:
        print(tell("event.partial", test=instance["test"]))
    for result in handed_in:
        verdict = say(f"testbench.verdict.{result['verdict']}", LANGUAGE)
        print(tell("event.submitted", run=result["run"], test=instance["test"], verdict=verdict))


def _fetch_overruled(options: EventOptions) -> None:
    """Writes the verdicts that monitors have set aside at a server to a zip."""
    if not options.which or options.out is None:
        raise typer.BadParameter(tell("event.needs_to"), param_hint="WHICH --out")
    place = f"{_address(options)}/api/plans/{options.which}/overruled"
    answer = ask("GET", place, bearer(options.token_env))
    options.out.write_bytes(answer.content)
    print(options.out)


@contextmanager
def _events_at(data: Path | None) -> Iterator[tuple[Events, EventStates, RunStore]]:
    from sandbox.cli.stored import opened
    from sandbox.clock import utc_now
    from sandbox.event.event_state import EventStates
    from sandbox.event.events import Events, used_in
    from sandbox.store.instances import InstanceStore
    from sandbox.store.planned_events import PlannedEventStore
    from sandbox.store.runs import RunStore

    with opened(data) as partitions:
        main = partitions.main
        logs = RunStore(main)
        instances = InstanceStore(main, logs)
        is_used = used_in(instances)
        events = Events(PlannedEventStore(main), is_used=is_used, clock=utc_now)
        yield events, EventStates(logs, instances, events, clock=utc_now), logs


def _event_in(which: str, events: Events) -> PlannedEvent:
    """Returns the event of a file, or one that comes with the project, by its id."""
    from sandbox.errors import InvalidEvent
    from sandbox.event.event_file import read_event

    file = Path(which)
    if not file.is_file():
        return events.find(which)
    try:
        return read_event(file.read_text(encoding="utf-8"))
    except InvalidEvent as error:
        for finding in error.as_findings()[1:]:
            print(say(f"{finding.key}.text", LANGUAGE, **finding.params))
            print("  → " + say(f"{finding.key}.fix", LANGUAGE, **finding.params))
        raise


def _next(
    events: Events, id: str, template: str, first: datetime | None, days: int
) -> PlannedEvent:
    from sandbox.event.events import next_event

    if not template or first is None:
        raise typer.BadParameter(tell("event.needs_template"), param_hint="--from --first")
    return next_event(events.find(template), id, first=first.date(), days=days)


def _load(events: Events, event: PlannedEvent, *, says_yes: bool) -> None:
    _, changes = events.propose(event)
    is_new = [change.kind for change in changes[:1]] == ["added"] and changes[0].place == event.id
    for change in changes:
        print(_line(change))
    if is_new or says_yes:
        events.load(event)
        print(tell("event.loaded", id=event.id, tests=len(event.tests)))
    elif changes:
        print(tell("event.would_change", count=len(changes)))
        raise typer.Exit(4)
    else:
        print(tell("event.same", id=event.id))


def _line(change: Change) -> str:
    kind = tell(f"event.change.{change.kind}")
    values = [_short(text) for text in (change.before, change.after) if text]
    return f"  {kind}  {change.place}  {' → '.join(values)}".rstrip()


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= SHORT else f"{plain[: SHORT - 1]}…"


def _list(events: Events, language: Language, *, as_json: bool) -> None:
    from sandbox.event.plan import words_in

    rows = events.listed()
    if as_json:
        table = [
            {
                "id": row.event.id,
                "title": words_in(row.event.title, language),
                "first": row.event.first.isoformat(),
                "last": row.event.last.isoformat(),
                "is_loaded": row.is_loaded,
                "is_current": row.is_current,
            }
            for row in rows
        ]
        print(json.dumps(table, ensure_ascii=False, indent=2))
        return
    for row in rows:
        state = "current" if row.is_current else "loaded" if row.is_loaded else "shipped"
        days = f"{row.event.first} – {row.event.last}"
        title = words_in(row.event.title, language)
        print(f"{row.event.id:<20} {days}  {tell(f'event.state.{state}'):<16} {title}")


def _show(event: PlannedEvent, language: Language, *, as_json: bool) -> None:
    from sandbox.event.event_file import table_of
    from sandbox.event.plan import words_in

    if as_json:
        print(json.dumps(table_of(event), ensure_ascii=False, indent=2, default=str))
        return
    print(f"{words_in(event.title, language)} ({event.id})")
    print(f"{event.first} – {event.last}, {words_in(event.place, language)} ({event.zone})")
    for track in event.tracks:
        print(f"\n{track.id}  {words_in(track.title, language)}")
        for test in event.tests:
            if test.track == track.id:
                print(f"  {test.id:<8} {words_in(test.title, language)}{_notes(test.id, event)}")


def _notes(id: str, event: PlannedEvent) -> str:
    """Returns what a line says of a planned test beside its title."""
    test = event.test(id)
    notes = [] if test.is_required else [tell("event.optional")]
    notes += [tell("event.partners", count=test.partners)] if test.partners else []
    notes += [tell("event.waits")] if test.waits else []
    return f"  ({', '.join(notes)})" if notes else ""

"""`connectathon course`: the facilitator's desk by command: assign, collect, grade, mark, give
back, export.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.grade import chosen_isolation, is_isolating
from sandbox.cli.options import Data, Lang, Pack, takes
from sandbox.errors import SandboxError
from sandbox.i18n import as_language, say
from sandbox.operations.logs import STYLE, LogStyle, set_up_log
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.desk.desk import Desk, HandIn
    from sandbox.event.identity import TeamId


ASKED = ("opens", "due", "late", "percent", "weight", "pass_percent")


class Action(StrEnum):
    """What to do at the desk."""

    list = "list"
    assign = "assign"
    collect = "collect"
    grade = "grade"
    mark = "mark"
    feedback = "feedback"
    export = "export"
    certificates = "certificates"


@dataclass(frozen=True, slots=True)
class CourseOptions:
    """The words of the verb; which of them an action takes, its help says."""

    action: Annotated[Action, typer.Argument(help=tell("course.action"))] = Action.list
    what: Annotated[str, typer.Argument(help=tell("course.what"))] = ""
    exercise: Annotated[str, typer.Argument(help=tell("course.exercise"))] = ""
    team: Annotated[str, typer.Option(help=tell("course.team"))] = ""
    opens: Annotated[str, typer.Option(help=tell("course.opens"))] = ""
    due: Annotated[str, typer.Option(help=tell("course.due"))] = ""
    late: Annotated[str, typer.Option(help=tell("course.late"))] = "accept"
    percent: Annotated[int, typer.Option(help=tell("course.percent"), min=0, max=100)] = 0
    weight: Annotated[int, typer.Option(help=tell("course.weight"), min=0, max=100)] = 1
    pass_percent: Annotated[int, typer.Option(help=tell("course.pass_percent"), min=0, max=100)] = (
        60
    )
    points: Annotated[float | None, typer.Option(help=tell("course.points"))] = None
    comment: Annotated[str, typer.Option(help=tell("course.comment"))] = ""
    out: Annotated[Path | None, typer.Option(help=tell("course.out"))] = None
    workers: Annotated[int, typer.Option(help=tell("course.workers"), min=1, max=64)] = 1
    isolation: Annotated[str, typer.Option(help=tell("grade.isolation"))] = "auto"
    again: Annotated[bool, typer.Option("--again", help=tell("course.again"))] = False
    judge: Annotated[bool, typer.Option("--judge", help=tell("course.judge"))] = False
    pack: Pack = None
    data: Data = None
    lang: Lang = LANGUAGE
    until_stdin_closes: Annotated[bool, typer.Option(hidden=True)] = False


@takes(CourseOptions)
def course(options: CourseOptions) -> None:
    """Exit code 2: something was refused; the others are done all the same."""
    if options.until_stdin_closes:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    with desk_at(options.data) as desk:
        try:
            refused = ACTIONS[options.action](desk, options)
        except SandboxError as error:
            _say_why(error, options)
            refused = 1
    if refused:
        raise typer.Exit(2)


@contextmanager
def desk_at(data: Path | None) -> Iterator[Desk]:
    """Opens the desk in a data folder, or in the database that the environment names."""
    from sandbox.cli.stored import opened
    from sandbox.clock import utc_now
    from sandbox.desk.desk import Desk
    from sandbox.ids import random_id
    from sandbox.store.desk import DeskStore

    with opened(data) as partitions:
        folder = (data or data_folder()) / "desk"
        yield Desk(DeskStore(partitions.main), folder, clock=utc_now, new_id=random_id)


def _list(desk: Desk, options: CourseOptions) -> int:
    for hand_in in desk.hand_ins(options.what):
        _print(hand_in, options)
    return 0


def _assign(desk: Desk, options: CourseOptions) -> int:
    from sandbox.desk.assignments import read_assignment

    asked = {name: getattr(options, name) for name in ASKED}
    desk.assign(read_assignment({"lesson": options.what, **asked}))
    print(tell("course.assigned", id=options.what))
    return 0


def _collect(desk: Desk, options: CourseOptions) -> int:
    from sandbox.desk.collecting import notebooks_in
    from sandbox.desk.desk import Sender
    from sandbox.event.people import ANYONE

    meant = _teams_of(options)
    refused = 0
    for collected in notebooks_in(Path(options.what), team=options.team):
        team = collected.team[:60]
        sender = Sender(team, meant(team), ANYONE, "command")
        try:
            desk.hand_in(collected.content, collected.name, sender)
        except SandboxError as error:
            print(f"{collected.team}/{collected.name}:", file=sys.stderr)
            _say_why(error, options)
            refused += 1
        else:
            print(f"{collected.team}/{collected.name}")
    return refused


def _grade(desk: Desk, options: CourseOptions) -> int:
    if options.judge:
        print(tell("course.judged", count=desk.judge_again(options.what)))
        return 0
    if options.again:
        desk.grade_again(options.what)
    if not desk.waiting():
        return 0
    if options.until_stdin_closes:
        set_up_log(LogStyle(os.environ.get(STYLE, LogStyle.text)))
        if not is_isolating():
            desk.turn_away()  # nobody sits there who could choose to run them all the same
            return 0
    level = chosen_isolation(options.isolation)
    desk.grade_waiting(level, workers=options.workers, tell=lambda done: _print(done, options))
    return 0


def _mark(desk: Desk, options: CourseOptions) -> int:
    from sandbox.desk.desk import Mark

    given = Mark(options.points, options.comment, "")
    desk.mark(options.what, options.exercise, given)
    return 0


def _feedback(desk: Desk, options: CourseOptions) -> int:
    from sandbox.desk.feedback import annotated_notebook

    if options.out is not None:
        marks = desk.marks()
        for hand_in in desk.hand_ins(options.what):
            if hand_in.state != "graded":
                continue
            graded = desk.graded(hand_in)
            language = graded.submission.language
            # a team's name is foreign text, and becomes a folder
            safe = "".join(
                sign if sign.isalnum() or sign in " -_" else "-" for sign in hand_in.team
            )
            file = options.out / safe / f"{hand_in.lesson}-feedback.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            text = annotated_notebook(graded, marks.get(hand_in.id, {}), language)
            file.write_text(text, encoding="utf-8", newline="\n")
            print(file)
    desk.release(options.what, is_released=True)
    print(tell("course.released", id=options.what))
    return 0


def _export(desk: Desk, options: CourseOptions) -> int:
    from sandbox.desk.gradebook import entries_of, gradebook_csv

    hand_ins = desk.hand_ins(options.what)
    text = gradebook_csv(entries_of(hand_ins, desk.assignments(), desk.marks()))
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text, encoding="utf-8", newline="\n")
    return 0


def _certificates(desk: Desk, options: CourseOptions) -> int:
    """Writes a certificate for each team that has completed the course."""
    from sandbox.course.overview import lesson_titles
    from sandbox.desk.completing import completed, completion_pdf
    from sandbox.desk.gradebook import entries_of

    assignments = desk.assignments()
    book = entries_of(desk.hand_ins(), assignments, desk.marks())
    teams = completed(book, assignments, options.team)
    language = as_language(options.lang)
    content = completion_pdf(teams, lesson_titles(language), language, at=desk.today())
    file = options.out or Path("course-certificates.pdf")
    file.write_bytes(content)
    print(file)
    return 0


ACTIONS: Mapping[Action, Callable[[Desk, CourseOptions], int]] = {
    Action.list: _list,
    Action.assign: _assign,
    Action.collect: _collect,
    Action.grade: _grade,
    Action.mark: _mark,
    Action.feedback: _feedback,
    Action.export: _export,
    Action.certificates: _certificates,
}


def _teams_of(options: CourseOptions) -> Callable[[str], TeamId]:
    """Returns what gives the id of a team by its name, as people at the event have it."""
    from sandbox.cli.results import runs_at
    from sandbox.clock import utc_now
    from sandbox.event.identity import named_team
    from sandbox.event.people import People

    with runs_at(options.data) as (_, store):
        known = {team.name: team.id for team in People(store, clock=utc_now).teams()}
    return lambda name: known.get(name) or named_team(name)


def _print(hand_in: HandIn, options: CourseOptions) -> None:
    state = say(f"desk.state_of.{hand_in.state}", as_language(options.lang))
    score = ""
    if hand_in.state == "graded":
        score = f" {hand_in.result['score']}/{hand_in.result['max_score']}"
    print(f"{hand_in.id}  {hand_in.assignment:18} {hand_in.team:20} {state}{score}")


def _say_why(error: SandboxError, options: CourseOptions) -> None:
    for part in ("text", "fix"):
        print(
            say(f"{error.key}.{part}", as_language(options.lang), **error.params), file=sys.stderr
        )


def _end_with_stdin() -> None:
    # not by `sys.stdin`: its lock is held while one waits, and Python dies of that at its end
    while os.read(0, 1024):
        pass
    # the gradings that run end with this process; who took them is known to be gone later
    os._exit(0)

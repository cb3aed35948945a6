"""`connectathon grade`: participants' notebooks in, results, gradebook, report page and evidence
out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Pack
from sandbox.i18n import say
from sandbox.ids import WORD, random_id

if TYPE_CHECKING:
    from sandbox.course.grading.grade import GradedNotebook, Limits
    from sandbox.course.grading.isolation import Isolation

TRAINING = "training"
TEAM = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")  # also keeps formulas out of spreadsheets


def grade(
    notebooks: Annotated[list[Path], typer.Argument(help=tell("grade.notebooks"))],
    team: Annotated[str, typer.Option(help=tell("grade.team"))],
    out: Annotated[Path, typer.Option(help=tell("grade.out"))],
    isolation: Annotated[str, typer.Option(help=tell("grade.isolation"))] = "auto",
    cell_seconds: Annotated[int, typer.Option(help=tell("grade.cell_seconds"), min=1)] = 60,
    total_seconds: Annotated[int, typer.Option(help=tell("grade.total_seconds"), min=5)] = 600,
    data: Annotated[str, typer.Option(help=tell("grade.data"))] = "",
    pack: Pack = None,
) -> None:
    """Grades each notebook on its own; exit code 2 when one could not be read, the others are
    graded all the same.
    """
    from sandbox.course.grading.grade import Limits
    from sandbox.course.grading.isolation import Isolation

    if data and not WORD.fullmatch(data):
        raise typer.BadParameter(tell("grade.bad_data"), param_hint="--data")
    if not TEAM.match(team):
        raise typer.BadParameter(tell("grade.bad_team"), param_hint="--team")
    level = chosen_isolation(isolation)
    if level is Isolation.process:
        print(tell("grade.weak"), file=sys.stderr)
    # the same for all notebooks, and nothing that anybody could have typed in before
    word = "" if data == TRAINING else data or random_id()
    graded: list[GradedNotebook] = []
    for file in notebooks:
        notebook = _graded(file, level, Limits(cell_seconds, total_seconds), word)
        if notebook is not None:
            graded.append(notebook)
    if graded:
        for written in _write(team, graded, out):
            print(written)
    if len(graded) < len(notebooks):
        raise typer.Exit(2)


def is_isolating() -> bool:
    """Tells whether this machine can keep a stranger's notebook away from everything else."""
    from sandbox.course.grading.isolation import Isolation, best_isolation

    return best_isolation() is Isolation.bubblewrap


def chosen_isolation(name: str) -> Isolation:
    """Returns the level that was asked for, or the best; raises BadParameter where that is none at
    all.
    """
    from sandbox.course.grading.isolation import Isolation, best_isolation

    if name == "auto":
        best = best_isolation()
        # what runs with the facilitator's rights does so only when a facilitator says it
        if best is Isolation.process:
            raise typer.BadParameter(tell("grade.no_isolation"), param_hint="--isolation")
        return best
    if name not in list(Isolation):
        known = ", ".join(["auto", *Isolation])
        raise typer.BadParameter(tell("grade.bad_isolation", known=known), param_hint="--isolation")
    return Isolation(name)


def _graded(file: Path, level: Isolation, limits: Limits, data: str) -> GradedNotebook | None:
    """Grades one notebook and says its score; None for one that cannot be read."""
    from sandbox.course.grading.grade import grade_notebook
    from sandbox.course.grading.isolation import NotIsolated
    from sandbox.course.grading.restore import UnreadableNotebook

    try:
        notebook = grade_notebook(file, isolation=level, limits=limits, data=data)
    except (UnreadableNotebook, NotIsolated) as error:
        for part in ("text", "fix"):
            print(say(f"{error.key}.{part}", LANGUAGE, **error.params), file=sys.stderr)
        return None
    print(tell("grade.line", file=file.name, score=notebook.score, max_score=notebook.max_score))
    return notebook


def _write(team: str, graded: list[GradedNotebook], out: Path) -> list[Path]:
    from sandbox.course.grading.report import gradebook_csv, results_json, team_page

    evidence = out / "evidence"
    evidence.mkdir(parents=True, exist_ok=True)
    files = {
        out / "results.json": results_json(team, graded),
        out / "gradebook.csv": gradebook_csv(team, graded),
        out / f"report-{team.replace(' ', '-')}.html": team_page(
            team, graded, graded[0].submission.language
        ),
    }
    for file, text in files.items():
        # The same bytes on every platform: by default Windows would get CRLF.
        file.write_text(text, encoding="utf-8", newline="\n")
    for notebook in graded:
        (evidence / notebook.submission.file.name).write_bytes(notebook.executed)
    return [*files, evidence]

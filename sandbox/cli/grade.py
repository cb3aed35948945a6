"""`connectathon grade`: participants' notebooks in, results, gradebook, report page and evidence
out.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.i18n import say

TEAM = re.compile(r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")  # also keeps formulas out of spreadsheets


def grade(
    notebooks: Annotated[list[Path], typer.Argument(help=tell("grade.notebooks"))],
    team: Annotated[str, typer.Option(help=tell("grade.team"))],
    out: Annotated[Path, typer.Option(help=tell("grade.out"))],
    isolation: Annotated[str, typer.Option(help=tell("grade.isolation"))] = "auto",
    cell_seconds: Annotated[int, typer.Option(help=tell("grade.cell_seconds"), min=1)] = 60,
    total_seconds: Annotated[int, typer.Option(help=tell("grade.total_seconds"), min=5)] = 600,
) -> None:
    """Grades each notebook on its own; exit code 2 when one could not be read, the others are
    graded all the same.
    """
    from sandbox.course.grading.grade import GradedNotebook, Limits, grade_notebook
    from sandbox.course.grading.isolation import Isolation, best_isolation
    from sandbox.course.grading.restore import UnreadableNotebook

    if not TEAM.match(team):
        raise typer.BadParameter(tell("grade.bad_team"), param_hint="--team")
    if isolation not in ("auto", *Isolation):
        raise typer.BadParameter(
            tell("grade.bad_isolation", known="auto, " + ", ".join(Isolation)),
            param_hint="--isolation",
        )
    level = best_isolation() if isolation == "auto" else Isolation(isolation)
    if level is Isolation.process:
        print(tell("grade.weak"), file=sys.stderr)
    graded: list[GradedNotebook] = []
    unreadable = 0
    for file in notebooks:
        try:
            notebook = grade_notebook(
                file, isolation=level, limits=Limits(cell_seconds, total_seconds)
            )
        except UnreadableNotebook as error:
            unreadable += 1
            for part in ("text", "fix"):
                print(say(f"{error.key}.{part}", LANGUAGE, **error.params), file=sys.stderr)
            continue
        graded.append(notebook)
        print(
            tell("grade.line", file=file.name, score=notebook.score, max_score=notebook.max_score)
        )
    if graded:
        for written in _write(team, graded, out):
            print(written)
    if unreadable:
        raise typer.Exit(2)


def _write(team: str, graded: list, out: Path) -> list[Path]:  # type: ignore[type-arg]  # GradedNotebook is imported late
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
        file.write_text(text, encoding="utf-8", newline="\n")
    for notebook in graded:
        (evidence / notebook.submission.file.name).write_bytes(notebook.executed)
    return [*files, evidence]

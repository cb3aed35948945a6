"""The lesson builder: source and catalogues in, notebooks out, the same bytes each time.

Prose is translated cell by cell (PO entries: context is the cell id, msgid the English text), code
cells never.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polib

from sandbox.course.sources import SourceCell, lesson_names, read_lesson
from sandbox.i18n import LANGUAGES, Language
from sandbox.shipped import shipped

LINK = re.compile(r"\]\(([^)]+)\)")
CODE = re.compile(r"`([^`]+)`")
# marks by which a learner knows where to write, and what was left out
PLACEHOLDER = re.compile(r"____|…|✎")
HEADING = re.compile(r"^(#+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a lesson from being published: where and what."""

    where: str
    what: str


def notebooks_folder() -> Path:
    """Returns the folder of the lessons as built, a folder for each language."""
    return shipped("notebooks")


def build_all(target: Path, *, solutions: bool = False) -> list[Path]:
    """Writes every lesson in every language below `target` and returns the files."""
    written = []
    for language in LANGUAGES:
        for name in lesson_names():
            file = target / language / f"{name}.ipynb"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                notebook_text(name, language, solutions=solutions), encoding="utf-8", newline="\n"
            )
            written.append(file)
    return written


def notebook_text(name: str, language: Language, *, solutions: bool = False) -> str:
    """Returns one notebook as text, the same bytes each time.

    Args:
        name: The lesson, such as `01_fhir`.
        language: That of its prose; code is the same in all.
        solutions: Whether the answers stand in it.

    Raises:
        KeyError: The catalogue lacks a piece of prose.
    """
    prose = translations(name, language)
    cells = [_notebook_cell(cell, prose, solutions=solutions) for cell in read_lesson(name)]
    notebook = {
        "cells": cells,
        "metadata": {
            "connectathon": {"language": language, "lesson": name},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    # as Jupyter saves it, so that opening and saving a notebook makes no difference in git
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def catalogue_file(name: str, language: Language) -> Path:
    """Returns the PO file of a lesson."""
    return notebooks_folder() / "locale" / language / f"{name}.po"


def translations(name: str, language: Language) -> dict[str, str]:
    """Returns the prose of a lesson by cell id; English comes from the source, the rest from the
    catalogue.
    """
    prose = {cell.id: cell.learner for cell in read_lesson(name) if cell.is_prose}
    if language == "en":
        return prose
    catalogue = polib.pofile(str(catalogue_file(name, language)))
    # by cell and text: a sentence that changed in the source has no translation until it is redone
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    translated = {}
    for id, text in prose.items():
        entry = entries[(id, text)]
        translated[id] = entry.msgstr
    return translated


def write_template(name: str) -> None:
    """Writes the English catalogue from the source: what translators start from."""
    catalogue = _empty_catalogue("en")
    for cell in read_lesson(name):
        if cell.is_prose:
            catalogue.append(
                polib.POEntry(msgctxt=cell.id, msgid=cell.learner, msgstr=cell.learner)
            )
    file = catalogue_file(name, "en")
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(file))


def find_faults() -> list[Fault]:
    """Returns what makes the committed notebooks differ from source and catalogues, or the
    languages differ.
    """
    faults = []
    for name in lesson_names():
        for language in LANGUAGES:
            found = _catalogue_faults(name, language)
            faults += found
            file = notebooks_folder() / language / f"{name}.ipynb"
            if not found and (
                not file.exists()
                or file.read_text(encoding="utf-8") != notebook_text(name, language)
            ):
                faults.append(
                    Fault(
                        f"{language}/{name}.ipynb",
                        "differs from what is built: connectathon lessons build",
                    )
                )
    return faults


def _catalogue_faults(name: str, language: Language) -> list[Fault]:
    file = catalogue_file(name, language)
    where = f"{language}/{name}.po"
    if not file.exists():
        return [Fault(where, "missing")]
    catalogue = polib.pofile(str(file))
    entries = {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}
    faults = []
    for cell in read_lesson(name):
        if not cell.is_prose:
            continue
        entry = entries.pop((cell.id, cell.learner), None)
        if entry is None or not entry.msgstr:
            faults.append(
                Fault(f"{where}: {cell.id}", "not translated, or the source has changed since")
            )
        elif entry.fuzzy:
            faults.append(Fault(f"{where}: {cell.id}", "fuzzy"))
        else:
            faults += [
                Fault(f"{where}: {cell.id}", what)
                for what in disagreements(entry.msgid, entry.msgstr)
            ]
    return faults + [Fault(f"{where}: {id}", "belongs to no cell any more") for id, _ in entries]


def disagreements(source: str, translation: str) -> list[str]:
    """Returns which links, code spans, marks and heading levels of a text its translation lost or
    added.
    """
    faults = []
    for what, pattern in (
        ("links", LINK),
        ("code spans", CODE),
        ("marks", PLACEHOLDER),
        ("headings", HEADING),
    ):
        # sorted: a translation may say things in another order
        ours = sorted(pattern.findall(source))
        theirs = sorted(pattern.findall(translation))
        if ours != theirs:
            odd = [item for item in ours if item not in theirs] + [
                item for item in theirs if item not in ours
            ]
            faults.append(f"{what} differ: {odd or 'how often'}")
    return faults


def _empty_catalogue(language: Language) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
    }
    return catalogue


def _notebook_cell(cell: SourceCell, prose: dict[str, str], *, solutions: bool) -> dict[str, Any]:
    if cell.is_prose:
        return {
            "cell_type": "markdown",
            "id": cell.id,
            "metadata": {},
            "source": _lines(prose[cell.id]),
        }
    metadata: dict[str, Any] = {}
    if cell.exercise:
        metadata["exercise"] = cell.exercise
    if cell.is_answer:
        metadata["answer"] = True
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell.id,
        "metadata": {"connectathon": metadata} if metadata else {},
        "outputs": [],
        "source": _lines(cell.solution if solutions else cell.learner),
    }


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)

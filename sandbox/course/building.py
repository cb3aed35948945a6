"""The lesson builder: source and catalogues in, notebooks out, the same bytes each time.

Prose is translated cell by cell (PO entries: context is the cell id, msgid the English text), code
cells never.  A cell that a language lacks is in English.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polib

from sandbox.course.sources import SourceCell, lesson_names, notebook_file, read_lesson
from sandbox.i18n import ENGLISH, LANGUAGES, Language
from sandbox.shipped import shipped

LINK = re.compile(r"\]\(([^)]+)\)")
CODE = re.compile(r"`([^`]+)`")
# marks by which a learner knows where to write, and what was left out
PLACEHOLDER = re.compile(r"____|…|✎")
HEADING = re.compile(r"^(#+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a lesson from being published: where and what.

    What a partial language lacks is only told: `is_allowed`.
    """

    where: str
    what: str
    is_allowed: bool = False


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
        language: That of its prose; code is the same in all, and prose without translation is
            English.
        solutions: Whether the answers stand in it.
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
    """Returns the PO file of a lesson, beside the other catalogues of the language."""
    files = [folder / "lessons" / f"{name}.po" for folder in LANGUAGES[language].folders]
    return next((file for file in reversed(files) if file.exists()), files[-1])


def translations(name: str, language: Language) -> dict[str, str]:
    """Returns the prose of a lesson by cell id: from the catalogue, else from the source."""
    prose = {cell.id: cell.learner for cell in read_lesson(name) if cell.is_prose}
    if language == ENGLISH:
        return prose
    entries = _entries(name, language)
    for id, text in prose.items():
        entry = entries.get((id, text))
        if entry is not None and entry.translated():  # it has a text, and is not fuzzy
            prose[id] = entry.msgstr
    return prose


def write_template(name: str) -> None:
    """Writes the English catalogue from the source: what translators start from."""
    catalogue = _empty_catalogue(ENGLISH)
    for cell in read_lesson(name):
        if cell.is_prose:
            catalogue.append(
                polib.POEntry(msgctxt=cell.id, msgid=cell.learner, msgstr=cell.learner)
            )
    file = catalogue_file(name, ENGLISH)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(file))


def find_faults() -> list[Fault]:
    """Returns what makes the committed notebooks differ from source and catalogues, or the
    languages differ.
    """
    faults = []
    for name in lesson_names():
        for language, translation in LANGUAGES.items():
            is_partial = not translation.is_complete
            gaps = _catalogue_faults(name, language)
            faults += [replace(gap, is_allowed=is_partial) for gap in gaps]
            if is_partial or not gaps:
                faults += _notebook_faults(name, language)
    return faults


def _notebook_faults(name: str, language: Language) -> list[Fault]:
    """Returns that a notebook is not what is built; a partial language needs none."""
    file = notebook_file(name, language)
    where = f"{language}/{name}.ipynb"
    if not file.exists():
        is_allowed = not LANGUAGES[language].is_complete
        return [Fault(where, "not built: connectathon lessons build", is_allowed)]
    if file.read_text(encoding="utf-8") != notebook_text(name, language):
        return [Fault(where, "differs from what is built: connectathon lessons build")]
    return []


def _entries(name: str, language: Language) -> dict[tuple[str, str], polib.POEntry]:
    """Returns what a catalogue says by cell and English text; nothing where there is none."""
    file = catalogue_file(name, language)
    catalogue = polib.pofile(str(file)) if file.exists() else []
    return {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}


def _catalogue_faults(name: str, language: Language) -> list[Fault]:
    where = f"{language}/{name}.po"
    if not catalogue_file(name, language).exists():
        return [Fault(where, "missing")]
    is_partial = not LANGUAGES[language].is_complete
    entries = _entries(name, language)
    faults = []
    for cell in read_lesson(name):
        if not cell.is_prose:
            continue
        entry = entries.pop((cell.id, cell.learner), None)
        is_copy = is_partial and entry is not None and entry.msgstr == entry.msgid
        if entry is None or not entry.msgstr or is_copy:
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

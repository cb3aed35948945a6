"""The lesson builder: source and catalogues in, notebooks out, the same bytes each time.

Prose is translated cell by cell (PO entries: context is the cell id, msgid the English text), code
cells never.  A cell that a language lacks is in English.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polib

from sandbox.course.exercises import exercises_of
from sandbox.course.sources import (
    SourceCell,
    lesson_names,
    notebook_file,
    notebooks_of,
    read_lesson,
    source_file,
)
from sandbox.i18n import ENGLISH, LANGUAGES, Language, folders_of, load_room
from sandbox.packs import pack_folder, pack_lessons

# what a translation must keep, by the name of its fault
KEPT: Mapping[str, re.Pattern[str]] = {
    "links": re.compile(r"\]\(([^)]+)\)"),
    "code_spans": re.compile(r"`([^`]+)`"),
    # by these a learner knows where to write, and what was left out
    "marks": re.compile(r"____|…|✎"),
    "headings": re.compile(r"^(#+) ", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a lesson from being published.

    Attributes:
        where: The file, and the cell where it is about one.
        key: Its sentence in the catalogue.
        params: What fills the sentence.
        is_allowed: Whether it is reported without failing the check, as what a partial language
            lacks.
    """

    where: str
    key: str
    params: Mapping[str, str] = field(default_factory=dict)
    is_allowed: bool = False


def lessons_to_build() -> list[str]:
    """Returns the lessons of the pack that is in use, else the project's."""
    return pack_lessons() or lesson_names()


def build_all(target: Path | None = None, *, solutions: bool = False) -> list[Path]:
    """Writes every lesson in every language, and returns the files.

    Args:
        target: The folder; where lessons stand if there is none.
        solutions: Whether the answers stand in them.
    """
    written = []
    for name in lessons_to_build():
        for language in _languages_of(name):
            file = (target or notebooks_of(name)) / language / f"{name}.ipynb"
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
    # whoever got a pack without its sources has its notebooks
    if not solutions and not source_file(name).exists():
        return notebook_file(name, language).read_text(encoding="utf-8")
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
    files = [folder / "lessons" / f"{name}.po" for folder in folders_of(language)]
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
    """Returns what keeps the committed notebooks from being published: they differ from what is
    built, or a translation differs from its source.
    """
    faults = []
    for name in lessons_to_build():
        faults += _sentence_faults(name)
        for language in _languages_of(name):
            is_partial = not LANGUAGES[language].is_complete
            gaps = _catalogue_faults(name, language)
            faults += [replace(gap, is_allowed=is_partial) for gap in gaps]
            # a complete language with gaps is told once: its notebooks would differ for the same
            # reason
            if is_partial or not gaps:
                faults += _notebook_faults(name, language)
    return faults


def _languages_of(name: str) -> list[Language]:
    """Returns the languages of a lesson: all, or those for which its pack has a folder."""
    pack = pack_folder()
    if pack is None or name not in pack_lessons():
        return list(LANGUAGES)
    spoken = {folder.name for folder in pack.glob("messages/*")}
    return [language for language in LANGUAGES if language == ENGLISH or language in spoken]


def _sentence_faults(name: str) -> list[Fault]:
    """Returns which sentences every exercise has and one of the lesson lacks, in English."""
    exercises = exercises_of(name)
    there = load_room(ENGLISH, exercises.room)
    needed: dict[str, None] = {}
    for exercise in exercises.exercises.values():
        asked = f"ex_{exercise.answer_of.replace('.', '_')}"
        names = [f"{exercise.name}.title", f"{exercise.name}.passed"]
        needed |= dict.fromkeys([*names, *(f"{asked}.hint_{number}" for number in (1, 2, 3))])
    absent = ", ".join(key for key in needed if key not in there)
    where = f"{ENGLISH}/{exercises.room}.toml"
    return [Fault(where, "course.lesson_fault.no_sentence", {"odd": absent})] if absent else []


def _notebook_faults(name: str, language: Language) -> list[Fault]:
    """Returns that a notebook is not what is built; a partial language needs none."""
    file = notebook_file(name, language)
    where = f"{language}/{name}.ipynb"
    if not file.exists():
        is_allowed = not LANGUAGES[language].is_complete
        return [Fault(where, "course.lesson_fault.not_built", is_allowed=is_allowed)]
    if file.read_text(encoding="utf-8") != notebook_text(name, language):
        return [Fault(where, "course.lesson_fault.outdated")]
    return []


def _entries(name: str, language: Language) -> dict[tuple[str, str], polib.POEntry]:
    """Returns what a catalogue says by cell and English text; nothing where there is none."""
    file = catalogue_file(name, language)
    catalogue = polib.pofile(str(file)) if file.exists() else []
    return {(entry.msgctxt, entry.msgid): entry for entry in catalogue if not entry.obsolete}


def _catalogue_faults(name: str, language: Language) -> list[Fault]:
    where = f"{language}/{name}.po"
    if not catalogue_file(name, language).exists():
        return [Fault(where, "course.lesson_fault.no_catalogue")]
    is_partial = not LANGUAGES[language].is_complete
    entries = _entries(name, language)
    faults = []
    for cell in read_lesson(name):
        if not cell.is_prose:
            continue
        entry = entries.pop((cell.id, cell.learner), None)
        # a complete language may have cells that read the same, such as a heading of names alone
        is_copy = is_partial and entry is not None and entry.msgstr == entry.msgid
        if entry is None or not entry.msgstr or is_copy:
            faults.append(Fault(f"{where}: {cell.id}", "course.lesson_fault.untranslated"))
        elif entry.fuzzy:
            faults.append(Fault(f"{where}: {cell.id}", "course.lesson_fault.fuzzy"))
        else:
            faults += [
                Fault(f"{where}: {cell.id}", f"course.lesson_fault.{kind}", {"odd": ", ".join(odd)})
                for kind, odd in disagreements(entry.msgid, entry.msgstr).items()
            ]
    # what was taken out of `entries` had a cell
    return faults + [Fault(f"{where}: {id}", "course.lesson_fault.no_cell") for id, _ in entries]


def disagreements(source: str, translation: str) -> dict[str, list[str]]:
    """Returns what a translation lost, added or wrote another number of times.

    Returns:
        The odd ones by the names in KEPT; a kind on which both agree is absent.
    """
    odd = {}
    for kind, pattern in KEPT.items():
        # counted, not compared in order: another language may say things in another order
        ours = Counter(pattern.findall(source))
        theirs = Counter(pattern.findall(translation))
        odd[kind] = [*(ours - theirs).elements(), *(theirs - ours).elements()]
    return {kind: items for kind, items in odd.items() if items}


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

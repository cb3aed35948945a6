import json
from pathlib import Path

import polib
import pytest
from typer.testing import CliRunner

from sandbox.cli.lab import lesson_in, lessons_root
from sandbox.cli.verbs import app
from sandbox.course.building import (
    KEPT,
    Fault,
    build_all,
    catalogue_file,
    disagreements,
    find_faults,
    notebook_text,
    translations,
)
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.sources import lesson_names, read_lesson, solution_of
from sandbox.i18n import ENGLISH, LANGUAGES, Language, say
from tests.languages import a_language
from tests.lesson_figures import figures_of, figures_of_notebook

WORKSHOPS = {"08_workshop", "14_certificates"}
# where a learner types single words, to see that it works
FILLED_IN = {"00_welcome"}
# small tools and their imports stand in the notebook, as in a program of a team
BY_HAND = {*WORKSHOPS, "11_wallet"}


def test_the_committed_notebooks_are_what_is_built_in_every_language() -> None:
    assert find_faults() == []


def test_building_twice_gives_the_same_bytes(tmp_path: object) -> None:
    first = [file.read_bytes() for file in build_all(tmp_path / "a")]  # type: ignore[operator]  # pytest's tmp_path
    second = [file.read_bytes() for file in build_all(tmp_path / "b")]  # type: ignore[operator]  # pytest's tmp_path
    assert first == second
    assert len(first) == len(LESSONS) * len(LANGUAGES)


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("solutions", [False, True])
def test_code_cells_and_ids_are_identical_in_all_languages(name: str, solutions: bool) -> None:
    def without_prose(language: Language) -> list[object]:
        notebook = json.loads(notebook_text(name, language, solutions=solutions))
        return [cell if cell["cell_type"] == "code" else cell["id"] for cell in notebook["cells"]]

    for language in LANGUAGES:
        assert without_prose(language) == without_prose(ENGLISH)


@pytest.mark.parametrize("name", LESSONS)
def test_learner_notebooks_hold_no_output_and_no_solution(name: str) -> None:
    for language in LANGUAGES:
        notebook = json.loads(notebook_text(name, language))
        for cell in notebook["cells"]:
            assert not cell.get("outputs")
        text = json.dumps(notebook)
        assert ">>>" not in text
        assert all(cell.solution not in text for cell in read_lesson(name) if cell.is_answer)


def test_every_lesson_and_exercise_is_met_in_source_and_checks() -> None:
    assert lesson_names() == list(LESSONS)
    for name in LESSONS:
        in_source = {cell.exercise for cell in read_lesson(name) if cell.exercise}
        assert in_source == {
            exercise.answer_of for exercise in exercises_of(name).exercises.values()
        }


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_have_the_size_that_a_learner_can_bear(name: str) -> None:
    cells = read_lesson(name)
    prose = [cell for cell in cells if cell.is_prose]
    assert 0.3 <= len(prose) / len(cells) <= 0.65
    # a workshop is done part by part, in several sittings
    assert len(cells) <= (75 if name in BY_HAND else 60)
    for cell in cells:
        if not cell.is_prose:
            lines = len(cell.learner.splitlines())
            assert lines <= (20 if name in BY_HAND else 8), cell.id


@pytest.mark.parametrize("name", LESSONS)
def test_lessons_are_worth_looking_at_and_say_where_it_is_written(name: str) -> None:
    figures = figures_of(name)
    assert figures.pictures >= 2
    assert figures.clauses >= 2
    # there a team writes its own functions, and does not fill in tokens
    assert 3 <= figures.lines_an_answer <= 6 or name in FILLED_IN


def test_a_solution_brings_the_cells_that_lead_to_it() -> None:
    assert 'mine = "Patient/"' in solution_of("01_fhir", "1.2")
    assert "valueQuantity" in solution_of("01_fhir", "1.4")
    assert "patient = {" not in solution_of("01_fhir", "1.2")


@pytest.mark.parametrize(
    ("source", "translation", "odd"),
    [
        ("Read [it](a.ipynb).", "Lee [eso](b.ipynb).", {"links": ["a.ipynb", "b.ipynb"]}),
        ("Use `name`.", "Usa `nombre`.", {"code_spans": ["name", "nombre"]}),
        ("Write `a` and `a`.", "Escribe `a`.", {"code_spans": ["a"]}),
        ("Put ____ here.", "Pon aquí.", {"marks": ["____"]}),
        ("## A", "### A", {"headings": ["##", "###"]}),
    ],
)
def test_a_translation_that_lost_something_is_found(
    source: str, translation: str, odd: dict[str, list[str]]
) -> None:
    assert disagreements(source, translation) == odd
    assert disagreements(source, source) == {}


def test_a_translation_may_say_things_in_another_order() -> None:
    assert disagreements("Write `a`, then `b`.", "Antes de `b`, escribe `a`.") == {}


def test_every_fault_is_told_in_the_users_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second, *_ = [cell for cell in read_lesson("00_welcome") if cell.is_prose]
    catalogue = polib.POFile()
    catalogue.append(
        polib.POEntry(msgctxt=first.id, msgid=first.learner, msgstr="## `odd` [x](y) ____")
    )
    catalogue.append(
        polib.POEntry(
            msgctxt=second.id, msgid=second.learner, msgstr=second.learner, flags=["fuzzy"]
        )
    )
    catalogue.append(polib.POEntry(msgctxt="gone", msgid="A cell", msgstr="Una celda"))
    file = tmp_path / "00_welcome.po"
    catalogue.save(str(file))
    monkeypatch.setattr("sandbox.course.building.catalogue_file", lambda name, _: file)
    monkeypatch.setattr("sandbox.course.building.notebook_file", lambda *_: tmp_path / "none")
    monkeypatch.setattr("sandbox.cli.lessons.LANGUAGE", "es")

    faults = find_faults()
    kinds = {fault.key.removeprefix("course.lesson_fault.") for fault in faults}
    assert {*KEPT, "untranslated", "fuzzy", "no_cell"} <= kinds
    done = CliRunner().invoke(app, ["lessons", "check"])
    assert done.exit_code == 1
    for fault in faults:
        assert f"{fault.where}: {say(fault.key, 'es', **fault.params)}" in done.output


def test_a_changed_source_or_a_fuzzy_entry_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = polib.pofile

    def spoiled(path: str) -> polib.POFile:
        catalogue = genuine(path)
        if path == str(catalogue_file("00_welcome", "es")):
            catalogue[0].msgid += " (changed)"
            catalogue[1].flags.append("fuzzy")
            catalogue[2].msgstr = ""
        return catalogue

    monkeypatch.setattr("sandbox.course.building.polib.pofile", spoiled)
    keys = [fault.key.removeprefix("course.lesson_fault.") for fault in find_faults()]
    assert keys == ["untranslated", "fuzzy", "untranslated", "no_cell"]


def test_a_partial_language_has_the_rest_of_a_lesson_in_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(LANGUAGES, "qae", a_language(tmp_path, "qae"))
    first, *rest = [cell for cell in read_lesson("00_welcome") if cell.is_prose]
    catalogue = polib.POFile()
    catalogue.append(polib.POEntry(msgctxt=first.id, msgid=first.learner, msgstr="# Salü"))
    copied = rest[0]
    catalogue.append(polib.POEntry(msgctxt=copied.id, msgid=copied.learner, msgstr=copied.learner))
    catalogue_file("00_welcome", "qae").parent.mkdir()
    catalogue.save(str(catalogue_file("00_welcome", "qae")))

    prose = translations("00_welcome", "qae")
    assert prose[first.id] == "# Salü"
    assert [prose[cell.id] for cell in rest] == [cell.learner for cell in rest]

    faults = [fault for fault in find_faults() if fault.where.startswith("qae/")]
    assert all(fault.is_allowed for fault in faults)
    lacking = [f"qae/00_welcome.po: {cell.id}" for cell in rest]
    assert [fault.where for fault in faults if "untranslated" in fault.key] == lacking
    assert Fault("qae/01_fhir.po", "course.lesson_fault.no_catalogue", is_allowed=True) in faults
    built = {file.relative_to(tmp_path / "built") for file in build_all(tmp_path / "built")}
    assert Path("qae/00_welcome.ipynb") in built

    done = CliRunner().invoke(app, ["lessons", "check"])
    assert done.exit_code == 0
    assert lacking[-1] in done.output


def test_lab_builds_a_lesson_of_an_added_language(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(LANGUAGES, "qae", a_language(tmp_path, "qae"))
    folder = lessons_root(tmp_path / "lessons")
    built = (folder / "notebooks" / "qae" / "00_welcome.ipynb").read_text(encoding="utf-8")
    assert built == notebook_text("00_welcome", "qae")
    assert lesson_in(folder, "00_welcome", "qae") == "notebooks/qae/00_welcome.ipynb"
    assert lesson_in(lessons_root(None), "00_welcome", "qae") == "notebooks/en/00_welcome.ipynb"


def test_a_notebook_of_another_course_is_counted_in_the_same_way(tmp_path: Path) -> None:
    def written(name: str, code: str) -> Path:
        prose = "# A ![plan](https://a.example/a.png) [it](https://a.example) [here](b.ipynb)"
        cells = [
            {"cell_type": "markdown", "source": [prose]},
            {"cell_type": "code", "source": code},
        ]
        (tmp_path / name).write_text(json.dumps({"cells": cells}))
        return tmp_path / name

    given = written("given.ipynb", "def a(x):\n    return")
    solved = written(
        "solved.ipynb", "import b\n\ndef a(x):\n    # says b\n    c = b.d(x)\n    return c"
    )
    figures = figures_of_notebook(given, solved)
    assert (figures.cells, figures.lines, figures.pictures, figures.links) == (2, (2,), 1, 1)

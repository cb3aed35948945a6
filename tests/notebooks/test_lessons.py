"""Every lesson in every language: the solution earns full marks, the learner's version is not attempted anywhere."""

import json
from pathlib import Path

import pytest

from sandbox.course.building import notebook_text
from sandbox.course.exercises import LESSONS
from sandbox.course.grading.grade import GradedNotebook, grade_notebook
from sandbox.course.grading.isolation import best_isolation
from sandbox.i18n import LANGUAGES, Language, say

pytestmark = [pytest.mark.daily("lessons", share=0.2, always=r"full_marks\[01_fhir-es\]"), pytest.mark.slow]
# the code is the same in all languages (test_building): one lesson each shows that theirs runs
CASES = [
    (name, language)
    for name in LESSONS
    for language in LANGUAGES
    if language == "es" or name == "01_fhir"
]


def run(folder: Path, name: str, language: Language, *, solutions: bool) -> GradedNotebook:
    file = folder / f"{name}.ipynb"
    file.write_text(notebook_text(name, language, solutions=solutions), encoding="utf-8")
    return grade_notebook(file, isolation=best_isolation())


def errors_of(notebook: GradedNotebook) -> list[str]:
    cells = json.loads(notebook.executed)["cells"]
    return [output["ename"] for cell in cells for output in cell.get("outputs", []) if output["output_type"] == "error"]


@pytest.mark.parametrize(("name", "language"), CASES)
def test_the_solution_scores_full_marks(tmp_path: Path, name: str, language: Language) -> None:
    notebook = run(tmp_path, name, language, solutions=True)
    assert errors_of(notebook) == []
    assert notebook.score == notebook.max_score > 0
    assert say("course.outcome.passed", language) in notebook.executed.decode()


@pytest.mark.parametrize(("name", "language"), CASES)
def test_the_learners_version_runs_to_the_end_and_is_not_attempted_anywhere(
    tmp_path: Path, name: str, language: Language
) -> None:
    notebook = run(tmp_path, name, language, solutions=False)
    assert errors_of(notebook) == []
    assert {result.outcome for result in notebook.results} == {"not_attempted"}
    assert notebook.run == "completed"
    assert say("course.outcome.not_attempted", language) in notebook.executed.decode()

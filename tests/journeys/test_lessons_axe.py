"""axe-core, by others, finds nothing in a lesson as it is read, nor in what its cells show: cards, exchanges, documents,
pictures and plots.  Colours of code are those of whatever shows the notebook, and are left to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.course import plot
from sandbox.course.cards import check_card
from sandbox.course.documents import DocumentPanel
from sandbox.course.exercise import judge_answer
from sandbox.course.exercises import LESSONS, exercises_of
from sandbox.course.judging import judge_resource, judgement_card
from sandbox.course.panels import exchange_html
from sandbox.course.pictures import PICTURES, Picture
from sandbox.course.sources import notebook_file
from sandbox.i18n import LANGUAGES
from tests.builders import a_client
from tests.conftest import AXE
from tests.journeys.test_event import browser

pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.needs("axe"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]
PAGE = '<!doctype html><html lang="{}"><title>L</title><body><main>{}</main></body></html>'
FAULTS = """async () => (await axe.run(
  {exclude: [".highlight", ".anchor-link"]}, {resultTypes: ["violations"]}
)).violations.map((fault) => `${fault.id}: ${fault.nodes[0].html.slice(0, 160)}`)"""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_context(viewport={"width": 390, "height": 900}).new_page()
    yield page
    page.close()


def faults_of(page: Any, language: str, body: str) -> list[str]:
    page.set_content(PAGE.format(language, body))
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults: list[str] = page.evaluate(FAULTS)
    return faults


def prose_of(name: str, language: str) -> str:
    """Returns the prose of a lesson as Jupyter shows it."""
    from nbconvert.filters import markdown2html

    cells = json.loads(notebook_file(name, language).read_text(encoding="utf-8"))["cells"]
    prose = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return str(markdown2html("\n\n".join(prose)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_found_in_the_prose_of_any_lesson(page: Any, language: str) -> None:
    faults = {name: faults_of(page, language, prose_of(name, language)) for name in LESSONS}
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_found_in_what_cells_show(page: Any, trained: TestClient, language: str) -> None:
    client = a_client(trained, language)
    summary = client.get("Patient/rosa-fuenzalida/$summary")
    exercise = exercises_of("02_ips").exercises["2.1"]
    wrong = judge_answer(exercise, ["1", "2", "3"], client.fetch)
    abroad = judge_resource(client.get("Bundle/summary-from-abroad").json, profile="ips", year=None)
    shown = [
        DocumentPanel(summary.json, language),
        check_card(wrong, language),
        judgement_card(abroad, language),
        plot({"2023-11-14": 8.1, "2024-05-16": 7.2}, "HbA1c (%)"),
        *(Picture(name, language) for name in PICTURES),
    ]
    exchanges = (exchange_html(each, language) for each in (summary, client.get("Pacient/1")))
    body = "".join([*exchanges, *(each._repr_html_() for each in shown)])
    assert faults_of(page, language, f"<h1>L</h1>{body}") == []


def test_what_is_amiss_would_be_found(page: Any) -> None:
    faults = faults_of(page, "es", '<h1>L</h1><img src="x"><table><tr><th></th></tr></table>')
    assert sorted(fault.partition(":")[0] for fault in faults) == [
        "empty-table-header",
        "image-alt",
    ]

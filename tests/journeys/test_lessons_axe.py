"""axe-core, by others, finds nothing in a lesson as it is read, nor in what its cells show: cards, exchanges, documents,
pictures and plots; on a telephone, and in the colours that a reader has forced upon all pages.  Colours of code are those of
whatever shows the notebook, and are left to it.
"""

from __future__ import annotations

import json
import re
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
    pytest.mark.daily("journeys", share=0.25, each="module"),
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


PHONE = {"width": 390, "height": 900}
SHEET = re.compile(r'<link rel="stylesheet"[^>]*>')
# how wide the page is, and which pictures would be lost on a dark ground: no ground of their own, or pale words
LOST = """() => {
  const light = (color) => color.match(/[0-9.]+/g).slice(0, 3).map(Number).reduce((a, b) => a + b) / 765;
  const isLost = (svg) => getComputedStyle(svg).backgroundColor !== "rgb(255, 255, 255)"
    || [...svg.querySelectorAll("text")].some((text) => light(getComputedStyle(text).fill) > 0.45);
  return [...document.querySelectorAll("svg[role=img]")].filter(isLost).map((svg) => svg.ariaLabel);
}"""
WIDTH = "document.documentElement.scrollWidth"


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    page = browser.new_context(viewport=PHONE).new_page()
    yield page
    page.close()


@pytest.fixture
def contrast(browser: Any) -> Iterator[Any]:
    """A telephone whose owner has forced white on black upon all pages."""
    context = browser.new_context(viewport=PHONE, forced_colors="active", color_scheme="dark")
    context.set_offline(True)
    yield context.new_page()
    context.close()


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


def shown_by_cells(trained: TestClient, language: str) -> str:
    """Returns one of each kind of what a cell shows."""
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
    return "<h1>L</h1>" + "".join([*exchanges, *(each._repr_html_() for each in shown)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_found_in_what_cells_show(page: Any, trained: TestClient, language: str) -> None:
    assert faults_of(page, language, shown_by_cells(trained, language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_cells_show_is_seen_on_a_telephone_in_high_contrast(
    contrast: Any, trained: TestClient, language: str
) -> None:
    body = shown_by_cells(trained, language)
    assert faults_of(contrast, language, body) == []
    assert contrast.evaluate(LOST) == []
    assert contrast.evaluate(WIDTH) <= PHONE["width"]


def test_a_lesson_as_jupyter_renders_it_fits_a_telephone(contrast: Any) -> None:
    """By Jupyter's own exporter: what is wider, such as a table, scrolls in its own place."""
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="lab")
    widths = {}
    for number, name in enumerate(LESSONS):
        language = list(LANGUAGES)[number % len(LANGUAGES)]
        html, _ = exporter.from_filename(str(notebook_file(name, language)))
        contrast.set_content(html, wait_until="domcontentloaded")
        widths[name] = contrast.evaluate(WIDTH)
    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_found_on_the_page_of_any_lesson_and_none_scrolls_sideways(
    page: Any, trained: TestClient, language: str
) -> None:
    """Each lesson is looked at in one language, and measured in all."""
    style = f"<style>{trained.get('/style.css').text}</style>"
    faults: dict[str, list[str]] = {}
    for number, name in enumerate(LESSONS):
        html = trained.get(f"/lessons/{name[:2]}?lang={language}&from=runs/abc").text
        page.set_content(SHEET.sub(lambda _: style, html, count=1))
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found = [f"{width} wide" for width in [page.evaluate(WIDTH)] if width > PHONE["width"]]
        if list(LANGUAGES)[number % len(LANGUAGES)] == language:
            page.evaluate(AXE.read_text(encoding="utf-8"))
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                found += [f"{scheme}: {fault}" for fault in page.evaluate(FAULTS)]
        faults[name] = found
    assert {name: found for name, found in faults.items() if found} == {}


def test_what_is_amiss_would_be_found(page: Any) -> None:
    faults = faults_of(page, "es", '<h1>L</h1><img src="x"><table><tr><th></th></tr></table>')
    assert sorted(fault.partition(":")[0] for fault in faults) == [
        "empty-table-header",
        "image-alt",
    ]


def test_what_is_lost_in_high_contrast_would_be_found(contrast: Any) -> None:
    picture = '<svg role="img" aria-label="{}" style="{}"><text fill="{}">A</text></svg>'
    pictures = [
        picture.format("no ground", "", "#111"),
        picture.format("pale", "background:#fff", "#ccc"),
        picture.format("right", "background:#fff", "#111"),
    ]
    wide = '<pre style="width: 500px">x</pre>'
    contrast.set_content(PAGE.format("es", "".join([*pictures, wide])))
    assert contrast.evaluate(LOST) == ["no ground", "pale"]
    assert contrast.evaluate(WIDTH) > PHONE["width"]

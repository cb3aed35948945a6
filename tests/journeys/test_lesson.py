"""Journey 3, the lesson: a learner finds lesson 01 in Spanish on the course page, runs it, errs, and opens a hint; once by
the mouse, once by the keyboard alone.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.cli.lablanguage import locale_of
from tests.places import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
SCREENS = PROJECT / "out" / "screens"
WRONG = (
    'patient = {"resourceType": "Patient", "name": {"family": "Ayala"}}\nL.check("1.1", patient)'
)
LESSON = "Abrir Fundamentos de FHIR en JupyterLab"


# what has the focus: its name, and whether one sees that it has it
FOCUSED = """() => {
  const element = document.activeElement;
  const name = element.getAttribute("aria-label") || element.textContent;
  const ring = getComputedStyle(element);
  const isSeen = ring.outlineStyle !== "none" || ring.boxShadow !== "none";
  return { name: name.replace(/\\s+/g, " ").trim(), isSeen };
}"""
ACTIVE = ".jp-Notebook-cell.jp-mod-active"
MOST_STEPS = 60


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address that `connectathon lab` prints, over the copy of the lessons that it makes."""
    folder = tmp_path_factory.mktemp("lab")
    command = [sys.executable, "-m", "sandbox.cli", "lab", "--port", "0", "--lang", "es"]
    environment = {**os.environ, "HOME": str(folder), "LANG": "es_CL.UTF-8"}
    with subprocess.Popen(
        [*command, "--root", str(folder)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        address = None
        while address is None and process.stdout:
            line = process.stdout.readline()
            assert line, "connectathon lab ended without an address"
            address = re.search(r"http://\S+token=\S+", line)
        yield address[0] if address else ""
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.fixture
def page(lab: str, chromium: Any) -> Iterator[Any]:
    """A browser on the first page of Lab, that of the course."""
    from playwright.sync_api import expect

    expect.set_options(timeout=60_000)
    page = chromium.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(lab)
    expect(page.get_by_role("heading", name="El curso", exact=True)).to_be_visible()
    yield page
    page.close()


def opened(page: Any) -> Any:
    """Returns lesson 01 once it is there and its kernel idle."""
    from playwright.sync_api import expect

    notebook = page.locator(".jp-Notebook")
    expect(notebook.get_by_role("heading", name="01 · Fundamentos de FHIR")).to_be_visible()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
    return notebook


def test_a_learner_runs_lesson_01_in_spanish_errs_and_opens_a_hint(lab: str, page: Any) -> None:
    from playwright.sync_api import expect

    SCREENS.mkdir(parents=True, exist_ok=True)
    page.get_by_role("link", name=LESSON).click()
    notebook = opened(page)
    file_menu = "Archivo" if locale_of("es") else "File"
    expect(page.get_by_role("menuitem", name=file_menu, exact=True)).to_be_visible()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.locator("[data-command='runmenu:run-all']").click()
    expect(notebook.get_by_text("Tu avance: 0 de 14 puntos")).to_be_visible()

    cell = page.locator(".jp-CodeCell", has_text='L.check("1.1"').first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(WRONG)
    page.keyboard.press("Shift+Enter")
    expect(cell.get_by_text("Todavía no · 1.1 Marisol como recurso")).to_be_visible()
    expect(cell.get_by_text("name es una lista")).to_be_visible()
    cell.get_by_role("button", name="Ver una ayuda").click()
    expect(cell.get_by_text("Ayuda 1 de 3 para 1.1")).to_be_visible()
    cell.scroll_into_view_if_needed()
    page.screenshot(path=SCREENS / "lesson-es.png")

    beside = urlsplit(lab)
    page.goto(f"{beside.scheme}://{beside.netloc}/sandbox/?lang=es")
    expect(page.get_by_role("heading", name="Tu sala de ensayo está en marcha")).to_be_visible()
    page.get_by_role("link", name="Patient/rosa-fuenzalida").click()
    expect(page.get_by_text('"family": "Fuenzalida Painemal"')).to_be_visible()
    page.go_back()
    page.screenshot(path=SCREENS / "server-es.png")


def reach(page: Any, name: str) -> None:
    """Presses Tab until what has the focus is called so, and is seen to have it."""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused["name"] == name:
            assert focused["isSeen"], f"nobody sees that {name} has the focus"
            return
    raise AssertionError(f"Tab never reaches {name}")


def test_the_keyboard_alone_leads_through_a_lesson(page: Any) -> None:
    from playwright.sync_api import expect

    reach(page, LESSON)
    page.keyboard.press("Enter")
    opened(page)
    active = page.locator(ACTIVE)
    for _ in range(MOST_STEPS):
        if 'L.check("1.1"' in active.inner_text():
            break
        before = active.get_attribute("data-windowed-list-index")
        page.keyboard.press("Shift+Enter")
        expect(active).not_to_have_attribute("data-windowed-list-index", before)
    cell = page.locator(".jp-CodeCell", has_text='L.check("1.1"').first
    page.keyboard.press("Enter")
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(WRONG)
    page.keyboard.press("Shift+Enter")
    expect(cell.get_by_text("Todavía no · 1.1 Marisol como recurso")).to_be_visible()
    page.keyboard.press("ArrowUp")
    reach(page, "Ver una ayuda")
    page.keyboard.press("Enter")
    expect(cell.get_by_text("Ayuda 1 de 3 para 1.1")).to_be_visible()

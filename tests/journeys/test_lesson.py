"""Journey 3, the lesson: a learner opens lesson 01 in Spanish in a browser, runs it, errs, and opens a hint."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox.cli.lablanguage import locale_of
from tests.places import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
SCREENS = PROJECT / "out" / "screens"
WRONG = (
    'patient = {"resourceType": "Patient", "name": {"family": "Ayala"}}\nL.check("1.1", patient)'
)
CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """The address that `connectathon lab` prints, over the copy of the lessons that it makes."""
    command = [
        sys.executable,
        "-m",
        "sandbox.cli",
        "lab",
        "--port",
        "0",
        "--lesson",
        "01_fhir",
        "--lang",
        "es",
    ]
    environment = {**os.environ, "HOME": str(tmp_path), "LANG": "es_CL.UTF-8"}
    with subprocess.Popen(
        [*command, "--root", str(tmp_path)], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        address = None
        while address is None and process.stdout:
            line = process.stdout.readline()
            assert line, "connectathon lab ended without an address"
            address = re.search(r"http://\S+token=\S+", line)
        yield address[0] if address else ""
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_a_learner_runs_lesson_01_in_spanish_errs_and_opens_a_hint(lab: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    SCREENS.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=60_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM
        )
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(lab)
        notebook = page.locator(".jp-Notebook")
        expect(notebook.get_by_role("heading", name="01 · Fundamentos de FHIR")).to_be_visible()
        expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
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
        browser.close()

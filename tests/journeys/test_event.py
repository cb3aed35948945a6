"""An event on its own pages: a participant registers, runs and reads why it failed; a monitor claims and verifies.

The participant's system is a sandbox of its own that leaves a replaced document current.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.places import PROJECT

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
SCREENS = PROJECT / "out" / "screens"
COMMAND = [sys.executable, "-m", "sandbox.cli"]


@contextmanager
def served(folder: Path, *words: str) -> Iterator[str]:
    """The address of a server as its command prints it."""
    command = [*COMMAND, "serve", "--port", "0", "--data", str(folder), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout else ""
        try:
            yield re.search(r"http://[\d.:]+", line)[0]  # type: ignore[index]  # the first line names the address
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=30)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "event", "--grant", "127.0.0.1") as address:
        yield address


@pytest.fixture
def ministry(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "ministry", "--twin", "keeps_old_current") as address:
        yield address


@pytest.fixture
def browser(chromium: Any) -> Iterator[Any]:
    """The browser of the module, without what an earlier test has opened."""
    from playwright.sync_api import expect

    SCREENS.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    yield chromium
    for context in chromium.contexts:
        context.close()


def link(folder: Path, server: str, *words: str) -> str:
    """What `connectathon people` prints: the link that lets somebody in."""
    command = [*COMMAND, "people", *words, "--data", str(folder / "event"), "--server", server]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    ).stdout.split()[-1]


def entered(browser: Any, address: str) -> Any:
    """A page of a browser of one's own, let in by a link."""
    page = browser.new_context(locale="es-CL", viewport={"width": 1100, "height": 900}).new_page()
    page.goto(address)
    page.get_by_role("button", name="Entrar").click()
    return page


def run_started(page: Any, ministry: str) -> None:
    """Registers the ministry's system and starts the tests of a Document Recipient."""
    page.get_by_label("Nombre corto").fill("hospital-uno")
    page.get_by_label("Base FHIR").fill(f"{ministry}/fhir")
    page.get_by_role("button", name="Registrar").click()
    page.get_by_label(re.compile("^Pista")).select_option("mhd.recipient")
    page.get_by_role("button", name="Iniciar").click()


def test_a_participant_registers_runs_and_reads_why_it_failed(
    tmp_path: Path, event: str, ministry: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    invitation = link(tmp_path, event, "invite", "--team", "Equipo Chile", "--country", "CL")
    page = browser.new_context(locale="es-CL", viewport={"width": 1100, "height": 900}).new_page()
    page.goto(f"{event}/team")
    expect(page.get_by_text("todavía no estás en ella")).to_be_visible()
    page.goto(invitation)
    page.get_by_label("Nombre").fill("Ana Rojas")
    page.get_by_role("button", name="Entrar").click()
    expect(page.get_by_role("heading", name="Equipo Chile")).to_be_visible()
    page.screenshot(path=SCREENS / "team-es.png", full_page=True)

    run_started(page, ministry)

    expect(page.get_by_role("heading", name=re.compile("→ hospital-uno$"))).to_be_visible()
    failed = page.locator(
        "section", has=page.get_by_role("heading", name=re.compile("^RCP-20 .*: falla$"))
    )
    expect(failed).to_be_visible()
    expect(failed.get_by_text("superseded").first).to_be_visible()
    page.screenshot(path=SCREENS / "run-es.png", full_page=True)
    failed.get_by_role("link", name=re.compile(r"^(GET|POST) ")).first.click()
    expect(page.get_by_role("heading", name="Lo que se respondió")).to_be_visible()


def test_a_monitor_claims_verifies_with_a_comment_and_the_matrix_changes_live(
    tmp_path: Path, event: str, ministry: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    facilitator = entered(browser, link(tmp_path, event, "add", "Inés", "--role", "facilitator"))
    people = [("Ana Rojas", "participant", "Chile"), ("Mario Díaz", "monitor", "Panamá")]
    links = [
        link(tmp_path, event, "add", name, "--role", role, "--team", team)
        for name, role, team in people
    ]
    participant, monitor = (entered(browser, one) for one in links)
    run_started(participant, ministry)
    participant.get_by_label("Lo que conviene saber").fill(
        "El original queda vigente por norma nuestra."
    )
    participant.get_by_role("button", name="Pedir la verificación").click()
    matrix = facilitator
    matrix.goto(f"{event}/matrix")
    expect(matrix.get_by_role("link", name="por verificar")).to_be_visible()

    monitor.goto(f"{event}/queue")
    expect(monitor.get_by_text("El original queda vigente")).to_be_visible()
    monitor.get_by_role("button", name="Tomar").click()
    expect(participant.get_by_text("La tomó Mario Díaz")).to_be_visible()
    monitor.get_by_label("Decisión").select_option("partially")
    monitor.get_by_label("Comentario").fill("Todo bien salvo el documento reemplazado.")
    monitor.screenshot(path=SCREENS / "review-es.png", full_page=True)
    monitor.get_by_role("button", name="Decidir").click()

    expect(
        matrix.get_by_role("link", name="verificada en parte")
    ).to_be_visible()  # nobody has reloaded it
    expect(participant.get_by_text("Todo bien salvo el documento")).to_be_visible()
    matrix.screenshot(path=SCREENS / "matrix-es.png", full_page=True)
    matrix.goto(f"{event}/report")
    matrix.screenshot(path=SCREENS / "report-es.png", full_page=True)

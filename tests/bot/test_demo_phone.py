"""The demo on a telephone, in Spanish and Portuguese: files are dropped there and cards fit."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.slack.running import run_demo
from sandbox.certificates.qr import png_of
from sandbox.i18n import Language
from tests.bot.playing import a_served_sandbox, post
from tests.bot.test_demo import SCREENS, _run
from tests.conftest import VECTORS
from tests.journeys.test_event import browser
from tests.sandbox.pages.test_certificates import issued

pytestmark = pytest.mark.daily("chat", share=0.25)

__all__ = ["browser"]

PHONE = {"width": 390, "height": 844}
SAYS: dict[Language, dict[str, str]] = {
    "es": {
        "document": "El documento no cumple", "certificate": "Certificados que trae: 1", "done": "Estado: terminada",
        "explain": "Explicar", "near": "¿Quisiste decir algo de esto?", "drop": "Soltar un archivo", "home": "Inicio", "next": "Lo que sigue: lección", "lesson": "Lección: 03", "help": "Lo que puedes decir", "matrix": "Corrida más nueva de cada sistema",
    },
    "pt": {
        "document": "O documento não está conforme", "certificate": "Certificados que ele traz: 1", "done": "Estado: terminada",
        "explain": "Explicar", "near": "Você quis dizer um destes?", "drop": "Soltar um arquivo", "home": "Início", "next": "O próximo passo: lição", "lesson": "Lição: 03", "help": "O que você pode dizer", "matrix": "Execução mais nova",
    },
}  # fmt: skip


@contextmanager
def a_demo(folder: Path, language: Language) -> Iterator[str]:
    """The demo beside a sandbox of its own, by its address."""
    found: list[str] = []
    is_there = threading.Event()

    def told(page: str) -> None:
        found.append(page)
        is_there.set()

    with (
        a_served_sandbox(folder / "event", grants=("127.0.0.1",)) as event,
        a_served_sandbox(folder / "broken", twin="keeps_old_current") as broken,
    ):
        system = {"name": "hospital", "base": f"{broken}/fhir"}
        assert post(f"{event}/api/systems", json=system).status_code == 201
        loop = asyncio.new_event_loop()
        task = loop.create_task(
            run_demo(event, folder=folder, language=language, port=0, tell=told)
        )
        thread = threading.Thread(target=_run, args=(loop, task))
        thread.start()
        assert is_there.wait(20)
        try:
            yield found[0]
        finally:
            loop.call_soon_threadsafe(task.cancel)
            thread.join()


@pytest.mark.needs("browser")
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("language", [*SAYS])
def test_cards_fit_a_telephone_and_files_are_judged_there(
    tmp_path: Path, browser: Any, language: Language
) -> None:
    from playwright.sync_api import expect

    says = SAYS[language]
    example = VECTORS / "ips" / "CA_DAVE_DEBRONKART_VERTO.json"
    content = (
        example.read_bytes() if example.is_file() else json.dumps({"resourceType": "X"}).encode()
    )
    (tmp_path / "ips.json").write_bytes(content)
    (tmp_path / "code.png").write_bytes(png_of(issued(tmp_path / "event")))
    with a_demo(tmp_path, language) as address:
        page = browser.new_page(viewport=PHONE, device_scale_factor=2)
        page.goto(address)
        shots = 0

        def look(text: str) -> None:
            nonlocal shots
            expect(page.get_by_text(text).last).to_be_visible(timeout=30_000)
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
            SCREENS.mkdir(parents=True, exist_ok=True)
            shots += 1
            page.screenshot(path=SCREENS / f"phone-{language}-{shots}.png", full_page=True)

        def type_in(words: str, text: str) -> None:
            page.get_by_label("/ct", exact=True).fill(words)
            page.keyboard.press("Enter")
            look(text)

        page.get_by_label(says["drop"]).set_input_files(tmp_path / "ips.json")
        look(says["document"])
        page.get_by_label(says["drop"]).set_input_files(tmp_path / "code.png")
        look(says["certificate"])
        type_in("corer mhd.recipient hospital", says["near"])
        type_in("run mhd.recipient hospital", says["done"])
        type_in("explain", says["lesson"])
        type_in("matrix", says["matrix"])
        type_in("help", says["help"])
        page.get_by_role("button", name=says["home"]).click()
        look(says["next"])
        page.close()

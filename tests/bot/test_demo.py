"""The demo in a browser: somebody types, reads the card, clicks, without a workspace of Slack."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from bot.slack.running import run_demo
from tests.bot.playing import a_served_sandbox
from tests.journeys.test_event import browser

__all__ = ["browser"]

SCREENS = Path(__file__).parents[2] / "out" / "screens"


@pytest.mark.needs("browser")
@pytest.mark.xdist_group("browser")
def test_anybody_can_type_to_the_bot_and_click_what_it_says(tmp_path: Path, browser: Any) -> None:
    from playwright.sync_api import expect

    found: list[str] = []
    is_there = threading.Event()

    def told(page: str) -> None:
        found.append(page)
        is_there.set()

    with a_served_sandbox(tmp_path / "event") as event:
        loop = asyncio.new_event_loop()
        task = loop.create_task(run_demo(event, folder=tmp_path, language="es", port=0, tell=told))
        thread = threading.Thread(target=_run, args=(loop, task))
        thread.start()
        assert is_there.wait(20)
        page = browser.new_page(viewport={"width": 820, "height": 900})
        page.goto(found[0])
        page.get_by_label("/ct").fill("corer fhir.basics")
        page.keyboard.press("Enter")
        expect(page.get_by_text("¿Quisiste decir algo de esto?")).to_be_visible()
        page.get_by_label("/ct").fill("/ct correr fhir.basics sandbox")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Estado: terminada")).to_be_visible(timeout=20_000)
        page.get_by_role("button", name="Correr de nuevo").click()
        expect(page.get_by_text("Estado: terminada")).to_have_count(2, timeout=20_000)
        SCREENS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENS / "bot-es.png", full_page=True)

        page.get_by_label("/ct").fill("correr")
        page.keyboard.press("Enter")
        page.get_by_label("Pista").select_option("fhir.basics")
        page.get_by_label("Prueba").select_option("BAS-01")
        page.get_by_label("Sistema").select_option("sandbox")
        page.screenshot(path=SCREENS / "bot-form-es.png")
        page.get_by_role("button", name="Iniciar").click()
        expect(page.get_by_text("Hechas: 1 / 1")).to_be_visible(timeout=20_000)
        page.get_by_role("button", name="Inicio").click()
        expect(page.get_by_text("Lo que sigue: lección")).to_be_visible()
        page.screenshot(path=SCREENS / "bot-home-es.png", full_page=True)
        page.close()
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        pass
    finally:
        loop.close()

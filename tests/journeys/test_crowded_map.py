"""The map of forty systems and sixty planned tests fits a screen of 1280 pixels, and is a list on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.course.connection import start_server
from tests.bench.events import EVENT, TEAMS, TESTS, lay_out
from tests.conftest import AXE
from tests.journeys.accessible import faults_of
from tests.journeys.test_axe import BOTH, FAULTS
from tests.journeys.test_event import browser

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
__all__ = ["browser"]
INSIDE = "document.querySelector('.map').closest('.scroll')"


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("crowded")
    lay_out(folder, count=600)
    server = start_server({"CONNECTATHON_DATA": str(folder), "CONNECTATHON_SEED": "none"})
    try:
        yield server.connection.url
    finally:
        server.stop()


def looked_at(page: Any, width: int) -> list[str]:
    """What is wrong with the map in a window of a width, in the light and in the dark."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    faults = faults_of(page)
    for scheme, rules in BOTH:
        page.emulate_media(color_scheme=scheme)
        faults += [fault["id"] for fault in page.evaluate(FAULTS, rules)]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        faults.append("scrolls sideways")
    return faults


@pytest.mark.needs("axe")
def test_the_whole_map_fits_a_screen(event: str, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{event}/matrix?lang=pt")
    drawn = page.locator("table.map")
    assert drawn.locator("tbody tr").count() == TEAMS
    assert drawn.locator("thead th").count() == TESTS
    # neither does the part scroll that could within the page
    assert page.evaluate(f"{INSIDE}.scrollWidth <= {INSIDE}.clientWidth")
    assert looked_at(page, 1280) == []


@pytest.mark.needs("axe")
def test_on_a_phone_each_system_is_a_line_that_leads_to_its_tests(event: str, browser: Any) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.goto(f"{event}/event/{EVENT}/map?lang=pt")
    assert not page.locator("table.map").is_visible()
    lines = page.locator("ul.narrow > li")
    assert lines.count() == TEAMS
    assert looked_at(page, 390) == []
    name = lines.first.get_by_role("link").inner_text()
    lines.first.get_by_role("link").click()
    assert page.get_by_role("heading", level=2).first.inner_text().startswith(name)
    assert looked_at(page, 390) == []

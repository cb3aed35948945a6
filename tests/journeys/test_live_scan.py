"""A phone scans the code of a shared summary live: Chromium with a picture for its camera, 390 pixels wide, in Spanish."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from sandbox.certificates.qr import png_of
from sandbox.course.connection import start_server
from sandbox.i18n import say
from tests.browser import launched

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
SIZE = (640, 480)
CODE = 440  # pixels of the code in the camera's picture


@pytest.fixture
def server() -> Iterator[str]:
    running = start_server()
    yield running.connection.url
    running.stop()


def film_of(text: str, file: Path) -> Path:
    """A film in which the camera sees the code of a text and nothing else (YUV4MPEG2)."""
    code = Image.open(io.BytesIO(png_of(text))).convert("L")
    seen = Image.new("L", SIZE, 255)
    seen.paste(code.resize((CODE, CODE)), ((SIZE[0] - CODE) // 2, (SIZE[1] - CODE) // 2))
    colours = b"\x80" * (SIZE[0] * SIZE[1] // 2)
    frame = b"FRAME\n" + seen.tobytes() + colours
    file.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420\n" + 3 * frame)
    return file


def is_within_the_screen(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_code_is_scanned_live_and_asks_for_its_passcode(server: str, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    form = {"patient": "rosa-fuenzalida", "passcode": "2718"}
    with httpx.Client(trust_env=False, follow_redirects=True, timeout=30) as client:
        shared = client.post(f"{server}/links?lang=es", data=form).text
    link = re.search(r"<textarea[^>]*>([^<]+)</textarea>", shared)
    assert link is not None
    film = film_of(link[1], tmp_path / "code.y4m")
    with sync_playwright() as playwright:
        browser = launched(
            playwright,
            "--use-fake-ui-for-media-stream",
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        )
        page = browser.new_page(locale="es-CL", viewport={"width": 390, "height": 844})
        page.goto(f"{server}/open?lang=es")
        page.click("#scan")
        page.wait_for_selector(f"h2:has-text('{say('phone.open.passcode_asked', 'es')}')")
        assert is_within_the_screen(page)
        assert "Fuenzalida" not in page.inner_text("main")
        page.fill("[name=passcode]", "2718")
        page.click("main button:visible")
        page.wait_for_selector("h2:has-text('Fuenzalida')")
        assert is_within_the_screen(page)
        browser.close()

"""Two people with phones, in Spanish: one shares a summary, the other scans its code, gives the passcode and reads; then it is
taken back, and refused.  Screens in out/screens/phone.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.test_event import browser
from tests.journeys.test_validate_page import sandbox
from tests.places import PROJECT

SCREENS = PROJECT / "out" / "screens" / "phone"
PHONE = {"width": 390, "height": 844}
pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser", "sandbox"]


def a_phone(browser: Any, *, has_script: bool = True) -> Any:
    context = browser.new_context(
        locale="es-CL", viewport=PHONE, device_scale_factor=2, java_script_enabled=has_script
    )
    return context.new_page()


def seen(page: Any, name: str) -> None:
    """Keeps a picture of the page, which has nothing beyond the width of the phone."""
    width = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=str(SCREENS / f"{name}.png"), full_page=True)
    assert width <= PHONE["width"], f"{name} is {width} wide"


def test_a_summary_goes_from_phone_to_phone(sandbox: str, browser: Any) -> None:
    from playwright.sync_api import expect

    sharing = a_phone(browser)
    sharing.goto(f"{sandbox}/ips/patient/rosa-fuenzalida?lang=es")
    sharing.get_by_role("link", name="Compartir este resumen").click()
    expect(sharing.get_by_label("De quién")).to_have_value("rosa-fuenzalida")
    sharing.get_by_label("Código de acceso para abrirlo").fill("2718")
    sharing.get_by_label("Nombre del enlace").fill("Para la Dra. Paz")
    seen(sharing, "1-share")
    sharing.get_by_role("button", name="Compartir").click()
    expect(sharing.get_by_role("heading", name="Se puede abrir")).to_be_visible()
    seen(sharing, "2-link")
    picture = sharing.locator(".qr svg").screenshot()
    address = sharing.get_by_label("El enlace como texto").input_value()

    reading = a_phone(browser)
    reading.goto(f"{sandbox}/open?lang=es")
    expect(reading.get_by_role("button", name="Escanear")).to_be_visible()
    seen(reading, "3-open")
    code = {"name": "code.png", "mimeType": "image/png", "buffer": picture}
    reading.get_by_label("Tomar o elegir una foto").set_input_files(code)
    expect(reading.get_by_role("heading", name="pide un código")).to_be_visible()
    seen(reading, "4-passcode")
    reading.get_by_label("Código de acceso", exact=True).fill("1111")
    reading.get_by_role("button", name="Abrir").click()
    expect(reading.get_by_role("alert").first).to_contain_text("9")
    reading.get_by_label("Código de acceso", exact=True).fill("2718")
    reading.get_by_role("button", name="Abrir").click()
    expect(reading.get_by_role("heading", name="Rosa")).to_be_visible()
    seen(reading, "5-read")

    sharing.get_by_role("button", name="Retirar").click()
    expect(sharing.get_by_role("heading", name="Ya no se puede abrir")).to_be_visible()
    seen(sharing, "6-taken-back")
    sharing.goto(f"{sandbox}/links?lang=es")
    seen(sharing, "7-own-links")

    late = a_phone(browser)
    late.goto(address)  # as a phone's camera does: the page reads what stands behind the #
    expect(late.get_by_role("alert").first).to_be_visible()
    expect(late.get_by_text("Fuenzalida")).to_have_count(0)
    seen(late, "8-refused")


def test_without_scripts_a_link_is_shared_and_read(sandbox: str, browser: Any) -> None:
    from playwright.sync_api import expect

    page = a_phone(browser, has_script=False)
    page.goto(f"{sandbox}/links?lang=es")
    page.get_by_label("De quién").select_option("rosa-fuenzalida")
    page.get_by_role("button", name="Compartir").click()
    text = page.get_by_label("El enlace como texto").input_value()
    page.goto(f"{sandbox}/open?lang=es")
    expect(page.get_by_role("button", name="Escanear")).to_be_hidden()
    page.get_by_label("Enlace o texto del código").fill(text)
    page.get_by_role("button", name="Abrir").click()
    expect(page.get_by_role("heading", name="Rosa")).to_be_visible()


def test_health_cards_are_issued_and_one_is_read_from_its_code(sandbox: str, browser: Any) -> None:
    from playwright.sync_api import expect

    issuing = a_phone(browser)
    issuing.goto(f"{sandbox}/cards?lang=es")
    issuing.get_by_role("combobox").select_option("martin-bustos")
    seen(issuing, "11-cards")
    issuing.get_by_role("button", name="Emitir").click()
    expect(issuing.get_by_role("heading", name="Válido").first).to_be_visible()
    seen(issuing, "12-cards-made")
    picture = issuing.locator(".qr svg").first.screenshot()
    with issuing.expect_download() as downloading:
        issuing.get_by_role("link", name="Descargar las tarjetas").click()
    assert downloading.value.suggested_filename == "cards.smart-health-card"

    reading = a_phone(browser)
    reading.goto(f"{sandbox}/open?lang=es")
    code = {"name": "code.png", "mimeType": "image/png", "buffer": picture}
    reading.get_by_label("Tomar o elegir una foto").set_input_files(code)
    expect(reading.get_by_role("heading", name="Válido").first).to_be_visible()
    seen(reading, "13-card-read")

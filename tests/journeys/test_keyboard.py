"""By the keyboard alone: an institution registers and comes in, registers a system, starts an instance and hands it on; a monitor
verifies it, and overrules the bench in another.  Nothing is clicked, and nothing gets the focus but by the Tab key.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_event import browser, link
from tests.journeys.test_floor import EVENT, event

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser", "event"]
MOST_STEPS = 250
FOCUSED = """() => {
  const element = document.activeElement;
  const labels = [...(element.labels ?? [])].map((label) => label.textContent).join(" ");
  const name = element.getAttribute("aria-label") || labels || element.textContent;
  const ring = getComputedStyle(element);
  const isSeen = ring.outlineStyle !== "none" || ring.boxShadow !== "none";
  return { name: name.replace(/\\s+/g, " ").trim(), tag: element.tagName, isSeen };
}"""


class Keys:
    """Hands that have a keyboard alone."""

    def __init__(self, browser: Any, address: str) -> None:
        self.page = browser.new_context(locale="es-CL").new_page()
        self.page.goto(address)

    def reach(self, name: str, tag: str = "") -> None:
        """Presses Tab until what has the focus is called so, and is seen to have it."""
        for _ in range(MOST_STEPS):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if focused["name"].startswith(name) and tag in ("", focused["tag"]):
                assert focused["isSeen"], f"nobody sees that {name} has the focus"
                return
        raise AssertionError(f"Tab never reaches {name} on {self.page.url}")

    def press(self, name: str, tag: str = "") -> None:
        """Reaches a link or button, and presses it; what it opens is there afterwards."""
        self.reach(name, tag)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def fill(self, name: str, text: str) -> None:
        self.reach(name)
        self.page.keyboard.type(text)

    def open(self, name: str) -> None:
        self.reach(name, "SUMMARY")
        self.page.keyboard.press("Enter")

    def tick(self, name: str) -> None:
        self.reach(name, "INPUT")
        self.page.keyboard.press("Space")


def registered(browser: Any, event: str) -> Keys:
    """An institution finds the form from the first page, and sends it."""
    from playwright.sync_api import expect

    rosa = Keys(browser, event)
    rosa.press("Inscribir una institución")
    rosa.fill("Nombre de la institución", "Hospital del Sur")
    rosa.fill("País", "Sudáfrica")
    rosa.fill("Quién la representa", "Rosa Díaz")
    rosa.tick("Resumen del paciente")
    rosa.tick("Aceptamos")
    rosa.press("Enviar")
    expect(rosa.page.get_by_role("heading", name="En espera de respuesta")).to_be_visible()
    return rosa


def handed_on(rosa: Keys) -> None:
    """A participant registers a system, starts an instance, adds what it asks for, and hands it to a monitor."""
    from playwright.sync_api import expect

    rosa.press("Sistemas", "A")
    rosa.fill("Nombre corto", "registro-sur")
    rosa.fill("Base FHIR", "http://127.0.0.1:9/fhir")
    rosa.open("Certificado digital de vacunación (DDCC)")
    rosa.tick("El nodo del país en la red de confianza")
    rosa.press("Registrar", "BUTTON")
    rosa.press("Pruebas", "A")
    rosa.fill("Prueba del plan y sistema", "2b.1")
    rosa.press("Iniciar", "BUTTON")
    expect(rosa.page.get_by_role("heading", name="2b.1 ·")).to_be_visible()
    rosa.fill("Nombre", "did")
    rosa.fill("Dirección", "https://example.org/did")
    rosa.reach("Qué muestra")
    rosa.page.keyboard.press("ArrowDown")
    rosa.press("Agregar", "BUTTON")
    rosa.press("Enviar a verificar", "BUTTON")
    expect(rosa.page.get_by_text("por verificar").first).to_be_visible()


def verified(mario: Keys) -> None:
    """A monitor takes what waits, ticks the points, and decides."""
    from playwright.sync_api import expect

    mario.press("Entrar", "BUTTON")
    mario.press("Inicio", "A")
    mario.press("Tomar la siguiente", "BUTTON")
    points = mario.page.locator("label:has(input[name=ticked])").all_inner_texts()
    assert points
    for point in points:
        mario.tick(point.strip())
    mario.reach("Decisión", "SELECT")
    mario.page.keyboard.type("verificada")
    mario.press("Decidir", "BUTTON")
    expect(mario.page.locator(".chip").first).to_contain_text("verificada")


def contested(rosa: Keys, event: str) -> None:
    """What the bench has failed of her other system, and Rosa thinks right; not by the keyboard."""
    asking = rosa.page.context.request

    def made(place: str, **body: Any) -> Any:
        reply = asking.post(f"{event}/api{place}", data=body, headers={"Origin": event})
        assert reply.ok, reply.text()
        return reply.json()

    system = {"name": "fuente-sur", "base": "http://127.0.0.1:9/fhir", "country": "ZA"}
    made("/systems", **system, actors=["document-source"])
    begun = made("/instances", event=EVENT, test="1.4", system="fuente-sur")
    run = made("/runs", track="mhd.source", system="fuente-sur")
    asking.post(f"{event}{run['inbox']}", data={"resourceType": "Bundle"})
    made(f"/runs/{run['id']}/finish")
    place = f"/instances/{begun['id']}"
    made(f"{place}/runs", role=begun["parts"][0]["role"], run=run["id"])
    made(f"{place}/contest", words="La norma lo permite.")


def overruled(mario: Keys) -> None:
    """A monitor takes what is contested, and puts a verdict in the place of the bench's."""
    from playwright.sync_api import expect

    mario.press("Inicio", "A")
    mario.press("Tomar la siguiente", "BUTTON")
    failed = mario.page.locator("summary", has_text="El banco se equivoca aquí")
    before = failed.count()
    assert before
    mario.open("El banco se equivoca aquí")
    mario.reach("El veredicto correcto", "SELECT")
    mario.page.keyboard.type("pasa")
    mario.fill("Motivo", "La norma lo permite.")
    mario.press("Poner este veredicto", "BUTTON")
    expect(mario.page.get_by_text("de falla a pasa:")).to_be_visible()
    expect(failed).to_have_count(before - 1)
    mario.reach("Decisión", "SELECT")


def test_the_keyboard_alone_registers_starts_verifies_and_overrules(
    tmp_path: Path, event: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    ines = Keys(browser, link(tmp_path, event, "add", "Inés", "--role", "facilitator"))
    ines.press("Entrar", "BUTTON")
    monitor = link(tmp_path, event, "add", "Mario Díaz", "--role", "monitor")
    rosa = registered(browser, event)
    ines.page.goto(f"{event}/registrations")
    ines.press("Aprobar", "BUTTON")
    rosa.page.reload()
    rosa.press("Entrar", "BUTTON")
    expect(rosa.page.get_by_role("heading", name="Hospital del Sur")).to_be_visible()
    handed_on(rosa)
    mario = Keys(browser, monitor)
    verified(mario)
    contested(rosa, event)
    overruled(mario)

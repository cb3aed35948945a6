"""A planned test on its pages: two countries meet, a monitor verifies in part, a team contests and is heard."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.test_event import (
    COMMAND,
    SCREENS,
    browser,
    entered,
    link,
    served,
)

pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]
SYSTEMS = (
    ("visor-cl", "Chile", "CL", "document-consumer"),
    ("nodo-pe", "Perú", "PE", "document-responder"),
)
PEOPLE = (
    ("Ana Rojas", "participant", "Chile"),
    ("Pía Quispe", "participant", "Perú"),
    ("Mario Díaz", "monitor", "Panamá"),
)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[str]:
    for words in (("load", "lacpass-2023"), ("now", "lacpass-2023")):
        command = [*COMMAND, "event", *words, "--data", str(tmp_path / "event")]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    with served(tmp_path / "event") as address:
        for name, team, country, actor in SYSTEMS:
            system = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
            told = {**system, "team": team, "country": country}
            httpx.post(f"{address}/api/systems", json=told).raise_for_status()
        yield address


def looked_at(page: Any, name: str) -> None:
    """Keeps a picture of a page, wide and on a phone, on which nothing sticks out."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=SCREENS / f"{name}-{width}.png", full_page=True)
        sideways = page.evaluate("document.documentElement.scrollWidth")
        assert sideways <= width, name


def test_two_countries_meet_and_a_monitor_decides(tmp_path: Path, event: str, browser: Any) -> None:
    from playwright.sync_api import expect

    link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    ana, pia, mario = (
        entered(browser, link(tmp_path, event, "add", name, "--role", role, "--team", team))
        for name, role, team in PEOPLE
    )
    ana.goto(f"{event}/instances")
    choice = ana.get_by_label("Prueba del plan y sistema")
    option = choice.locator("option", has_text=re.compile(r"^1\.10 · .*visor-cl"))
    choice.select_option(option.first.get_attribute("value"))
    looked_at(ana, "instances-es")
    ana.get_by_role("button", name="Iniciar").click()
    expect(ana.get_by_role("heading", name=re.compile(r"^1\.10 ·"))).to_be_visible()
    ana.get_by_label("Sistema").select_option("nodo-pe")
    ana.get_by_role("button", name="Invitar").click()
    place = ana.url

    pia.goto(place)
    expect(pia.get_by_text("invitado, sin respuesta todavía")).to_be_visible()
    pia.get_by_role("button", name=re.compile("^Aceptar:")).click()
    pia.get_by_label("Mensaje o motivo").fill("El documento de Luzia está publicado.")
    pia.get_by_role("button", name="Escribir").click()
    expect(ana.get_by_text("El documento de Luzia está publicado.")).to_be_visible()  # by itself
    ana.get_by_role("button", name="Enviar a verificar").click()
    expect(ana.get_by_text("por verificar").first).to_be_visible()

    mario.goto(place)
    mario.get_by_role("button", name="La reviso yo").click()
    mario.locator("select[name=decision]").select_option("partially")
    mario.get_by_label("Comentario").fill("Falta mostrar las alergias.")
    looked_at(mario, "instance-es")
    mario.get_by_role("button", name="Decidir").click()
    expect(ana.get_by_text("Falta mostrar las alergias.").first).to_be_visible()

    ana.get_by_label("Mensaje o motivo").fill("Las alergias se ven en la segunda pantalla.")
    ana.get_by_role("button", name="Impugnar el resultado").click()
    expect(ana.get_by_text("impugnada")).to_be_visible()
    evidence(ana)

    mario.goto(place)
    mario.get_by_role("button", name="La reviso yo").click()
    for tick in mario.get_by_role("checkbox").all():
        tick.check()
    mario.locator("select[name=decision]").select_option("verified")
    mario.get_by_role("button", name="Decidir").click()
    expect(mario.locator(".chip").first).to_contain_text("verificada")
    ana.goto(f"{event}/instances?state=verified")
    expect(ana.get_by_role("link", name=re.compile(r"^1\.10 ·"))).to_be_visible()
    ana.goto(f"{event}/event/lacpass-2023/results")
    expect(ana.get_by_text("Equipos que participaron: 2 de 2")).to_be_visible()
    drawn = ana.get_by_role("img", name="Por pista")
    expect(drawn).to_contain_text("1 · Resumen del paciente")
    looked_at(ana, "results-es")


def test_a_refused_page_goes_on_by_itself(event: str, browser: Any) -> None:
    from playwright.sync_api import expect

    begun = {"event": "lacpass-2023", "test": "1.10", "system": "visor-cl"}
    place = f"/instances/{httpx.post(f'{event}/api/instances', json=begun).json()['id']}"
    page = browser.new_page(locale="es-CL")
    page.goto(f"{event}{place}?lang=es")
    page.get_by_role("button", name="Escribir").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.url.startswith(f"{event}{place}/say")
    httpx.post(f"{event}/api{place}/say", json={"words": "Hola."}).raise_for_status()
    expect(page.get_by_text("Hola.")).to_be_visible()
    # why it was refused stays, and the forms go where they went
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Mensaje o motivo").fill("Adiós.")
    page.get_by_role("button", name="Escribir").click()
    expect(page.get_by_text("Adiós.")).to_be_visible()
    assert page.url.startswith(f"{event}{place}?")


def test_the_pages_of_an_event_fit_a_phone(tmp_path: Path, event: str, browser: Any) -> None:
    """A facilitator goes through the pages of an event, and everybody reads what is published."""
    from playwright.sync_api import expect

    ines = entered(browser, link(tmp_path, event, "add", "Inés", "--role", "facilitator"))
    link(tmp_path, event, "add", "Mario Díaz", "--role", "monitor")
    place = f"{event}/event/lacpass-2023"
    ines.goto(f"{place}/not-met")
    looked_at(ines, "not-met-es")
    ines.get_by_role("button", name="Iniciar con nodo-pe").first.click()
    expect(ines.get_by_role("cell", name="nodo-pe (Perú)")).to_be_visible()
    file = {"name": "pantalla.png", "mimeType": "image/png", "buffer": b"picture"}
    ines.locator("input[name=file][type=file]").last.set_input_files(file)
    ines.get_by_role("button", name="Agregar").click()
    expect(ines.get_by_role("link", name="pantalla.png")).to_be_visible()
    ines.get_by_role("button", name="Enviar a verificar").click()
    ines.goto(f"{event}/instances/queue")
    looked_at(ines, "instance-queue-es")
    ines.goto(f"{place}/monitors")
    ines.get_by_label("Nombre").select_option("Mario Díaz")
    ines.get_by_role("listbox", name="Países").select_option("CL")
    ines.get_by_role("button", name="Asignar").click()
    expect(ines.get_by_role("row", name=re.compile("^Mario Díaz (Asignado )?CL"))).to_be_visible()
    looked_at(ines, "monitors-es")
    for name in ("checks", "edit", "edit/1.10"):
        ines.goto(f"{place}/{name}")
        looked_at(ines, f"event-{name.replace('/', '-')}-es")
    ines.goto(f"{place}/results")
    ines.get_by_role("button", name="Confirmar como están ahora").click()
    ines.get_by_role("button", name="Publicar los confirmados").click()
    looked_at(ines, "results-standing-es")
    nobody = browser.new_page(locale="es-CL")
    nobody.goto(f"{event}/results/lacpass-2023?lang=es")
    expect(nobody.get_by_role("heading", name=re.compile("^Resultados:"))).to_be_visible()
    looked_at(nobody, "published-es")


def evidence(page: Any) -> None:
    """Adds an address for each piece of evidence that the plan requires."""
    choice = page.get_by_label("Qué muestra")
    if not choice.count():
        return
    names = [option.get_attribute("value") for option in choice.locator("option").all()]
    for name in filter(None, names):
        page.get_by_label("Nombre").fill(str(name))
        page.get_by_label("Dirección").fill(f"https://example.org/{name}")
        page.get_by_label("Qué muestra").select_option(name)
        page.get_by_role("button", name="Agregar").click()

"""An event is lived on its pages: an institution outside the network registers, is let in and starts its first instance; a
facilitator finds who is stuck; and every page is accessible and fits a phone.  Screens in out/screens/floor.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.accessible import faults_of
from tests.journeys.test_event import browser, entered, link, served
from tests.places import PROJECT

SCREENS = PROJECT / "out" / "screens" / "floor"
PLAN = "lacpass-2023"
EVENT = "floor-test"
WIDTHS = (1280, 390)
pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]
PAGES = (
    "", "event", "team", "instances", "matrix", "practice", "floor", "runs", "report",
    "allowances", "validate", "certificates", "open", "links", "trust", "readiness",
    "instances/queue", "queue", "registrations", "people", "invitations", "audit", "jobs", "me", "register",
    f"event/{EVENT}/not-met", f"event/{EVENT}/edit", f"event/{EVENT}/edit/1.10",
    f"event/{EVENT}/results", f"event/{EVENT}/map", f"event/{EVENT}/monitors",
    f"event/{EVENT}/checks", f"event/{EVENT}/stuck",
    "team/start?system=sandbox&track=ips.content", "team/tokens", "gallery",
    "search", "search?q=documento", "search?q=zzzz", "guides", "lessons", "lessons/04",
    "guides/LACPatient/0.2.0", "parts", "guides/Bundle-uv-ips/2.0.0",
)  # fmt: skip

# those that have all parts between them
IN_THE_DARK = (
    "",
    "parts",
    "guides/LACPatient/0.2.0",
    "instances",
    "matrix",
    "validate",
    "registrations",
    "lessons/04",
    f"event/{EVENT}/edit",
)


@pytest.fixture
def event(tmp_path: Path) -> Iterator[str]:
    with served(tmp_path / "event") as address:
        # the shipped plan is of an event that is over, and takes nobody any more
        following = {"id": EVENT, "template": PLAN, "first": "2099-05-04", "days": 3}
        httpx.post(f"{address}/api/plans", json=following).raise_for_status()
        httpx.post(f"{address}/api/plans/{EVENT}/now", json={}).raise_for_status()
        yield address


def seen(page: Any, name: str) -> None:
    """Keeps pictures of a page in both widths, in which nothing is beyond the width or amiss."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        page.screenshot(path=str(SCREENS / f"{name}-{width}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        assert faults_of(page) == [], name
    page.set_viewport_size({"width": WIDTHS[0], "height": 844})


def test_an_institution_outside_the_network_comes_in_and_begins(
    tmp_path: Path, event: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    ines = entered(browser, link(tmp_path, event, "add", "Inés", "--role", "facilitator"))
    rosa = browser.new_context(locale="es-AR").new_page()
    rosa.goto(event)
    seen(rosa, "visitor-es")
    rosa.get_by_role("link", name="Inscribir una institución").click()
    rosa.get_by_label("Nombre de la institución").fill("Hospital del Sur")
    rosa.get_by_role("combobox", name="País").select_option("ZA")
    rosa.get_by_label("Quién la representa").fill("Rosa Díaz")
    rosa.get_by_role("checkbox", name="Resumen del paciente").check()
    seen(rosa, "register-es")
    rosa.get_by_role("checkbox", name="Aceptamos").check()
    rosa.get_by_role("button", name="Enviar").click()
    expect(rosa.get_by_role("heading", name="En espera de respuesta")).to_be_visible()
    seen(rosa, "registered-es")

    ines.goto(event)
    ines.get_by_role("link", name="1 institución espera respuesta").click()
    seen(ines, "registrations-es")
    ines.get_by_role("button", name="Aprobar", exact=True).click()
    expect(ines.get_by_text("/enter/")).to_be_visible()

    rosa.reload()
    rosa.get_by_role("button", name="Entrar").click()
    expect(rosa.get_by_text("Ya estás dentro.")).to_be_visible()
    expect(rosa.get_by_role("heading", name="Hospital del Sur")).to_be_visible()
    rosa.get_by_role("link", name="Inicio", exact=True).click()
    expect(rosa.get_by_role("heading", name="Tu próximo paso")).to_be_visible()
    seen(rosa, "participant-new-es")
    rosa.get_by_role("link", name="Registrar un sistema").click()
    rosa.get_by_label("Nombre corto").fill("repo-sur")
    rosa.get_by_label("Base FHIR").fill("http://127.0.0.1:9/fhir")
    rosa.get_by_role("checkbox", name="Document Recipient").check()
    rosa.get_by_role("button", name="Registrar").click()
    # nobody may go there yet: the page of the system says so at once
    expect(rosa.get_by_role("heading", name="repo-sur")).to_be_visible()
    expect(rosa.get_by_text("lleva a una dirección privada")).to_be_visible()
    rosa.get_by_role("link", name="Inicio", exact=True).click()
    expect(rosa.get_by_role("heading", name="repo-sur")).to_be_visible()
    ines.goto(event)
    stuck = ines.locator("section", has=ines.get_by_role("heading", name="Quién no avanza"))
    expect(stuck).to_contain_text("repo-sur")
    seen(ines, "facilitator-es")
    seen(rosa, "participant-es")
    rosa.get_by_role("button", name="Empezar", exact=True).first.click()
    expect(rosa.get_by_text("en curso").first).to_be_visible()
    seen(rosa, "instance-es")

    # the page follows the event by itself
    expect(stuck).not_to_contain_text("repo-sur")


def test_a_participant_goes_from_a_failure_to_its_lesson_and_back(
    tmp_path: Path, event: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    rosa = browser.new_context(locale="es-CL").new_page()
    rosa.goto(link(tmp_path, event, "invite", "--team", "Chile", "--country", "CL"))
    rosa.get_by_label("Nombre").fill("Rosa Díaz")
    rosa.get_by_role("button", name="Entrar").click()
    rosa.goto(f"{event}/team/start?system=sandbox&track=ips.content")
    rosa.get_by_label("o pega su texto").fill('{"resourceType": "Bundle", "type": "collection"}')
    rosa.get_by_role("button", name="Iniciar").click()
    heading = rosa.get_by_role("heading", name="IPC-01 · Es un documento que empieza con su Comp")
    failed = rosa.locator("section", has=heading)
    expect(heading).to_contain_text("falla")
    seen(rosa, "failure-es")

    failed.get_by_role("link", name="lección 02").click()
    lesson = rosa.get_by_role("heading", level=1)
    expect(lesson).to_contain_text("Resumen Internacional del Paciente")
    seen(rosa, "lesson-es")
    rosa.get_by_role("link", name="Volver a la corrida").first.click()
    expect(heading).to_be_visible()
    failed.get_by_role("link", name="cómo entender una falla").click()
    expect(rosa.get_by_role("heading", level=1)).to_be_visible()
    rosa.go_back()
    # what was learnt is tried at once, on what had failed
    rosa.get_by_role("button", name="Repetir solo las que fallaron").click()
    expect(heading).to_contain_text("falla")
    expect(rosa.get_by_text("Omitidas")).to_be_hidden()


def test_every_page_is_accessible_and_fits_a_phone(
    tmp_path: Path, event: str, browser: Any
) -> None:
    code = link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    ines = entered(browser, code)
    system = {"name": "repo-sur", "base": "http://127.0.0.1:9/fhir", "team": "Sur", "country": "ZA"}
    cookies = {cookie["name"]: cookie["value"] for cookie in ines.context.cookies()}
    with httpx.Client(base_url=event, cookies=cookies, headers={"Origin": event}) as client:
        body = {**system, "actors": ["document-recipient"]}
        client.post("/api/systems", json=body).raise_for_status()
        begun = {"event": EVENT, "test": "1.1", "system": "repo-sur"}
        client.post("/api/instances", json=begun).raise_for_status()
    ines.set_viewport_size({"width": 390, "height": 844})
    faults = []
    for scheme, places in (("light", PAGES), ("dark", IN_THE_DARK)):
        ines.emulate_media(color_scheme=scheme)
        for place in places:
            ines.goto(f"{event}/{place}{'&' if '?' in place else '?'}lang=pt")
            width = ines.evaluate("document.documentElement.scrollWidth")
            found = [*faults_of(ines), *([f"{width} wide"] if width > 390 else [])]
            faults += [f"{scheme} /{place}: {fault}" for fault in found]
    assert faults == []


def test_the_keyboard_alone_registers_without_scripts(
    tmp_path: Path, event: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    page = browser.new_context(locale="pt-BR", java_script_enabled=False).new_page()
    page.goto(f"{event}/register?lang=pt")
    page.get_by_label("Nome da instituição").focus()
    for key in ("Clínica Norte", "Tab", "BR", "Tab", "Lia Souza", "Tab", "Tab", "Space"):
        if key in ("Tab", "Space"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)
    page.get_by_role("checkbox", name="Aceitamos").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Aguardando resposta")).to_be_visible()

"""The page /validate in a browser: a broken summary is pasted, read, kept, opened by its link and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.test_event import SCREENS, browser, served

pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
__all__ = ["browser"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("sandbox")) as address:
        yield address


def broken_summary(context: Any, sandbox: str) -> str:
    """A summary of a patient of the training data with a code that its value set does not hold."""
    request = context.request
    patient = request.get(f"{sandbox}/fhir/Patient?_count=1").json()["entry"][0]["resource"]["id"]
    summary = request.get(f"{sandbox}/fhir/Patient/{patient}/$summary").json()
    for entry in summary["entry"]:
        if entry["resource"]["resourceType"] == "Patient":
            entry["resource"]["gender"] = "F"
            entry["resource"]["name"] = [
                {"use": "apodo", "text": "Ana"},
                {"use": "apodo", "text": "Anita"},
            ]
    return json.dumps(summary, ensure_ascii=False, indent=2)


def test_a_broken_summary_is_pasted_read_kept_and_deleted(sandbox: str, browser: Any) -> None:
    from playwright.sync_api import expect

    context = browser.new_context(locale="es-CL", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    refused: list[str] = []
    page.on(
        "console",
        lambda told: refused.append(told.text) if "Content Security Policy" in told.text else None,
    )
    page.goto(f"{sandbox}/validate")
    page.screenshot(path=SCREENS / "validate-form-es-1280.png", full_page=True)
    page.get_by_label("JSON, XML").fill(broken_summary(context, sandbox))
    page.get_by_role("button", name="Revisar", exact=True).click()

    expect(page.get_by_text("los perfiles que declara y ips.")).to_be_visible()
    expect(page.get_by_text("lo mismo en 1 lugar más:").first).to_be_visible()
    finding = page.get_by_role("listitem").filter(has_text="Esto no está en el conjunto de valores")
    finding.get_by_role("link").first.click()
    expect(page.locator(".said-here:target")).to_be_visible()
    page.get_by_label("solo errores").check()
    page.screenshot(path=SCREENS / "validate-es-1280.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=SCREENS / "validate-es-390.png", full_page=True)

    page.get_by_role("button", name="Guardar con un enlace").click()
    expect(page.get_by_role("heading", name="Guardado hasta el")).to_be_visible()
    link = page.url
    stranger = browser.new_context(locale="pt-BR").new_page()
    stranger.goto(link)
    expect(stranger.get_by_text("Esto no está en el conjunto de valores").first).to_be_visible()
    stranger.get_by_role("button", name="Borrar ahora").click()
    assert stranger.goto(link).status == 404
    assert refused == []


def test_a_chosen_file_stands_in_the_form(sandbox: str, browser: Any, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    file = tmp_path / "paciente.json"
    file.write_text('{"resourceType": "Patient", "gender": "F"}', encoding="utf-8")
    page = browser.new_context(locale="es-CL").new_page()
    page.goto(f"{sandbox}/validate")
    page.get_by_label("o elige un archivo").set_input_files(file)
    expect(page.get_by_label("JSON, XML")).to_have_value(
        '{"resourceType": "Patient", "gender": "F"}'
    )

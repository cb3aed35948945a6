"""A team shares a summary from a browser, another reads what was found and takes it to a run.
Screens in out/screens/floor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.fhir.json import write_json
from tests.journeys.test_event import browser, entered, link
from tests.journeys.test_floor import event, seen
from tests.sandbox.ips.test_reading import a_document

pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser", "event"]


def test_a_sample_of_one_team_becomes_the_input_of_another(
    tmp_path: Path, event: str, browser: Any
) -> None:
    from playwright.sync_api import expect

    link(tmp_path, event, "add", "Inés", "--role", "facilitator")
    code = link(tmp_path, event, "add", "Ana", "--role", "participant", "--team", "Chile")
    ana = entered(browser, code)
    ana.goto(f"{event}/gallery?lang=es")
    seen(ana, "gallery-empty-es")
    document = tmp_path / "rosa.json"
    document.write_bytes(write_json(a_document()))
    ana.get_by_label("Qué es, en pocas palabras").fill("Resumen de Rosa, dos medicamentos")
    ana.get_by_label("Elige un archivo").set_input_files(document)
    ana.get_by_role("button", name="Revisar y compartir").click()
    expect(ana.get_by_role("heading", name="Resumen de Rosa", level=1)).to_be_visible()
    expect(ana.get_by_text("Metformina 850 mg").first).to_be_visible()
    seen(ana, "sample-es")

    code = link(tmp_path, event, "add", "Pia", "--role", "participant", "--team", "Perú")
    pia = entered(browser, code)
    pia.goto(f"{event}/gallery?lang=es")
    seen(pia, "gallery-es")
    pia.get_by_role("link", name="Resumen de Rosa").click()
    expect(pia.get_by_role("button", name="Retirarla")).to_have_count(0)
    pia.get_by_role("button", name="Llenar el formulario").click()
    expect(pia.locator("textarea[name='input.document']")).to_have_value(
        "sample:" + ana.url.split("/")[-1].split("?")[0]
    )
    pia.get_by_role("button", name="Iniciar").click()
    expect(pia.get_by_text("ips.content").first).to_be_visible()

    ana.get_by_role("button", name="Retirarla").click()
    expect(ana.get_by_role("heading", name="Esta muestra fue retirada")).to_be_visible()
    seen(ana, "sample-gone-es")

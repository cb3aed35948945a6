"""Forms ask what tests declare, by its kind, propose what is likely, and keep what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from sandbox.event.systems import System
from sandbox.i18n import LANGUAGES, has_message, say
from sandbox.pages.inputs import Likely, fields_of, given_in
from sandbox.testbench.tracks import TRACKS, declared_inputs, inputs_of
from sandbox.web.multipart import File, Form
from tests.builders import a_patient, stored
from tests.conftest import a_sandbox

SYSTEM = {"name": "repo-cl", "base": "http://127.0.0.1:9/fhir", "actor": "document-recipient"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        yield client


def labels(*names: str, language: str = "es") -> dict[str, str]:
    return {field.name: field.label for field in fields_of(names, {}, language, Likely())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_affirms_is_asked_without_the_yes_of_commands(language: str) -> None:
    affirmed = [name for name, input in declared_inputs().items() if input.kind == "yes"]
    assert all(has_message(f"floor.option.{name}") for name in affirmed)
    assert not any(
        label.casefold().startswith("yes,")
        for label in labels(*affirmed, language=language).values()
    )


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_what_is_chosen_is_said_in_words(language: str) -> None:
    fields = fields_of(("metadata", "mhd", "edition", "wallet_shown"), {}, language, Likely())
    words = {value: text for field in fields for value, text in field.choices}
    assert [value for value, text in words.items() if value == text] == ["4.2.2", "4.2.3"]


def test_partners_are_those_that_have_registered_as_the_actor() -> None:
    systems = (
        System("nodo-pe", "http://a.test", country="PE", actors=("document-recipient",)),
        System("visor-cl", "http://b.test", actors=("document-consumer",)),
    )
    fields = fields_of(inputs_of("mhd.peers"), {}, "es", Likely(systems=systems))
    by_name = {field.name: dict(field.choices) for field in fields}
    assert by_name["recipient"] == {"sandbox": "sandbox", "nodo-pe": "nodo-pe (PE)"}
    assert by_name["consumer"] == {"sandbox": "sandbox", "visor-cl": "visor-cl"}


def test_a_secret_is_never_shown_again() -> None:
    (field,) = fields_of(["passcode"], {"passcode": "1234"}, "es", Likely())
    assert (field.value, field.is_secret) == ("", True)


def test_a_file_goes_before_what_was_pasted() -> None:
    file = File("a.json", "application/json", b'{"a":1}')
    form = Form(
        {"input.document": "pasted", "input.url": " ", "track": "x"}, {"file.document": file}
    )
    assert given_in(form) == {"document": '{"a":1}'}
    assert given_in(Form(form.fields, {})) == {"document": "pasted"}


@pytest.mark.parametrize("track", TRACKS)
def test_every_track_has_a_form_with_its_inputs_and_no_lines_to_write(
    served: TestClient, track: str
) -> None:
    page = served.get(f"/team/start?lang=es&system=sandbox&track={track}")
    assert page.status_code == 200
    for name in inputs_of(track):
        assert f'name="input.{name}"' in page.text
    assert "NOMBRE=" not in page.text


def test_a_patient_is_picked_by_name(served: TestClient) -> None:
    patient = stored(served, a_patient(name=[{"given": ["Rosa"], "family": "Díaz"}]))
    page = served.get("/team/start?lang=es&system=sandbox&track=ips.server").text
    assert f'<option value="{patient["id"]}">Rosa Díaz</option>' in page


def test_a_patient_is_looked_for_without_scripts_and_the_rest_stays(served: TestClient) -> None:
    patient = stored(served, a_patient(name=[{"given": ["Rosa"], "family": "Díaz"}]))
    stored(served, a_patient(name=[{"given": ["Luzia"], "family": "Nogueira"}]))
    form = {
        "system": "sandbox",
        "track": "ips.server",
        "input.patient": "diaz",
        "input.identifier": "a|b",
        "find": "patient",
    }
    found = served.post("/team/runs?lang=pt", data=form)
    assert served.get("/api/runs").json() == []
    choice = found.text.partition('<select name="input.patient" autofocus>')[2].partition(
        "</select>"
    )[0]
    assert f'<option value="{patient["id"]}">Rosa Díaz' in choice
    assert "Luzia" not in choice
    assert "1 paciente encontrado para “diaz”." in found.text
    assert 'value="a|b"' in found.text
    nobody = served.post("/team/runs?lang=pt", data={**form, "input.patient": "Zulmira"}).text
    assert "0 pacientes encontrados para “Zulmira”." in nobody
    assert 'value="Zulmira"' in nobody


def test_what_was_typed_survives_a_refusal_and_starts_when_it_is_right(served: TestClient) -> None:
    form = {
        "system": "sandbox",
        "track": "ips.server",
        "input.patient": "no such id!",
        "input.identifier": "a|b",
    }
    refused = served.post("/team/runs?lang=es", data=form)
    assert refused.status_code == 400
    assert 'value="no such id!"' in refused.text
    assert 'value="a|b"' in refused.text
    assert 'role="alert"' in refused.text
    right = {**form, "input.patient": "rosa"}
    begun = served.post("/team/runs?lang=es", data=right)
    assert begun.url.path.startswith("/runs/")
    (run,) = served.get("/api/runs").json()
    assert run["inputs"] == {"patient": "rosa", "identifier": "a|b"}


def test_a_document_comes_as_a_file(served: TestClient) -> None:
    file = {"file.document": ("ips.json", b'{"resourceType":"Bundle"}', "application/json")}
    form = {"system": "sandbox", "track": "ips.content"}
    begun = served.post("/team/runs?lang=es", data=form, files=file)
    assert begun.url.path.startswith("/runs/")


def test_a_system_is_put_right_on_its_page_and_keeps_the_rest(served: TestClient) -> None:
    served.post("/team/systems?lang=es", data={**SYSTEM, "country": "CL", "team": "Chile"})
    page = served.get("/team/systems/repo-cl?lang=es").text
    assert 'name="input.simplified"' in page
    form = {**SYSTEM, "country": "CL", "team": "Chile", "version": "2.1", "input.simplified": "yes"}
    saved = served.post("/team/systems/repo-cl?lang=es", data=form)
    assert saved.url.path == "/team/systems/repo-cl"
    assert "Guardado." in saved.text
    (kept,) = served.get("/api/systems").json()
    assert kept["inputs"] == {"simplified": "yes"}
    assert kept["version"] == "2.1"
    bad = served.post(
        "/team/systems/repo-cl?lang=es", data={**form, "base": "ftp://x", "version": "3"}
    )
    assert bad.status_code == 400
    assert 'value="ftp://x"' in bad.text
    assert served.get("/api/systems").json() == [kept]


def test_a_track_of_a_system_is_given_an_address_of_its_own_on_its_page(served: TestClient) -> None:
    served.post("/team/systems?lang=es", data=SYSTEM)
    place = "/team/systems/repo-cl?lang=es"
    assert 'name="at-mhd.recipient"' in served.get(place).text
    elsewhere = "http://127.0.0.1:9/mhd"
    served.post(place, data={**SYSTEM, "at-mhd.recipient": f"{elsewhere}/"})
    (kept,) = served.get("/api/systems").json()
    assert kept["bases"] == {"mhd.recipient": elsewhere}
    assert f'value="{elsewhere}"' in served.get(place).text
    served.post(place, data={**SYSTEM, "at-mhd.recipient": ""})
    (emptied,) = served.get("/api/systems").json()
    assert emptied["bases"] == {}


def test_a_slip_in_a_registration_keeps_the_form(served: TestClient) -> None:
    slip = {**SYSTEM, "name": "Hospital Uno", "base": "ftp://hospital"}
    refused = served.post("/team/systems?lang=es", data=slip)
    assert refused.status_code == 400
    assert 'value="Hospital Uno"' in refused.text
    assert 'value="document-recipient" checked' in refused.text


def test_a_name_as_people_write_it_becomes_an_alias(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        form = {"name": "SIGSA Guatemala · Región 2", "base": "http://127.0.0.1:9/fhir"}
        page = client.post("/team/systems?lang=es", data=form)
        assert page.status_code == 200, page.text
        assert ">sigsa-guatemala-region-2</a>" in page.text
        assert "Guardado." in page.text
        again = client.post("/team/systems?lang=es", data={**form, "name": "¿?"})
        assert again.status_code == 400
        assert "¿?" in again.text


def test_what_tests_should_know_stands_under_the_track_that_asks_for_it(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        body = {
            "name": "node",
            "base": "http://127.0.0.1:9/fhir",
            "actors": ["content-creator", "document-recipient"],
        }
        client.post("/api/systems", json=body).raise_for_status()
        page = client.get("/team/systems/node?lang=es").text
        known = page[page.index("Lo que las pruebas necesitan saber de él") :]
        titles = re.findall(r"<summary>([^<]+) <span", known)
        assert len(titles) == len(set(titles)) > 1
        names = re.findall(r'name="(input\.[^"]+)"', known)
        assert len(names) == len(set(names))
        # what most people are asked for is folded under nothing
        assert known.index('name="input.patient"') < known.index("<summary>")


def test_who_looks_for_nobody_in_particular_sees_whom_there_is(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        body = {"name": "node", "base": "http://127.0.0.1:9/fhir", "actors": ["content-creator"]}
        client.post("/api/systems", json=body).raise_for_status()
        form = {**body, "actor": "content-creator", "find": "patient", "input.patient": ""}
        form.pop("actors")
        stored(client, a_patient(name=[{"given": ["Rosa"], "family": "Díaz"}]))
        page = client.post("/team/systems/node?lang=es", data=form).text
        assert "Rosa" in page[page.index('name="input.patient"') :]
        assert "de este servidor: elige uno" in page
        assert " autofocus>" in page
        # and looks again from what was found
        again = client.post("/team/systems/node?lang=es", data={**form, "find": ""}).text
        assert 'name="find" value="patient"' in again


def test_who_registers_a_wrong_address_lands_where_the_page_says_so(served: TestClient) -> None:
    # nobody listens at this port
    form = {"name": "repo-gt", "base": "http://127.0.0.1:9/fhir", "actor": "document-recipient"}
    landed = served.post("/team/systems?lang=pt", data=form)
    assert landed.url.path == "/team/systems/repo-gt"
    assert say("floor.done.saved", "pt") in landed.text
    assert 'id="looked"' in landed.text
    assert '<div class="fault">' in landed.text

"""The page of a test instance takes files and runs as a browser without scripts sends them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.i18n import say
from sandbox.limits import ATTACHMENT_BYTES
from tests.conftest import a_sandbox
from tests.sandbox.api.test_gate import FORM, an_event

PLAN = "lacpass-2023"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        for name, country, actor in (
            ("visor-cl", "CL", "document-consumer"),
            ("nodo-pe", "PE", "document-responder"),
            ("nodo-cl", "CL", "document-recipient"),
        ):
            base = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
            body = {**base, "team": f"Team {country}", "country": country}
            assert client.post("/api/systems", json=body).status_code == 201
        yield client


def begun(client: TestClient, test: str, system: str) -> str:
    body = {"event": PLAN, "test": test, "system": system}
    return str(client.post("/api/instances", json=body).json()["id"])


def attached(client: TestClient, id: str) -> list[tuple[str, str, int]]:
    added = client.get(f"/api/instances/{id}").json()["attachments"]
    return [(file["name"], file["media"], file["size"]) for file in added]


def test_a_file_is_added_by_the_form_and_comes_back_byte_for_byte(served: TestClient) -> None:
    id = begun(served, "1.10", "visor-cl")
    page = served.get(f"/instances/{id}?lang=es").text
    assert 'enctype="multipart/form-data"' in page
    place = f"/instances/{id}/attachments?lang=es"
    picture = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    sent = served.post(
        place, data={"name": ""}, files={"file": ("pantalla.png", picture, "image/png")}
    )
    assert sent.status_code == 200
    assert attached(served, id) == [("pantalla.png", "image/png", len(picture))]
    number = served.get(f"/api/instances/{id}").json()["attachments"][0]["number"]
    assert served.get(f"/api/instances/{id}/attachments/{number}").content == picture
    assert "pantalla.png" in sent.text
    # where nothing was chosen it is the address that counts
    empty = {"file": ("", b"", "application/octet-stream")}
    link = {"name": "notas", "url": "https://example.org/notas"}
    assert served.post(place, data=link, files=empty).status_code == 200
    assert attached(served, id)[1] == ("notas", "", 0)


def test_a_file_that_is_too_large_and_none_at_all_are_refused(served: TestClient) -> None:
    id = begun(served, "1.10", "visor-cl")
    place = f"/instances/{id}/attachments?lang=en"
    large = {"file": ("large.bin", bytes(ATTACHMENT_BYTES + 1), "application/pdf")}
    assert served.post(place, files=large).status_code == 413
    nothing = served.post(place, data={"name": "x", "url": ""}, files={"other": ("", b"", "x/y")})
    assert nothing.status_code == 400
    assert attached(served, id) == []


def test_what_was_typed_survives_a_refusal(served: TestClient) -> None:
    id = begun(served, "1.10", "visor-cl")
    place = f"/instances/{id}"
    written = {"name": "notas", "url": "ftp://x", "evidence": "shown"}
    refused = served.post(f"{place}/attachments?lang=es", data=written)
    assert refused.status_code == 400
    assert 'value="ftp://x"' in refused.text
    long = "Faltan las <alergias> " * 200
    refused = served.post(f"{place}/say?lang=es", data={"words": long})
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert refused.text.count("Faltan las &lt;alergias&gt;") == 200


@pytest.mark.parametrize(("act", "words"), [("submit", ""), ("contest", "Why?"), ("say", " ")])
def test_a_refused_page_is_refreshed_from_its_own_address(
    served: TestClient, act: str, words: str
) -> None:
    place = f"/instances/{begun(served, '1.10', 'visor-cl')}"
    refused = served.post(f"{place}/{act}?lang=es", data={"words": words})
    assert refused.status_code >= 400
    assert served.get(f"{place}/{act}").status_code in (404, 405)
    [(own, typed)] = re.findall(r'<main [^>]*data-page="([^"]+)"( data-typed)?', refused.text)
    own = str(refused.url.join(own))
    assert httpx.URL(own).path == place
    again = served.get(own)
    assert again.status_code == 200
    assert "data-page" not in again.text
    # what somebody has typed is not taken from them
    assert bool(typed) is bool(words)
    # the other languages are of the page, too
    others = re.findall(r'href="([^"]*\?lang=(?:en|pt))" lang=', refused.text)
    assert {refused.url.join(other).path for other in others} == {place}


def test_the_page_of_an_attempt_leads_back_to_its_instance(served: TestClient) -> None:
    id = begun(served, "1.1", "nodo-cl")
    served.post(f"/instances/{id}/runs?lang=es", data={"role": "repository"})
    run = served.get("/api/runs").json()[0]["id"]
    page = served.get(f"/runs/{run}?lang=es").text
    assert f'href="../instances/{id}?lang=es">Volver a la instancia de la prueba 1.1</a>' in page
    other = served.post("/api/runs", json={"track": "fhir.basics", "system": "sandbox"}).json()
    assert "Volver a la instancia" not in served.get(f"/runs/{other['id']}?lang=es").text


def test_a_run_is_handed_in_by_the_form(served: TestClient) -> None:
    id = begun(served, "1.1", "nodo-cl")
    body = {"track": "fhir.basics", "system": "sandbox"}
    run = served.post("/api/runs", json=body).json()["id"]
    while served.get(f"/api/runs/{run}").json()["state"] != "done":
        pass
    evidence = served.get(f"/api/runs/{run}/report/evidence").content
    file = {"file": ("run.zip", evidence, "application/zip")}
    place = f"/instances/{id}/handed-in?lang=es"
    taken = served.post(place, data={"role": "repository"}, files=file)
    assert taken.status_code == 200
    assert "hecha en la máquina del equipo" in taken.text
    (result,) = served.get(f"/api/instances/{id}").json()["bench"]
    assert (result["verdict"], result["handed_in"]) == ("pass", True)
    assert served.post(place, data={"role": ""}).status_code == 400


def test_who_has_not_met_is_met_by_a_button(served: TestClient) -> None:
    page = served.get(f"/event/{PLAN}/not-met?lang=es&system=visor-cl").text
    what = re.search(r'value="(1\.10\|[^"]*\|nodo-pe)"', page)
    assert what is not None
    assert "Iniciar con nodo-pe" in page
    told = served.get(f"/api/plans/{PLAN}/not-met?system=visor-cl").json()
    assert {(one["test"], one["partner"]) for one in told} >= {("1.10", "nodo-pe")}
    begun = served.post("/instances?lang=es", data={"event": PLAN, "what": what[1]})
    assert begun.status_code == 200
    assert "nodo-pe (Perú)" in begun.text
    after = served.get(f"/event/{PLAN}/not-met?lang=es&system=visor-cl").text
    assert what[1] not in after


def test_an_older_version_is_marked_and_nothing_is_lost(served: TestClient) -> None:
    id = begun(served, "1.10", "visor-cl")
    system = {"name": "visor-cl", "base": "http://127.0.0.1:9/fhir", "team": "Team CL"}
    again = {**system, "actors": ["document-consumer"], "country": "CL", "version": "2.1"}
    before = served.get(f"/instances/{id}?lang=es").text
    assert "de una versión anterior" not in before
    assert served.post("/api/systems", json=again).status_code == 201
    page = served.get(f"/instances/{id}?lang=es").text
    assert "de una versión anterior; ahora 2.1" in page
    (part, *_) = served.get(f"/api/instances/{id}").json()["parts"]
    assert (part["version"], part["version_now"], part["is_older"]) == ("", "2.1", True)
    assert "versión anterior" in served.get(f"/event/{PLAN}/map?lang=es").text
    (cell,) = served.get(f"/api/plans/{PLAN}/matrix").json()
    assert (cell["system"], cell["state"], cell["is_older"]) == ("visor-cl", "started", True)
    long = {**again, "version": "v" * 61}
    assert served.post("/api/systems", json=long).status_code == 400


def test_a_try_that_goes_on_is_led_to_and_the_page_asks_for_its_end(served: TestClient) -> None:
    body = {"name": "fuente-cl", "base": "http://127.0.0.1:9/fhir", "actors": ["document-source"]}
    assert served.post("/api/systems", json={**body, "team": "Team CL"}).status_code == 201
    id = begun(served, "1.4", "fuente-cl")
    page = served.get(f"/instances/{id}?lang=es").text
    role = re.search(r'name="role" value="([^"]+)"><button>Probar ahora', page)
    assert role
    # what a source has to pass waits at an inbox for what the source sends
    going = served.post(f"/instances/{id}/runs?lang=es", data={"role": role[1]}).text
    (result,) = served.get(f"/api/instances/{id}").json()["bench"]
    assert (result["run"], result["last_state"], result["tries"]) == ("", "waiting", 1)
    assert "data-going>Último intento:" in going
    assert f'href="../runs/{result["last_run"]}?lang=es">en espera' in going


def test_what_waits_at_an_inbox_is_ended_on_its_page_and_counts_then(served: TestClient) -> None:
    body = {"name": "fuente-pe", "base": "http://127.0.0.1:9/fhir", "actors": ["document-source"]}
    assert served.post("/api/systems", json={**body, "team": "Team PE"}).status_code == 201
    id = begun(served, "1.4", "fuente-pe")
    role = re.search(r'name="role" value="([^"]+)"><button>', served.get(f"/instances/{id}").text)
    assert role
    served.post(f"/instances/{id}/runs", data={"role": role[1]})
    (result,) = served.get(f"/api/instances/{id}").json()["bench"]
    run = served.get(f"/api/runs/{result['last_run']}").json()
    # nothing has come that could count
    assert f'action="../runs/{run["id"]}/cancel' in served.get(f"/runs/{run['id']}").text
    assert "Terminar la corrida" not in served.get(f"/instances/{id}?lang=es").text
    kind = {"Content-Type": "application/fhir+json"}
    served.post(run["inbox"], content=b'{"resourceType": "Bundle", "type": "batch"}', headers=kind)
    assert "Terminar la corrida" in served.get(f"/runs/{run['id']}?lang=es").text
    assert "Terminar la corrida" in served.get(f"/instances/{id}?lang=es").text
    ended = served.post(f"/runs/{run['id']}/finish?lang=es", headers=FORM, follow_redirects=False)
    assert ended.status_code == 303, ended.text
    assert ended.headers["location"].partition("?")[0].endswith(f"/instances/{id}")
    (result,) = served.get(f"/api/instances/{id}").json()["bench"]
    assert (result["run"], result["verdict"]) == (run["id"], "fail")


def test_a_run_that_goes_on_is_ended_by_its_own_team_alone(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ana, pia = event.sessions["Ana"], event.sessions["Pia"]
        body = {
            "name": "fuente-cl",
            "base": "http://127.0.0.1:9/fhir",
            "actors": ["document-source"],
        }
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        asked = {"track": "mhd.source", "system": "fuente-cl"}
        run = event.ask("POST", "/api/runs", ana, json=asked).json()["id"]
        assert event.ask("POST", f"/runs/{run}/cancel", pia, headers=FORM).status_code in (403, 404)
        assert event.ask("POST", f"/runs/{run}/finish", pia, headers=FORM).status_code in (403, 404)
        assert event.ask("GET", f"/api/runs/{run}", ana).json()["state"] == "waiting"
        event.ask("POST", f"/runs/{run}/cancel", ana, headers=FORM)
        assert event.ask("GET", f"/api/runs/{run}", ana).json()["state"] == "cancelled"


def test_what_does_not_pass_yet_is_told_where_one_looks_first(tmp_path: Path) -> None:
    """Nobody is told to hand in what the bench could not judge, or to mend a system that nobody reached."""
    with an_event(tmp_path) as event:
        ana, ines = event.sessions["Ana"], event.sessions["Inés"]
        event.ask("POST", "/event/lacpass-2023/now", ines, headers=FORM)
        body = {
            "name": "repo-cl", "base": "http://127.0.0.1:9/fhir", "country": "CL",
            "actors": ["document-recipient"],
        }  # fmt: skip
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        what = {"event": "lacpass-2023", "test": "1.1", "system": "repo-cl"}
        id = event.ask("POST", "/api/instances", ana, json=what).json()["id"]
        first = event.ask("GET", "/?lang=es", ana).text
        assert "o envíala a verificar" in first
        page = event.ask("GET", f"/instances/{id}?lang=es", ana).text
        assert "Pide al banco que pruebe tu sistema" in page
        assert page.count("Probar ahora:") == 1
        role = re.search(r'name="role" value="([^"]+)"><button>Probar ahora', page)
        assert role
        event.ask(
            "POST", f"/instances/{id}/runs", ana, headers=FORM, content=f"role={role[1]}"
        )  # fmt: skip
        # each question lets the run go on
        pages = (event.ask("GET", f"/instances/{id}?lang=es", ana).text for _ in range(500))
        mended = next(page for page in pages if "No se pudo juzgar nada" in page)
        assert "Leer por qué" in mended
        assert "Todo está listo" not in mended
        assert "todavía no pasa" in event.ask("GET", "/?lang=es", ana).text


def test_what_the_tests_need_is_asked_for_before_a_run(tmp_path: Path) -> None:
    with a_sandbox(tmp_path) as client:
        body = {
            "name": "salud-cl",
            "base": "http://127.0.0.1:9/fhir",
            "actors": ["vhl-sharer"],
            "country": "CL",
        }
        assert client.post("/api/systems", json={**body, "team": "Chile"}).status_code == 201
        started = client.post(
            "/api/instances", json={"event": "lacpass-2026", "test": "1.1.12", "system": "salud-cl"}
        ).json()
        place = f"/instances/{started['id']}/runs?lang=es"
        asked = client.post(place, data={"role": "sharer"})
        assert client.get("/api/runs").json() == []
        assert "El texto de un código QR, por ejemplo HC1" in asked.text
        assert "la prueba no se puede verificar" in asked.text
        # what the plan has decided is nobody's to choose
        assert "input.verifiable" not in asked.text
        client.post(
            place,
            data={"role": "sharer", "input.certificate": "shlink:/e30", "input.trustlist": ""},
        )
        (run,) = client.get("/api/runs").json()
        assert run["track"] == "vhl.issuer"
        given = client.get(f"/api/runs/{run['id']}").json()["inputs"]
        assert (given["verifiable"], given["preset"]) == ("yes", "lacpass-2026")


def test_a_decision_is_never_chosen_beforehand_and_who_looks_is_told_what_is_theirs(
    tmp_path: Path,
) -> None:
    with an_event(tmp_path) as event:
        ana, mario, ines = (event.sessions[name] for name in ("Ana", "Mario", "Inés"))
        body = {"name": "visor-cl", "base": "http://127.0.0.1:9/fhir", "country": "CL", "actors": ["document-consumer"]}  # fmt: skip
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201
        body = {**body, "name": "nodo-pe", "country": "PE", "actors": ["document-responder"]}
        assert event.ask("POST", "/api/systems", event.sessions["Pia"], json=body).status_code == 201  # fmt: skip
        what = {"event": PLAN, "test": "1.10", "system": "visor-cl", "partner": "nodo-pe"}
        id = event.ask("POST", "/api/instances", ana, json=what).json()["id"]
        place = f"/instances/{id}"
        role = event.ask("GET", f"/api{place}", ana).json()["parts"][1]["role"]
        event.ask("POST", f"/api{place}/accept", event.sessions["Pia"], json={"role": role})
        assert event.ask("POST", f"/api{place}/submit", ana, json={}).status_code == 200
        page = {
            who: event.ask("GET", f"{place}?lang=es", session).text
            for who, session in (("Ana", ana), ("Mario", mario))
        }
        assert "No tienes que hacer nada" in page["Ana"]
        assert "Si tienes tiempo, tómala" in page["Mario"]
        assert event.ask("POST", f"/api{place}/claim", ines, json={}).status_code == 200
        said = "Inés la está verificando"
        assert said in event.ask("GET", f"{place}?lang=es", ana).text
        assert said in event.ask("GET", f"{place}?lang=es", mario).text
        own = event.ask("GET", f"{place}?lang=es", ines).text
        assert "La estás verificando" in own
        assert "No tienes que hacer nada" not in own
        chosen = own.partition('<select name="decision"')[2].partition("</select>")[0]
        assert "selected" not in chosen
        assert chosen.partition("<option")[2].startswith(' value="">Elige')
        empty = event.ask("POST", f"{place}/decide?lang=es", ines, headers=FORM, content="words=x&decision=")  # fmt: skip
        assert empty.status_code == 400
        assert event.ask("GET", f"/api{place}", ana).json()["state"] == "to_verify"


def test_a_run_of_an_instance_is_reviewed_with_it_and_by_no_door_beside_it(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ana = event.sessions["Ana"]
        body = {"name": "nodo-cl", "base": "http://127.0.0.1:9/fhir", "country": "CL", "actors": ["document-recipient"]}  # fmt: skip
        assert event.ask("POST", "/api/systems", ana, json=body).status_code == 201

        def run_of(place: str, **body: str) -> str:
            event.ask("POST", place, ana, json=body)
            run = event.ask("GET", "/api/runs", ana).json()[0]["id"]
            while event.ask("GET", f"/api/runs/{run}", ana).json()["state"] != "done":
                pass
            return str(run)

        what = {"event": PLAN, "test": "1.1", "system": "nodo-cl"}
        shown = event.ask("POST", "/api/instances", ana, json=what).json()
        place = f"/instances/{shown['id']}"
        role = shown["parts"][0]["role"]
        own = run_of(f"/api{place}/runs", role=role)
        refused = event.ask("POST", f"/api/runs/{own}/review/ask", ana, json={})
        assert refused.status_code == 412
        assert shown["id"] in refused.text
        by_form = event.ask("POST", f"/runs/{own}/review/ask?lang=es", ana, headers=FORM, content="comment=")  # fmt: skip
        assert by_form.status_code == 412
        assert "pertenece a una instancia de prueba" in by_form.text
        # asked about by itself it is no attempt any more
        track = event.ask("GET", f"/api/runs/{own}", ana).json()["track"]
        alone = run_of("/api/runs", track=track, system="nodo-cl")
        assert alone != own
        assert event.ask("POST", f"/api/runs/{alone}/review/ask", ana, json={}).status_code == 200
        added = event.ask("POST", f"/api{place}/runs", ana, json={"role": role, "run": alone})
        assert added.status_code == 412
        mario = event.sessions["Mario"]
        assert len(event.ask("GET", "/api/queue", mario).json()) == 1
        page = f"/runs/{alone}?lang=es"
        assert "Espera la verificación de alguien" in event.ask("GET", page, ana).text
        assert "Espera la verificación de alguien" not in event.ask("GET", page, mario).text
        assert (
            event.ask("POST", f"/api/runs/{alone}/review/claim", mario, json={}).status_code == 200
        )
        form = event.ask("GET", page, mario).text.partition('<select name="decision"')[2]
        assert "selected" not in form.partition("</select>")[0]
        assert form.partition("<option")[2].startswith(' value="">Elige')


def test_who_cannot_be_proposed_has_not_been_met_for_that(tmp_path: Path) -> None:
    pages = []
    with a_sandbox(tmp_path) as client:
        for name, country, actor in (
            ("visor-cl", "CL", "document-consumer"),
            ("nodo-pe", "", "document-responder"),
        ):
            body = {"name": name, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
            body |= {"team": f"Team {name}", "country": country}  # type: ignore[dict-item]
            assert client.post("/api/systems", json=body).status_code == 201
            pages.append(client.get(f"/event/{PLAN}/not-met?lang=es&system=visor-cl").text)
    first, page = pages
    assert say("meetings.no_pairs", "es") in first
    assert say("meetings.all_met", "es") not in first
    # the sentence agrees with the table below it
    assert say("floor.met.to_do", "es") in page
    assert say("meetings.all_met", "es") not in page
    assert say("meetings.none_listed", "es", teams="Team nodo-pe") in page


def test_a_choice_of_partner_and_role_stands_whole_on_a_line_of_its_own(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        for who, name, country, actors in (
            ("Ana", "src-cl", "CL", ["document-source"]),
            ("Pia", "repo-pe", "PE", ["document-recipient"]),
            ("Pia", "visor-pe", "PE", ["document-consumer"]),
        ):
            body = {"name": name, "base": "http://127.0.0.1:9/fhir", "country": country}
            system = {**body, "actors": actors}
            assert event.ask("POST", "/api/systems", event.sessions[who], json=system).is_success
        page = event.ask("GET", f"/event/{PLAN}/not-met?lang=es", event.sessions["Ana"]).text
    # three actors: whom one asks, and for which role, is too long to stand beside the test
    three = page.partition("(1.9)")[2].partition("</form>")[0]
    assert re.findall(r'<form [^>]*class="([^"]*)"', three) == ["line below"]
    two = page.partition("(1.8)")[2].partition("</form>")[0]
    assert re.findall(r'<form [^>]*class="([^"]*)"', two) == ["line"]

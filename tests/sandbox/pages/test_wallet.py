"""The wallet and the border officer's page, as forms without a script: received with a PIN, shown with consent, and each
wallet its owner's alone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.api.own_doors import own_place
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.api.test_gate import an_event
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.test_kinds import LINK, SUMMARY

HOST = "http://sandbox.test"
COVID = {**CONTENTS["icvp_2025"], "v": {"vp": "CovidProduct1", "dt": "2025-11-03"}}


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[TestClient]:
    with a_sandbox(tmp_path) as client:
        trust = TrustFolder(tmp_path / "sandbox" / "trust")
        for country in ("CL", "PA"):
            trust.init(country, at=TickingClock().now)
        yield client


def offered(client: TestClient, content: Any = None) -> dict[str, Any]:
    body = {"country": "CL", "content": content or CONTENTS["icvp_2025"]}
    reply = client.post("/api/offers", json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def hidden(page: httpx.Response, name: str) -> str:
    """The value of a field that the page carries on."""
    field = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page.text)
    assert field, page.text
    return html.unescape(field[1])


def read(client: TestClient, link: str, *, lang: str = "es") -> httpx.Response:
    return client.post(f"/wallet?lang={lang}", data={"text": link})


def received(client: TestClient, content: Any = None) -> httpx.Response:
    offer = offered(client, content)
    page = read(client, offer["link"])
    assert page.status_code == 200, page.text
    fields = {"pending": hidden(page, "pending"), "pin": offer["pin"]}
    return client.post("/wallet/receive?lang=es", data=fields)


def asked(client: TestClient, country: str = "PA") -> tuple[str, str]:
    """The address of an officer's page, and the link for the wallet."""
    page = client.post("/vp?lang=es", data={"country": country})
    link = re.search(r"<textarea[^>]*>([^<]*)</textarea>", page.text)
    assert link, page.text
    return page.url.path, html.unescape(link[1])


def shown(client: TestClient, consent: httpx.Response) -> httpx.Response:
    fields = {
        "pending": hidden(consent, "pending"),
        "choice.yellow-fever": hidden(consent, "choice.yellow-fever"),
    }
    return client.post("/wallet/show?lang=es", data=fields)


def agreed_on(client: TestClient, offer: dict[str, Any], decision: str) -> httpx.Response:
    """Goes from the wallet to the issuer's page and back, as a browser does."""
    page = read(client, offer["link"])
    assert "página del emisor" in page.text
    going = client.post("/wallet/receive?lang=es", data={"pending": hidden(page, "pending")})
    link = re.search(r'class="button" href="([^"]+)"', going.text)
    assert link, going.text
    place = html.unescape(link[1])
    assert client.get(place).status_code == 200
    form = {"pin": offer["pin"], "decision": decision}
    return client.post(place, data=form, follow_redirects=False)


def test_a_holder_agrees_on_the_issuers_page_and_comes_back_once(sandbox: TestClient) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "grant": "authorization_code"}
    offer = sandbox.post("/api/offers", json=wish).json()
    sent_back = agreed_on(sandbox, offer, "agree").headers["location"]
    came = sandbox.get(sent_back)
    assert came.status_code == 200, came.text
    assert re.fullmatch("/wallet/[0-9a-f]{8}", came.url.path), came.text
    assert sandbox.get(sent_back).status_code == 404
    # another browser has no such request
    refused = agreed_on(sandbox, sandbox.post("/api/offers", json=wish).json(), "refuse")
    place = refused.headers["location"]
    cookies = dict(sandbox.cookies)
    sandbox.cookies.clear()
    assert sandbox.get(place).status_code == 404
    sandbox.cookies.update(cookies)
    declined = sandbox.get(place)
    assert (declined.status_code, "access_denied" in declined.text) == (400, True)


def test_what_is_not_ready_is_waited_for_and_asked_for_again(sandbox: TestClient) -> None:
    wish = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": False, "ready_after": 3}
    page = read(sandbox, sandbox.post("/api/offers", json=wish).json()["link"])
    waiting = sandbox.post("/wallet/receive?lang=es", data={"pending": hidden(page, "pending")})
    assert "Todavía no están listas" in waiting.text
    id = hidden(waiting, "id")
    for _ in range(20):  # its clock moves a second at each look
        answer = sandbox.post("/wallet/waiting?lang=es", data={"id": id})
        if answer.status_code == 200 and CONTENTS["icvp_2025"]["n"] in answer.text:
            break
    assert CONTENTS["icvp_2025"]["n"] in answer.text
    assert "Todavía no están listas" not in sandbox.get("/wallet?lang=es").text


def test_of_a_credential_that_is_shown_whole_the_consent_says_so(sandbox: TestClient) -> None:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "formats": ["ldp_vc"], "pin": False}
    page = read(sandbox, sandbox.post("/api/offers", json=body).json()["link"])
    kept = sandbox.post("/wallet/receive?lang=es", data={"pending": hidden(page, "pending")})
    assert CONTENTS["icvp_2025"]["n"] in kept.text
    meta = {"type_values": [["VerifiableCredential"]]}
    query = {"credentials": [{"id": "card", "format": "ldp_vc", "meta": meta}]}
    asked = sandbox.post("/api/requests", json={"query": query}).json()
    consent = read(sandbox, asked["link"])
    assert "se muestra entera o no se muestra" in consent.text
    assert "Nombre" in consent.text
    fields = {name: hidden(consent, name) for name in ("pending", "choice.card")}
    assert sandbox.post("/wallet/show?lang=es", data=fields).status_code == 200
    assert sandbox.get(f"/api/requests/{asked['id']}").json()["accepted"]


def test_what_chile_issues_is_received_and_shown_to_panama(sandbox: TestClient) -> None:
    offer = offered(sandbox)
    page = read(sandbox, offer["link"])
    assert "Ministerio de Salud, CL" in page.text
    assert sandbox.cookies["wallet"]
    pending = hidden(page, "pending")
    wrong = sandbox.post("/wallet/receive?lang=es", data={"pending": pending, "pin": "x"})
    assert wrong.status_code == 400
    assert "El PIN no es correcto" in wrong.text
    credential = sandbox.post(
        "/wallet/receive?lang=es",
        data={"pending": hidden(wrong, "pending"), "pin": offer["pin"]},
    )
    assert credential.status_code == 200, credential.text
    assert "Válido: firmado con una clave de confianza" in credential.text
    assert "CL sandbox" in credential.text

    officer, link = asked(sandbox)
    assert "Esperando la respuesta" in sandbox.get(f"{officer}?lang=es").text
    consent = read(sandbox, link)
    assert "Pregunta PA sandbox" in consent.text
    leaves, stays = consent.text.split('class="stays"')
    assert "YellowFeverProductd2c75a15" in leaves
    assert "Rosa" not in leaves.split("<h3>", 1)[1]
    assert "Nombre, " in stays
    done = shown(sandbox, consent)
    assert "Enviado" in done.text
    result = sandbox.get(f"{officer}?lang=es").text
    assert "Sí: tiene la vacuna contra la fiebre amarilla" in result
    assert "Rosa" not in result
    assert "2025-11-03" not in result

    again = read(sandbox, link)
    assert again.status_code == 400
    assert "Pide un enlace nuevo" in again.text
    wallet = sandbox.get("/wallet?lang=es").text
    assert "PA sandbox" in wallet
    assert "Producto" in wallet


def test_who_says_no_shows_nothing_and_the_officer_hears_of_it(sandbox: TestClient) -> None:
    received(sandbox)
    at, link = asked(sandbox)
    consent = read(sandbox, link)
    reply = sandbox.post("/wallet/decline?lang=es", data={"pending": hidden(consent, "pending")})
    assert reply.url.path == "/wallet"
    page = sandbox.get(f"{at}?lang=es").text
    assert "No se mostró nada" in page
    assert "access_denied" in page
    # the request was answered by that: no wallet can show anything to it any more
    assert shown(sandbox, consent).status_code == 400


def test_a_verifier_that_nobody_knows_is_told_so(sandbox: TestClient) -> None:
    received(sandbox)
    _, link = asked(sandbox, country="")
    assert "Aquí nadie conoce a quien pregunta" in read(sandbox, link).text


def test_another_vaccine_is_no_answer(sandbox: TestClient) -> None:
    received(sandbox, COVID)
    officer, link = asked(sandbox)
    shown(sandbox, read(sandbox, link))
    assert "No: la vacuna es otra" in sandbox.get(f"{officer}?lang=es").text


def test_where_two_fit_the_holder_chooses(sandbox: TestClient) -> None:
    received(sandbox)
    received(sandbox, COVID)
    officer, link = asked(sandbox)
    consent = read(sandbox, link)
    ids = re.findall(r'type="radio" name="choice.yellow-fever" value="(\w+)"', consent.text)
    assert len(ids) == 2
    pending = hidden(consent, "pending")
    gone = {"pending": pending, "choice.yellow-fever": "00000000"}
    assert sandbox.post("/wallet/show?lang=es", data=gone).status_code == 404
    fields = {"pending": pending, "choice.yellow-fever": ids[1]}
    sandbox.post("/wallet/show?lang=es", data=fields)
    assert "Sí: tiene la vacuna" in sandbox.get(f"{officer}?lang=es").text


LISTED = {"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:connectathon:summary:1"]}}
WANTED = {"credentials": [{**LISTED, "claims": [{"path": ["problems", None]}, {"path": ["name"]}]}]}


@pytest.mark.parametrize(
    ("lang", "leaves", "stays", "technical"),
    [
        ("en", "Health problems 1: what it is", "Allergies", "problems.0"),
        ("es", "Problemas de salud 1: qué es", "Medicamentos", "problems.0"),
        ("pt", "Problemas de saúde 1: o que é", "Alergias", "problems.0"),
    ],
)
def test_lists_are_named_in_the_language_of_the_page(
    sandbox: TestClient, lang: str, leaves: str, stays: str, technical: str
) -> None:
    wish = {"country": "CL", "content": SUMMARY, "kind": "summary", "pin": False}
    page = read(sandbox, sandbox.post("/api/offers", json=wish).json()["link"], lang=lang)
    fields = {"pending": hidden(page, "pending")}
    card = sandbox.post(f"/wallet/receive?lang={lang}", data=fields)
    made = sandbox.post("/api/requests", json={"query": WANTED}).json()
    consent = read(sandbox, made["link"], lang=lang)
    chosen = {"pending": hidden(consent, "pending"), "choice.q": hidden(consent, "choice.q")}
    sandbox.post(f"/wallet/show?lang={lang}", data=chosen)
    for shown_page in (card, consent):
        assert leaves in html.unescape(shown_page.text)
        assert stays in html.unescape(shown_page.text)
        assert technical not in shown_page.text
    history = html.unescape(sandbox.get(f"/wallet?lang={lang}").text)
    assert leaves in history


def test_a_health_link_says_its_day_and_its_passcode_in_words(sandbox: TestClient) -> None:
    wish = {"country": "CL", "content": LINK, "pin": False}
    page = read(sandbox, sandbox.post("/api/offers", json=wish).json()["link"])
    fields = {"pending": hidden(page, "pending")}
    card = html.unescape(sandbox.post("/wallet/receive?lang=es", data=fields).text)
    until = re.search(r"<dt>El enlace se puede abrir hasta</dt><dd>(.*?)</dd>", card)
    assert until
    assert until[1].endswith(">17 mar 2030, 17:46</time>")
    assert "<dt>El enlace pide un código de acceso</dt><dd>sí</dd>" in card


def test_a_wallet_is_that_of_its_browser_alone(sandbox: TestClient) -> None:
    place = received(sandbox).url.path
    offer = offered(sandbox)
    pending = hidden(read(sandbox, offer["link"]), "pending")
    export = sandbox.get("/wallet/export")
    assert export.json()["credentials"][0]["claims"]["name"] == "Rosa Fuenzalida"
    assert "PRIVATE" not in export.text
    sandbox.cookies.clear()
    assert sandbox.get(f"{place}?lang=es").status_code == 404
    assert sandbox.get("/wallet/export").json() == {"credentials": [], "history": []}
    # nor does the word of another's page redeem what that one was offered
    fields = {"pending": pending, "pin": offer["pin"]}
    assert sandbox.post("/wallet/receive?lang=es", data=fields).status_code == 404


def test_a_wallet_is_wiped_by_whoever_is_sure(sandbox: TestClient) -> None:
    received(sandbox)
    assert sandbox.post("/wallet/wipe?lang=es", data={"sure": ""}).status_code == 400
    assert sandbox.get("/wallet/export").json()["credentials"]
    sandbox.post("/wallet/wipe?lang=es", data={"sure": "yes"})
    assert sandbox.get("/wallet/export").json()["credentials"] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hola", "no tiene un nombre que se pueda comprobar"),
        ("openid-credential-offer://?credential_offer={}", "no es una oferta"),
        ("openid4vp://?client_id=redirect_uri:x", "no es una solicitud que se pueda responder"),
        (
            "openid-credential-offer://?credential_offer_uri=http://169.254.1.1/x",
            "169.254.1.1",
        ),
    ],
)
def test_what_is_neither_is_refused_with_its_text_kept(
    text: str, said: str, sandbox: TestClient
) -> None:
    page = read(sandbox, text)
    assert page.status_code >= 400
    assert said in html.unescape(page.text)


def test_only_doors_of_wallets_are_reached_inside() -> None:
    behind = "https://event.test/box"
    assert own_place(f"{HOST}/vci/CL/token", HOST) == "/vci/CL/token"
    assert own_place(f"{behind}/vp/requests/x?a=1", behind) == "/vp/requests/x?a=1"
    well_known = "/.well-known/openid-credential-issuer"
    assert own_place(f"https://event.test{well_known}/box/vci/CL", behind) == (
        f"{well_known}/vci/CL"
    )
    for other in (
        f"{HOST}/api/people",
        f"{HOST}/fhir/Patient",
        f"{HOST}.evil.test/vci/CL",
        "http://other.test/vci/CL",
        f"{HOST}{well_known}/api",
    ):
        assert own_place(other, HOST) == ""
    assert own_place("https://event.test/vci/CL", behind) == ""


def test_at_an_event_a_wallet_is_its_persons_and_not_their_teams(tmp_path: Path) -> None:
    with an_event(tmp_path) as event:
        ana, ines = event.sessions["Ana"], event.sessions["Inés"]
        assert event.ask("GET", "/wallet/export").status_code == 401
        body = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": False}
        offer = event.ask("POST", "/api/offers", ana, json=body).json()
        page = event.ask("POST", "/wallet?lang=es", ana, data={"text": offer["link"]})
        fields = {"pending": hidden(page, "pending")}
        stolen = event.ask("POST", "/wallet/receive?lang=es", ines, data=fields)
        assert stolen.status_code == 404
        came = event.ask("POST", "/wallet/receive?lang=es", ana, data=fields)
        assert came.status_code == 200, came.text
        counts = [
            len(event.ask("GET", "/wallet/export", session).json()["credentials"])
            for session in (ana, ines, event.sessions["Pia"])
        ]
        assert counts == [1, 0, 0]

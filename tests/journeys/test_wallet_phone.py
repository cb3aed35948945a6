"""Three countries in one sandbox, in Spanish: Chile issues, a wallet on a phone receives with its PIN, Panama asks for one thing
and gets it, is shown the same again and refuses; the credential is revoked and Panama notices.  Screens in out/screens/wallet.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from sandbox.clock import utc_now
from sandbox.credentials.border import QUERY
from sandbox.credentials.sdjwt.presenting import bind, select
from sandbox.credentials.wallet.kept import KeptWallet
from sandbox.i18n import LANGUAGES, say
from sandbox.sealing import Keys
from sandbox.store.partitions import Partitions
from sandbox.store.sealed import SealedStore
from sandbox.trust.folder import TrustFolder
from tests.journeys.accessible import faults_of
from tests.journeys.test_event import COMMAND, browser, served
from tests.places import PROJECT
from tests.sandbox.certificates.making import CONTENTS

SCREENS = PROJECT / "out" / "screens" / "wallet"
PHONE = {"width": 390, "height": 844}
WALLET = "https://wallet.example"
NONCE = "credentials.other_challenge"
DESK = {"width": 1280, "height": 900}
pytestmark = [pytest.mark.slow, pytest.mark.needs("browser"), pytest.mark.xdist_group("browser")]
__all__ = ["browser"]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[str]:
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    for country in ("CL", "PA"):
        trust.init(country, at=utc_now())
    with served(tmp_path / "sandbox") as address:
        yield address


def window(browser: Any, size: dict[str, int]) -> Any:
    context = browser.new_context(locale="es-CL", viewport=size, device_scale_factor=2)
    return context.new_page()


def seen(page: Any, name: str) -> None:
    """Keeps a picture of the page, which has nothing beyond the width of its window."""
    width = page.evaluate("document.documentElement.scrollWidth")
    page.screenshot(path=str(SCREENS / f"{name}.png"), full_page=True)
    assert width <= page.viewport_size["width"], f"{name} is {width} wide"


def offered(sandbox: str) -> dict[str, Any]:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"]}
    return dict(httpx.post(f"{sandbox}/api/offers", json=body).raise_for_status().json())


def asked(officer: Any, sandbox: str) -> str:
    """The link of a new question of Panama."""
    officer.goto(f"{sandbox}/vp?lang=es")
    officer.get_by_label("País que firma").select_option("PA")
    officer.get_by_role("button", name="Preguntar").click()
    return str(officer.get_by_label("La solicitud como texto").input_value())


def given(phone: Any, sandbox: str, link: str) -> None:
    phone.goto(f"{sandbox}/wallet?lang=es")
    phone.get_by_label("Enlace, o texto").fill(link)
    phone.get_by_role("button", name="Leer").click()


def replayed(sandbox: str, owner: str, folder: Path) -> tuple[int, int, dict[str, Any]]:
    """What comes of one token that is shown twice to one question, and then to another one."""
    first, second = (
        httpx.post(f"{sandbox}/api/requests", json={"query": QUERY}).raise_for_status().json()
        for _ in range(2)
    )
    partitions = Partitions(folder)
    kept = KeptWallet(lambda: nullcontext(SealedStore(partitions.main)), Keys(folder), owner)
    (held,) = kept.held(utc_now())
    partitions.close()
    fields = {name: each[0] for name, each in parse_qs(urlsplit(first["link"]).query).items()}
    shown = select(held.text, [("vaccine", "product")])
    token = bind(shown, held.key, audience=fields["client_id"], nonce=fields["nonce"], at=utc_now())
    form = {"vp_token": json.dumps({"yellow-fever": [token]}), "state": fields["state"]}
    statuses = [httpx.post(fields["response_uri"], data=form).status_code for _ in range(2)]
    other = {name: each[0] for name, each in parse_qs(urlsplit(second["link"]).query).items()}
    httpx.post(other["response_uri"], data={**form, "state": other["state"]}).raise_for_status()
    answer = httpx.get(f"{sandbox}/api/requests/{second['id']}").json()
    return statuses[0], statuses[1], answer


def asks_its_holder(client: httpx.Client, **wish: Any) -> str:
    """Returns the page on which the holder of an offer is asked whether a wallet may have it."""
    body = {
        "country": "CL",
        "content": CONTENTS["icvp_2025"],
        "grant": "authorization_code",
        **wish,
    }
    offer = client.post("/api/offers", json=body).raise_for_status().json()
    content = json.loads(parse_qs(urlsplit(offer["by_value"]).query)["credential_offer"][0])
    form = {
        "response_type": "code", "client_id": WALLET, "redirect_uri": f"{WALLET}/cb", "state": "s",
        "issuer_state": content["grants"]["authorization_code"]["issuer_state"],
        "code_challenge": "A" * 43, "code_challenge_method": "S256",
    }  # fmt: skip
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = client.post("/vci/CL/par", content=urlencode(form), headers=kind)
    pushed = reply.raise_for_status().json()
    return f"/vci/CL/authorize?{urlencode({'client_id': WALLET, **pushed})}"


@pytest.mark.parametrize("lang", [each for each in LANGUAGES if each != "en"])
def test_a_holder_agrees_on_a_phone_and_comes_back_to_the_wallet(
    sandbox: str, browser: Any, lang: str
) -> None:
    """A browser holds the way back against the policy of the page, which no client of tests does."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    with httpx.Client(base_url=sandbox) as client:
        for button in ("agree", "refuse"):
            phone = window(browser, PHONE)
            phone.goto(f"{sandbox}{asks_its_holder(client, pin=False)}&lang={lang}")
            assert faults_of(phone) == []
            seen(phone, f"14-authorize-{lang}")
            # a browser that the policy holds back asks nothing of the wallet, which is on no network
            with phone.expect_request(f"{WALLET}/cb?**") as back:
                phone.get_by_role("button", name=say(f"phone.authorize.{button}", lang)).click()
            answer = parse_qs(urlsplit(back.value.url).query)
            assert answer["iss"] == [f"{sandbox}/vci/CL"]
            assert ("code" in answer) == (button == "agree")


def receives(phone: Any, sandbox: str, code: Any) -> None:
    """A phone takes a picture of an offer, types a wrong PIN and then the right one."""
    from playwright.sync_api import expect

    phone.goto(f"{sandbox}/wallet?lang=es")
    seen(phone, "1-empty")
    offer = offered(sandbox)
    code.goto(offer["picture"])
    picture = code.locator("svg").screenshot()
    file = {"name": "code.png", "mimeType": "image/png", "buffer": picture}
    phone.get_by_label("Tomar o elegir una foto").set_input_files(file)
    expect(phone.get_by_role("heading", name="Te ofrecen una credencial")).to_be_visible()
    seen(phone, "2-offer")
    phone.get_by_label("PIN").fill("0" if offer["pin"] != "0" else "1")
    phone.get_by_role("button", name="Recibir").click()
    expect(phone.get_by_text("El PIN no es correcto")).to_be_visible()
    seen(phone, "3-wrong-pin")
    phone.get_by_label("PIN").fill(offer["pin"])
    phone.get_by_role("button", name="Recibir").click()
    expect(phone.get_by_role("heading", name="Válido")).to_be_visible()
    assert faults_of(phone) == []
    phone.locator("section details").first.locator("summary").click()
    seen(phone, "4-received")


def shows(phone: Any) -> None:
    from playwright.sync_api import expect

    phone.get_by_role("button", name="Mostrar solo esto").click()
    expect(phone.get_by_role("heading", name="Enviado")).to_be_visible()


def revoke(text: str, folder: Path, sandbox: str) -> None:
    command = [*COMMAND, "vc", "revoke", "-", "--country", "CL", "--data", str(folder)]
    environment = {**os.environ, "CONNECTATHON_BASE_URL": sandbox}
    subprocess.run(command, input=text, text=True, check=True, timeout=60, env=environment)


def test_chile_issues_a_phone_receives_and_panama_asks(
    sandbox: str, browser: Any, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    SCREENS.mkdir(parents=True, exist_ok=True)
    phone, officer = window(browser, PHONE), window(browser, DESK)
    receives(phone, sandbox, window(browser, DESK))

    officer.goto(f"{sandbox}/vp?lang=es")
    seen(officer, "5-officer")
    link = asked(officer, sandbox)
    seen(officer, "6-question")
    given(phone, sandbox, link)
    expect(phone.get_by_role("heading", name="Pregunta PA")).to_be_visible()
    assert faults_of(phone) == []
    seen(phone, "7-consent")
    shows(phone)
    seen(phone, "8-sent")
    expect(officer.get_by_role("heading", name="Sí: tiene la vacuna")).to_be_visible()
    assert faults_of(officer) == []
    seen(officer, "9-yes")
    officer.set_viewport_size(PHONE)
    seen(officer, "9-yes-390")
    officer.set_viewport_size(DESK)
    given(phone, sandbox, link)
    expect(phone.get_by_text("Pide un enlace nuevo")).to_be_visible()
    seen(phone, "10-asked-again")

    (cookie,) = [each for each in phone.context.cookies() if each["name"] == "wallet"]
    owner = f"browser/{hashlib.sha256(cookie['value'].encode()).hexdigest()[:32]}"
    first, second, elsewhere = replayed(sandbox, owner, tmp_path / "sandbox")
    assert (first, second) == (200, 400)
    assert not elsewhere["accepted"]
    findings = [found for step in elsewhere["shown"][0]["steps"] for found in step["findings"]]
    assert NONCE in {found["key"] for found in findings}

    exported = phone.context.request.get(f"{sandbox}/wallet/export").json()
    revoke(exported["credentials"][0]["text"], tmp_path / "sandbox", sandbox)
    given(phone, sandbox, asked(officer, sandbox))
    shows(phone)
    expect(officer.get_by_role("heading", name="No se puede aceptar")).to_be_visible()
    expect(officer.get_by_text("revocada").first).to_be_visible()
    seen(officer, "11-revoked")
    phone.goto(f"{sandbox}/wallet?lang=es")
    seen(phone, "12-history")
    phone.get_by_role("link", name="Certificado de vacunación").click()
    expect(phone.get_by_role("heading", name="no es válido")).to_be_visible()
    seen(phone, "13-revoked")

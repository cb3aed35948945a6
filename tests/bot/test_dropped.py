"""What people drop and paste at an event, made by others: each was given its answer before it was tried."""

from __future__ import annotations

import asyncio
import html
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from bot.fakeslack.server import FakeSlack
from sandbox.certificates.qr import png_of
from tests.bot.playing import a_bot, a_served_sandbox, answers, until
from tests.conftest import CASES, VECTORS
from tests.sandbox.credentials.making import CREDENTIAL, jwt, sdjwt
from tests.sandbox.credentials.test_recognising import offer_link, request_link, shown

HEALTH = VECTORS / "certificates"
SHC = HEALTH / "shc-dev-tools" / "testdata"
WHO = HEALTH / "gdhcn-validator" / "test-resources" / "src" / "main" / "resources"
EU = HEALTH / "dgc-testdata" / "AT" / "2DCode"
W3C = HEALTH / "vc-data-model-2.0" / "input"
JUDGE = CASES / "judge"
# what is said: a part of the answer in Spanish
GOOD = "El documento cumple"
BAD = "El documento no cumple"
JUDGED = "El documento"
CERTIFICATE = "Certificados que trae: 1"
LINK = "Enlace"
CREDENTIAL_SAID = "credencial"
OFFER = "La oferta de una credencial"
REQUEST = "solicitud"
UNREAD = "no sé leerlo"  # a kind of file that nobody here judges
NO_CODE = "ningún código QR"
NO_PICTURE = "no es una imagen"
EMPTY = "está vacío"
PATIENT = {"resourceType": "Patient", "gender": "female", "name": [{"family": "Fuenzalida"}]}
WRONG = {**PATIENT, "gender": "F"}
JSON = json.dumps(PATIENT)
CDA = '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Fuenzalida</title></ClinicalDocument>'


@dataclass(frozen=True)
class Row:
    """Something that somebody drops or pastes, and what the answer must say."""

    name: str
    content: Callable[[], bytes]
    says: str
    is_pasted: bool = False


def file(path: Path, says: str) -> Row:
    return Row(path.name, path.read_bytes, says)


def drop(name: str, content: bytes | str, says: str) -> Row:
    raw = content.encode() if isinstance(content, str) else content
    return Row(name, lambda: raw, says)


def paste(name: str, content: str | Callable[[], str], says: str) -> Row:
    read = content if callable(content) else (lambda: content)
    return Row(f"pasted {name}", lambda: read().encode(), says, is_pasted=True)


def text_of(path: Path) -> Callable[[], str]:
    return lambda: path.read_text(encoding="utf-8").strip()


def picture(kind: str) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(kept, kind)
    return kept.getvalue()


def zipped() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr("Patient.json", JSON)
    return kept.getvalue()


def eu(name: str) -> Callable[[], str]:
    return lambda: str(json.loads((EU / "raw" / "1.json").read_text(encoding="utf-8"))[name])


ROWS = [
    # documents of FHIR, whose verdict others gave
    file(VECTORS / "ips" / "AR_Repository_Example_01.json", JUDGED),
    file(VECTORS / "ips" / "CA_DAVE_DEBRONKART_VERTO.json", JUDGED),
    *(
        file(JUDGE / f"{name}.json", BAD)
        for name in (
            "ext-no-value", "ext-relative-url", "reference-type-lies", "contained-no-id",
            "primitive-sibling-array", "narrative-nbsp", "language-underscore", "base64-split-group",
        )
    ),
    *(
        file(JUDGE / f"{name}.json", GOOD)
        for name in ("string-only-space", "instant-leap-second", "versioned-ref")
    ),
    file(CASES / "hostile" / "base64-wrapped-one-bad-letter.json", BAD),
    # text in the ways that editors and chats write it
    drop("bom.json", b"\xef\xbb\xbf" + JSON.encode(), GOOD),
    drop("latin-1.json", JSON.replace("Fuenzalida", "Muñoz").encode("latin-1"), BAD),
    drop("utf-16.json", JSON.encode("utf-16"), "UTF-8"),
    drop("cut.json", JSON[:-9], BAD),
    drop("array.json", f"[{JSON}, {JSON}]", BAD),
    drop("lines.ndjson", f"{JSON}\n{JSON}\n", BAD),
    drop("good.xml", '<Patient xmlns="http://hl7.org/fhir"><gender value="female"/></Patient>', GOOD),
    drop("cda.xml", CDA, "CDA"),
    drop("page.html", "<!doctype html><html><body>Fuenzalida</body></html>", BAD),
    paste("json", json.dumps(WRONG), BAD),
    paste("fenced json", f"Miren esto:\n```\n{json.dumps(WRONG, indent=1)}\n```\nno pasa", BAD),
    paste("smart quotes", json.dumps(WRONG).replace('"', "”"), BAD),
    paste("cut json", "este es: " + json.dumps(WRONG)[:-9], BAD),
    paste("cda", CDA, "CDA"),
    paste("json without type", '{"nombre": "Fuenzalida"}', BAD),
    # certificates
    Row("eu.png", lambda: png_of(eu("PREFIX")()), CERTIFICATE),
    Row("eu.txt", lambda: eu("PREFIX")().encode(), CERTIFICATE),
    paste("eu text", eu("PREFIX"), CERTIFICATE),
    paste("eu text in a sentence", lambda: f"me dice que no vale {eu('PREFIX')()} por qué??", CERTIFICATE),
    file(WHO / "EUColombiaContents.txt", CERTIFICATE),
    file(WHO / "DVCTestQR.txt", CERTIFICATE),
    file(WHO / "ICAOJPQR1Contents.txt", CERTIFICATE),
    file(WHO / "DIVOCJamaicaContents.txt", CERTIFICATE),
    paste("icao", text_of(WHO / "ICAOJPQR1Contents.txt"), CERTIFICATE),
    paste("shc", text_of(WHO / "SHCQR1Contents.txt"), CERTIFICATE),
    file(SHC / "test-example-00-e-file-invalid_deflate.smart-health-card", CERTIFICATE),
    file(SHC / "test-example-00-e-file-multi-jws.smart-health-card", "Certificados que trae: 2"),
    file(SHC / "test-example-00-d-jws-invalid-signature.txt", CERTIFICATE),
    file(SHC / "test-example-00-g-qr-code-0-scaled-85.jpg", CERTIFICATE),
    file(SHC / "test-example-00-g-qr-code-0-corrupted.png", NO_CODE),
    paste("shc jws", text_of(SHC / "test-example-00-d-jws-invalid-signature.txt"), CERTIFICATE),
    # health links
    file(SHC / "shlink-link-direct.txt", LINK),
    file(SHC / "shlink-qr.png", LINK),
    paste("health link", text_of(SHC / "shlink-link-with-viewer.txt"), LINK),
    # credentials, offers and requests
    drop("card.txt", sdjwt(), CREDENTIAL_SAID),
    paste("sd-jwt", sdjwt(), CREDENTIAL_SAID),
    paste("jwt in a sentence", f"y esta? {jwt()}", CREDENTIAL_SAID),
    paste("presentation", shown(), "presentación"),
    file(W3C / "credential-description-ok.json", CREDENTIAL_SAID),
    paste("json credential", json.dumps(CREDENTIAL), CREDENTIAL_SAID),
    drop("offer.png", png_of(offer_link()), OFFER),
    paste("offer", f"nos dan esta oferta: {offer_link()}", OFFER),
    paste("offer of the web", offer_link(scheme="https").replace("://", "://w.example/x"), OFFER),
    drop("request.png", png_of(request_link()), REQUEST),
    paste("request", request_link(), REQUEST),
    # what is none of these
    drop("informe.pdf", b"%PDF-1.7\n1 0 obj<</Title(Fuenzalida)>>endobj", UNREAD),
    drop("resumen.zip", zipped(), UNREAD),
    drop("foto.gif", picture("GIF"), UNREAD),
    drop("foto.webp", picture("WEBP"), UNREAD),
    drop("IMG_0042.HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", UNREAD),
    drop("foto.png", picture("PNG"), NO_CODE),
    drop("foto.jpg", picture("JPEG"), NO_CODE),
    drop("cut.png", picture("PNG")[:40], NO_PICTURE),
    drop("hola.txt", "hola a todos, soy Fuenzalida", UNREAD),
    drop("noise.bin", bytes(range(256)) * 4, UNREAD),
    drop("nothing.json", b"", EMPTY),
    drop("blank.txt", b" \n\n", EMPTY),
    file(CASES / "course" / "solved-saved-as-nbformat-4.4.ipynb", "espera su calificación"),
]  # fmt: skip
SECRETS = ("Fuenzalida", "Muñoz", "DEBRONKART", "deBronkart", "secret-code", "Colombia ")


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was answered to each row, by its name: text and blocks as they were sent."""
    if not VECTORS.is_dir():
        pytest.skip("the vectors of others are not here")
    folder = tmp_path_factory.mktemp("dropped")
    heard: dict[str, str] = {}

    async def play() -> None:
        slack = FakeSlack()
        await slack.start()
        slack.behaviour.locales["U1"] = "es-CL"
        try:
            with a_served_sandbox(folder / "event") as event:
                async with a_bot(folder, event, slack=slack):
                    for row in ROWS:
                        before = len(answers(slack))
                        content = row.content()
                        if row.is_pasted:
                            await slack.direct(html.escape(content.decode(), quote=False))
                        else:
                            await slack.drop(content, name=row.name)
                        await until(lambda before=before: len(answers(slack)) > before)
                        answer = answers(slack)[-1]
                        heard[row.name] = answer.text + json.dumps(
                            answer.blocks, ensure_ascii=False
                        )
        finally:
            await slack.stop()

    asyncio.run(play())
    return heard


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_dropped_has_the_answer_that_was_expected(row: Row, said: dict[str, str]) -> None:
    assert row.says in said[row.name]
    assert not [secret for secret in SECRETS if secret in said[row.name]]


def test_there_are_as_many_as_were_promised() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS) >= 40

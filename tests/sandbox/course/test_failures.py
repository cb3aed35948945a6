"""What a learner's own cell raises is explained in their language, and the traceback is folded."""

import base64
import json
import zlib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fhir.resources.R4B.composition import Composition
from fhir.resources.R4B.patient import Patient
from starlette.testclient import TestClient

from sandbox.course import unbase45, uncbor, unzip
from sandbox.course.cards import Card
from sandbox.course.failures import failure_card
from sandbox.fhir.json import parse_json, write_json
from sandbox.i18n import LANGUAGES, Language
from tests.builders import a_client


def card_of(raising: Callable[[], object], language: Language = "en", **more: object) -> Card:
    with pytest.raises(Exception) as raised:  # noqa: PT011  (any of them is explained)
        raising()
    return failure_card(raised.value, language, **more)  # type: ignore[arg-type]


def test_what_the_card_says_of_a_number_works() -> None:
    assert json.loads(json.dumps(parse_json(b'{"value": 62.40}'), default=float)) == {"value": 62.4}


def verify_nothing() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    key.public_key().verify(key.sign(b"signed", ec.ECDSA(SHA256())), b"other", ec.ECDSA(SHA256()))


def ask_for_status() -> None:
    request = httpx.Request("GET", "http://sandbox.test/fhir/Patient/1")
    httpx.Response(404, request=request).raise_for_status()


RAISING: list[tuple[Callable[[], object], str]] = [
    (lambda: {"a": 1}["id"], "There is no id in this dictionary."),
    (lambda: pacient, "The name pacient is not known here yet."),  # type: ignore[name-defined]  # noqa: F821
    (lambda: {}.json, "A dict has no json."),  # type: ignore[attr-defined]
    (lambda: [][0], "The list is shorter than that."),
    (lambda: "1" + 1, "Two things do not fit together"),  # type: ignore[operator]
    (lambda: json.dumps(parse_json(b'{"value": 62.40}')), "json.dumps does not know Number"),
    (lambda: httpx.post("http://127.0.0.1:9", json={"value": Decimal("1.50")}), "does not know Decimal"),
    (lambda: json.dumps({"hash": b"\xff"}), "JSON has no value of the kind bytes."),
    (lambda: write_json({"hash": b"\xff"}), "JSON has no value of the kind bytes."),
    (lambda: __import__("fhirclient.nothing"), "is not installed here."),
    (lambda: Path("/nowhere/file.json").read_bytes(), "There is no file /nowhere/file.json."),
    (lambda: b"\xff\xfe\x00".decode(), "These bytes are no text in UTF-8."),
    (lambda: json.loads("{'a': 1}"), "This is no JSON from line 1, column 2 on."),
    (lambda: base64.b64decode("abc"), "This is no base64"),
    (lambda: zlib.decompress(b"text"), "not packed with zlib"),
    (lambda: unbase45("HC1:6bF"), "The text is no Base45: at place 5 stands 'b'."),
    (lambda: unzip("HC1:6BF"), "unzip takes bytes, and this is str."),
    (lambda: unbase45(b"6BF"), "unbase45 takes text, and this is bytes."),
    (lambda: uncbor(b""), "These bytes are no CBOR"),
    (lambda: x509.load_pem_x509_certificate(b"MIIB"), "no certificate or key that can be read"),
    (verify_nothing, "The signature does not fit the bytes."),
    (ask_for_status, "The server answered 404."),
    (lambda: httpx.get("http://127.0.0.1:9/fhir", trust_env=False), "Nobody listens at that address."),
    (lambda: Patient(sexo="F", gender=["female"]), "fhir.resources refuses this Patient: 2 elements"),
    (lambda: compile("x = (", "cell", "exec"), "Python cannot read line 1 of the cell."),
    (lambda: 1 / 0, "The cell stopped: ZeroDivisionError: division by zero"),
]  # fmt: skip


@pytest.mark.parametrize(("raising", "said"), RAISING)
def test_an_error_is_explained_and_its_traceback_folded(
    raising: Callable[[], object], said: str
) -> None:
    card = card_of(raising)
    assert said in card.heading
    assert card.rows[-1][1]
    assert "Traceback" not in repr(card)
    html = card._repr_html_()
    assert "<details>" in html
    assert "Traceback (most recent call last)" in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("raising", [raising for raising, _ in RAISING])
def test_every_language_has_its_words(raising: Callable[[], object], language: Language) -> None:
    heading = card_of(raising, language).heading
    assert (heading == card_of(raising).heading) == (language == "en")


def test_what_a_model_refuses_is_told_element_by_element() -> None:
    card = card_of(lambda: Patient(sexo="F", gender=["female"]), "es")
    rows = dict(card.rows)
    assert rows["sexo"] == "FHIR no tiene aquí un elemento con este nombre: 'F'"
    assert rows["gender"] == "['female'] no es del tipo que FHIR tiene aquí."


def test_a_refusal_of_the_server_before_it_is_shown(empty: TestClient) -> None:
    client = a_client(empty)
    client.get("Pacient/1")
    card = card_of(lambda: {}["id"], exchanges=client.exchanges)
    assert card.rows[0][0] == "The last answer"
    assert "→ 404" in card.rows[0][1]


def test_a_right_answer_before_it_is_not(empty: TestClient) -> None:
    client = a_client(empty)
    client.get("metadata")
    card = card_of(lambda: {}["id"], exchanges=client.exchanges)
    assert [label for label, _ in card.rows] == ["Next"]


def test_an_element_that_is_missing_is_said_to_be_missing() -> None:
    with pytest.raises(ValueError, match="title") as raised:
        Composition(
            status="final", type={"text": "x"}, date="2026-11-30", author=[{"display": "x"}]
        )
    assert "title: Falta." in repr(failure_card(raised.value, "es"))

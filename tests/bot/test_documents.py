"""A document that is dropped or pasted is judged and answered, and nothing that stands in it is repeated."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from bot.fakeslack.server import FakeSlack
from bot.judging import document_of
from bot.slack.files import NotFetched, fetch
from sandbox.certificates.qr import png_of
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, until
from tests.sandbox.credentials.making import sdjwt
from tests.sandbox.credentials.test_recognising import offer_link
from tests.sandbox.pages.test_certificates import issued

WRONG = {"resourceType": "Patient", "gender": "F", "name": [{"family": "Fuenzalida"}]}
XML = b'<Patient xmlns="http://hl7.org/fhir"><gender value="F"/></Patient>'


def test_what_is_dropped_is_judged_and_no_value_of_it_is_told(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = "es-CL"
        text = issued(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                for content, says in (
                    (json.dumps(WRONG).encode(), "no cumple: 1 error"),
                    (XML, "no cumple: 1 error"),
                    (png_of(text), "Certificados que trae: 1"),
                    (text.encode(), "Certificados que trae: 1"),
                    (sdjwt().encode(), "Una credencial, tal como la guarda su titular."),
                    (offer_link().encode(), "La oferta de una credencial"),
                    (b"\x89PNG nothing", "no es una imagen"),
                ):
                    before = len(answers(slack))
                    await slack.drop(content, name="x")
                    await until(lambda before=before: len(answers(slack)) > before)
                    assert says in answers(slack)[-1].text
                    assert answers(slack)[-1].channel == "D1"
                heard = " ".join(one.text + json.dumps(one.blocks) for one in slack.messages)
                for value in (
                    "Fuenzalida",
                    "FUENZALIDA",
                    "1958",
                    "1985-03-14",
                    "secret-code",
                    text[10:40],
                ):
                    assert value not in heard

    played(play)


@pytest.mark.parametrize(
    ("file", "key"),
    [
        ({"url_private": "https://evil.example/x", "size": 3}, "said.no_file"),
        ({"url_private": "http://127.0.0.1:1/x", "size": 6 * 1024 * 1024}, "said.large_file"),
        ({"url_private": "http://127.0.0.1:1/x", "size": 3}, "said.no_file"),
        ({}, "said.no_file"),
    ],
)
def test_the_token_goes_to_slack_alone_and_large_files_are_left(
    file: dict[str, object], key: str
) -> None:
    with pytest.raises(NotFetched, match=key):
        asyncio.run(fetch(file, token="xoxb-t", base="http://127.0.0.1:1/api/"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xef\xbb\xbf  {}", "application/fhir+json"), (b"\n<Patient/>", "application/fhir+xml"),
        (b"HC1:X", "text/plain"), (b"\x89PNG", "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
    ],
)  # fmt: skip
def test_a_document_is_known_by_how_it_begins(content: bytes, kind: str) -> None:
    assert document_of(content).kind == kind

"""What client libraries say of an address without an answer, told to a person."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from sandbox.findings import Finding
from sandbox.i18n import LANGUAGES
from sandbox.sentences import text_of
from sandbox.testbench.script import get
from sandbox.testbench.sending import Sender
from sandbox.unanswered import KINDS, why_unanswered

ADDRESS = "http://user:word@salud.test:8080/fhir/metadata"
REASONS = {
    "ConnectError All connection attempts failed": "nobody",
    "ConnectError [Errno 111] Connection refused": "nobody",
    "ConnectError": "nobody",
    "ConnectError [Errno -2] Name or service not known": "unknown_name",
    "ConnectError [Errno 8] nodename nor servname provided, or not known": "unknown_name",
    "ConnectError [SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)": "no_tls",
    "ReadTimeout": "silent",
    "ConnectTimeout": "silent",
    "> 60 s": "silent",
    "> 16 MB": "too_large",
    "RemoteProtocolError Server disconnected without sending a response.": "cut_off",
    "ReadError": "cut_off",
    "RemoteProtocolError illegal status line: bytearray(b'SSH-2.0')": "no_http",
    "TooManyRedirects too many redirects": "redirects",
    "DecodingError Error -3 while decompressing data: incorrect header check": "unreadable",
    "UnsupportedProtocol Request URL is missing a protocol": "failed",
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", REASONS)
def test_no_error_of_a_library_is_read_by_a_person(reason: str, language: str) -> None:
    finding = Finding("x", "error", "testbench.unreachable", {"reason": reason}, where=ADDRESS)
    said = text_of(finding, language)
    assert not re.search(r"\w+(Error|Timeout|Protocol|Redirects)\b|Errno", said)
    assert "word@" not in said
    assert said.endswith(".")
    assert not said.endswith("..")


def test_each_reason_is_told_for_what_it_is() -> None:
    for reason, kind in REASONS.items():
        assert next(name for name, pattern in KINDS if pattern.match(reason)) == kind, reason
    assert why_unanswered("ConnectError", ADDRESS, "es") == "en salud.test:8080 no contesta nadie"
    assert why_unanswered("> 16 MB", ADDRESS, "pt") == "a resposta passa de 16 MB"


def test_words_of_ours_stay() -> None:
    words = "Esta dirección es privada. Pide que la permitan."
    finding = Finding("x", "error", "testbench.unreachable", {"reason": words}, where=ADDRESS)
    assert text_of(finding, "es") == f"No llegó respuesta: {words}"


def test_what_a_refused_connection_leaves_is_known() -> None:
    """The words are the library's: another release may write them otherwise."""

    async def asked() -> str:
        async with Sender("http://127.0.0.1:1", transport=httpx.AsyncHTTPTransport()) as send:
            return (await send(get("metadata"))).failure

    assert why_unanswered(asyncio.run(asked()), "http://127.0.0.1:1/metadata", "en") == (
        "nobody answers at 127.0.0.1:1"
    )

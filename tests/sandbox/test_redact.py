"""What must never be stored or shown, by where it stands and by what it is."""

from __future__ import annotations

import base64
import html
import json
import logging
import sys
from urllib.parse import quote

import pytest

from sandbox.redact import (
    RedactingFormatter,
    credentials_in,
    own_secrets,
    redact_address,
    redact_body,
    redact_grants,
    redact_headers,
    redact_values,
)

SECRET = 'canary/"é+<7>&x'


def test_credentials_are_replaced_and_the_rest_stays() -> None:
    headers = [
        ("Authorization", "Bearer secret"),
        ("Accept", "application/json"),
        ("X-API-Key", "k"),
        ("Set-Cookie", "s=1"),
    ]
    assert redact_headers(headers) == [
        ("Authorization", "***"),
        ("Accept", "application/json"),
        ("X-API-Key", "***"),
        ("Set-Cookie", "***"),
    ]


def test_passcodes_are_replaced_by_their_name() -> None:
    assert redact_body(b'{"passcode": "1\\"2", "x": "1"}') == b'{"passcode": "***", "x": "1"}'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        quote(SECRET, safe=""),
        html.escape(SECRET),
    ],
)
def test_a_secret_is_found_in_whatever_form_it_comes_back(form: str) -> None:
    content = f"before {form} behind".encode()
    redacted = redact_values(content, frozenset({SECRET}))
    assert b"canary" not in redacted
    assert redacted.startswith(b"before ")
    assert redacted.endswith(b" behind")


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "name: "])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_it_is_found_anywhere_within_base64_which_stays_that(before: str, encode: object) -> None:
    assert callable(encode)
    encoded = encode(f"{before}{SECRET} and more".encode())
    redacted = redact_values(encoded, frozenset({SECRET}))
    assert len(redacted) == len(encoded)
    assert b"anar" not in base64.b64decode(redacted, altchars=b"-_" if b"_" in redacted else None)


def test_without_a_secret_nothing_changes() -> None:
    content = bytes(range(256)) * 3
    assert redact_values(content, frozenset()) == content
    assert redact_values(content, frozenset({SECRET})) == content


def test_a_request_s_own_credentials_are_secrets() -> None:
    pair = base64.b64encode(b"ana:a long password").decode()
    headers = [("Authorization", f"Basic {pair}"), ("Cookie", "session=a-long-session-id; a=b")]
    found = credentials_in(headers, b'{"passcode": "tulip\\u00e1n-8"}')
    assert {pair, "a long password", "a-long-session-id", "tulipán-8"} <= found
    # of a short one every document has the letters by chance
    short = credentials_in([("Authorization", "Bearer patient")], b'{"passcode": "1234"}')
    assert not {"patient", "1234"} & short


def test_those_of_this_process_are_what_its_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CONNECTATHON_SECRET_CL", "Bearer canary-of-cl")
    monkeypatch.setenv("CONNECTATHON_TOKEN", "canary-of-event")
    monkeypatch.setenv("CONNECTATHON_COUNTRY", "canary-of-country")
    assert {"canary-of-cl", "Bearer canary-of-cl", "canary-of-event"} <= own_secrets()
    assert "canary-of-country" not in own_secrets()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://ana:pw@a.example/x?y=1", "https://***@a.example/x?y=1"),
        (
            "https://a.example/x?a=1&access_token=abc#f",
            "https://a.example/x?a=1&access_token=***#f",
        ),
        ("https://a.example/x@y?z=a@b", "https://a.example/x@y?z=a@b"),
    ],
)
def test_an_address_is_shown_without_what_lets_in(address: str, shown: str) -> None:
    assert redact_address(address) == shown


def test_a_log_holds_no_secret_nor_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTATHON_SECRET_CL", "canary-of-cl")
    try:
        raise ValueError("cannot reach http://ana:pw@a.example with canary-of-cl")
    except ValueError:
        record = logging.LogRecord("x", 40, "f", 1, "failed: %s", ("canary-of-cl",), sys.exc_info())
    line = RedactingFormatter().format(record)
    assert "failed: ***" in line
    assert "ValueError" in line
    assert "canary" not in line
    assert "ana:pw" not in line


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"access_token": "a\\"b", "expires_in": 1}', b'{"access_token": "***", "expires_in": 1}'),
        (b"grant_type=x&pre-authorized_code=a.b&tx_code=1", b"grant_type=x&pre-authorized_code=***&tx_code=***"),
        (b'{"tx_code":{"length":4},"pre-authorized_code":"c"}', b'{"tx_code":{"length":4},"pre-authorized_code":"***"}'),
        (b'{"my_tx_code":"1"}', b'{"my_tx_code":"1"}'),
        (b"\xff\x00", b"\xff\x00"),
    ],
)  # fmt: skip
def test_what_lets_a_wallet_in_is_replaced_and_the_rest_stays(body: bytes, shown: bytes) -> None:
    assert redact_grants(body) == shown

"""Redaction: what must never be stored or shown of an exchange, by where it stands and by what it
is.  Pure but for the environment, in which the secrets of this process are; knows no HTTP library.

A secret is found in whatever form it comes back: as it is, escaped, encoded in an address, within
base64 at any place.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

SECRET_HEADERS = frozenset(
    {"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key"}
)
REDACTED = "***"
VARIABLES = (
    "CONNECTATHON_SECRET_",
    "CONNECTATHON_TOKEN",
    "CONNECTATHON_SESSION",
    "CONNECTATHON_SEALING_KEY",
    "CONNECTATHON_EGRESS_PROXY",
)
MOST_REGISTERED = 200  # the newest: of each the log is searched at every line
# Of a shorter one every document has the letters by chance; it is replaced where it stands alone.
SHORTEST = 8
SHORTEST_SENT = 12  # of what somebody else sent as a credential, which may be any word
# Manifest requests write `passcode`, the VHL service of the event writes `passCode`.
PASSCODE = re.compile(rb'("pass[cC]ode"\s*:\s*)"((?:[^"\\]|\\.)*)"')  # of health links, in JSON
# What lets a wallet in (OpenID4VCI 1.0 4.1.1, 6): in JSON, and in the form that asks for a token.
GRANTED = rb"access_token|refresh_token|pre-authorized_code|tx_code"
IN_OBJECT = re.compile(rb'("(?:' + GRANTED + rb')"\s*:\s*)"(?:[^"\\]|\\.)*"')
IN_FORM = re.compile(rb"((?:^|&)(?:" + GRANTED + rb")=)[^&\s]+")
USERINFO = re.compile(r"(?<=://)[^/?#\s@]*@")
# RFC 6750 2.3, and what services of their own call it
IN_QUERY = re.compile(r"(?i)([?&](?:access_token|token|api_?key|passcode|password)=)[^&#\s]+")

_REGISTERED: dict[str, None] = {}


def redact_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the headers with the values of credentials replaced; names and order stay."""
    return [
        (name, REDACTED if name.lower() in SECRET_HEADERS else value) for name, value in headers
    ]


def redact_body(body: bytes) -> bytes:
    """Returns a body with the passcodes of health links replaced; all else stays as it is."""
    return PASSCODE.sub(rb'\1"***"', body)


def redact_grants(body: bytes) -> bytes:
    """Returns a body without the codes, PINs and tokens of wallets; all else stays as it is."""
    return IN_FORM.sub(rb"\1***", IN_OBJECT.sub(rb'\1"***"', body))


def redact_address(address: str) -> str:
    """Returns an address without what lets in: user and password, and tokens in the query."""
    return IN_QUERY.sub(rf"\g<1>{REDACTED}", USERINFO.sub(f"{REDACTED}@", address))


def redact_values(content: bytes, secrets: frozenset[str]) -> bytes:
    """Returns content with the values of secrets replaced; all else stays as it is."""
    pattern = _pattern(secrets)
    return content if pattern is None else pattern.sub(_replaced, content)


def redact_text(text: str, secrets: frozenset[str]) -> str:
    """Returns a text with the values of secrets replaced."""
    return redact_values(text.encode("utf-8", "surrogatepass"), secrets).decode(
        "utf-8", "surrogatepass"
    )


def own_secrets() -> frozenset[str]:
    """Returns the values of the secrets that this process was given."""
    values = [value for name, value in os.environ.items() if name.startswith(VARIABLES)]
    return credentials_in([("authorization", value) for value in values], shortest=SHORTEST)


def register_secrets(values: Iterable[str]) -> None:
    """Notes secrets that this process has come to hold: no line of its log shows them.

    Exchanges are redacted by the secrets of their own system alone: else somebody could find out
    another team's by sending guesses.
    """
    for value in values:
        if len(value) >= SHORTEST:
            _REGISTERED[value] = None
    while len(_REGISTERED) > MOST_REGISTERED:
        _REGISTERED.pop(next(iter(_REGISTERED)), None)


def hidden_by(way: object) -> frozenset[str]:
    """Returns the secrets that a way to a system has added by itself, which it alone knows; none of
    one that adds nothing.
    """
    return frozenset(getattr(way, "hidden", ()))


def logged_secrets() -> frozenset[str]:
    """Returns the secrets that no line of the log shows: those given, and those registered."""
    return own_secrets() | frozenset(tuple(_REGISTERED))


def credentials_in(
    headers: Iterable[tuple[str, str]], body: bytes = b"", *, shortest: int = SHORTEST_SENT
) -> frozenset[str]:
    """Returns the secrets that headers of a request carry, and the passcodes in its body."""
    credentials: set[str] = set()
    for name, value in headers:
        if name.lower() in SECRET_HEADERS:
            scheme, _, rest = value.partition(" ")
            credentials |= {value, rest.strip(), *_of_basic(scheme, rest)}
            credentials |= {part.partition("=")[2].strip() for part in value.split(";")}
    passcodes = {_unescaped(match[2]) for match in PASSCODE.finditer(body)}
    return frozenset(
        {secret for secret in credentials if len(secret) >= shortest}
        | {passcode for passcode in passcodes if len(passcode) >= SHORTEST}
    )


class RedactingFormatter(logging.Formatter):
    """Writes a line of log, its traceback included, without the secrets of this process."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        return redact_address(redact_text(super().format(record), logged_secrets()))


def _unescaped(text: bytes) -> str:
    try:
        return str(json.loads(b'"%s"' % text))
    except ValueError:
        return text.decode("utf-8", "replace")


def _of_basic(scheme: str, rest: str) -> set[str]:
    """Returns the password of Basic (RFC 7617), and user and password as they are encoded."""
    if scheme.lower() != "basic":
        return set()
    try:
        pair = base64.b64decode(rest, validate=True).decode()
    except ValueError:
        return set()
    return {pair, pair.partition(":")[2]}


@lru_cache(maxsize=200)
def _pattern(secrets: frozenset[str]) -> re.Pattern[bytes] | None:
    forms = {form for secret in secrets for form in _plain_forms(secret)}
    hidden = {encoded for form in forms for encoded in _base64_forms(form)}
    if not forms:
        return None
    # the longest first: a password within `user:password` is a secret of its own
    named = [
        b"|".join(re.escape(form) for form in sorted(some, key=lambda form: (-len(form), form)))
        for some in (forms, hidden)
    ]
    return re.compile(b"(?P<plain>%s)|(?P<hidden>%s)" % (named[0], named[1]))


def _replaced(match: re.Match[bytes]) -> bytes:
    # base64 stays base64 of its length: else a document around it could no longer be read
    return REDACTED.encode() if match["plain"] is not None else b"A" * len(match[0])


def _plain_forms(secret: str) -> set[bytes]:
    written = (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        quote(secret, safe=""),
        quote(secret),
        html.escape(secret),
    )
    return {form.encode("utf-8", "surrogatepass") for form in written}


def _base64_forms(raw: bytes) -> set[bytes]:
    """Returns how base64 writes what stands anywhere in its content (RFC 4648 4, 5)."""
    forms = set()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + raw)
        # of the letters at either end some bits are its neighbours'
        whole = encoded[(before * 8 + 5) // 6 : (before + len(raw)) * 8 // 6]
        forms |= {whole, whole.translate(bytes.maketrans(b"+/", b"-_"))}
    return forms

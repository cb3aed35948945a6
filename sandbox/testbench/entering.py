"""Enters a system that is not open: adds what lets in at the transport, behind everything that is
kept or shown, and to the places alone for which it was given.

A token of OAuth 2.0 (client credentials, RFC 6749 4.4) is asked for at its first use and again when
it is over.  Knows no store and no team.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx

from sandbox.errors import SandboxError
from sandbox.redact import register_secrets
from sandbox.testbench.chains import Terms
from sandbox.testbench.guard import Contexts
from sandbox.testbench.sending import read_capped

EARLY_SECONDS = 10.0  # a token that ends on the way would be refused
LONGEST_WORD = 60
Place = tuple[str, str, int]
"""Scheme, host and port."""


class NotEntered(SandboxError):
    """A system that is not open was not reached: what should let in does not."""

    status = 502
    issue = "login"


@dataclass(frozen=True, slots=True, repr=False)
class TokenAsked:
    """Where and as whom an access token is asked for; `is_in_body` for servers that do not take
    Basic (RFC 6749 2.3.1).
    """

    endpoint: str
    client_id: str
    client_secret: str
    scope: str = ""
    is_in_body: bool = False


@dataclass(frozen=True, repr=False)
class Entry:
    """What lets into a system.

    Attributes:
        places: To which it is sent: the origins that stood registered when it was sealed.
        bases: The origins that stand registered now.
        headers: As they are sent.
        token: How an access token is come by; None where none is needed.
        certificate: The client certificate with its chain, PEM.
        private_key: Of the client certificate, PEM.
        authorities: Certificates that are trusted beside the public ones, PEM.
        values: All that must be shown nowhere.
    """

    places: frozenset[Place]
    bases: frozenset[Place]
    headers: Mapping[str, str] = field(default_factory=dict)
    token: TokenAsked | None = None
    certificate: str = ""
    private_key: str = ""
    authorities: str = ""
    values: frozenset[str] = frozenset()

    @cached_property
    def contexts(self) -> Contexts:
        """Returns what TLS trusts and shows at the places of the system and at the endpoint of its
        tokens.
        """
        if not self.certificate and not self.authorities:
            return {}
        terms = Terms(context_of(self), bool(self.certificate))
        places = {(host, port) for _, host, port in self.places}
        if self.token:
            _, host, port = place_of(self.token.endpoint)
            places.add((host, port))
        return dict.fromkeys(places, terms)


class EnteringTransport(httpx.AsyncBaseTransport):
    """Sends by another transport, and adds what lets in; `hidden` are the secrets that it has sent
    so far, which whoever keeps an exchange takes out of it.
    """

    def __init__(
        self,
        entry: Entry,
        inner: httpx.AsyncBaseTransport,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.hidden = set(entry.values)
        self._entry = entry
        self._inner = inner
        self._now = now
        self._token = ""
        self._ends = 0.0
        self._asking = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises NotEntered, and what the other transport raises."""
        place = place_of(str(request.url))
        if place not in self._entry.places:
            if place in self._entry.bases:
                raise NotEntered("access.moved", where=request.url.host, host=request.url.host)
            return await self._inner.handle_async_request(request)
        for name, value in self._entry.headers.items():
            request.headers.setdefault(name, value)
        if self._entry.token is None or "authorization" in request.headers:
            return await self._inner.handle_async_request(request)
        return await self._with_token(self._entry.token, request)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._inner.aclose()

    async def _with_token(self, asked: TokenAsked, request: httpx.Request) -> httpx.Response:
        spent = ""
        while True:
            token, is_new = await self._current(asked, request, without=spent)
            # the guard writes the address into what it is given
            again = httpx.Request(
                request.method,
                request.url,
                headers=[*request.headers.raw, (b"Authorization", f"Bearer {token}".encode())],
                stream=request.stream,
                extensions=dict(request.extensions),
            )
            response = await self._inner.handle_async_request(again)
            # a system may end tokens earlier than it said (RFC 6750 3.1); one that has just been
            # made is not asked for again
            if response.status_code != 401 or is_new:
                return response
            await response.aclose()
            spent = token

    async def _current(
        self, asked: TokenAsked, request: httpx.Request, *, without: str
    ) -> tuple[str, bool]:
        """Returns the token, and whether it has just been made; `without` is one that is over."""
        async with self._asking:
            if self._token and self._token != without and self._now() < self._ends:
                return self._token, False
            answered = await self._ask(asked, request)
            self._token = str(answered["access_token"])
            self.hidden.add(self._token)
            register_secrets([self._token])
            seconds = answered.get("expires_in")
            lasts = float(seconds) if isinstance(seconds, int | float) else float("inf")
            self._ends = self._now() + lasts - min(EARLY_SECONDS, lasts / 2)
            return self._token, True

    async def _ask(self, asked: TokenAsked, request: httpx.Request) -> dict[str, Any]:
        fields = {"grant_type": "client_credentials"}
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if asked.scope:
            fields["scope"] = asked.scope
        if asked.is_in_body:
            fields |= {"client_id": asked.client_id, "client_secret": asked.client_secret}
        else:
            # RFC 6749 2.3.1: both are form-encoded before they are put together
            pair = f"{quote_plus(asked.client_id)}:{quote_plus(asked.client_secret)}"
            encoded = base64.b64encode(pair.encode()).decode()
            self.hidden |= {encoded, quote_plus(asked.client_secret)}
            headers["Authorization"] = f"Basic {encoded}"
        timeout = {"timeout": request.extensions.get("timeout", {})}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        sent = httpx.Request(
            "POST",
            asked.endpoint,
            headers=headers,
            content=urlencode(fields).encode(),
            extensions=timeout,
        )
        try:
            response = await self._inner.handle_async_request(sent)
        except httpx.TransportError as error:
            reason = f"{type(error).__name__} {error}".strip()
            raise NotEntered(
                "access.token_unreachable",
                where=asked.endpoint,
                endpoint=asked.endpoint,
                reason=reason,
            ) from None
        content = await read_capped(response)
        await response.aclose()
        return _token_in(response.status_code, content, asked)


def place_of(url: str) -> Place:
    """Returns the origin of an address, its port written out (RFC 6454 4)."""
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port or (443 if parsed.scheme == "https" else 80)


def context_of(entry: Entry) -> ssl.SSLContext:
    """Returns what TLS trusts and shows: the public authorities, those of the entry, its client
    certificate.

    Raises:
        ssl.SSLError: Key and certificate do not belong together.
    """
    context = httpx.create_ssl_context(trust_env=False)
    if entry.authorities:
        context.load_verify_locations(cadata=entry.authorities)
        # whoever names an authority or a server's own certificate vouches for it: those of national
        # PKI are often older than the rules that Python 3.13 holds certificates to
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if entry.certificate:
        _show_certificate(context, entry)
    return context


def _show_certificate(context: ssl.SSLContext, entry: Entry) -> None:
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
        load_pem_private_key,
    )

    key = load_pem_private_key(entry.private_key.encode(), None)
    # OpenSSL reads keys from files alone: this one is of use to nobody else
    password = secrets.token_bytes(24).hex()
    sealed = key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode())
    )
    place, name = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(place, "wb") as file:
            file.write(sealed + b"\n" + entry.certificate.encode())
        context.load_cert_chain(name, password=password)
    finally:
        Path(name).unlink()


def _token_in(status: int, content: bytes, asked: TokenAsked) -> dict[str, Any]:
    """Returns what the endpoint granted; raises NotEntered with what it said instead."""
    try:
        answered = json.loads(content)
    except (ValueError, RecursionError):
        answered = None
    words = answered if isinstance(answered, dict) else {}
    host = httpx.URL(asked.endpoint).host
    if status != 200:
        code = _word(words.get("error"))
        key = "access.token_refused" if code else "access.token_refused_unsaid"
        raise NotEntered(key, where=asked.endpoint, host=host, status=status, code=code)
    token = words.get("access_token")
    # RFC 6750 2.1: what may stand in the header
    if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
        raise NotEntered("access.no_token", where=asked.endpoint, host=host)
    kind = words.get("token_type", "")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise NotEntered(
            "access.other_token_type", where=asked.endpoint, host=host, kind=_word(kind) or "–"
        )
    return words


def _word(value: object) -> str:
    """Returns a word that others wrote, as it may stand in a sentence (RFC 6749 5.2)."""
    return value[:LONGEST_WORD] if isinstance(value, str) and value.isprintable() else ""

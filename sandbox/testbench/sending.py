"""Sends what a script asks to the system under test and returns the exchange, redacted; no fault
raises.

Sizes and times are capped, and redirects are followed by hand, so that each hop passes the guard.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Self
from urllib.parse import urljoin

import httpx

from sandbox.errors import SandboxError
from sandbox.exchange import Exchange, redacted
from sandbox.i18n import Language
from sandbox.limits import (
    ANSWER_BYTES,
    ANSWER_HOPS,
    ANSWER_SECONDS,
    ANSWER_SILENCE_SECONDS,
    MEGABYTE,
)
from sandbox.redact import hidden_by
from sandbox.sentences import fix_of, text_of
from sandbox.testbench.engine import NotYet
from sandbox.testbench.script import Asked, Request
from sandbox.testbench.settling import is_read
from sandbox.web.codings import ACCEPTED, Decoder, Oversized
from sandbox.web.crowding import refuse_crowded

FAULTS = (
    SandboxError,
    Oversized,
    TimeoutError,
    # httpx raises the last three for an address that a system has made up
    httpx.HTTPError,
    httpx.InvalidURL,
    UnicodeError,
    ValueError,
)
# RFC 9110 15.4: of this class, 300 and 304 name no place to go on to
REDIRECTS = (301, 302, 303, 307, 308)


class Sender:
    """Sends to one system: `base` is its FHIR base, `secrets` are headers that only this origin
    gets.
    """

    def __init__(
        self,
        base: str,
        *,
        transport: httpx.AsyncBaseTransport,
        secrets: Mapping[str, str] | None = None,
        language: Language = "en",
        seconds: float = ANSWER_SILENCE_SECONDS,
    ) -> None:
        self.base = base.rstrip("/")
        self._transport = transport
        self._secrets = dict(secrets or {})
        self._language = language
        # a proxy named in the environment would dial in place of the guard
        self._http = httpx.AsyncClient(transport=transport, timeout=seconds, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def __call__(self, request: Asked) -> Exchange:
        """Returns the exchange; one without a response says in `failure` why."""
        if not isinstance(request, Request):
            raise NotYet  # what a client sends comes to an inbox
        # a canonical in the query, such as of $expand, makes no absolute address of a path
        is_absolute = "://" in request.url.partition("?")[0]
        url = request.url if is_absolute else f"{self.base}/{request.url}".rstrip("/")
        sent = [
            # so that an OperationOutcome comes in the language of whoever reads the run
            ("Accept-Language", self._language),
            ("Accept-Encoding", ACCEPTED),
            *_fresh(request),
            *request.headers.items(),
        ]
        status = 0
        headers: tuple[tuple[str, str], ...] = ()
        body = b""
        failure = ""
        begun = time.perf_counter()
        try:
            # what sends a byte now and then is never silent: the exchange has a time in all
            async with asyncio.timeout(ANSWER_SECONDS):
                status, headers, body = await self._reach(request, url, sent)
        except FAULTS as error:
            failure = self._told(error)
        elapsed = time.perf_counter() - begun
        came = Exchange(
            request.method,
            url,
            tuple(sent),
            request.body,
            status,
            headers,
            body,
            elapsed,
            failure,
        )
        # what the transport adds by itself is known to it alone, such as a token it was given
        added = hidden_by(self._transport)
        return redacted(came, secrets=[*self._secrets.values(), *added])

    async def _reach(
        self, request: Request, url: str, sent: list[tuple[str, str]]
    ) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """Sends and follows redirects of reads; what is secret goes to the system's own origin
        alone.
        """
        for _ in range(ANSWER_HOPS + 1):
            headers = [*sent, *self._secrets_for(url)]
            async with self._http.stream(
                request.method, url, headers=headers, content=request.body or None
            ) as response:
                place = response.headers.get("location", "")
                # what was posted may have been stored already: only a read is sent a second time
                # (RFC 9110 9.2.1)
                if (
                    response.status_code in REDIRECTS
                    and place
                    and request.method in ("GET", "HEAD")
                ):
                    url = urljoin(url, place)
                    continue
                return (
                    response.status_code,
                    tuple(response.headers.items()),
                    await read_capped(response),
                )
        raise httpx.TooManyRedirects("too many redirects")

    def _told(self, error: Exception) -> str:
        """Returns why no answer came, in words for a person."""
        if isinstance(error, SandboxError):
            finding = error.as_finding()
            # what to do about it is nothing that the system's owner finds at the system
            words = (text_of(finding, self._language), fix_of(finding, self._language))
            return " ".join(filter(None, words))
        if isinstance(error, Oversized):
            return f"> {ANSWER_BYTES // MEGABYTE} MB"
        if isinstance(error, TimeoutError):
            return f"> {ANSWER_SECONDS} s"
        return f"{type(error).__name__} {error}".strip()

    def _secrets_for(self, url: str) -> list[tuple[str, str]]:
        # an attachment, or a redirect, may lead to anybody's server
        return list(self._secrets.items()) if _origin(url) == _origin(self.base) else []


def _fresh(request: Request) -> list[tuple[str, str]]:
    """Returns what asks for an answer of now: a search may be asked before and after a write, and
    servers keep searches for a while (RFC 9111 5.2.1.4).
    """
    return [("Cache-Control", "no-cache")] if is_read(request) else []


async def read_capped(response: httpx.Response) -> bytes:
    """Returns the body decoded; what nobody asked for, is coded twice, or has more values than may
    be, is refused.
    """
    decoder = Decoder(response.headers.get("content-encoding", ""), most=ANSWER_BYTES)
    content = bytearray()
    # counted as it comes: Content-Length may be absent, or that of a compressed body
    async for part in response.aiter_raw():
        content += decoder.feed(part)
    decoder.finish()
    body = bytes(content)
    refuse_crowded(body)
    return body


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx.URL(url)
    return parsed.scheme, parsed.host, parsed.port

"""What is read of a request: its body, the language of whoever asks, and the address by which they
know us.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from sandbox.errors import TooLarge
from sandbox.i18n import Language, choose_language
from sandbox.limits import MEGABYTE
from sandbox.settings import Settings
from sandbox.web.codings import Decoder, Oversized
from sandbox.web.crowding import refuse_crowded

CLAUSE = "RFC 9110 15.5.14"


async def read_body(
    receive: Receive, headers: Mapping[str, str], *, limit: int, refusal: str = "server.too_large"
) -> bytes:
    """Reads the body of a request, and no more of it than may be.

    Args:
        receive: Where ASGI gives the parts of the body.
        headers: Those of the request, by lower-case name.
        limit: How many bytes it may have.
        refusal: Key of the sentence for a larger one; `{limit}` in it is megabytes.

    Returns: what the client wrote, its Content-Encoding undone.

    Raises:
        TooLarge: As soon as the size is known to exceed the limit, as it came or decoded.
        UnsupportedMediaType: Its coding is not known here, or it is coded more than once.
        InvalidContent: It is not coded as its header says.
        ClientDisconnect: The client went away before its request was complete.
    """
    declared = headers.get("content-length", "0")
    too_large = TooLarge(refusal, clause=CLAUSE, limit=limit // MEGABYTE)
    # Python refuses to parse thousands of digits; twenty are enough to see that it is too large.
    if declared.isdecimal() and int(declared[:20]) > limit:
        raise too_large
    decoder = Decoder(headers.get("content-encoding", ""), most=limit)
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        # Counted as it arrives: the declared length may be wrong, and a chunked body has none.
        try:
            parts.append(decoder.feed(message.get("body", b"")))
        except Oversized:
            raise too_large from None
        if not message.get("more_body", False):
            decoder.finish()
            return parts[0] if len(parts) == 1 else b"".join(parts)


async def body_of(request: Request, *, limit: int, refusal: str = "server.too_large") -> bytes:
    """Reads the body of a request, which may be JSON or XML; see `read_body`.

    Raises:
        TooLarge: Also for one that has more values than may be.
    """
    body = await read_body(request.receive, request.headers, limit=limit, refusal=refusal)
    refuse_crowded(body)
    return body


def language_of(request: Request) -> Language:
    """Returns the language that the client asks for, of those that we have."""
    return choose_language(request.headers.get("accept-language"))


def fhir_base(
    headers: Mapping[str, str], scheme: str, settings: Settings, *, team: str = ""
) -> str:
    """Returns the FHIR base as the client sees it: configured, else from X-Forwarded-*, else from
    Host.
    """
    place = f"/t/{team}/fhir" if team else "/fhir"
    if settings.base_url:
        return settings.base_url.rstrip("/") + place
    # Each proxy appends its own value, so the first one is the client's view.
    scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
    host = headers.get("x-forwarded-host", headers.get("host", "localhost")).split(",")[0].strip()
    prefix = headers.get("x-forwarded-prefix", headers.get("x-forwarded-context", "")).rstrip("/")
    return f"{scheme}://{host}{prefix}{place}"


def fhir_base_of(request: Request, *, team: str = "") -> str:
    """Returns the FHIR base, that of a team's space where one is named, as the client sees it."""
    return fhir_base(request.headers, request.url.scheme, request.app.state.settings, team=team)


def address_of(request: Request) -> str:
    """Returns the address of the sandbox as the client sees it, without a slash at its end."""
    return fhir_base_of(request).removesuffix("/fhir")

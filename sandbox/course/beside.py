"""What the lesson's server offers besides FHIR: its trust list, and sharing by health link."""

from __future__ import annotations

import re
from typing import Any

import httpx

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.client import FHIR_JSON, Client, Unreachable
from sandbox.exchange import Exchange
from sandbox.fhir.json import write_json
from sandbox.redact import redact_headers
from sandbox.web.egress import authorities, way_out

# as long as the lesson's FHIR client waits
SECONDS = 30
BASE = re.compile(r"(/t/[^/]+)?/fhir\Z")


def root_of(client: Client) -> str:
    """Returns the address of the server above its FHIR base."""
    return BASE.sub("", client.base)


def trusted_keys(client: Client) -> list[Any]:
    """Returns the keys of the server's trust list.

    Raises:
        Unreachable: The server does not answer.
    """
    from sandbox.trust.documents import read_document

    return read_document(_answer(client, "GET", f"{root_of(client)}/v2/trustlist/did.json").json())[
        0
    ]


def ask(client: Client, method: str, address: str, body: Any = None) -> Exchange | Blank:
    """Sends a request to a place of the server outside FHIR.

    Args:
        client: Keeps the exchange and tells where the server is.
        method: Of HTTP.
        address: A path such as `/api/links`, or a whole address of this server.
        body: What is sent as JSON.

    Returns:
        The exchange, or a blank where a blank was given.

    Raises:
        Unreachable: The server does not answer.
    """
    if has_blank(address) or has_blank(body):
        return BLANK
    # whole addresses of this server come out of links and searches, others stay out of reach
    place = (
        address
        if address.startswith(f"{root_of(client)}/")
        else f"{root_of(client)}/{address.lstrip('/')}"
    )
    answer = _answer(client, method, place, body)
    sent = tuple(redact_headers(answer.request.headers.items()))
    exchange = Exchange(
        method,
        str(answer.request.url),
        sent,
        answer.request.content,
        answer.status_code,
        tuple(answer.headers.items()),
        answer.content,
        answer.elapsed.total_seconds(),
    )
    client.exchanges.append(exchange)
    return exchange


def _answer(client: Client, method: str, address: str, body: Any = None) -> httpx.Response:
    # a resource goes to a FHIR base, such as the inbox of a run
    is_resource = isinstance(body, dict) and "resourceType" in body
    headers = {
        "Accept": "application/json",
        "Content-Type": FHIR_JSON if is_resource else "application/json",
        "Accept-Language": client.language,
        **client.credentials,
    }
    try:
        # the sandbox's own writer keeps numbers as they were written
        content = b"" if body is None else write_json(body)
        return httpx.request(
            method,
            address,
            content=content,
            headers=headers,
            timeout=SECONDS,
            trust_env=False,
            proxy=way_out(address),
            verify=authorities(),
        )
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        reason = str(error) or type(error).__name__
        raise Unreachable(base=address, reason=reason, language=client.language) from None

"""What the verbs share that ask a sandbox over HTTP: one request, and a refusal told as the server
tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from sandbox.errors import BadRequest

if TYPE_CHECKING:
    import httpx

SECONDS = 120  # a run of some size is judged meanwhile


def ask(
    method: str,
    address: str,
    credentials: Mapping[str, str],
    *,
    content: bytes | None = None,
    query: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Returns the answer of a sandbox.

    Args:
        method: GET or POST.
        address: The whole address.
        credentials: Headers that say who asks.
        content: What is sent, a zip.
        query: What is asked.

    Raises:
        BadRequest: Nothing answers there.
        Exit: The server refuses; what it says was printed, and what to do next.
    """
    import httpx

    from sandbox.cli import LANGUAGE

    headers = {"Accept-Language": LANGUAGE, **credentials}
    if content is not None:
        headers["Content-Type"] = "application/zip"
    try:
        answer = httpx.request(
            method, address, headers=headers, content=content, params=query, timeout=SECONDS
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        found = str(error)[:200]
        raise BadRequest("links.no_answer", where=address, place=address, found=found) from None
    if not answer.is_success:
        refusal = _object_in(answer)
        typer.echo(f"{refusal.get('text', answer)}\n→ {refusal.get('fix', '')}", err=True)
        raise typer.Exit(1)
    return answer


def _object_in(answer: httpx.Response) -> dict[str, Any]:
    try:
        refusal = answer.json()
    except ValueError:  # a proxy before it has answered
        return {}
    return refusal if isinstance(refusal, dict) else {}

"""Verifies a credential with the documents that it takes, each asked for once: keys of issuers,
metadata, status lists.  Knows no network: who sends is given.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.credentials.report import Asked, Known, Report
from sandbox.credentials.texts import read_json
from sandbox.credentials.verifying import verify

# a list names its signer, whose document names a key: more steps nobody needs
ROUNDS = 3
Fetch = Callable[[str], bytes]
"""Returns what stands at an address; raises OSError where nothing came."""


def verify_asking(
    text: str,
    known: Known,
    fetch: Fetch,
    *,
    at: datetime,
    asked: Asked | None = None,
    tell: Callable[[str, OSError], None] = lambda *_: None,
) -> Report:
    """Returns the report of a credential, with what it takes asked for.

    Args:
        text: The credential.
        known: What is at hand, and whom to believe.
        fetch: Asks for a document.
        at: The moment for which it is judged.
        asked: By whom and with which nonce it was asked for, where it is shown by a wallet.  That
            may be anybody's: what no issuer who is believed has signed names no address to ask.
        tell: Is told of each address at which nothing came.
    """
    report = verify(text, known, at=at, asked=asked)
    tried: set[str] = set(known.documents)
    for _ in range(ROUNDS):
        wanted = sorted(report.wanted - tried)
        if not wanted or (asked and not _is_issued(report)):
            break
        tried.update(wanted)
        documents: dict[str, object] = {}
        for address in wanted:
            try:
                documents[address] = _document(fetch(address))
            except OSError as error:
                tell(address, error)
        # documents of DIDs are made when they are asked for, so that they are not copied
        beside: Any = known.documents
        known = replace(known, documents=ChainMap(documents, beside))
        report = verify(text, known, at=at, asked=asked)
    return report


def _is_issued(report: Report) -> bool:
    """Tells whether all that is shown is the word of issuers who are believed."""
    return all(
        part.step(name).status in ("ok", "warn")
        for part in report.parts or [report]
        for name in ("signature", "trust")
    )


def _document(body: bytes) -> object:
    text = body.decode(errors="replace")
    try:
        return read_json(text)
    except ValueError:
        return text  # a signed list is no JSON

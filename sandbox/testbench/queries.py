"""What the searches of a client look like, whatever they ask for.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.reading import parameters_of

FHIR_TYPES = ("application/fhir+json", "application/fhir+xml")
FORMATS = (*FHIR_TYPES, "json", "xml", "application/json", "application/xml", "text/xml")
RESERVED = re.compile(r"[|\s\"<>\\^`{}]")


def format_findings(sent: Exchange) -> Iterator[Finding]:
    """Yields an error where neither Accept nor _format names a type of FHIR."""
    accept = next((value for name, value in sent.request_headers if name.lower() == "accept"), "")
    asked = dict(parameters_of(sent)).get("_format", "")
    if not any(kind in accept for kind in FHIR_TYPES) and asked not in FORMATS:
        yield Finding(
            "consumer.no_format",
            "error",
            "consumer.no_format",
            where="Accept",
            clause="ITI TF-2 Appendix Z.6",
            expected=" | ".join(FHIR_TYPES),
            found=accept or "–",
        )


def encoding_findings(sent: Exchange, clause: str) -> Iterator[Finding]:
    """Yields a warning where a query holds a reserved character as it is.

    Args:
        sent: The search.
        clause: Where the transaction asks for the encoding.
    """
    # as it came: once parsed, a query no longer shows what was encoded
    reserved = RESERVED.search(sent.url.partition("?")[2])
    if reserved:
        key = "consumer.not_encoded"
        yield Finding(
            key,
            "warning",
            key,
            where="query",
            clause=f"RFC 3986 2.1; {clause}",
            found=reserved[0],
        )

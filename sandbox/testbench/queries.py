"""What the searches of a client look like, whatever they ask for.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.reading import media_type, parameters_of
from sandbox.testbench.script import nothing_there

FHIR_TYPES = ("application/fhir+json", "application/fhir+xml")
FORMATS = (*FHIR_TYPES, "json", "xml", "application/json", "application/xml", "text/xml")
EXCLUDED = re.compile(r";\s*q\s*=\s*0(\.0*)?\s*(;|$)", re.IGNORECASE)
RESERVED = re.compile(r"[|\s\"<>\\^`{}]")


def format_findings(sent: Exchange) -> Iterator[Finding]:
    """Yields an error where neither Accept nor _format names a type of FHIR."""
    accept = next((value for name, value in sent.request_headers if name.lower() == "accept"), "")
    # a plus that stands as it is in a query is read as a space by forms, and meant as a plus
    asked = media_type(dict(parameters_of(sent)).get("_format", "").replace(" ", "+"))
    if not wanted_in(accept) & {*FHIR_TYPES} and asked not in FORMATS:
        yield Finding(
            "consumer.no_format",
            "error",
            "consumer.no_format",
            where="Accept",
            clause="ITI TF-2 Appendix Z.6",
            expected=" | ".join(FHIR_TYPES),
            found=accept or "–",
        )


def wanted_in(accept: str) -> set[str]:
    """Returns the media types that an Accept header asks for: in any case, whatever their weight,
    without those that it excludes (RFC 9110 12.4.2, 12.5.1).
    """
    return {media_type(part) for part in accept.split(",") if not EXCLUDED.search(part)}


def encoding_findings(sent: Exchange, clause: str) -> Iterator[Finding]:
    """Yields a warning where a query holds a reserved character as it is; that there was nothing to
    encode, where it has none.

    Args:
        sent: The search.
        clause: Where the transaction asks for the encoding.
    """
    # as it came: once parsed, a query no longer shows what was encoded
    query = sent.url.partition("?")[2]
    reserved = RESERVED.search(query)
    if reserved is None and not RESERVED.search(unquote(query)):
        yield nothing_there()
    elif reserved:
        key = "consumer.not_encoded"
        yield Finding(
            key,
            "warning",
            key,
            where="query",
            clause=f"RFC 3986 2.1; {clause}",
            found=reserved[0],
        )

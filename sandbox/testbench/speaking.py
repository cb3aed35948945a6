"""Whether FHIR is spoken at the base where a test has asked for it: a login page, a folder of files
or another program's API answers too, and its 404 refuses nothing.  Pure.

So what came of a test counts only where an answer of the system at its base, in this test or in one
before it, was FHIR; else the engine asks for the CapabilityStatement, which every server has.
"""

from __future__ import annotations

import re

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.reading import media_type
from sandbox.testbench.refusing import BUSY
from sandbox.testbench.script import Asked, Request, get

CONTROL = get("metadata")
CLAUSE = "FHIR R4 http.html#capabilities"
SPOKEN = "fhir_spoken"
"""Among what tests produce: FHIR has come from the base."""
MISSED = "fhir_missed"
"""Among what tests produce: the number of the test that told that none comes."""
CLOSED = (401, 403, 407, 511)  # who asks is not let in (RFC 9110 15.5, RFC 6585)
BOM = b"\xef\xbb\xbf"
NAMESPACE = re.compile(rb"xmlns(:\w+)?\s*=\s*[\"']http://hl7\.org/fhir[\"']")
ENOUGH = 4096  # bytes: where the element of a resource begins
PASSWORD = re.compile(rb"type\s*=\s*[\"']?password", re.IGNORECASE)


def asks_for_fhir(asked: Asked) -> bool:
    """Tells whether something is asked of the base itself, and as FHIR.

    Args:
        asked: What a script asks; an absolute address may be anybody's.
    """
    return (
        isinstance(asked, Request)
        and "://" not in asked.url.partition("?")[0]
        and "fhir+" in asked.headers.get("Accept", "")
    )


def is_fhir(answer: Exchange) -> bool:
    """Tells whether an answer holds a resource; one that gives back what was sent may be an echo.

    Args:
        answer: Of any size: its form alone is looked at, and it is not read.
    """
    body = answer.body.removeprefix(BOM).lstrip()
    if answer.request_body and answer.body == answer.request_body:
        return False
    if body[:1] == b"<":
        return NAMESPACE.search(body[:ENOUGH]) is not None
    return body[:1] == b"{" and b'"resourceType"' in body


def stranger(control: Exchange) -> Finding:
    """Returns why nothing can be said of FHIR at a base: what answers there instead.

    Args:
        control: To CONTROL, without FHIR.
    """
    kind = media_type(control.header("content-type"))
    is_page = kind in ("text/html", "application/xhtml+xml")
    if control.status in BUSY:
        key = "testbench.busy"
    elif control.status in CLOSED:
        key = "testbench.closed"
    elif is_page and PASSWORD.search(control.body):
        key = "testbench.login_page"
    else:
        key = "testbench.web_page" if is_page else "testbench.no_fhir"
    found = f"{control.status} {kind or '–'}"
    is_ours_to_mend = key in ("testbench.busy", "testbench.closed")
    params = {"base": control.url.removesuffix("/metadata")}
    if is_ours_to_mend:
        return Finding(
            key, "information", key, params, issue="transient", where=control.url, found=found
        )
    return Finding(key, "error", key, params, where=control.url, clause=CLAUSE, found=found)

"""What a less tidy server answers to a search for documents, so that a Consumer shows what it puts
up with.  Pure.

FHIR allows all of it: a remark of the server among the entries, and a document that meets no
profile of MHD, without identifier, type or date, at an address that no HTTP client can fetch (MHD
3:4.67.4.2.3).
"""

from __future__ import annotations

from sandbox.errors import InvalidContent
from sandbox.fhir.json import as_list, member, parse_json, write_json

ID = "awkward"
REMARK = {
    "resourceType": "OperationOutcome",
    "issue": [
        {
            "severity": "warning",
            "code": "incomplete",
            "diagnostics": "One of the archives did not answer.",
        }
    ],
}
ODD_DOCUMENT = {
    "resourceType": "DocumentReference",
    "id": ID,
    "status": "current",
    "content": [{"attachment": {"url": "urn:oid:2.999.6"}}],
}


def awkwardly(body: bytes) -> bytes:
    """Returns a searchset in JSON with both at its front; anything else as it is."""
    try:
        bundle = parse_json(body)
    except InvalidContent:
        return body
    if not isinstance(bundle, dict) or bundle.get("type") != "searchset":
        return body
    front = [
        {"resource": REMARK, "search": {"mode": "outcome"}},
        {"fullUrl": "urn:oid:2.999.6", "resource": ODD_DOCUMENT, "search": {"mode": "match"}},
    ]
    # the total counts matches, and a remark is none (FHIR R4 search.html#total)
    total = {"total": int(bundle["total"]) + 1} if "total" in bundle else {}
    return write_json({**bundle, **total, "entry": [*front, *as_list(bundle.get("entry"))]})


def is_awkward(bundle: object) -> bool:
    """Tells whether an answer was made so."""
    return any(
        member(member(entry, "resource"), "id") == ID for entry in as_list(member(bundle, "entry"))
    )

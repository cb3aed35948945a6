"""DDCC Registry Service (DDCC 1.0.0, by MHD): certificates registered, found, retrieved; wrong
submissions refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from sandbox.fhir.json import as_list, member
from sandbox.findings import Severity
from sandbox.testbench.comparing import Comparison, told
from sandbox.testbench.health_events import CORE, core_of, document_of, hcid_of, registration_of
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import document_of as document_in
from sandbox.testbench.reading import resources_of
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import Given, Script, Test, Track, answer_text, finding_at, get, post

CLAUSE = "DDCC 1.0.0 RegisterHealthCertificate"
FIND = "MHD 3:4.67.4.1.2.1"
RETRIEVE = "MHD 3:4.68.4.1"


def registers(given: Given) -> Script:
    """A right submission is taken whole (DDX-01)."""
    answer = yield post("", registration_of(document_of(core_of(given, "DDX-01"), given), given))
    statuses = [
        str(member(member(entry, "response"), "status"))[:3]
        for entry in as_list(member(answer.json, "entry"))
    ]
    is_taken = (
        answer.status == 200 and statuses and all(status in ("200", "201") for status in statuses)
    )
    if not is_taken:
        yield finding_at(
            "ddcc_registry.not_taken",
            "error",
            "status",
            CLAUSE,
            expected="200",
            found=answer_text(answer),
        )
        return {}
    if member(answer.json, "type") != "transaction-response":
        yield finding_at(
            "ddcc_registry.other_answer",
            "error",
            "Bundle.type",
            CLAUSE,
            expected="transaction-response",
            found=str(member(answer.json, "type")),
        )
    return {"registered": hcid_of(given, "DDX-01")}


def found_by_hcid(given: Given) -> Script:
    """The certificate is found by its HCID, current (DDX-02)."""
    answer = yield get(
        "DocumentReference", {"identifier": given["registered"], "status": "current"}
    )
    references = resources_of(answer, "DocumentReference")
    if len(references) != 1:
        yield finding_at(
            "ddcc_registry.not_found",
            "error",
            "DocumentReference?identifier=",
            FIND,
            expected="1",
            found=str(len(references)) if answer.status == 200 else answer_text(answer),
        )
        return {}
    address = str(
        member(member(next(iter(as_list(references[0].get("content"))), None), "attachment"), "url")
        or ""
    )
    if not address:
        yield finding_at(
            "ddcc_registry.no_address", "error", "DocumentReference.content.attachment.url", FIND
        )
        return {}
    return {"address": address}


def found_by_person(given: Given) -> Script:
    """It is found by the identifier of its person too (DDX-03)."""
    query = {"patient.identifier": CORE["identifier"], "status": "current"}
    # the person is the same in every run, so there may be certificates of others before it, and
    # pages of them
    answer = yield from whole_search(get("DocumentReference", query))
    hcids = [
        str(member(identifier, "value"))
        for reference in resources_of(answer, "DocumentReference")
        for identifier in as_list(reference.get("identifier"))
    ]
    if given["registered"] not in hcids:
        yield finding_at(
            "ddcc_registry.not_found",
            "error",
            "DocumentReference?patient.identifier=",
            FIND,
            expected=given["registered"],
            found=", ".join(hcids)[:80] or answer_text(answer),
        )


def retrieved(given: Given) -> Script:
    """What is behind the address is the document that was registered (DDX-04)."""
    answer = yield get(given["address"])
    document = document_in(answer)
    sent = document_of(core_of(given, "DDX-01"), given)
    if document is None:
        yield finding_at(
            "ddcc_registry.not_retrieved",
            "error",
            given["address"],
            RETRIEVE,
            found=answer_text(answer),
        )
    elif document.get("identifier") != sent["identifier"] or len(
        as_list(document.get("entry"))
    ) != len(sent["entry"]):
        yield finding_at(
            "ddcc_registry.other_document",
            "error",
            given["address"],
            RETRIEVE,
            expected=str(sent["identifier"]["value"]),
            found=str(member(document.get("identifier"), "value")),
        )
    else:
        # a server may give the Bundle an id, a version, a profile, and no more
        pairs = zip(sent["entry"], as_list(document.get("entry")), strict=True)
        places = {entry["fullUrl"]: str(member(came, "fullUrl")) for entry, came in pairs}
        comparison = Comparison(places=places, grows=frozenset())
        yield from told(comparison.differences(sent, document), RETRIEVE)


def in_folder(given: Given) -> Script:
    """A folder of the person lists it (DDX-05)."""
    answer = yield get(
        "List", {"patient.identifier": CORE["identifier"], "code": "folder", "status": "current"}
    )
    if not resources_of(answer, "List"):
        yield finding_at(
            "ddcc_registry.no_folder",
            "warning",
            "List?code=folder",
            "DDCC 1.0.0 DDCCFolder",
            expected="1…",
            found=answer_text(answer),
        )


def refuses(given: Given, *, number: str, status: int) -> Script:
    """A submission without a type, or without entries, is refused and leaves nothing (DDX-06,
    DDX-07).
    """
    bundle = registration_of(document_of(core_of(given, number), given), given)
    lacking = "type" if number == "DDX-06" else "entry"
    answer = yield post("", {name: value for name, value in bundle.items() if name != lacking})
    if answer.status != status:
        # the public scenarios want one status for each; to refuse by another is still to refuse
        is_refusal = answer.status in (400, 404, 409, 412, 422)
        severity: Severity = "warning" if is_refusal else "error"
        yield finding_at(
            "ddcc_registry.other_status" if is_refusal else "ddcc_registry.not_refused",
            severity,
            "status",
            CLAUSE,
            expected=str(status),
            found=str(answer.status),
        )
    # refused or not, nothing of it may be found afterwards: a transaction is whole or not at all
    probe = yield get("DocumentReference", {"identifier": hcid_of(given, number)})
    if resources_of(probe, "DocumentReference"):
        yield finding_at(
            "ddcc_registry.kept", "error", "DocumentReference?identifier=", CLAUSE, expected="0"
        )
    elif answer.status >= 400:
        yield from only_fault(answer, post("", bundle))


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str = CLAUSE,
    name: str = "",
    *,
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(
        f"ddcc.registry.{words}", number, clause, script, after=after or {}, takes=("edition",)
    )


_DONE = {"registered": "DDX-01"}
TESTS = (
    _test("DDX-01", registers),
    _test("DDX-02", found_by_hcid, FIND, after=_DONE),
    _test("DDX-03", found_by_person, FIND, after=_DONE),
    _test("DDX-04", retrieved, RETRIEVE, after={"address": "DDX-02"}),
    _test("DDX-05", in_folder, "DDCC 1.0.0 DDCCFolder", after=_DONE),
    _test("DDX-06", partial(refuses, number="DDX-06", status=400), CLAUSE, "no_type", after=_DONE),
    _test(
        "DDX-07", partial(refuses, number="DDX-07", status=422), CLAUSE, "no_entries", after=_DONE
    ),
)
TRACK = Track("ddcc.registry", "ddcc_registry", TESTS, actor="ddcc-registry")

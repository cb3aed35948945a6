"""DDCC Repository (DDCC 1.0.0): documents stored and read as they were, wrong ones refused as the
scenarios have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.testbench.health_events import core_of, document_of, hcid_of
from sandbox.testbench.reading import resource_in, resources_of
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    get,
    post,
)

CLAUSE = "DDCC 1.0.0 StoreHealthCertificate"
MOST = 5  # places of a difference that are told


_finding = partial(finding_at, clause=CLAUSE)


def stores(given: Given) -> Script:
    """A right document is stored, and the answer says where (DDR-01)."""
    answer = yield post("Bundle", document_of(core_of(given, "DDR-01"), given))
    # a server may answer without the resource (return=minimal, FHIR R4 http.html#ops)
    place = answer.header("location") or answer.header("content-location")
    # an OperationOutcome (return=OperationOutcome) may have an id too, which is its own
    is_stored = member(answer.json, "resourceType") == "Bundle"
    told = member(answer.json, "id") if is_stored else ""
    id = str(told or place.partition("/_history/")[0].rstrip("/").rpartition("/")[2])
    if answer.status != 201 or not id:
        yield _finding(
            "ddcc_repository.not_stored",
            "error",
            "status",
            expected="201",
            found=answer_text(answer),
        )
        return {}
    if not place:
        yield _finding("ddcc_repository.no_location", "warning", "Location", expected="Location")
    return {"stored": f"Bundle/{id}"}


def reads(given: Given) -> Script:
    """What is read is what was stored, to the last member (DDR-02)."""
    answer = yield get(given["stored"])
    document = document_of(core_of(given, "DDR-01"), given)
    stored = resource_in(answer.body)
    if answer.status != 200 or stored is None:
        yield _finding(
            "ddcc_repository.not_read",
            "error",
            given["stored"],
            expected="200",
            found=answer_text(answer),
        )
        return
    for name in ("type", "identifier", "timestamp", "link"):
        if stored.get(name) != document[name]:
            yield _finding(
                "ddcc_repository.changed",
                "error",
                f"Bundle.{name}",
                expected=str(document[name])[:80],
                found=str(stored.get(name))[:80],
            )
    pairs = zip(as_list(stored.get("entry")), document["entry"], strict=False)
    if len(as_list(stored.get("entry"))) != len(document["entry"]):
        yield _finding(
            "ddcc_repository.changed",
            "error",
            "Bundle.entry",
            expected=str(len(document["entry"])),
            found=str(len(as_list(stored.get("entry")))),
        )
    for index, (here, there) in enumerate(pairs):
        if _plain(here) != _plain(there):
            yield _finding("ddcc_repository.changed", "error", f"Bundle.entry[{index}]")


def found_by_hcid(given: Given) -> Script:
    """The document is found by its identifier (DDR-03)."""
    answer = yield get("Bundle", {"identifier": hcid_of(given, "DDR-01")})
    ids = [
        str(member(member(entry, "resource"), "id"))
        for entry in as_list(member(answer.json, "entry"))
    ]
    if given["stored"].rpartition("/")[2] not in ids:
        yield _finding(
            "ddcc_repository.not_found",
            "error",
            "Bundle?identifier=",
            expected=given["stored"],
            found=", ".join(ids) or answer_text(answer),
        )


def refuses(given: Given, *, number: str, status: int) -> Script:
    """A wrong document is refused with the status of the public scenario, and is not stored (DDR-04
    to DDR-06).
    """
    document = right = document_of(core_of(given, number), given)
    kind = "Bundle"
    if number == "DDR-04":
        document = {name: value for name, value in document.items() if name != "type"}
    elif number == "DDR-05":
        document = {name: value for name, value in document.items() if name != "entry"}
    else:
        document = {"resourceType": "INVALIDTYPE"}
        kind = "INVALIDTYPE"
    headers = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
    answer = yield Request("POST", kind, headers, write_json(document))
    yield from _refusal(answer, status)
    # taken: that it is found as well would be the same fault told twice
    if kind == "Bundle" and 200 <= answer.status < 300:
        return
    if kind == "Bundle":
        probe = yield get("Bundle", {"identifier": hcid_of(given, number)})
        kept = resources_of(probe, "Bundle")
        if kept:
            yield _finding(
                "ddcc_repository.kept",
                "error",
                "Bundle?identifier=",
                expected="0",
                found=str(len(kept)),
            )
            return
    # a type that is not there is rightly not found
    names = ("not-found",) if kind != "Bundle" else ()
    yield from only_fault(answer, post("Bundle", right), names=names)


def _refusal(answer: Exchange, status: int) -> Iterator[Finding]:
    if answer.status == status:
        if member(answer.json, "resourceType") != "OperationOutcome":
            yield _finding(
                "ddcc_repository.no_outcome", "warning", "body", expected="OperationOutcome"
            )
        return
    # the public scenarios want one status for each; to refuse by another is still to refuse
    is_refusal = answer.status in (400, 404, 409, 412, 422)
    severity: Severity = "warning" if is_refusal else "error"
    yield _finding(
        "ddcc_repository.other_status" if is_refusal else "ddcc_repository.not_refused",
        severity,
        "status",
        expected=str(status),
        found=str(answer.status),
    )


def _plain(entry: object) -> Json:
    """Returns an entry without what a server may add."""
    resource = member(entry, "resource")
    content = (
        {name: value for name, value in resource.items() if name != "meta"}
        if isinstance(resource, dict)
        else {}
    )
    return {"fullUrl": member(entry, "fullUrl"), "resource": content}


def _test(
    number: str,
    script: Callable[[Given], Script],
    name: str = "",
    *,
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(
        f"ddcc.repository.{words}", number, CLAUSE, script, after=after or {}, takes=("edition",)
    )


_STORED = {"stored": "DDR-01"}
TESTS = (
    _test("DDR-01", stores),
    _test("DDR-02", reads, after=_STORED),
    _test("DDR-03", found_by_hcid, after=_STORED),
    _test("DDR-04", partial(refuses, number="DDR-04", status=400), "no_type", after=_STORED),
    _test("DDR-05", partial(refuses, number="DDR-05", status=422), "no_entries", after=_STORED),
    _test("DDR-06", partial(refuses, number="DDR-06", status=404), "no_such_type", after=_STORED),
)
TRACK = Track("ddcc.repository", "ddcc_repository", TESTS, actor="ddcc-repository")

"""FHIR basics (R4, http.html): what every other track takes for granted of a server.

What is created carries the run's own identifier, and is deleted at the end where the server allows
it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from urllib.parse import urlsplit

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.testbench.paging import matches_of, reads_patient
from sandbox.testbench.reading import faults_of, media_type
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    get,
    nothing_there,
    post,
)
from sandbox.testbench.submissions import PATIENTS

HTTP = "FHIR R4 http.html"
FAMILY = "Ñandú Ensayo"  # JSON and XML are in UTF-8 (http.html#mime-type)
BOM = "\ufeff".encode()
# 201 is due (http.html#create); whoever answers 200 is told once, and tested on
TAKEN = (200, 201)


def capabilities(given: Given) -> Script:
    """GET metadata answers with a CapabilityStatement of FHIR 4.0.1."""
    answer = yield get("metadata")
    version = member(answer.json, "fhirVersion")
    if answer.status != 200 or member(answer.json, "resourceType") != "CapabilityStatement":
        yield _finding(
            "basics.no_capabilities", "error", "metadata", "capabilities", found=answer_text(answer)
        )
    elif version != "4.0.1":
        where = "CapabilityStatement.fhirVersion"
        yield _finding(
            "basics.other_version", "error", where, "capabilities", "4.0.1", str(version)
        )


def life_of_a_resource(given: Given) -> Script:
    """A patient is created, read as sent, updated to a next version, deleted, and gone."""
    created = yield post("Patient", _patient(given, "life"))
    place = _place(created)
    if not (yield from _created(created)):
        return {"creates": "no"}
    stored = yield get(place)
    kept = member(next(iter(as_list(member(stored.json, "name"))), None), "family")
    yield from faults_of(stored.json)
    done = {"creates": "yes", **({"reads": "yes"} if stored.status == 200 else {})}
    if stored.status != 200 or kept != FAMILY:
        yield _finding(
            "basics.not_as_sent", "error", place, "read", FAMILY, str(kept or answer_text(stored))
        )
        return done
    changed = {**stored.json, "birthDate": "1981-03-01"}
    updated = yield _put(place, changed)
    again = yield get(place)
    versions = [member(member(answer.json, "meta"), "versionId") for answer in (stored, again)]
    if updated.status != 200 or member(again.json, "birthDate") != "1981-03-01":
        yield _finding(
            "basics.not_updated", "error", place, "update", "1981-03-01", answer_text(updated)
        )
    # a server may keep no versions at all (CapabilityStatement versioning: no-version)
    elif versions[0] == versions[1]:
        where = f"{place} meta.versionId"
        yield _finding("basics.same_version", "warning", where, "update", found=str(versions[0]))
    deleted = yield Request("DELETE", place, {"Accept": FHIR_JSON})
    gone = yield get(place)
    # 410 is for servers that remember what they had, 404 for others (http.html#read)
    if deleted.status in (200, 202, 204) and gone.status not in (404, 410):
        yield _finding("basics.not_gone", "error", place, "delete", "410", str(gone.status))
    # a server may refuse to delete at all (405), or what others refer to (409): http.html#delete
    elif deleted.status not in (200, 202, 204):
        yield _finding(
            "basics.not_deleted", "information", place, "delete", found=answer_text(deleted)
        )
    return done


def found_by_identifier(given: Given) -> Script:
    """A patient is found by identifier, and nobody else with her."""
    created = yield post("Patient", _patient(given, "search"))
    if not (yield from _created(created)):
        return
    for value, wanted in ((_number(given, "search"), 1), (_number(given, "nobody"), 0)):
        answer = yield get("Patient", {"identifier": f"{PATIENTS}|{value}"})
        for entry in matches_of(answer):
            url = str(member(entry, "fullUrl") or "")
            yield from _reached_by(answer, "Bundle.entry.fullUrl", url, "search")
        resources = [member(entry, "resource") for entry in as_list(member(answer.json, "entry"))]
        patients = [
            resource for resource in resources if member(resource, "resourceType") == "Patient"
        ]
        if answer.status != 200 or member(answer.json, "type") != "searchset":
            yield _finding(
                "basics.no_search",
                "error",
                "Patient?identifier",
                "search",
                "searchset",
                answer_text(answer),
            )
        elif len(patients) != wanted:
            yield _finding(
                "basics.found_others",
                "error",
                "Patient?identifier",
                "search",
                str(wanted),
                str(len(patients)),
            )
        else:
            yield from _searchset_told(answer)
    yield Request("DELETE", _place(created), {"Accept": FHIR_JSON})


def _searchset_told(answer: Exchange) -> Iterator[Finding]:
    """Tells where a searchset counts otherwise than it holds, or does not say what was asked."""
    relations = {str(member(link, "relation")) for link in as_list(member(answer.json, "link"))}
    total = member(answer.json, "total")
    count = len(matches_of(answer))
    if total is not None and total != count and "next" not in relations:
        yield finding_at(
            "basics.other_total",
            "error",
            "Bundle.total",
            "FHIR R4 Bundle.total",
            expected=str(count),
            found=str(total),
        )
    if "self" not in relations:
        yield finding_at(
            "basics.no_self",
            "warning",
            "Bundle.link",
            "FHIR R4 search.html#conformance",
            expected="self",
        )


def both_formats(given: Given) -> Script:
    """What can be had in JSON can be had in XML."""
    # metadata is there on every server, so that only the format can be at fault
    for kind in ("application/fhir+json", "application/fhir+xml"):
        answer = yield get("metadata", accept=kind)
        content_type = answer.header("content-type")
        if answer.status not in (200, 406):
            # no metadata in any form: the form is not at fault
            found = answer_text(answer)
            yield _finding(
                "basics.no_capabilities", "error", "metadata", "capabilities", found=found
            )
            return
        if answer.status != 200 or kind.rpartition("+")[2] not in media_type(content_type):
            yield _finding(
                "basics.other_format",
                "error",
                f"Accept: {kind}",
                "mime-type",
                kind,
                content_type or answer_text(answer),
            )
        elif answer.body.startswith(BOM) and kind == FHIR_JSON:
            clause = "RFC 8259 8.1"
            yield finding_at("basics.byte_order_mark", "warning", "body", clause)
        # whoever looks for FHIR by the type does not find it (http.html#mime-type)
        elif media_type(content_type) != kind:
            yield _finding(
                "basics.other_format",
                "warning",
                f"Accept: {kind}",
                "mime-type",
                kind,
                content_type,
            )


def missing_is_told(given: Given) -> Script:
    """What is not there is 404, with an OperationOutcome, where what is there is given."""
    if not given.get("reads") and not (yield from reads_patient()):
        yield depends_on("BAS-02")
        return
    answer = yield get(f"Patient/no-{given['run']}")
    if answer.status != 404:
        yield _finding("basics.not_404", "error", "status", "read", "404", answer_text(answer))
    yield from _outcome_told(answer)


def wrong_is_refused(given: Given) -> Script:
    """What is no JSON, and what is no resource of that type, is refused with a 4xx and an
    OperationOutcome.

    A server that takes no right patient either has not refused the wrong one.
    """
    takes = given.get("creates")
    if takes == "no":
        yield depends_on("BAS-02")
        return
    for body in (b'{"resourceType": "Patient"', write_json({"resourceType": "Observation"})):
        answer = yield Request(
            "POST", "Patient", {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON}, body
        )
        if not 400 <= answer.status < 500:
            yield _finding(
                "basics.not_refused", "error", "status", "create", "4xx", answer_text(answer)
            )
        yield from _outcome_told(answer)
        right = post("Patient", _patient(given, "right"))
        created = yield from only_fault(answer, right, after="" if takes else "BAS-02")
        if created is not None and created.status in TAKEN:
            yield Request("DELETE", _place(created), {"Accept": FHIR_JSON})


def stale_update_is_refused(given: Given) -> Script:
    """An update of a version that is no longer the newest is refused (If-Match), where versions are
    kept.
    """
    created = yield post("Patient", _patient(given, "stale"))
    place = _place(created)
    if not (yield from _created(created)):
        return
    resource = {**_patient(given, "stale"), "id": place.rpartition("/")[2]}
    first = yield get(place)
    old = member(member(first.json, "meta"), "versionId")
    if old is None:
        yield nothing_there()  # a server may keep no versions (CapabilityStatement no-version)
    else:
        yield _put(place, {**resource, "gender": "female"})
        answer = yield _put(place, resource, if_match=f'W/"{old}"')
        # 412 is due since STU3, and DSTU2 said 409
        if answer.status not in (409, 412):
            yield _finding(
                "basics.stale_taken",
                "warning",
                "If-Match",
                "concurrency",
                "412",
                str(answer.status),
            )
    yield Request("DELETE", place, {"Accept": FHIR_JSON})


def _created(answer: Exchange) -> Generator[Finding, Exchange, bool]:
    """Tells whether a patient was created and where; one that was taken in silence is a fault of
    its own.
    """
    if answer.status not in TAKEN or not _place(answer):
        yield _finding(
            "basics.not_created", "error", "status", "create", "201 + Location", answer_text(answer)
        )
        return False
    if answer.status != 201 or not answer.header("location"):
        found = f"{answer.status}, Location: {answer.header('location') or '–'}"
        yield _finding(
            "basics.created_untold", "error", "status, Location", "create", "201 + Location", found
        )
    yield from _reached_by(answer, "Location", answer.header("location"), "create")
    return True


def _reached_by(answer: Exchange, where: str, address: str, clause: str) -> Iterator[Finding]:
    """Tells of an address of another host than the one that was asked: a server behind a proxy
    often gives its own, which nobody outside reaches.
    """
    asked = urlsplit(answer.url)
    if "://" in address and urlsplit(address).netloc.lower() != asked.netloc.lower():
        base = f"{asked.scheme}://{asked.netloc}"
        yield _finding("basics.other_host", "warning", where, clause, base, address)


def _test(number: str, script: Callable[[Given], Script], clause: str) -> Test:
    return Test(
        f"fhir.basics.{getattr(script, '__name__', '')}", number, f"{HTTP}#{clause}", script, "01"
    )


TESTS = (
    _test("BAS-01", capabilities, "capabilities"),
    _test("BAS-02", life_of_a_resource, "create, #read, #update, #delete"),
    _test("BAS-03", found_by_identifier, "search"),
    _test("BAS-04", both_formats, "mime-type"),
    _test("BAS-05", missing_is_told, "read"),
    _test("BAS-06", wrong_is_refused, "create"),
    _test("BAS-07", stale_update_is_refused, "concurrency"),
)
TRACK = Track("fhir.basics", "basics", TESTS)


def _patient(given: Given, word: str) -> Json:
    identifier = [{"system": PATIENTS, "value": _number(given, word)}]
    return {
        "resourceType": "Patient",
        "identifier": identifier,
        "name": [{"family": FAMILY, "given": ["Prueba"]}],
    }


def _number(given: Given, word: str) -> str:
    return f"{given['run']}-{word}"


def _place(created: Exchange) -> str:
    """Returns where something was stored, as type and id, from Location or from what came back."""
    # absolute, relative, or of another host behind a proxy: type and id are always its end
    address = created.header("location").partition("/_history/")[0]
    if address:
        return "/".join(address.rstrip("/").split("/")[-2:])
    id = member(created.json, "id")
    return f"Patient/{id}" if id else ""


def _put(place: str, resource: Json, *, if_match: str = "") -> Request:
    headers = {
        "Accept": FHIR_JSON,
        "Content-Type": FHIR_JSON,
        **({"If-Match": if_match} if if_match else {}),
    }
    return Request("PUT", place, headers, write_json(resource))


def _outcome_told(answer: Exchange) -> Iterator[Finding]:
    if answer.status >= 400 and member(answer.json, "resourceType") != "OperationOutcome":
        yield _finding(
            "basics.no_outcome",
            "warning",
            "body",
            "Status-Codes",
            "OperationOutcome",
            answer_text(answer),
        )


def _finding(
    key: str, severity: Severity, where: str, clause: str, expected: str = "", found: str = ""
) -> Finding:
    return finding_at(key, severity, where, f"{HTTP}#{clause}", expected=expected, found=found)

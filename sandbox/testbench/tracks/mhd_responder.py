"""Document Responder (MHD, ITI-66 to ITI-68): what it finds, how it says so, and whether its documents can be fetched.

The first test publishes what the others look for; its searches are rows of `mhd_responder.toml`.
"""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.submissions.submission import PROFILES, URI
from sandbox.testbench.reading import resources_of
from sandbox.testbench.script import FHIR_JSON, Given, Query, Request, Script, Test, Track, get, post, said
from sandbox.testbench.submissions import (
    FORMATS,
    LIST,
    PATIENTS,
    REFERENCE,
    a_submission,
    changed,
    coded,
    patient_token,
    unique_id,
)

XML = "application/fhir+xml"
SNOMED, LOINC = "http://snomed.info/sct", "http://loinc.org"
CONFIDENTIALITY = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
CODE_OF = {"List": {"code": "submissionset"}, "DocumentReference": {}}
Asking = Generator[Request | Finding, Exchange, Any]


@dataclass(frozen=True, slots=True)
class Metadata:
    """In what the published documents differ."""

    month: str
    name: tuple[str, str]
    type: str
    category: str
    event: str
    facility: str
    setting: str
    format: tuple[str, str]
    label: str


PUBLISHED = {
    "A": Metadata("2026-01", ("Amparo", "Araucaria"), "34133-9", "11369-6", "33879002", "35971002", "408443003",
                  (URI, "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"), "N"),
    "B": Metadata("2026-03", ("Benito", "Boldo"), "11488-4", "47039-3", "371883000", "22232009", "394802001",
                  (FORMATS, "urn:ihe:iti:xds-sd:text:2008"), "R"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Search:
    """A row of the table of searches."""

    number: str
    name: str
    type: str
    finds: list[str]
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    level: Severity = "error"
    prefer: str = ""


SEARCHES = [
    Search(**row) for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["search"]
]


def published(given: Given) -> Script:
    """The documents that the other tests look for are published (ITI-65); a server that takes none cannot be asked."""
    for word, metadata in PUBLISHED.items():
        answer = yield post("", _described(given, word, metadata))
        if answer.status != 200:
            yield _finding("not_published", "error", "status", "ITI TF-2 3.65", found=said(answer))
            return {}
    return {"published": "A B"}


def lists_of_patient(given: Given) -> Script:
    """The patient's submission sets are found, counted and addressed (RSP-01)."""
    answer = yield _asked(given, "List")
    yield from _found_exactly(given, answer, "List", ["A", "B"], "error")
    if answer.status == 200:
        yield from _well_formed(answer)


def same_by_post(given: Given) -> Script:
    """POST _search finds what GET finds (RSP-04)."""
    for type in CODE_OF:
        asked = _asked(given, type)
        by_get = yield asked
        yield from _found_exactly(given, by_get, type, ["A", "B"], "error")
        place, _, query = asked.url.partition("?")
        kind = "application/x-www-form-urlencoded"
        headers = {"Accept": FHIR_JSON, "Content-Type": kind}
        by_post = yield Request("POST", f"{place}/_search", headers, query.encode())
        one, other = (sorted(_ids(answer)) for answer in (by_get, by_post))
        if by_post.status != 200 or one != other:
            found = said(by_post) if by_post.status != 200 else ", ".join(other)
            yield _finding("other_by_post", "error", f"{type}/_search", expected=", ".join(one), found=found)


def both_formats(given: Given) -> Script:
    """JSON and XML are given, whether asked for by header or by _format (RSP-05)."""
    asked = _asked(given, "DocumentReference")
    wishes = [
        ({"Accept": XML}, "", "xml"), ({"Accept": FHIR_JSON}, "", "json"),
        ({"Accept": "*/*"}, "xml", "xml"), ({"Accept": "*/*"}, "json", "json"), ({"Accept": "*/*"}, XML, "xml"),
    ]  # fmt: skip
    for headers, word, wanted in wishes:
        query = f"&{urlencode({'_format': word})}" if word else ""
        answer = yield Request("GET", asked.url + query, headers)
        kind = answer.header("content-type")
        if answer.status != 200 or wanted not in kind:
            wish = f"_format={word}" if word else f"Accept: {headers['Accept']}"
            found = kind if answer.status == 200 else said(answer)
            yield _finding("other_format", "error", wish, "ITI TF-2 Appendix Z.6", expected=wanted, found=found)


def no_match(given: Given) -> Script:
    """A patient whom nobody knows gives an empty answer, not an error (RSP-06)."""
    for type, code in CODE_OF.items():
        query = {"patient.identifier": f"{PATIENTS}|nobody-{given['run']}", "status": "current", **code}
        answer = yield get(type, query)
        if answer.status in (401, 403, 404):
            yield _finding("refuses_unknown", "information", type, found=said(answer))
        elif answer.status != 200:
            yield _finding("no_search", "error", type, found=said(answer))
        elif resources_of(answer, type):
            yield _finding("finds_others", "error", type, found=str(len(resources_of(answer, type))))


def superseded(given: Given) -> Script:
    """A search for superseded documents does not give the current ones (RSP-16)."""
    answer = yield _asked(given, "DocumentReference", status="superseded")
    yield from _found_exactly(given, answer, "DocumentReference", [], "error")


def finds(given: Given, *, search: Search) -> Script:
    """A search by one more parameter finds what it must, and nothing beside it."""
    names = {word: unique_id(given, word) for word in PUBLISHED}
    query = {name: value.format(**names) if isinstance(value, str) else value for name, value in search.query.items()}
    request = _asked(given, search.type, query)
    if search.prefer:
        request = replace(request, headers={**request.headers, "Prefer": search.prefer})
    answer = yield request
    yield from _found_exactly(given, answer, search.type, search.finds, search.level)


def addresses(given: Given) -> Script:
    """Each attachment has a whole address (RSP-18)."""
    answer = yield _asked(given, "DocumentReference")
    yield from _found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference"):
        attachment = _attachment(resource)
        url = str(attachment.get("url", ""))
        if not url.startswith(("http://", "https://")):
            where = f"DocumentReference/{resource.get('id')} content.attachment.url"
            yield _finding("no_address", "error", where, "MHD 3:4.67.4.2.2.1", found=url or "–")


def retrieved(given: Given) -> Script:
    """The document can be fetched, in its content type, with the stated hash and size (RSP-19)."""
    answer = yield _asked(given, "DocumentReference")
    yield from _found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference"):
        attachment = _attachment(resource)
        url, kind = (str(attachment.get(name, "")) for name in ("url", "contentType"))
        document = yield Request("GET", url, {"Accept": kind or "*/*"})
        yield from _as_stated(document, attachment, kind)


def errors_of_retrieval(given: Given) -> Script:
    """A document that is not there is 404, and a form that cannot be given is 406 (RSP-21)."""
    answer = yield _asked(given, "DocumentReference")
    yield from _found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference")[:1]:
        url = str(_attachment(resource).get("url", ""))
        missing = yield Request("GET", urljoin(url, f"no-such-{given['run']}"[:60]), {"Accept": "*/*"})
        if missing.status not in (404, 410):
            yield _finding("not_missing", "error", url, "MHD 3:4.68.4.2.2", expected="404", found=str(missing.status))
        odd = yield Request("GET", url, {"Accept": "image/x-nothing"})
        if odd.status != 406:
            yield _finding("not_406", "warning", url, "MHD 3:4.68.4.2.2", expected="406", found=str(odd.status))


def capabilities(given: Given) -> Script:
    """The capabilities list the searches of List and DocumentReference (RSP-23)."""
    answer = yield get("metadata")
    rest = next(iter(as_list(member(answer.json, "rest"))), None)
    for type in CODE_OF:
        listed = next((one for one in as_list(member(rest, "resource")) if member(one, "type") == type), None)
        codes = {member(one, "code") for one in as_list(member(listed, "interaction"))}
        if "search-type" not in codes:
            where = f"CapabilityStatement.rest.resource {type}"
            yield _finding("not_listed", "warning", where, "ITI TF-2 Appendix Z.3", expected="search-type")


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    words = name or getattr(script, "__name__", "")
    after = {} if script in (published, capabilities) else {"published": "RSP-00"}
    return Test(f"mhd.responder.{words}", number, clause, script, "03", after=after)


TESTS = (
    _test("RSP-00", published, "ITI TF-2 3.65"),
    _test("RSP-01", lists_of_patient, "MHD 3:4.66.4.1.2.1"),
    _test("RSP-04", same_by_post, "MHD 3:4.66.4.1.2, 3:4.67.4.1.2"),
    _test("RSP-05", both_formats, "ITI TF-2 Appendix Z.6"),
    _test("RSP-06", no_match, "MHD 3:4.66.4.2.2"),
    *(
        _test(one.number, partial(finds, search=one),
              f"MHD 3:4.{'66' if one.type == 'List' else '67'}.4.1.2.1", one.name)
        for one in SEARCHES
    ),
    _test("RSP-16", superseded, "MHD 3:4.67.4.1.2.1"),
    _test("RSP-18", addresses, "MHD 3:4.67.4.2.2.1"),
    _test("RSP-19", retrieved, "MHD 3:4.68.4.2.2"),
    _test("RSP-21", errors_of_retrieval, "MHD 3:4.68.4.2.2"),
    _test("RSP-23", capabilities, "ITI TF-2 Appendix Z.3"),
)  # fmt: skip
TRACK = Track("mhd.responder", "responder", TESTS)


def _described(given: Given, word: str, metadata: Metadata) -> Json:
    """Returns a submission with the metadata by which it is to be found."""
    given_name, family = metadata.name
    who = {"resourceType": "Practitioner", "id": "who", "name": [{"given": [given_name], "family": family}]}
    submission = a_submission(given, word)
    reference = submission["entry"][REFERENCE]["resource"]
    content = reference["content"][0]
    system, code = metadata.format
    described = {
        **reference,
        "contained": [who],
        "type": coded(LOINC, metadata.type),
        "category": [coded(LOINC, metadata.category)],
        "author": [{"reference": "#who"}],
        "securityLabel": [coded(CONFIDENTIALITY, metadata.label)],
        "content": [{
            "attachment": {**content["attachment"], "creation": f"{metadata.month}-10T12:00:00Z"},
            "format": {"system": system, "code": code},
        }],
        "context": {
            "event": [coded(SNOMED, metadata.event)],
            "period": {"start": f"{metadata.month}-05", "end": f"{metadata.month}-25"},
            "facilityType": coded(SNOMED, metadata.facility),
            "practiceSetting": coded(SNOMED, metadata.setting),
        },
    }  # fmt: skip
    listed = submission["entry"][LIST]["resource"]
    source = {"system": URI, "value": f"urn:oid:2.999.1.{list(PUBLISHED).index(word) + 1}"}
    extensions = [
        {"url": f"{PROFILES}ihe-sourceId", "valueIdentifier": source},
        {"url": f"{PROFILES}ihe-designationType", "valueCodeableConcept": coded(LOINC, metadata.category)},
    ]
    listed = {
        **listed, "contained": [who], "extension": extensions, "source": {"reference": "#who"},
        "date": f"{metadata.month}-10T12:00:00Z",
    }  # fmt: skip
    submission = changed(submission, f"entry.{REFERENCE}.resource", described)
    return dict(changed(submission, f"entry.{LIST}.resource", listed))


def _asked(given: Given, type: str, query: Query | None = None, *, status: str = "current") -> Request:
    """Returns a search with what a Consumer must send: patient and status, and for lists the code."""
    common = {"patient.identifier": patient_token(given), "status": status}
    return get(type, {**common, **CODE_OF[type], **(query or {})})


def _found_exactly(given: Given, answer: Exchange, type: str, wanted: list[str], level: Severity) -> Iterator[Finding]:
    clause = "MHD 3:4.66.4.2.2" if type == "List" else "MHD 3:4.67.4.2.2"
    if answer.status != 200 or member(answer.json, "type") != "searchset":
        yield _finding("no_search", level, type, clause, found=said(answer))
        return
    known = {unique_id(given, word if type == "DocumentReference" else f"{word}/set"): word for word in PUBLISHED}
    found = {known[id] for resource in resources_of(answer, type) for id in _values(resource) if id in known}
    for word in wanted:
        if word not in found:
            yield _finding("not_found", level, type, clause, expected=f"{word}", found=", ".join(sorted(found)) or "–")
    extra = sorted(found - set(wanted))
    if extra:
        yield _finding("found_too_much", level, type, clause, expected=", ".join(wanted) or "–", found=", ".join(extra))


def _well_formed(answer: Exchange) -> Iterator[Finding]:
    clause = "MHD 3:4.66.4.2.2 (informative profile of the response)"
    if "total" not in answer.json:
        yield _finding("not_counted", "warning", "Bundle.total", clause)
    for index, entry in enumerate(as_list(answer.json.get("entry"))):
        if not member(entry, "fullUrl"):
            yield _finding("not_addressed", "warning", f"Bundle.entry[{index}].fullUrl", clause)


def _as_stated(document: Exchange, attachment: Json, kind: str) -> Iterator[Finding]:
    clause, url = "MHD 3:4.68.4.2.2", document.url
    if document.status != 200:
        yield _finding("not_retrieved", "error", url, clause, found=said(document))
        return
    told = document.header("content-type").partition(";")[0].strip()
    if told != kind.partition(";")[0].strip():
        yield _finding("other_type", "error", f"{url} Content-Type", clause, expected=kind, found=told)
    digest = base64.b64encode(hashlib.sha1(document.body, usedforsecurity=False).digest()).decode()
    if attachment.get("hash") not in (None, digest):
        yield _finding("other_hash", "error", url, clause, expected=str(attachment["hash"]), found=digest)
    size = attachment.get("size")
    if size is not None and str(size) != str(len(document.body)):
        yield _finding("other_size", "error", url, clause, expected=str(size), found=str(len(document.body)))


def _ids(answer: Exchange) -> list[str]:
    return [str(one.get("id")) for type in CODE_OF for one in resources_of(answer, type)]


def _values(resource: Json) -> list[str]:
    held = [resource.get("masterIdentifier"), *as_list(resource.get("identifier"))]
    return [str(member(one, "value")) for one in held]


def _attachment(resource: Json) -> Json:
    found = member(next(iter(as_list(resource.get("content"))), None), "attachment")
    return found if isinstance(found, dict) else {}


def _finding(
    name: str, severity: Severity, where: str, clause: str = "", *, expected: str = "", found: str = ""
) -> Finding:
    key = f"responder.{name}"
    return Finding(key, severity, key, {}, where=where, expected=expected, found=found, clause=clause)

"""IPS content (IPS 2.0.0): one document, judged part by part.

Inputs: `document` is the document itself as JSON text, or `url` an address to fetch it from, or
`patient` the id of a patient of the system whose `$summary` is asked for; the first that is given
counts.  `ruleset` is the year of an event whose rules count as well.  The findings are those of the
judge; here stands which part each belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sandbox.definitions.rulesets import ruleset
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.findings import Finding
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import document_of, resource_in
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    get,
    nothing_there,
)
from sandbox.validation import validate

WAYS = ("document", "url", "patient")
MOST = 40  # findings of one part that are told
ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]")
# by code, since titles are in the author's language
REQUIRED = ("48765-2", "10160-0", "11450-4")  # allergies, medications, problems
LOINC = "http://loinc.org"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: the findings at resources of these types, or at a place of any, are its
    own.
    """

    number: str
    name: str
    clause: str
    types: tuple[str, ...] = ()
    place: str = ""


# Each finding belongs to the first part that takes it; what none takes is the last one's.
PARTS = (
    Part("IPC-04", "references", "FHIR R4 references.html, bundle.html#references",
         place=r"\.reference$"),
    Part("IPC-05", "sections", "IPS 2.0.0 Composition.section", ("Composition",), r"\.section"),
    Part("IPC-06", "composition", "IPS 2.0.0 Composition-uv-ips", ("Composition",)),
    Part("IPC-07", "patient", "IPS 2.0.0 Patient-uv-ips", ("Patient",)),
    Part("IPC-08", "allergies", "IPS 2.0.0 AllergyIntolerance-uv-ips", ("AllergyIntolerance",)),
    Part("IPC-09", "problems", "IPS 2.0.0 Condition-uv-ips", ("Condition",)),
    Part("IPC-10", "medications",
         "IPS 2.0.0 MedicationStatement-uv-ips, MedicationRequest-uv-ips, Medication-uv-ips",
         ("MedicationStatement", "MedicationRequest", "Medication")),
    Part("IPC-11", "immunizations", "IPS 2.0.0 Immunization-uv-ips", ("Immunization",)),
    Part("IPC-12", "procedures", "IPS 2.0.0 Procedure-uv-ips", ("Procedure",)),
    Part("IPC-13", "results", "IPS 2.0.0 Observation-results-*-uv-ips, DiagnosticReport-uv-ips",
         ("Observation", "DiagnosticReport", "Specimen", "ImagingStudy")),
    Part("IPC-14", "devices", "IPS 2.0.0 DeviceUseStatement-uv-ips, Device-uv-ips",
         ("DeviceUseStatement", "Device")),
    Part("IPC-15", "people", "IPS 2.0.0 Practitioner-uv-ips, Organization-uv-ips",
         ("Practitioner", "PractitionerRole", "Organization", "RelatedPerson")),
    Part("IPC-16", "rest", "IPS 2.0.0 Bundle-uv-ips"),
)  # fmt: skip


def readable(given: Given) -> Script:
    """There is a document: a Bundle of that type whose first entry is a Composition (IPC-01)."""
    document = yield from _document(given)
    if document is None:
        return {}
    first = member(next(iter(as_list(member(document, "entry"))), None), "resource")
    kind = [
        member(document, "resourceType"),
        member(document, "type"),
        member(first, "resourceType"),
    ]
    if kind != ["Bundle", "document", "Composition"]:
        found = " ".join(str(word or "–") for word in kind)
        yield finding_at(
            "ips_content.no_document", "error", "Bundle", "FHIR R4 bundle.html bdl-11", found=found
        )
        return {}
    return {"readable": write_json(document).decode()}


def whose(given: Given) -> Script:
    """One patient is in it, and the Composition is about that patient (IPC-02)."""
    entries = _read(given)["entry"]
    addresses = [str(member(entry, "fullUrl")) for entry in entries if _type(entry) == "Patient"]
    subject = str(member(member(member(entries[0], "resource"), "subject"), "reference") or "–")
    # a second Patient would leave open whose allergies these are
    if len(addresses) != 1:
        count = str(len(addresses))
        yield finding_at(
            "ips_content.patients",
            "error",
            "Bundle.entry",
            "IPS 2.0.0 Bundle.entry:patient",
            expected="1",
            found=count,
        )
    elif addresses[0] != subject and not addresses[0].endswith(f"/{subject}"):
        where = "Composition.subject"
        yield finding_at(
            "ips_content.other_subject",
            "error",
            where,
            f"IPS 2.0.0 {where}",
            expected=addresses[0],
            found=subject,
        )


def required_sections(given: Given) -> Script:
    """The three required sections are there, each with entries, or with a reason why it has none
    (IPC-03).
    """
    composition = member(_read(given)["entry"][0], "resource")
    sections: dict[str, Any] = {}
    for section in as_list(member(composition, "section")):
        for coding in as_list(member(member(section, "code"), "coding")):
            if member(coding, "system") == LOINC:
                sections[str(member(coding, "code"))] = section
    for code in REQUIRED:
        clause = f"IPS 2.0.0 Composition.section {code}"
        if code not in sections:
            yield finding_at(
                "ips_content.no_section",
                "error",
                "Composition.section",
                clause,
                expected=f"{LOINC}|{code}",
            )
        elif not member(sections[code], "entry") and not member(sections[code], "emptyReason"):
            yield finding_at(
                "ips_content.empty_section", "warning", f"Composition.section {code}", clause
            )


def judged(given: Given, *, part: Part) -> Script:
    """What the judge finds about one part of the document, by FHIR R4 and IPS 2.0.0."""
    entries = _read(given)["entry"]
    if part.types and not any(_type(entry) in part.types for entry in entries):
        yield nothing_there()
        return
    findings = [
        finding for finding in _judgement(given["readable"]) if finding.severity != "information"
    ]
    yield from [finding for finding in findings if _part_of(finding, entries) is part][:MOST]


def meets_ruleset(given: Given) -> Script:
    """The document has no error under the rules of an event (IPC-17)."""
    findings = validate(_read(given), ruleset=ruleset(int(given["ruleset"])))
    yield from [finding for finding in findings if finding.severity != "information"][:MOST]


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    after = {} if script is readable else {"readable": "IPC-01"}
    return Test(
        f"ips.content.{words}",
        number,
        clause,
        script,
        "02",
        needs,
        after,
        one_of=WAYS if script is readable else (),
    )


TESTS = (
    _test("IPC-01", readable, "FHIR R4 bundle.html#document"),
    _test("IPC-02", whose, "IPS 2.0.0 Composition.subject"),
    _test("IPC-03", required_sections, "IPS 2.0.0 Composition.section"),
    *(_test(part.number, partial(judged, part=part), part.clause, part.name) for part in PARTS),
    _test("IPC-17", meets_ruleset, "LACPASS guides v0.1 (2023), v0.2 (2026)", needs=("ruleset",)),
)
TRACK = Track(
    "ips.content",
    "ips_content",
    TESTS,
    actor="content-creator",
    inputs={"document": Input("document"), "url": Input("address")},
)


def _document(given: Given) -> Generator[Request | Finding, Exchange, Any]:
    """Returns the document, given or fetched; None, with a finding, where it cannot be had or
    read.
    """
    if given.get("document"):
        document = resource_in(given["document"].encode())
        if document is None:
            yield finding_at(
                "ips_content.not_read",
                "error",
                "document",
                "FHIR R4 json.html",
                found=given["document"][:40],
            )
        return document
    if given.get("url"):
        answer = yield Request("GET", given["url"], {"Accept": FHIR_JSON})
    else:
        answer = yield get(f"Patient/{given['patient']}/$summary")
    # a document that stands in a Binary may come in its wrapper (FHIR R4 binary.html#rest)
    document = (document_of(answer) or resource_in(answer.body)) if answer.status == 200 else None
    if document is None:
        yield finding_at(
            "ips_content.not_fetched",
            "error",
            answer.url,
            "FHIR R4 http.html#read",
            found=answer_text(answer),
        )
    return document


def _read(given: Given) -> Json:
    """Returns the document that the first test has read."""
    return dict(parse_json(given["readable"].encode()))


@lru_cache(maxsize=4)
def _judgement(document: str) -> tuple[Finding, ...]:
    """Returns what the judge finds, once for all parts of the same document."""
    folded = validate(parse_json(document.encode()), profiles=["ips"])
    # places of one folded finding may belong to different parts
    return tuple(folded_finding for finding in folded for folded_finding in finding.each())


def _part_of(finding: Finding, entries: list[Any]) -> Part:
    """Returns the part that a finding belongs to."""
    # of what is missing, its name stands apart
    place = f"{finding.where}.{finding.params.get('name', '')}".rstrip(".")
    number = ENTRY.match(finding.where)
    type = _type(entries[int(number[1])]) if number and int(number[1]) < len(entries) else ""
    for part in PARTS[:-1]:
        if (not part.types or type in part.types) and (
            not part.place or re.search(part.place, place)
        ):
            return part
    return PARTS[-1]


def _type(entry: Any) -> str:
    return str(member(member(entry, "resource"), "resourceType") or "")

"""Patient Demographics Consumer (PDQm 3.2.0, ITI-78 and ITI-119): the questions for patients that
the system sent to its inbox, and what it made of the answers.

What is asked for domains of identifiers alone is not judged: a search by `identifier=domain|` may
mean that, or all who have an identifier there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from sandbox.errors import InvalidContent
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.findings import Finding
from sandbox.testbench.awkward import REMARK
from sandbox.testbench.inbox import Alteration, Field, Proof
from sandbox.testbench.inputs import Input
from sandbox.testbench.queries import encoding_findings, format_findings
from sandbox.testbench.reading import parameters_of, place_of, resource_in, unread
from sandbox.testbench.script import Capture, Given, Script, Test, Track, finding_at, nothing_there

SEARCH = Capture("GET|POST", "Patient(/_search)?", "ITI-78", "GET /Patient?family=…&birthdate=…")
READ = Capture("GET", r"Patient/[^/$_]+", "ITI-78", "GET /Patient/…")
READ_IF_ANY = Capture(READ.method, READ.place, READ.transaction, READ.example, otherwise=SEARCH)
MATCH = Capture("POST", r"Patient/\$match", "ITI-119", "POST /Patient/$match")
PROOF = Capture("GET", r"\$proof", "View", "GET /$proof?patients=…")
VIEW = Proof(
    (Field("patients", "demographics.patients", "number"),),
    introduction="demographics.view",
    input="view",
)
# PDQm 2:3.78.4.1.2.1, beside the parameters that FHIR has for every type
ASKED = frozenset(
    {
        "_id",
        "active",
        "address",
        "address-city",
        "address-country",
        "address-postalcode",
        "address-state",
        "birthdate",
        "family",
        "gender",
        "given",
        "identifier",
        "mothersMaidenName",
        "telecom",
    }
)
# FHIR R4 patient.html#search, beyond PDQm
OF_FHIR = frozenset(
    {
        "address-use",
        "death-date",
        "deceased",
        "email",
        "general-practitioner",
        "language",
        "link",
        "name",
        "organization",
        "phone",
        "phonetic",
    }
)
# Of a Patient, what tells one from others: FHIR R4 asks for no element of it in $match.
TELLING = ("identifier", "name", "birthDate", "telecom", "address")
# of which values are looked at
WRITTEN = ("gender", "birthdate", "identifier")
GENDERS = frozenset({"male", "female", "other", "unknown"})
OR = re.compile(r"(?<!\\),")  # FHIR R4 search.html#escaping
DATE = re.compile(
    r"(?:eq|ne|gt|lt|ge|le|sa|eb|ap)?\d{4}(?:-(?:0[1-9]|1[0-2])(?:-(?:0[1-9]|[12]\d|3[01])(?:T.+)?)?)?\Z"
)
BARE_OID = re.compile(r"[0-2](?:\.\d+)+\Z")
AT = "PDQm 2:3.78.4.1.2"
AT_MATCH = "PDQm 2:3.119.4.1.2; FHIR R4 patient-operation-match.html"


def asks_for_somebody(given: Given) -> Script:
    """A search says who is meant, in parameters that a Supplier knows (PDC-01)."""
    sent = yield SEARCH
    # what follows is a modifier, or the parameter of another resource in a chain
    names = [re.split(r"[:.]", name)[0] for name, _ in parameters_of(sent)]
    known = [name for name in names if name in ASKED or name in OF_FHIR]
    if not known:
        # all parameters are optional in PDQm: to ask for everybody is careless, not forbidden
        expected = "family=…&birthdate=…"
        yield finding_at(
            "demographics.nobody_asked", "warning", "query", f"{AT}.1", expected=expected
        )
    for name in names:
        # what begins so is of FHIR for every type, such as _count and _lastUpdated
        if name not in ASKED and name not in OF_FHIR and not name.startswith("_"):
            yield finding_at(
                "demographics.unknown_parameter",
                "warning",
                name,
                f"{AT}.1; FHIR R4 search.html#errors",
                found=name,
            )


def values_are_right(given: Given) -> Script:
    """Genders, dates and identifiers of a search are written as FHIR has them (PDC-02)."""
    sent = yield SEARCH
    asked = [(*name.partition(":"), text) for name, text in parameters_of(sent)]
    values = [
        (name, value)
        for name, _, modifier, text in asked
        if name in WRITTEN and modifier != "missing"
        for value in OR.split(text)
    ]
    if not values:
        yield nothing_there()
    for name, value in values:
        yield from _value_findings(name, value)


def percent_encoded(given: Given) -> Script:
    """Reserved characters in the query are percent-encoded (PDC-03)."""
    sent = yield SEARCH
    yield from encoding_findings(sent, AT)


def format_stated(given: Given) -> Script:
    """The client says which format it expects (PDC-04)."""
    sent = yield SEARCH
    yield from format_findings(sent)


def reads_whom_it_found(given: Given) -> Script:
    """What is read is a patient whom the search found, by the id that it gave (PDC-05)."""
    search = yield SEARCH
    sent = yield READ_IF_ANY
    place = place_of(sent).partition("?")[0]
    if not READ.has_place(place):  # who shows what the search gave need not read
        yield nothing_there()
        return
    id = place.rpartition("/")[2]
    found = _ids_of(search)
    if id not in found:
        # not the newest search: who has read a patient may look for the next one
        found = _ids_of((yield replace(SEARCH, names=place, otherwise=SEARCH))) or found
    if id not in found:
        expected = " | ".join(found[:5]) or "–"
        yield finding_at(
            "demographics.other_patient",
            "error",
            id,
            "PDQm 2:3.78.4.3",
            expected=expected,
            found=id,
        )
    elif sent.status != 200:
        yield finding_at(
            "demographics.not_read", "error", id, "PDQm 2:3.78.4.4", found=str(sent.status)
        )


def shows_whom_it_found(given: Given) -> Script:
    """Whoever sits before the Consumer tells how many patients it shows (PDC-06)."""
    proof = yield PROOF
    search = yield SEARCH
    yield from _count_findings(proof, search)


def tolerates(given: Given) -> Script:
    """An answer with a remark of the server and extensions that nobody knows is shown like any
    other (PDC-07).
    """
    proof = yield PROOF
    search = yield SEARCH
    if not _is_untidy(search.json):
        yield nothing_there()
        return
    yield from _count_findings(proof, search)


def matches(given: Given) -> Script:
    """`$match` is asked with a Patient who can be told from others (PDC-08)."""
    sent = yield MATCH
    broken = unread(sent.request_body)
    if broken is not None:
        yield broken
        return
    asked = resource_in(sent.request_body)
    if member(asked, "resourceType") != "Parameters":
        yield finding_at(
            "demographics.no_parameters", "error", "body", AT_MATCH, expected="Parameters"
        )
        return
    given_names = [(member(row, "name"), row) for row in as_list(member(asked, "parameter"))]
    patients = [member(row, "resource") for name, row in given_names if name == "resource"]
    if len(patients) != 1 or member(patients[0], "resourceType") != "Patient":
        yield finding_at(
            "demographics.no_patient", "error", "resource", AT_MATCH, expected="1 Patient"
        )
    elif not any(member(patients[0], name) for name in TELLING):
        expected = " | ".join(TELLING)
        yield finding_at(
            "demographics.nothing_to_match", "error", "resource", AT_MATCH, expected=expected
        )
    for name, row in given_names:
        kind = {"onlyCertainMatches": "valueBoolean", "count": "valueInteger"}.get(str(name))
        if kind and member(row, kind) is None:
            yield finding_at("demographics.other_kind", "error", str(name), AT_MATCH, expected=kind)


def untidily(body: bytes) -> bytes:
    """Returns a searchset in JSON with a remark of the server at its front, and an extension of
    nobody's in each patient; anything else as it is.

    FHIR allows both, and a Consumer passes them over (PDQm 2:3.78.4.2.3; FHIR R4
    extensibility.html).
    """
    try:
        bundle = parse_json(body)
    except InvalidContent:
        return body
    if not isinstance(bundle, dict) or bundle.get("type") != "searchset":
        return body
    entries = [_extended(entry) for entry in as_list(bundle.get("entry"))]
    return write_json(
        {**bundle, "entry": [{"resource": REMARK, "search": {"mode": "outcome"}}, *entries]}
    )


UNKNOWN = {"url": "https://example.org/fhir/StructureDefinition/seat", "valueString": "12A"}


def _extended(entry: Json) -> Json:
    patient = entry.get("resource")
    if member(patient, "resourceType") != "Patient" or not isinstance(patient, dict):
        return entry
    extensions = [*as_list(patient.get("extension")), UNKNOWN]
    return {**entry, "resource": {**patient, "extension": extensions}}


def _is_untidy(bundle: object) -> bool:
    return any(
        member(member(entry, "search"), "mode") == "outcome"
        for entry in as_list(member(bundle, "entry"))
    )


def _patients(search: Exchange) -> list[Json]:
    """Returns whom an answer holds as matches, in JSON or XML."""
    entries = as_list(member(resource_in(search.body), "entry"))
    resources = [member(entry, "resource") for entry in entries]
    return [
        resource
        for resource in resources
        if isinstance(resource, dict) and resource.get("resourceType") == "Patient"
    ]


def _ids_of(search: Exchange) -> list[str]:
    return [str(member(patient, "id")) for patient in _patients(search)]


def _count_findings(proof: Exchange, search: Exchange) -> Iterator[Finding]:
    """Yields an error where another number of patients is shown than there are."""
    bundle = resource_in(search.body)
    total = member(bundle, "total")
    relations = {member(link, "relation") for link in as_list(member(bundle, "link"))}
    is_counted = total is not None or "next" not in relations
    if member(bundle, "type") != "searchset" or not is_counted:
        yield nothing_there()
        return
    # the total counts matches, on however many pages they are (FHIR R4 bundle.html)
    wanted = str(len(_patients(search)) if total is None else total)
    shown = dict(parse_qsl(urlsplit(proof.url).query)).get("patients", "").strip()
    if shown != wanted:
        yield finding_at(
            "demographics.other_count",
            "error",
            "patients",
            "PDQm 2:3.78.4.2.3",
            expected=wanted,
            found=shown,
        )


def _value_findings(name: str, value: str) -> Iterator[Finding]:
    """Yields what is wrong with one value of a search."""
    if name == "gender" and value.rpartition("|")[2] not in GENDERS:
        expected = " | ".join(sorted(GENDERS))
        yield finding_at(
            "demographics.other_gender", "error", name, f"{AT}.1", expected=expected, found=value
        )
    if name == "birthdate" and not DATE.match(value):
        clause = "FHIR R4 search.html#date"
        yield finding_at(
            "demographics.no_date", "error", name, clause, expected="1981-03-01", found=value
        )
    if name == "identifier":
        system, bar, _ = value.partition("|")
        if BARE_OID.match(system) and bar:
            expected = f"urn:oid:{system}|…"
            clause = "FHIR R4 datatypes.html#Identifier"
            yield finding_at(
                "demographics.bare_oid", "error", name, clause, expected=expected, found=value
            )
        elif not bar:
            clause = f"{AT}.1; FHIR R4 search.html#token"
            yield finding_at(
                "demographics.no_system", "warning", name, clause, expected="system|value"
            )


def _test(number: str, script: Callable[[Given], Script], clause: str, *needs: str) -> Test:
    return Test(
        f"pdqm.consumer.{getattr(script, '__name__', '')}", number, clause, script, "13", needs
    )


TESTS = (
    _test("PDC-01", asks_for_somebody, f"{AT}.1"),
    _test("PDC-02", values_are_right, f"{AT}.1"),
    _test("PDC-03", percent_encoded, AT),
    _test("PDC-04", format_stated, "ITI TF-2 Appendix Z.6"),
    _test("PDC-05", reads_whom_it_found, "PDQm 2:3.78.4.3"),
    _test("PDC-06", shows_whom_it_found, "PDQm 2:3.78.4.2.3", "view"),
    _test("PDC-07", tolerates, "PDQm 2:3.78.4.2.3", "awkward", "view"),
    _test("PDC-08", matches, AT_MATCH, "match"),
)
TRACK = Track(
    "pdqm.consumer",
    "demographics",
    TESTS,
    actor="patient-demographics-consumer",
    awaits=(SEARCH, READ, MATCH, PROOF),
    inputs={"awkward": Input("yes"), "view": Input("yes"), "match": Input("yes")},
    proofs=(VIEW,),
    alterations=(Alteration(SEARCH.place, "awkward", untidily),),
)

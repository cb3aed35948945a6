"""IPS server (IPS 2.0.0, operation `$summary`): a patient's summary by id and by identifier, judged
by the profile.

Inputs: `patient` is the id of a patient of the system, `identifier` one of her identifiers as
`system|value`, `ruleset` the year of an event whose rules count as well.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import partial
from typing import Any

from sandbox.definitions.rulesets import ruleset
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.inputs import Input
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import resources_of
from sandbox.testbench.script import (
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
)
from sandbox.testbench.tracks.ips_facts import FACTS, comparable, contradictions, known_of, lacking
from sandbox.testbench.tracks.ips_server_known import COMPARED, kept, loaded
from sandbox.validation import validate

CLAUSE = "IPS 2.0.0 OperationDefinition-summary"
FACTS_CLAUSE = "IPS 2.0.0 Composition.section"
MOST = 40  # findings of one document that are told


def summary_by_id(given: Given) -> Script:
    """`Patient/{id}/$summary` answers with a document whose Composition stands first."""
    answer = yield _by_id(given)
    if not _is_document(answer):
        found = answer_text(answer) if answer.status != 200 else _kind(answer)
        yield finding_at(
            "ips_server.no_document",
            "error",
            "Bundle",
            CLAUSE,
            expected="Bundle document",
            found=found,
        )


def summary_by_identifier(given: Given) -> Script:
    """`Patient/$summary?identifier=` finds the same patient, and not by her number alone."""
    # the form for those who know no logical id; IPS 2.0.0 defines it on the type
    answer = yield get("Patient/$summary", {"identifier": given["identifier"]})
    if not _is_document(answer):
        found = answer_text(answer) if answer.status != 200 else _kind(answer)
        yield finding_at(
            "ips_server.no_document",
            "error",
            "Bundle",
            CLAUSE,
            expected="Bundle document",
            found=found,
        )
    elif given["identifier"] not in _identifiers(answer):
        found = ", ".join(_identifiers(answer)) or "–"
        wanted = given["identifier"]
        yield finding_at(
            "ips_server.other_patient",
            "error",
            "Patient.identifier",
            CLAUSE,
            expected=wanted,
            found=found,
        )
    else:
        yield from _another_domain(given)


def _another_domain(given: Given) -> Script:
    """Asks for the same number in a domain that nobody has (FHIR R4 search.html#token)."""
    system, _, value = given["identifier"].partition("|")
    stranger = f"{system}.404|{value}"
    answer = yield get("Patient/$summary", {"identifier": stranger})
    if _is_document(answer) and stranger not in _identifiers(answer):
        found = ", ".join(_identifiers(answer)) or "–"
        yield finding_at(
            "ips_server.other_patient",
            "error",
            "Patient.identifier",
            CLAUSE,
            expected=stranger,
            found=found,
        )


def own_patient(given: Given) -> Script:
    """The document is about the patient that was asked for."""
    known = yield get(f"Patient/{given['patient']}")
    answer = yield _by_id(given)
    if not _is_document(answer):
        yield depends_on("IPS-01")
        return
    # a document has ids of its own, often urn:uuid: only identifiers tell whether it is the same
    # person
    wanted = [token for token in map(_token, as_list(member(known.json, "identifier"))) if token]
    if wanted and not set(wanted) & set(_identifiers(answer)):
        found = ", ".join(_identifiers(answer)) or "–"
        yield finding_at(
            "ips_server.other_patient",
            "error",
            "Patient.identifier",
            CLAUSE,
            expected=", ".join(wanted),
            found=found,
        )
    if not wanted and not comparable(known.json, _patient(answer)):
        yield nothing_there()
    for name, expected, found in contradictions(known.json, _patient(answer)):
        where = f"Patient.{name}"
        yield finding_at(
            "ips_server.other_data", "error", where, CLAUSE, expected=expected, found=found
        )


def known_facts(given: Given) -> Script:
    """The document tells the allergies, problems and medications that the system itself knows."""
    answer = yield _by_id(given)
    if not _is_document(answer):
        yield depends_on("IPS-01")
        return
    document = _resources(answer)
    known = 0
    for facts in FACTS:
        # a server without that search has said nothing that could be compared
        search = yield from whole_search(get(facts.type, {"patient": given["patient"]}))
        record = known_of(facts, resources_of(search, facts.type))
        known += len(record)
        words, is_all = lacking(facts, record, document)
        if words:
            # a summary may choose; one that chooses none of them denies what is known
            severity: Severity = "error" if is_all else "warning"
            found = ", ".join(words)
            yield finding_at(
                "ips_server.facts_lacking", severity, facts.type, FACTS_CLAUSE, found=found
            )
    if not known:
        yield nothing_there()


def meets_profile(given: Given) -> Script:
    """The document has no error under FHIR R4 and IPS 2.0.0."""
    answer = yield _by_id(given)
    if not _is_document(answer):
        yield depends_on("IPS-01")
        return
    yield from _told(validate(answer.json, profiles=["ips"]))


def meets_ruleset(given: Given) -> Script:
    """The document has no error under the rules of an event."""
    answer = yield _by_id(given)
    if not _is_document(answer):
        yield depends_on("IPS-01")
        return
    yield from _told(validate(answer.json, ruleset=ruleset(int(given["ruleset"]))))


def unknown_patient(given: Given) -> Script:
    """A patient who is not there is 404, with an OperationOutcome, from a server that summarizes
    those who are.
    """
    # a server that knows no $summary answers 404 to every patient, and would pass
    if not _is_document((yield _by_id(given))):
        yield depends_on("IPS-01")
        return
    answer = yield get(f"Patient/no-{given['run']}/$summary")
    if answer.status not in (404, 410):
        clause = "FHIR R4 http.html#read"
        yield finding_at(
            "ips_server.unknown_patient",
            "error",
            "status",
            clause,
            expected="404",
            found=answer_text(answer),
        )
    elif member(answer.json, "resourceType") != "OperationOutcome":
        yield finding_at(
            "ips_server.no_outcome",
            "warning",
            "body",
            "FHIR R4 http.html#Status-Codes",
            expected="OperationOutcome",
        )


def _test(number: str, script: Callable[[Given], Script], clause: str, *needs: str) -> Test:
    name = f"ips.server.{getattr(script, '__name__', '')}"
    takes = ("known",) if script is loaded else ()
    return Test(name, number, clause, script, "02", needs, takes=takes)


def _kept(number: str, name: str, type: str) -> Test:
    return Test(
        f"ips.server.{name}",
        number,
        COMPARED[type],
        partial(kept, type=type),
        "02",
        after={"known_patient": "IPS-08"},
        takes=("known",),
    )


TESTS = (
    _test("IPS-01", summary_by_id, CLAUSE, "patient"),
    _test("IPS-02", summary_by_identifier, CLAUSE, "identifier"),
    _test("IPS-03", own_patient, "IPS 2.0.0 Composition.subject", "patient"),
    _test("IPS-04", meets_profile, "IPS 2.0.0 Bundle-uv-ips", "patient"),
    _test("IPS-05", meets_ruleset, "LACPASS guides v0.1 (2023), v0.2 (2026)", "patient", "ruleset"),
    _test("IPS-06", unknown_patient, "FHIR R4 http.html#read", "patient"),
    _test("IPS-07", known_facts, FACTS_CLAUSE, "patient"),
    _test("IPS-08", loaded, "FHIR R4 http.html#transaction"),
    _kept("IPS-09", "keeps_identity", "Patient"),
    _kept("IPS-10", "keeps_allergies", "AllergyIntolerance"),
    _kept("IPS-11", "keeps_medications", "MedicationStatement"),
    _kept("IPS-12", "keeps_problems", "Condition"),
    _kept("IPS-13", "keeps_immunizations", "Immunization"),
)
TRACK = Track(
    "ips.server",
    "ips_server",
    TESTS,
    actor="content-creator",
    inputs={"identifier": Input("token")},
)


def _told(findings: list[Finding]) -> Generator[Finding, Any, None]:
    yield from [finding for finding in findings if finding.severity != "information"][:MOST]


def _by_id(given: Given) -> Request:
    return get(f"Patient/{given['patient']}/$summary")


def _is_document(answer: Exchange) -> bool:
    first = member(next(iter(as_list(member(answer.json, "entry"))), None), "resource")
    is_bundle = answer.status == 200 and member(answer.json, "resourceType") == "Bundle"
    return (
        is_bundle
        and member(answer.json, "type") == "document"
        and member(first, "resourceType") == "Composition"
    )


def _kind(answer: Exchange) -> str:
    first = member(next(iter(as_list(member(answer.json, "entry"))), None), "resource")
    words = (
        member(answer.json, "resourceType"),
        member(answer.json, "type"),
        member(first, "resourceType"),
    )
    return " ".join(str(word or "–") for word in words)


def _resources(answer: Exchange) -> list[Json]:
    resources = [member(entry, "resource") for entry in as_list(member(answer.json, "entry"))]
    return [resource for resource in resources if isinstance(resource, dict)]


def _patients(answer: Exchange) -> list[Json]:
    return [
        resource for resource in _resources(answer) if resource.get("resourceType") == "Patient"
    ]


def _patient(answer: Exchange) -> Json:
    """Returns the patient of a document; empty where it has none or several."""
    patients = _patients(answer)
    return patients[0] if len(patients) == 1 else {}


def _identifiers(answer: Exchange) -> list[str]:
    """Returns the identifiers of the patients in a document, as `system|value`."""
    return [
        token
        for patient in _patients(answer)
        for token in map(_token, as_list(patient.get("identifier")))
        if token
    ]


def _token(identifier: Any) -> str:
    system = member(identifier, "system")
    value = member(identifier, "value")
    return f"{system}|{value}" if system and value else ""

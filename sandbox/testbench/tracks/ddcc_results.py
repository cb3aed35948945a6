"""DDCC Generation Service, test results (DDCC:TR in WHO DDCC 1.0.0, whose claim 4 of HCERT is a
proposal): a certificate of what a test found, from the answers to WHO's questionnaire.

Inputs as for vaccinations: `trustlist`, with whose keys the codes must verify; `edition` earlier
for systems that know the canonicals of the guide's earlier build alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding
from sandbox.testbench.health_events import (
    DETECTED,
    edition_of,
    parameters,
    result_of,
    result_response_of,
)
from sandbox.testbench.reading import resource_in
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
    post,
)
from sandbox.testbench.tracks.ddcc_generation import (
    GENERATE,
    SIGNED,
    code_signed,
    document_signed,
    has_code,
)
from sandbox.testbench.tracks.ddcc_generation_checks import (
    QR,
    document_in,
    first_of,
    names_of,
    no_document,
    of_type,
    refused,
)
from sandbox.testbench.tracks.hcert_content import trust_list

CLAUSE = "DDCC 1.0.0 generateHealthCertificate"
DOCUMENT = "DDCC 1.0.0 DDCCTRDocument"
COMPOSITION = "DDCC 1.0.0 DDCCTRComposition"
CODE = "DDCC 1.0.0 DDCCCoreDataSetTR"
SECTION = "30954-2"
# of a document, each once (DDCC 1.0.0 DDCCTRDocument)
EVENT = ("Observation", "Device", "DiagnosticReport", "Procedure")
PARTS = ("Composition", "Patient", "Organization", *EVENT)
# What the questionnaire leaves to whoever answers, and where a template would show.
LEFT_OUT = ("identifier", "brand", "origin", "centre", "valid_until")


def generates(given: Given) -> Script:
    """The answers about a test become a document (DDT-01)."""
    answer = yield _asking(result_of(given, "DDT-01"), given)
    document = document_in(answer)
    if answer.status not in (200, 201) or document is None:
        yield no_document(answer)
        return {}
    return {"generated": write_json(document).decode()}


def whole(given: Given) -> Script:
    """The document has each part that the guide asks for, once (DDT-02)."""
    document = _document(given)
    for type in PARTS:
        count = len(list(of_type(document, type)))
        if count == 0:
            yield finding_at(
                "ddcc_generation.no_part", "error", "Bundle.entry", DOCUMENT, expected=type
            )
        elif count > 1:
            yield finding_at(
                "ddcc_results.too_many",
                "error",
                "Bundle.entry",
                DOCUMENT,
                expected=type,
                found=str(count),
            )
    for name in ("identifier", "timestamp", "link"):
        if not document.get(name):
            yield finding_at(
                "ddcc_generation.no_part", "error", f"Bundle.{name}", DOCUMENT, expected=name
            )


def section(given: Given) -> Script:
    """Its one section is of test results, and its focus is the observation (DDT-03)."""
    document = _document(given)
    sections = as_list(first_of(document, "Composition").get("section"))
    met = [sorted(codes_of(member(each, "code"))) for each in sections]
    # in the codes of others as well (FHIR R4 datatypes.html#CodeableConcept)
    if len(met) != 1 or SECTION not in met[0]:
        found = ", ".join(code for codes in met for code in codes) or "–"
        yield finding_at(
            "ddcc_results.other_section",
            "error",
            "Composition.section.code",
            COMPOSITION,
            expected=SECTION,
            found=found,
        )
    focus = [str(member(member(each, "focus"), "reference")) for each in sections]
    addresses = _addresses(document, "Observation")
    if not any(reference in addresses for reference in focus):
        yield finding_at(
            "ddcc_results.other_focus",
            "error",
            "Composition.section.focus",
            COMPOSITION,
            expected=", ".join(addresses) or "–",
            found=", ".join(focus) or "–",
        )


def keeps_content(given: Given) -> Script:
    """What was answered stands in the document: who, what was found, by which test, when
    (DDT-04).
    """
    yield from _compared(_document(given), result_of(given, "DDT-01"))


def keeps_the_other_result(given: Given) -> Script:
    """Detected stays detected, in the document and in its code (DDT-05)."""
    core = result_of(given, "DDT-05", result=DETECTED)
    answer = yield _asking(core, given)
    document = document_in(answer)
    if document is None:
        yield no_document(answer)
        return
    yield from _compared(document, core, only=("result",))
    for text in _texts(document):
        yield from _code_compared(text, core, only=("result",))


def code_says_the_same(given: Given) -> Script:
    """The code holds the core data set of a test result, as it was answered (DDT-07)."""
    yield from _code_compared(given["code"], result_of(given, "DDT-01"))


def invents_nothing(given: Given) -> Script:
    """What was not answered is not made up (DDT-11)."""
    core = result_of(given, "DDT-11", without=LEFT_OUT)
    answer = yield _asking(core, given)
    document = document_in(answer)
    if document is None:
        yield no_document(answer)
        return
    procedure = first_of(document, "Procedure")
    if not first_of(document, "Patient") or not first_of(document, "Observation"):
        yield depends_on("DDT-02")
        return
    stated = {
        "Patient.identifier": first_of(document, "Patient").get("identifier"),
        "Specimen.type": codes_of(first_of(document, "Specimen").get("type")),
        "Device.property": _property(document, "brand"),
        "Procedure.location": _place_of(procedure),
        "Composition.event.period.end": _ends(document),
    }
    for place, value in stated.items():
        if value:
            yield finding_at(
                "ddcc_generation.invented", "error", place, CLAUSE, found=str(value)[:60]
            )


def refuses_no_result(given: Given) -> Script:
    """Answers without the result are refused, and say what is missing (DDT-12)."""
    answer = yield _asking(result_of(given, "DDT-12", without=("result",)), given)
    yield from refused(answer, (400, 422))
    yield from only_fault(answer, _asking(result_of(given, "DDT-12"), given))


def refuses_no_date(given: Given) -> Script:
    """Answers without the day of the sample are refused (DDT-13)."""
    answer = yield _asking(result_of(given, "DDT-13", without=("date",)), given)
    yield from refused(answer, (400, 422))
    yield from only_fault(answer, _asking(result_of(given, "DDT-13"), given))


def takes_events(given: Given) -> Script:
    """A batch of two tests of which one lacks its result is answered entry by entry (DDT-14)."""
    cores = (result_of(given, "DDT-14"), result_of(given, "DDT-14b", without=("result",)))
    entries = [
        {"resource": _body(core, given), "request": {"method": "POST", "url": GENERATE}}
        for core in cores
    ]
    answer = yield post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    statuses = [
        str(member(member(entry, "response"), "status"))[:3]
        for entry in as_list(member(answer.json, "entry"))
    ]
    is_right = (
        len(statuses) == 2 and statuses[0] in ("200", "201") and statuses[1] in ("400", "422")
    )
    if answer.status != 200 or not is_right:
        yield finding_at(
            "ddcc_generation.other_statuses",
            "error",
            "Bundle.entry.response.status",
            "DDCC 1.0.0 SubmitHealthEvent",
            expected="201, 422",
            found=", ".join(statuses) or answer_text(answer),
        )


def _compared(document: Json, core: Json, *, only: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Yields where a document says another thing than was answered."""
    observation = first_of(document, "Observation")
    procedure = first_of(document, "Procedure")
    stated = {
        "name": set(names_of(first_of(document, "Patient"))),
        "birthDate": first_of(document, "Patient").get("birthDate"),
        "result": codes_of(observation.get("valueCodeableConcept")),
        "type": codes_of(observation.get("code")),
        "date": str(observation.get("effectiveDateTime") or "")[:10],
        "pathogen": _property(document, "pathogen"),
        "centre": _place_of(procedure),
        "pha": first_of(document, "Organization").get("name"),
        "valid_until": _ends(document)[:10],
    }
    for part, value in stated.items():
        if only and part not in only:
            continue
        expected = _said(core[part])
        if value not in expected and not (isinstance(value, set) and value & expected):
            found = ", ".join(sorted(value)) if isinstance(value, set) else str(value or "")
            yield finding_at(
                "ddcc_generation.other_content",
                "error",
                part,
                DOCUMENT,
                expected=" | ".join(sorted(expected)),
                found=found[:60] or "–",
            )


def _code_compared(text: str, core: Json, *, only: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Yields where the code of a test result says another thing than was answered."""
    from sandbox.certificates.hcert import read

    certificate = read(text)
    if certificate.dialect is None or not certificate.dialect.name.startswith("ddcc_tr"):
        found = certificate.form or certificate.verdict
        yield finding_at(
            "ddcc_results.other_code", "error", "-260.4", CODE, expected="DDCC:TR", found=found
        )
        return
    if not only:
        yield from certificate.step("schema").findings
    content = certificate.content
    test = member(content, "test")
    about = member(content, "certificate")
    hcid = member(about, "hcid")
    stated = {
        "name": member(content, "name"),
        "hcid": member(hcid, "value") or hcid,
        "date": str(member(test, "date") or "")[:10],
        **{name: _code_of(member(test, name)) for name in ("result", "type", "pathogen")},
    }
    for part, value in stated.items():
        expected = _said(core[part])
        if (not only or part in only) and value not in expected:
            yield finding_at(
                "ddcc_results.other_in_code",
                "error",
                part,
                CODE,
                expected=" | ".join(sorted(expected)),
                found=str(value or "–")[:60],
            )


def _asking(core: Json, given: Given) -> Request:
    headers = {"Accept": FHIR_JSON, "Content-Type": FHIR_JSON}
    return Request("POST", GENERATE, headers, write_json(_body(core, given)))


def _body(core: Json, given: Given) -> Json:
    return parameters(response=result_response_of(core, edition_of(given)))


def _document(given: Given) -> Json:
    document = resource_in(given["generated"].encode())
    return document if isinstance(document, dict) else {}


def _texts(document: Json) -> list[str]:
    from sandbox.ddcc.document import texts_of

    return [text for text in texts_of(document) if text.startswith("HC1:")]


def _addresses(document: Json, type: str) -> list[str]:
    addresses = []
    for entry in as_list(document.get("entry")):
        resource = member(entry, "resource")
        if member(resource, "resourceType") == type:
            addresses += [str(member(entry, "fullUrl")), f"{type}/{member(resource, 'id')}"]
    return addresses


def _property(document: Json, name: str) -> set[str]:
    """Returns the codes of a property of the test that was used, or of the extension that the
    guide's earlier build has for it.
    """
    codes: set[str] = set()
    for each in as_list(first_of(document, "Device").get("property")):
        if name in codes_of(member(each, "type")):
            for value in as_list(member(each, "valueCode")):
                codes |= codes_of(value)
    for extension in as_list(first_of(document, "Observation").get("extension")):
        if str(member(extension, "url")).lower().endswith(name):
            codes.add(str(member(member(extension, "valueCoding"), "code")))
    return codes


def _place_of(procedure: Json) -> str:
    """Returns the name of the place, of the reference or of what is contained."""
    location = procedure.get("location")
    places = [
        str(member(place, "name") or "")
        for place in as_list(procedure.get("contained"))
        if f"#{member(place, 'id')}" == member(location, "reference")
    ]
    return str(member(location, "display") or "") or next(iter(places), "")


def _ends(document: Json) -> str:
    events = as_list(first_of(document, "Composition").get("event"))
    ends = [member(member(event, "period"), "end") for event in events]
    return str(next(filter(None, ends), ""))


def _said(answer: Any) -> set[str]:
    """Returns how an answer may be said: a coding by its code or its words."""
    if not isinstance(answer, dict):
        return {str(answer)}
    return {str(answer[name]) for name in ("code", "display") if name in answer}


def _code_of(value: Any) -> Any:
    return member(value, "code") or member(value, "display") or value


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str = CLAUSE,
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    name = getattr(script, "__name__", "")
    return Test(
        f"ddcc.results.{name}", number, clause, script, "05", needs, after or {}, takes=("edition",)
    )


_MADE = {"generated": "DDT-01"}
_CODED = {"code": "DDT-06"}
TESTS = (
    _test("DDT-01", generates),
    _test("DDT-02", whole, DOCUMENT, after=_MADE),
    _test("DDT-03", section, COMPOSITION, after=_MADE),
    _test("DDT-04", keeps_content, DOCUMENT, after=_MADE),
    _test("DDT-05", keeps_the_other_result, DOCUMENT, after=_MADE),
    _test("DDT-06", has_code, QR, after=_MADE),
    _test("DDT-07", code_says_the_same, CODE, after=_CODED),
    _test("DDT-08", trust_list, "GDHCN trust list v2", needs=("trustlist",)),
    _test("DDT-09", code_signed, "HCERT 1.1.1 4, RFC 9052 4.4", after={**_CODED, "keys": "DDT-08"}),
    _test("DDT-10", document_signed, SIGNED, after={**_MADE, "keys": "DDT-08"}),
    _test("DDT-11", invents_nothing, after=_MADE),
    _test("DDT-12", refuses_no_result, after=_MADE),
    _test("DDT-13", refuses_no_date, after=_MADE),
    _test("DDT-14", takes_events, "DDCC 1.0.0 SubmitHealthEvent", after=_MADE),
)
TRACK = Track("ddcc.results", "ddcc_results", TESTS, actor="ddcc-generation-service")

"""DDCC Generation Service (DDCC 1.0.0): certificates from WHO's questionnaire, after the public
compliance scenarios.

Inputs: `trustlist`, with whose keys the codes must verify; `edition` earlier for systems that know
the canonicals of the guide's earlier build alone; `ips` yes for those that take a summary too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

from sandbox.ddcc.editions import EARLIER
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Severity
from sandbox.testbench.health_events import (
    NAMES,
    core_of,
    edition_of,
    hcid_of,
    parameters,
    response_of,
)
from sandbox.testbench.reading import resource_in
from sandbox.testbench.refusing import only_fault
from sandbox.testbench.script import (
    Given,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    finding_at,
    nothing_there,
    post,
)
from sandbox.testbench.tracks.ddcc_generation_checks import (
    CLAUSE,
    DOCUMENT,
    QR,
    compared,
    document_in,
    essentials,
    invented,
    no_document,
    of_type,
    refused,
    said_otherwise,
)
from sandbox.testbench.tracks.hcert_content import trust_list
from sandbox.validation import validate

SIGNED = "DDCC 1.0.0 DDCCDocumentSigned"
GENERATE = "QuestionnaireResponse/$generateHealthCertificate"
MOST = 40  # findings of one test that are told
FORMATS = ("image", "serialized")
# Such as the event's own mediators take from a template where a summary is silent.
INVENTED = ("birthDate", "identifier", "sex", "total_doses", "disease", "valid_until")


def generates(given: Given) -> Script:
    """A whole response becomes a document (DDG-01)."""
    answer = yield _asking(parameters(response=_response(given, "DDG-01")))
    document = document_in(answer)
    if answer.status not in (200, 201) or document is None:
        yield no_document(answer)
        return {}
    if answer.status != 201:
        yield finding_at(
            "ddcc_generation.not_created",
            "information",
            "status",
            CLAUSE,
            expected="201",
            found=str(answer.status),
        )
    return {"generated": write_json(document).decode()}


def meets_profile(given: Given) -> Script:
    """The document meets its profile; of the earlier canonicals, what both editions ask for
    (DDG-02).
    """
    document = resource_in(given["generated"].encode())
    # the profiles at hand have the published canonicals alone
    if edition_of(given) is EARLIER:
        yield from essentials(document)
        return
    findings = validate(document, profiles=["ddcc-vs"])
    yield from [
        finding for finding in findings if finding.severity in ("fatal", "error", "warning")
    ][:MOST]


def keeps_content(given: Given) -> Script:
    """What was answered stands in the document, unchanged (DDG-03)."""
    yield from compared(resource_in(given["generated"].encode()), core_of(given, "DDG-01"))


def publication(given: Given) -> Script:
    """The document is known by the address of its HCID (DDG-04)."""
    links = [
        link
        for link in as_list(resource_in(given["generated"].encode()).get("link"))
        if member(link, "relation") == "publication"
    ]
    found = ", ".join(str(member(link, "url")) for link in links) or "–"
    expected = hcid_of(given, "DDG-01")
    if [str(url).lower() for url in (member(link, "url") for link in links)] != [expected.lower()]:
        yield finding_at(
            "ddcc_generation.no_publication",
            "error",
            "Bundle.link",
            DOCUMENT,
            expected=expected,
            found=found,
        )


def has_code(given: Given) -> Script:
    """WHO's code is there as picture and as data, and the picture holds a health certificate
    (DDG-05).
    """
    references = [*of_type(resource_in(given["generated"].encode()), "DocumentReference")]
    mine = [
        reference
        for reference in references
        if "who" in codes_of(reference.get("type")) | codes_of(reference.get("category"))
    ]
    if not mine:
        yield finding_at(
            "ddcc_generation.no_code",
            "error",
            "DocumentReference.type",
            QR,
            expected="who",
            found=str(len(references)),
        )
        return {}
    formats = {
        str(member(member(content, "format"), "code")): member(content, "attachment")
        for content in as_list(mine[0].get("content"))
    }
    for name in FORMATS:
        if not member(formats.get(name), "data"):
            yield finding_at(
                "ddcc_generation.no_format",
                "error",
                "DocumentReference.content.format",
                QR,
                expected=name,
            )
    texts = [text for text in _texts(mine[0]) if text.startswith("HC1:")]
    if not texts:
        yield finding_at(
            "ddcc_generation.no_certificate", "error", "DocumentReference.content", "HCERT 1.1.1 5"
        )
        return {}
    return {"code": texts[0]}


def code_says_the_same(given: Given) -> Script:
    """The code says of the person and the dose what was answered (DDG-06)."""
    from sandbox.certificates.hcert import read

    certificate = read(given["code"])
    if certificate.content is None:
        yield from [finding for step in certificate.steps for finding in step.findings][:MOST]
        return
    text = json.dumps(certificate.content, ensure_ascii=False, default=str)
    core = core_of(given, "DDG-01")
    for name in ("name", "lot", "date", "hcid"):
        if str(core[name]) not in text:
            yield finding_at(
                "ddcc_generation.not_in_code", "error", name, QR, expected=str(core[name])
            )
    yield from said_otherwise(certificate.content, core)


def code_signed(given: Given) -> Script:
    """The code is signed by a key of the trust list (DDG-08)."""
    from sandbox.certificates.keys import KeyList
    from sandbox.certificates.verifying import verify
    from sandbox.trust.documents import read_list

    now = datetime.fromisoformat(given["now"])
    judged = read_list(resource_in(given["keys"].encode()), at=now)
    certificate = verify(given["code"], KeyList(judged.keys, refused=judged.refused), at=now)
    findings = [
        finding
        for name in ("kid", "trust", "signature")
        for finding in certificate.step(name).findings
    ]
    yield from findings or (
        [] if certificate.step("signature").status == "ok" else [nothing_there()]
    )


def document_signed(given: Given) -> Script:
    """The document bears a signature by a key of the trust list (DDG-09)."""
    from sandbox.ddcc.signature import check_signature
    from sandbox.trust.documents import read_list

    now = datetime.fromisoformat(given["now"])
    judged = read_list(resource_in(given["keys"].encode()), at=now)
    keys = [key for key in judged.keys if key.is_in_force(now.timestamp())]
    outcome, _ = check_signature(resource_in(given["generated"].encode()), keys)
    if outcome == "not_signed":
        yield finding_at("ddcc_generation.unsigned", "warning", "Bundle.signature", SIGNED)
    elif outcome != "signed":
        yield finding_at(
            "ddcc_generation.bad_signature", "error", "Bundle.signature", SIGNED, found=outcome
        )


def any_language(given: Given, *, language: str) -> Script:
    """Names and places are kept in the letters in which they were answered (DDG-10 to DDG-14)."""
    name, centre = NAMES[language]
    number = f"DDG-{language}"
    core = core_of(given, number, name=name, centre=centre)
    answer = yield _asking(parameters(response=response_of(core, edition_of(given))))
    document = document_in(answer)
    if document is None:
        yield no_document(answer)
        return
    yield from compared(document, core)


def invents_nothing(given: Given) -> Script:
    """What was not answered is not made up: no date, number or code of a template (DDG-15)."""
    core = core_of(given, "DDG-15", without=INVENTED)
    answer = yield _asking(parameters(response=response_of(core, edition_of(given))))
    document = document_in(answer)
    if document is None:
        yield no_document(answer)
        return
    yield from invented(document)


def refuses_lacking(given: Given) -> Script:
    """A response without the batch number is refused, and says what is missing (DDG-16)."""
    core = core_of(given, "DDG-16", without=("lot",))
    answer = yield _asking(parameters(response=response_of(core, edition_of(given))))
    yield from refused(answer, (400, 422))
    yield from only_fault(answer, _asking(parameters(response=_response(given, "DDG-16"))))


def refuses_nothing(given: Given) -> Script:
    """Parameters without a response are a bad request (DDG-17)."""
    answer = yield _asking(parameters())
    yield from refused(answer, (400,))
    yield from only_fault(answer, _asking(parameters(response=_response(given, "DDG-17"))))


def takes_events(given: Given) -> Script:
    """A batch of health events is answered entry by entry (DDG-18)."""
    # one right, one wrong: a batch fails entry by entry, unlike a transaction
    # (http.html#transaction)
    right = parameters(response=_response(given, "DDG-18"))
    wrong = parameters()
    entries = [
        {"resource": event, "request": {"method": "POST", "url": GENERATE}}
        for event in (right, wrong)
    ]
    answer = yield post("", {"resourceType": "Bundle", "type": "batch", "entry": entries})
    statuses = [
        str(member(member(entry, "response"), "status"))[:3]
        for entry in as_list(member(answer.json, "entry"))
    ]
    is_taken = answer.status == 200 and statuses[:1] in (["200"], ["201"])
    if not is_taken or statuses[1:] != ["400"]:
        found = ", ".join(statuses) or answer_text(answer)
        # the public scenarios want one status; to refuse by another is still to refuse
        is_refused = is_taken and statuses[1:] in (["409"], ["422"])
        severity: Severity = "warning" if is_refused else "error"
        yield finding_at(
            "ddcc_generation.other_statuses",
            severity,
            "Bundle.entry.response.status",
            "DDCC 1.0.0 SubmitHealthEvent",
            expected="201, 400",
            found=found,
        )


def takes_summary(given: Given) -> Script:
    """A summary becomes a certificate too, or is refused with what it lacks (DDG-19)."""
    core = core_of(given, "DDG-19")
    answer = yield Request(
        "POST", "Bundle/$generateHealthCertificate", _headers(), write_json(_summary(core))
    )
    document = document_in(answer)
    if document is None:
        yield no_document(answer)
        return
    yield from compared(document, core)


def _asking(body: Json) -> Request:
    return Request("POST", GENERATE, _headers(), write_json(body))


def _headers() -> dict[str, str]:
    return {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}


def _response(given: Given, number: str) -> Json:
    return response_of(core_of(given, number), edition_of(given))


def _summary(core: Json) -> Json:
    """Returns a summary that says all that a certificate needs."""
    from sandbox.ddcc.document import DocumentOptions, document_of
    from sandbox.ddcc.editions import PUBLISHED

    document = document_of(
        core,
        [],
        DocumentOptions("ddcc_vs", PUBLISHED, datetime.fromisoformat("2026-07-01T00:00:00+00:00")),
    )
    return {name: value for name, value in document.items() if name != "meta"}


def _texts(reference: Json) -> list[str]:
    from sandbox.ddcc.document import texts_of

    return texts_of({"entry": [{"resource": reference}]})


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str = CLAUSE,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    after: Mapping[str, str] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    return Test(
        f"ddcc.generation.{words}",
        number,
        clause,
        script,
        "05",
        needs,
        after or {},
        takes=("edition",),
    )


def _in_language(number: str, name: str) -> Test:
    script = partial(any_language, language=name.removeprefix("in_"))
    return _test(number, script, name=name, after=_MADE)


_MADE = {"generated": "DDG-01"}
_CODED = {"code": "DDG-05"}
TESTS = (
    _test("DDG-01", generates),
    _test("DDG-02", meets_profile, DOCUMENT, after=_MADE),
    _test("DDG-03", keeps_content, DOCUMENT, after=_MADE),
    _test("DDG-04", publication, DOCUMENT, after=_MADE),
    _test("DDG-05", has_code, QR, after=_MADE),
    _test("DDG-06", code_says_the_same, QR, after=_CODED),
    _test("DDG-07", trust_list, "GDHCN trust list v2", needs=("trustlist",)),
    _test("DDG-08", code_signed, "HCERT 1.1.1 4, RFC 9052 4.4", after={**_CODED, "keys": "DDG-07"}),
    _test("DDG-09", document_signed, SIGNED, after={**_MADE, "keys": "DDG-07"}),
    _in_language("DDG-10", "in_ar"),
    _in_language("DDG-11", "in_zh"),
    _in_language("DDG-12", "in_ru"),
    _in_language("DDG-13", "in_fr"),
    _in_language("DDG-14", "in_es"),
    _test("DDG-15", invents_nothing, after=_MADE),
    _test("DDG-16", refuses_lacking, after=_MADE),
    _test("DDG-17", refuses_nothing, after=_MADE),
    _test("DDG-18", takes_events, "DDCC 1.0.0 SubmitHealthEvent", after=_MADE),
    _test("DDG-19", takes_summary, needs=("ips",), after=_MADE),
)
TRACK = Track("ddcc.generation", "ddcc_generation", TESTS, actor="ddcc-generation-service")

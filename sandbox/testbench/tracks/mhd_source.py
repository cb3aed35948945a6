"""Document Source (MHD, ITI-65): the newest submission that the system sent to its inbox, assertion
by assertion.

The findings are those of the judge that the server itself asks; here stands which of them belongs
to which assertion.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, cast

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.findings import Finding
from sandbox.submissions import check_submission
from sandbox.submissions.identifiers import Version
from sandbox.submissions.submission import LEVELS, Submission, read_submission
from sandbox.testbench.inputs import Input
from sandbox.testbench.reading import media_type, resource_in, shown, unread
from sandbox.testbench.script import (
    Given,
    Script,
    Test,
    Track,
    depends_on,
    finding_at,
    nothing_there,
)
from sandbox.testbench.tracks import mhd_source_kinds as kinds
from sandbox.testbench.tracks.mhd_source_documents import (
    DECLARED,
    GENERATION,
    PUBLICATION,
    SUBMISSION,
    TRANSACTION,
    generate,
    hindrance_of,
    ips_metadata,
    ips_packaging,
    simplified,
)

CLAUSE = "MHD 3:4.65.4.1.2"
KINDS = ("application/fhir+json", "application/fhir+xml")
OTHER_FORM = {"application/fhir+json": b"<", "application/fhir+xml": b"{"}


@dataclass(frozen=True, slots=True)
class Assertion:
    """Which findings count: by the name behind `mhd.`, or by place and clause of others, as one
    text.

    `kind` tells whether there is any of what it judges; `levels` are those of metadata that it is
    asked of, all for none; findings of the names in `instead` say of the very same thing that it is
    wrong in another way or lost, and leave nothing to pass.
    """

    number: str
    name: str
    clause: str
    kind: Callable[[Submission], bool]
    keys: tuple[str, ...] = ()
    about: str = ""
    levels: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


CONTAINED = "comprehensive"
LOST = ("lost_document",)
# Each finding belongs to the first assertion that takes it; what none takes is the last one's.
ASSERTIONS = (
    Assertion(DECLARED, "profile_declared", "MHD 3:4.65.4.1.2.1", bool, ("profile", "no_profile")),
    Assertion("SRC-05", "has_documents", "MHD 3:4.65.4.1.2", bool, ("no_document",)),
    Assertion("SRC-06", "allowed_entries", "IHE.MHD.Minimal.ProvideBundle entry", kinds.an_entry,
              about=r"^Bundle(\.entry\[\d+\])?(\.Patient)? .* Bundle\.entry(:Patient)?$"),
    Assertion("SRC-08", "lists_its_documents", "MHD 3:4.65.4.1.2", kinds.a_listing,
              ("lost_item", "not_listed")),
    Assertion("SRC-09", "attachment_resolves", "MHD 3:4.65.4.1.2.1", kinds.an_attachment,
              LOST),
    Assertion("SRC-10", "one_attachment", "IHE.MHD.Minimal.DocumentReference content",
              kinds.a_reference,
              about=r"DocumentReference\.content(\.attachment\.(data|url|contentType))?$"),
    Assertion("SRC-11", "content_types_agree", "MHD 3:4.65.4.1.2.1", kinds.a_binary,
              ("content_type",), instead=LOST),
    Assertion("SRC-12", "hash_of_bytes", "MHD 3:4.65.4.1.2.1", kinds.a_hash,
              ("hash_of_hex", "hash_in_hex"), instead=(*LOST, "hash", "no_content")),
    Assertion("SRC-13", "hash_and_size", "MHD 3:4.65.4.1.2.1", kinds.a_measure,
              ("hash", "size", "no_content"), instead=(*LOST, "hash_of_hex", "hash_in_hex")),
    Assertion("SRC-14", "no_hash_of_fhir_document", "MHD 3:4.65.4.1.2.1", kinds.a_fhir_document,
              ("fhir_document",), instead=LOST),
    Assertion("SRC-15", "unique_id", "IHE.MHD.Minimal.DocumentReference masterIdentifier",
              kinds.a_reference, about=r"\.masterIdentifier"),
    Assertion("SRC-16", "identifier_kinds", "MHD 3:4.65.4.1.2.3", kinds.an_identifier,
              ("identifier_type", "identifier_later"), about=r"\.resource\.identifier"),
    Assertion("SRC-17", "status", "IHE.MHD.Minimal.DocumentReference status", kinds.a_reference,
              about=r"DocumentReference\.(status|docStatus|modifierExtension)$"),
    Assertion("SRC-22", "designation_type", "IHE.MHD.Comprehensive.SubmissionSet designationType",
              kinds.a_set,
              about=r"Comprehensive\.SubmissionSet \S+ List\.extension$"
              r"|List\.extension:designationType$",
              levels=("uncontained", CONTAINED)),
    Assertion("SRC-18", "source_and_date",
              "IHE.MHD.Minimal.SubmissionSet sourceId, date, mode, status", kinds.a_set,
              about=r"List\.(date|mode|status|extension(:sourceId)?)$|ihe-sourceId"),
    Assertion("SRC-19", "one_patient", "MHD 3:4.65.4.1.2.2", kinds.a_subject, ("patients",)),
    # elsewhere an author may stand where UnContained metadata are declared
    Assertion("SRC-21", "contained",
              "IHE.MHD.Comprehensive.DocumentReference author, sourcePatientInfo",
              kinds.an_author, ("validation.not_contained",), levels=(CONTAINED,)),
    Assertion("SRC-23", "replace_with_patch", "MHD 3:4.65.4.1.2.3", kinds.a_replacement,
              ("replace",)),
    Assertion("SRC-24", "folders", "MHD 3:4.65.4.1.2", kinds.a_folder,
              ("put_without_id", "folder_patch")),
    Assertion("SRC-20", "rest_of_the_profile",
              "IHE.MHD ProvideBundle, DocumentReference, SubmissionSet", kinds.an_entry),
)  # fmt: skip


# What the published sample of an event has wrong itself (RACSEL's
# IHE.MHD.Minimal.ProvideBundle-example, mhdValid of LACPASS 0.2): by assertion, and the place in
# the document's reference.
SAMPLE_FAULTS = {
    "lacpass": (
        ("SRC-14", r"content\[0\]\.attachment\.(hash|size)"),
        ("SRC-15", r"masterIdentifier\.use"),
    )
}


def transport(given: Given) -> Script:
    """The submission is a POST to the base, in one of FHIR's two content types (SRC-01)."""
    sent = yield SUBMISSION
    kind = next(
        (value for name, value in sent.request_headers if name.lower() == "content-type"), ""
    )
    if media_type(kind) not in KINDS:
        yield finding_at(
            "source.content_type",
            "error",
            "Content-Type",
            CLAUSE,
            expected=" | ".join(KINDS),
            found=kind or "–",
        )
    # a Recipient reads what it is told, whatever comes (FHIR R4 http.html#mime-type)
    elif sent.request_body.lstrip()[:1] == OTHER_FORM[media_type(kind)] and _read(sent):
        yield finding_at(
            "source.other_content",
            "error",
            "Content-Type",
            CLAUSE,
            found=kind,
        )


def transaction(given: Given) -> Script:
    """What is sent is a Bundle of type transaction (SRC-02)."""
    sent = yield SUBMISSION
    broken = unread(sent.request_body)
    if broken is not None:
        yield broken
        return
    bundle = _read(sent)
    type = member(bundle, "resourceType")
    found = f"{type} {member(bundle, 'type') or ''}".strip() if type else shown(sent.request_body)
    if found != "Bundle transaction":
        yield finding_at(
            "source.no_transaction",
            "error",
            "Bundle.type",
            CLAUSE,
            expected="Bundle transaction",
            found=found,
        )


def one_submission_set(given: Given) -> Script:
    """Exactly one List has the code submissionset (SRC-04)."""
    sent = yield SUBMISSION
    hindrance = hindrance_of(sent)
    submission = read_submission(_read(sent))
    if hindrance is not None:
        yield hindrance
    # folders are Lists too: only the code tells them apart
    elif submission and len(submission.submission_sets()) != 1:
        count = str(len(submission.submission_sets()))
        yield finding_at(
            "source.submission_sets", "error", "Bundle.entry", CLAUSE, expected="1", found=count
        )


def full_urls(given: Given) -> Script:
    """Each entry has a request and a fullUrl of its own (SRC-07)."""
    sent = yield SUBMISSION
    bundle = _read(sent)
    entries = as_list(member(bundle, "entry"))
    if member(bundle, "resourceType") != "Bundle":
        yield depends_on(TRANSACTION)
    elif not entries:
        yield nothing_there()
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        request = member(entry, "request")
        url = member(entry, "fullUrl")
        if not (member(request, "method") and isinstance(member(request, "url"), str)):
            yield finding_at(
                "source.no_request",
                "error",
                f"Bundle.entry[{index}].request",
                "FHIR R4 bundle.html bdl-3",
            )
        if isinstance(url, str) and url in seen:
            where = f"Bundle.entry[{index}].fullUrl"
            yield finding_at(
                "source.full_url_twice", "error", where, "FHIR R4 bundle.html bdl-7", found=url
            )
        seen.add(str(url))


def judged(given: Given, *, assertion: Assertion) -> Script:
    """What the judge finds about one assertion."""
    sent = yield SUBMISSION
    hindrance = hindrance_of(sent)
    submission = read_submission(_read(sent))
    findings = _judgement(sent.request_body, given.get("mhd", "4.2.3"))
    if submission is None or findings is None:
        is_first = assertion.number == DECLARED and hindrance == depends_on(DECLARED)
        no_submission = finding_at("source.no_submission", "error", "Bundle", CLAUSE)
        yield no_submission if is_first else hindrance or depends_on(DECLARED)
        return
    level = _level_of(sent)
    declared = given.get("metadata", level)
    if assertion.number == DECLARED and level and declared != level:
        yield finding_at(
            "source.other_level",
            "error",
            "Bundle.meta.profile",
            assertion.clause,
            expected=declared,
            found=level,
        )
    grave = [finding for finding in findings if finding.severity != "information"]
    told = [finding for finding in grave if _assertion_of(finding) is assertion]
    for finding in told:
        yield from as_event_has_it(finding, given.get("samples", ""))
    wrong = next((one for one in grave if _name_of(one) in assertion.instead), None)
    is_asked = not assertion.levels or level in assertion.levels
    if told:
        return
    if wrong is not None:
        yield depends_on(_assertion_of(wrong).number)
    elif not (is_asked and assertion.kind(submission)):
        yield nothing_there()


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    takes = ("mhd", "metadata", "samples")
    return Test(f"mhd.source.{words}", number, clause, script, "03", needs, takes=takes)


TESTS = (
    _test("SRC-01", transport, "MHD 3:4.65.4.1.2"),
    _test(TRANSACTION, transaction, "MHD 3:4.65.4.1.2"),
    _test("SRC-04", one_submission_set, "MHD 3:4.65.4.1.2"),
    _test("SRC-07", full_urls, "FHIR R4 bundle.html bdl-3, bdl-7"),
    *(
        _test(
            assertion.number, partial(judged, assertion=assertion), assertion.clause, assertion.name
        )
        for assertion in ASSERTIONS
    ),
    _test("SRC-25", ips_packaging, "sIPS 5.9.2.1"),
    _test("SRC-26", ips_metadata, "PCC 4.1.1"),
    _test("SRC-27", simplified, "MHD 3:4.105.4.1.2", needs=("simplified",)),
    _test("SRC-28", generate, "MHD 3:4.106.4.1.2", needs=("generate",)),
)
TRACK = Track(
    "mhd.source",
    "source",
    TESTS,
    actor="document-source",
    awaits=(SUBMISSION, PUBLICATION, GENERATION),
    inputs={
        "generate": Input("yes"),
        "metadata": Input("choice", ("minimal", "uncontained", "comprehensive")),
    },
)


def as_event_has_it(finding: Finding, samples: str) -> Iterator[Finding]:
    """Yields a finding of a submission; as a warning with the reason where an event's own sample
    has that fault.

    Args:
        finding: Of the judge.
        samples: The event whose samples were copied; empty for none.
    """
    assertion = _assertion_of(finding)
    place = _place_of(finding)
    if any(
        assertion.number == number and re.search(rf"\.resource\.{about}$", place)
        for number, about in SAMPLE_FAULTS.get(samples, ())
    ):
        yield replace(finding, severity="warning")
        yield finding_at("source.sample_fault", "information", place, finding.clause)
    else:
        yield finding


def _place_of(finding: Finding) -> str:
    # of what is missing, its name stands apart
    return f"{finding.where}.{finding.params.get('name', '')}".rstrip(".")


def _name_of(finding: Finding) -> str:
    return finding.key.removeprefix("mhd.")


def _assertion_of(finding: Finding) -> Assertion:
    """Returns the assertion that a finding belongs to."""
    # findings of the judge that stand for no rule of MHD are told apart by their place alone
    name = _name_of(finding)
    is_of_mhd = finding.key.startswith("mhd.")
    place = _place_of(finding)
    for assertion in ASSERTIONS[:-1]:
        if name in assertion.keys or (
            not is_of_mhd
            and assertion.about
            and re.search(assertion.about, f"{place} {finding.clause}")
        ):
            return assertion
    return ASSERTIONS[-1]


@lru_cache(maxsize=4)
def _judgement(body: bytes, version: str) -> tuple[Finding, ...] | None:
    """Returns what the judge finds by a version of MHD, once for all assertions about the same
    bytes.
    """
    findings = check_submission(resource_in(body), version=cast(Version, version))
    return None if findings is None else tuple(findings)


def _level_of(sent: Exchange) -> str:
    """Returns the level of metadata that a submission declares: minimal, uncontained or
    comprehensive.
    """
    declared = as_list(member(member(_read(sent), "meta"), "profile"))
    levels = [
        LEVELS[str(profile).partition("|")[0]]
        for profile in declared
        if str(profile).partition("|")[0] in LEVELS
    ]
    return levels[0].partition(".")[0].casefold() if levels else ""


def _read(sent: Exchange) -> Any:
    """Returns what was sent, JSON or XML; None for what is neither."""
    return resource_in(sent.request_body)

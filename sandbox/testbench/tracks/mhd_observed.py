"""What the tests of a Document Responder say of a meeting with a Consumer of somebody else's
(ITI-66 to ITI-68): the bench has published nothing there, and sees what others asked.

A Consumer that asks what MHD does not allow has shown nothing of the Responder, nor has a search
that finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from sandbox.exchange import Exchange
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.matching import PARAMETERS, PATIENT, unmet
from sandbox.testbench.reading import (
    document_of,
    in_json,
    media_type,
    parameters_of,
    place_of,
    resource_in,
    resources_of,
)
from sandbox.testbench.script import Capture, Given, Script, answer_text, finding_at, nothing_there
from sandbox.testbench.tracks.mhd_consumer import (
    ANYWHERE,
    DOCUMENTS,
    LISTS,
    TOLD,
    mandatory,
)
from sandbox.testbench.tracks.mhd_responder_checks import (
    as_stated,
    attachment_of,
    searches_listed,
    well_formed,
)

SEARCHES = {"List": LISTS, "DocumentReference": DOCUMENTS}
CLAUSES = {"List": "MHD 3:4.66.4.2.2", "DocumentReference": "MHD 3:4.67.4.2.2"}
METADATA = Capture("GET", "metadata", "FHIR", "GET /metadata")
FHIR_TYPES = ("application/fhir+json", "application/fhir+xml")
REFUSED = (400, 422, 501)
POLICY = (401, 403, 404)  # of whoever may not see a patient (ITI TF-2 Appendix Z)


def found_as_asked(given: Given, *, type: str, query: tuple[str, ...]) -> Script:
    """What a search by some parameters gave is a searchset of what meets them."""
    sent = yield replace(SEARCHES[type], query=query)
    yield from _found(sent, type, [name.partition("=")[0] for name in query])


def found_of_patient(given: Given, *, type: str, query: tuple[str, ...]) -> Script:
    """A patient's lists or documents are found, counted and addressed (RSP-01, RSP-10)."""
    sent = yield replace(SEARCHES[type], query=query)
    yield from _found(sent, type, (*PATIENT, "patient.identifier", "status", "code"))
    if sent.status == 200:
        yield from well_formed(in_json(sent), CLAUSES[type])


def found_by_form(given: Given) -> Script:
    """A search that was sent as a form is answered as a search (RSP-04)."""
    sent = yield replace(DOCUMENTS, method="POST", place="DocumentReference/_search")
    yield from _found(sent, "DocumentReference", (*PATIENT, "status"))


def in_the_form_asked(given: Given) -> Script:
    """The answer has the type that was asked for (RSP-05)."""
    sent = yield DOCUMENTS
    asked = dict(parameters_of(sent)).get("_format", "") or _accepted(sent)
    wanted = [kind for kind in ("json", "xml") if kind in asked]
    if sent.status != 200 or len(wanted) != 1 or "*" in asked:
        yield nothing_there()
    elif wanted[0] not in media_type(sent.header("content-type")):
        yield finding_at(
            "responder.other_format",
            "error",
            asked,
            "ITI TF-2 Appendix Z.6",
            expected=wanted[0],
            found=sent.header("content-type") or "–",
        )


def whole_addresses(given: Given) -> Script:
    """Each document has a whole address (RSP-18)."""
    answer = in_json((yield replace(DOCUMENTS, names="attachment")))
    references = resources_of(answer, "DocumentReference")
    if not references:
        yield nothing_there()
    for reference in references:
        url = str(attachment_of(reference).get("url", ""))
        if not url.startswith(("http://", "https://")):
            where = f"DocumentReference/{reference.get('id')} content.attachment.url"
            yield finding_at(
                "responder.no_address", "error", where, "MHD 3:4.67.4.2.2.1", found=url or "–"
            )


def given_as_stated(given: Given) -> Script:
    """The document comes in its type, with the hash and size that its reference states (RSP-19)."""
    document = yield ANYWHERE
    told = yield replace(TOLD, names=place_of(document), otherwise=None)
    attachment = _attachment_at(told, place_of(document))
    kind = str(member(attachment, "contentType") or "")
    came = _unwrapped(document)
    # who asks for another form than is stated may get it, or be told that there is none
    is_other = came is document and not _accepts(document, kind)
    if attachment is None or is_other or document.status in (401, 403):
        yield nothing_there()
        return
    yield from as_stated(came, attachment, kind)


def given_as_fhir(given: Given) -> Script:
    """A FHIR document that was asked for as FHIR comes as one (RSP-20)."""
    document = yield ANYWHERE
    told = yield replace(TOLD, names=place_of(document), otherwise=None)
    kind = str(member(_attachment_at(told, place_of(document)), "contentType") or "")
    asked = any(type in _accepted(document) for type in FHIR_TYPES)
    if kind.partition(";")[0].strip() not in FHIR_TYPES or not asked or document.status != 200:
        yield nothing_there()
        return
    form = str(member(resource_in(document.body), "resourceType") or "–")
    is_one = document_of(document) is not None
    yield finding_at(
        "responder.form_of_document" if is_one else "responder.no_document",
        "information" if is_one else "warning",
        document.url,
        "MHD 3:4.68.4.1.2",
        expected="Bundle | Binary",
        found=form,
    )


def capabilities_told(given: Given) -> Script:
    """The capabilities list the searches of List and DocumentReference (RSP-23)."""
    yield from searches_listed(in_json((yield METADATA)))


OBSERVED: Mapping[str, Callable[[Given], Script]] = {
    "RSP-01": partial(found_of_patient, type="List", query=("code=submissionset",)),
    "RSP-03": partial(found_as_asked, type="List", query=("code=folder",)),
    "RSP-04": found_by_form,
    "RSP-05": in_the_form_asked,
    "RSP-10": partial(found_of_patient, type="DocumentReference", query=("status=current",)),
    "RSP-16": partial(found_as_asked, type="DocumentReference", query=("status=superseded",)),
    "RSP-18": whole_addresses,
    "RSP-19": given_as_stated,
    "RSP-20": given_as_fhir,
    "RSP-23": capabilities_told,
}
"""How tests look at a meeting, by their number; those of the table of searches look at a search by
the same parameters.
"""


def observed_search(type: str, names: Sequence[str]) -> Callable[[Given], Script]:
    """Returns how a test of the table of searches looks at a meeting.

    Args:
        type: Of the resources that are searched.
        names: The parameters that the test is about, beside those of each search.
    """
    return partial(found_as_asked, type=type, query=tuple(names) or ("patient.identifier",))


def _found(sent: Exchange, type: str, names: Collection[str]) -> Iterator[Finding]:
    """Tells what of an answer does not meet the parameters that a test is about."""
    asked = parameters_of(sent)
    is_odd = any(name not in PARAMETERS for name, _ in asked)
    # who asks without a patient, or by what MHD does not have, may be refused
    if any(mandatory(sent, type)) or sent.status in POLICY or (is_odd and sent.status in REFUSED):
        yield nothing_there()
        return
    answer = in_json(sent)
    if sent.status != 200 or member(answer.json, "type") != "searchset":
        yield finding_at(
            "responder.no_search", "error", type, CLAUSES[type], found=answer_text(sent)
        )
        return
    matches = list(_matches(answer.json))
    if not matches:
        yield nothing_there()
    about = [(name, value) for name, value in asked if name in names]
    for resource in matches:
        address = f"{resource.get('resourceType')}/{resource.get('id')}"
        if resource.get("resourceType") != type:
            yield _too_much("error", type, address, type)
            continue
        for name, value in unmet(resource, about):
            yield _too_much("error", type, address, f"{name}={value}")
    yield from _of_several(matches, type, about)


def _of_several(
    matches: Sequence[Json], type: str, about: Sequence[tuple[str, str]]
) -> Iterator[Finding]:
    """Tells where a search by one identifier gives what belongs to several patients."""
    asked = next((value for name, value in about if name == "patient.identifier"), "")
    subjects = {str(member(resource.get("subject"), "reference")) for resource in matches}
    if asked and len(subjects) > 1:
        # two records of one person may bear the same identifier: a person decides
        words = ", ".join(sorted(subjects))
        yield _too_much("warning", type, words, f"patient.identifier={asked}")


def _too_much(severity: Severity, type: str, found: str, expected: str) -> Finding:
    return finding_at(
        "responder.found_too_much", severity, type, CLAUSES[type], expected=expected, found=found
    )


def _matches(bundle: Json) -> Iterator[Json]:
    """Yields what a search has found, without remarks of the server and what it adds to them."""
    for entry in as_list(bundle.get("entry")):
        mode = member(member(entry, "search"), "mode")
        resource = member(entry, "resource")
        if mode not in ("outcome", "include") and isinstance(resource, dict):
            yield resource


def _attachment_at(told: Exchange, place: str) -> Json | None:
    """Returns the attachment whose address is a place below the base."""
    resource = resource_in(told.body) or {}
    references = (
        [resource]
        if resource.get("resourceType") == "DocumentReference"
        else resources_of(in_json(told), "DocumentReference")
    )
    attachments = [
        member(content, "attachment")
        for reference in references
        for content in as_list(reference.get("content"))
    ]
    return next(
        (
            attachment
            for attachment in attachments
            # some write a whole address, some one that is relative to their base
            if f"/{member(attachment, 'url')}".endswith(f"/{place}")
        ),
        None,
    )


def _accepted(sent: Exchange) -> str:
    """Returns what a client accepts, as its header says; anything, where it has none."""
    accepted = (value for name, value in sent.request_headers if name.lower() == "accept")
    return next(accepted, "*/*")


def _accepts(sent: Exchange, kind: str) -> bool:
    bare = kind.partition(";")[0].strip()
    ranges = {part.partition(";")[0].strip() for part in _accepted(sent).split(",")}
    return bool(ranges & {bare, f"{bare.partition('/')[0]}/*", "*/*"})


def _unwrapped(document: Exchange) -> Exchange:
    """Returns a document out of the Binary in which FHIR servers wrap it (FHIR R4
    binary.html#rest).
    """
    resource = resource_in(document.body)
    if member(resource, "resourceType") != "Binary":
        return document
    content = read_base64(member(resource, "data")) or b""
    kind = str(member(resource, "contentType") or "")
    return replace(document, headers=(("content-type", kind),), body=content)

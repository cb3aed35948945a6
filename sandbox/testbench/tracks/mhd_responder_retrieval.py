"""How a Document Responder gives its documents (MHD, ITI-68): in which form, made when, and what it
says of one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.testbench.comparing import Comparison, told
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import document_of, resources_of
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    answer_text,
    depends_on,
    finding_at,
    get,
    nothing_there,
    post,
)
from sandbox.testbench.submissions import BINARY, unique_id
from sandbox.testbench.submitted_documents import a_submission_of_a_document
from sandbox.testbench.tracks.mhd_responder_checks import (
    as_stated,
    attachment_of,
    found_exactly,
    is_fresh,
    search_for,
    values_of,
)


def retrieved(given: Given) -> Script:
    """The document can be fetched, in its content type, with the stated hash and size (RSP-19)."""
    answer = yield from whole_search(search_for(given, "DocumentReference"))
    yield from found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference"):
        attachment = attachment_of(resource)
        url, kind = (str(attachment.get(name, "")) for name in ("url", "contentType"))
        document = yield Request("GET", url, {"Accept": kind or "*/*"})
        yield from as_stated(document, attachment, kind)


def fetched_as_fhir(given: Given) -> Script:
    """A FHIR document can be fetched as FHIR, as the Bundle that it is or in a Binary; both are
    deployed (RSP-20).
    """
    clause = "MHD 3:4.68.4.1.2"
    name = unique_id(given, "RSP-20")
    sent = a_submission_of_a_document(given, "RSP-20")
    if (yield post("", sent)).status != 200:
        yield nothing_there()
        return
    search = yield from whole_search(search_for(given, "DocumentReference"))
    references = resources_of(search, "DocumentReference")
    reference = next((candidate for candidate in references if name in values_of(candidate)), None)
    if reference is None:
        yield finding_at(
            "responder.not_found",
            "warning",
            "DocumentReference",
            clause,
            expected=name,
            found=answer_text(search),
        )
        return
    url = str(attachment_of(reference).get("url", ""))
    document = yield Request("GET", url, {"Accept": FHIR_JSON})
    yield from _as_sent(document, sent["entry"][BINARY]["resource"])


def _as_sent(document: Exchange, sent: Json) -> Iterator[Finding]:
    clause = "MHD 3:4.68.4.1.2"
    bundle = document_of(document)
    form = str(member(document.json, "resourceType") or "–")
    wanted = member(sent["identifier"], "value")
    if document.status != 200 or bundle is None:
        found_there = answer_text(document) if document.status != 200 else form
        yield finding_at(
            "responder.no_document",
            "warning",
            document.url,
            clause,
            expected="Bundle | Binary",
            found=found_there,
        )
    elif member(member(bundle, "identifier"), "value") != wanted:
        identifier = str(member(member(bundle, "identifier"), "value") or "–")
        yield finding_at(
            "responder.other_document",
            "warning",
            document.url,
            clause,
            expected=wanted,
            found=identifier,
        )
    else:
        yield finding_at(
            "responder.form_of_document", "information", document.url, clause, found=form
        )
        # a document is what its author said: a server may give the Bundle an id, and no more
        pairs = zip(sent["entry"], as_list(member(bundle, "entry")), strict=False)
        places = {entry["fullUrl"]: str(member(came, "fullUrl")) for entry, came in pairs}
        comparison = Comparison(places=places, grows=frozenset())
        yield from told(comparison.differences(sent, bundle), clause)


def on_demand(given: Given) -> Script:
    """A document made on demand, told by the want of hash and size, is made when it is fetched
    (RSP-22).
    """
    clause = "MHD 3:4.67.4.2.2.1.2"
    query = {"patient": given["patient"], "status": "current"}
    search = yield from whole_search(get("DocumentReference", query))
    attachments = map(attachment_of, resources_of(search, "DocumentReference"))
    # of a delayed document both are there, with a size of 0 (MHD 3:4.67.4.2.2.1.2)
    without_hash = [
        attachment for attachment in attachments if not attachment.keys() & {"hash", "size", "data"}
    ]
    url = next((str(candidate["url"]) for candidate in without_hash if candidate.get("url")), "")
    if not url:
        yield nothing_there()
        return
    document = yield Request("GET", url, {"Accept": FHIR_JSON})
    bundle = document_of(document)
    if document.status != 200 or bundle is None:
        yield finding_at(
            "responder.no_document",
            "warning",
            document.url,
            clause,
            expected="Bundle | Binary",
            found=answer_text(document),
        )
        return
    made = str(bundle.get("timestamp", ""))
    now = given["now"]
    if not is_fresh(made, now=now):
        yield finding_at(
            "responder.stale_document",
            "warning",
            f"{document.url} Bundle.timestamp",
            clause,
            expected=now,
            found=made,
        )


def errors_of_retrieval(given: Given) -> Script:
    """A document that is not there is 404, and a form that cannot be given is 406 (RSP-21)."""
    answer = yield from whole_search(search_for(given, "DocumentReference"))
    yield from found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    # one is enough: a server answers for what it has not and cannot in one way for all
    for resource in resources_of(answer, "DocumentReference")[:1]:
        url = str(attachment_of(resource).get("url", ""))
        there = yield Request("GET", url, {"Accept": "*/*"})
        if there.status != 200:
            yield depends_on("RSP-19")
            return
        missing = yield Request(
            "GET", urljoin(url, f"no-such-{given['run']}"[:60]), {"Accept": "*/*"}
        )
        if missing.status not in (404, 410):
            yield finding_at(
                "responder.not_missing",
                "error",
                url,
                "MHD 3:4.68.4.2.2",
                expected="404",
                found=str(missing.status),
            )
        odd = yield Request("GET", url, {"Accept": "image/x-nothing"})
        if odd.status != 406:
            yield finding_at(
                "responder.not_406",
                "warning",
                url,
                "MHD 3:4.68.4.2.2",
                expected="406",
                found=str(odd.status),
            )

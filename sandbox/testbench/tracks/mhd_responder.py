"""Document Responder (MHD, ITI-66 to ITI-68): what it finds, how it says so, and whether its
documents can be fetched.

The first test publishes what the others look for; its searches are rows of `mhd_responder.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urljoin

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import as_list, member
from sandbox.findings import Severity
from sandbox.testbench.reading import document_of, resources_of
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Request,
    Script,
    Test,
    Track,
    get,
    nothing_there,
    post,
    said,
)
from sandbox.testbench.submissions import (
    BINARY,
    PATIENTS,
    a_submission_of_a_document,
    a_submission_with_folder,
    unique_id,
)
from sandbox.testbench.tracks.mhd_responder_checks import (
    CODE_OF,
    PUBLISHED,
    as_stated,
    attachment_of,
    described,
    found_exactly,
    ids_of,
    is_fresh,
    search_for,
    told,
    values_of,
    well_formed,
)

XML = "application/fhir+xml"


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
    Search(**row)
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[
        "search"
    ]
]


def published(given: Given) -> Script:
    """The documents that the other tests look for are published (ITI-65); a server that takes none
    cannot be asked.
    """
    for word, metadata in PUBLISHED.items():
        answer = yield post("", described(given, word, metadata))
        if answer.status != 200:
            yield told("not_published", "error", "status", "ITI TF-2 3.65", found=said(answer))
            return {}
    return {"published": "A B"}


def lists_of_patient(given: Given) -> Script:
    """The patient's submission sets are found, counted and addressed (RSP-01)."""
    answer = yield search_for(given, "List")
    yield from found_exactly(given, answer, "List", ["A", "B"], "error")
    if answer.status == 200:
        yield from well_formed(answer)


def folders(given: Given) -> Script:
    """A search for folders gives folders alone (RSP-03); a server that keeps none has none to
    give.
    """
    answer = yield post("", a_submission_with_folder(given, "RSP-03"))
    if answer.status != 200 or b"PartialFolderContentNotProcessed" in answer.body:
        yield nothing_there()
        return
    found = yield search_for(given, "List", {"code": "folder"})
    lists = resources_of(found, "List")
    name = unique_id(given, "RSP-03/folder")
    if name not in [value for one in lists for value in values_of(one)]:
        yield told(
            "not_found", "error", "List", "MHD 3:4.66.4.1.2.1", expected="folder", found=said(found)
        )
    others = [
        codes_of(one.get("code")) for one in lists if "folder" not in codes_of(one.get("code"))
    ]
    if others:
        words = ", ".join(sorted({code for codes in others for code in codes})) or "–"
        yield told(
            "found_too_much", "error", "List", "MHD 3:4.66.4.1.2.1", expected="folder", found=words
        )


def same_by_post(given: Given) -> Script:
    """POST _search finds what GET finds (RSP-04)."""
    for type in CODE_OF:
        asked = search_for(given, type)
        by_get = yield asked
        yield from found_exactly(given, by_get, type, ["A", "B"], "error")
        place, _, query = asked.url.partition("?")
        kind = "application/x-www-form-urlencoded"
        headers = {"Accept": FHIR_JSON, "Content-Type": kind}
        by_post = yield Request("POST", f"{place}/_search", headers, query.encode())
        one, other = (sorted(ids_of(answer)) for answer in (by_get, by_post))
        if by_post.status != 200 or one != other:
            found = said(by_post) if by_post.status != 200 else ", ".join(other)
            yield told(
                "other_by_post", "error", f"{type}/_search", expected=", ".join(one), found=found
            )


def both_formats(given: Given) -> Script:
    """JSON and XML are given, whether asked for by header or by _format (RSP-05)."""
    asked = search_for(given, "DocumentReference")
    formats = [
        ({"Accept": XML}, "", "xml"),
        ({"Accept": FHIR_JSON}, "", "json"),
        ({"Accept": "*/*"}, "xml", "xml"),
        ({"Accept": "*/*"}, "json", "json"),
        ({"Accept": "*/*"}, XML, "xml"),
    ]
    for headers, word, wanted in formats:
        query = f"&{urlencode({'_format': word})}" if word else ""
        answer = yield Request("GET", asked.url + query, headers)
        kind = answer.header("content-type")
        if answer.status != 200 or wanted not in kind:
            requested = f"_format={word}" if word else f"Accept: {headers['Accept']}"
            found = kind if answer.status == 200 else said(answer)
            yield told(
                "other_format",
                "error",
                requested,
                "ITI TF-2 Appendix Z.6",
                expected=wanted,
                found=found,
            )


def no_match(given: Given) -> Script:
    """A patient whom nobody knows gives an empty answer, not an error (RSP-06)."""
    for type, code in CODE_OF.items():
        query = {
            "patient.identifier": f"{PATIENTS}|nobody-{given['run']}",
            "status": "current",
            **code,
        }
        answer = yield get(type, query)
        if answer.status in (401, 403, 404):
            yield told("refuses_unknown", "information", type, found=said(answer))
        elif answer.status != 200:
            yield told("no_search", "error", type, found=said(answer))
        elif resources_of(answer, type):
            yield told("finds_others", "error", type, found=str(len(resources_of(answer, type))))


def superseded(given: Given) -> Script:
    """A search for superseded documents does not give the current ones (RSP-16)."""
    answer = yield search_for(given, "DocumentReference", status="superseded")
    yield from found_exactly(given, answer, "DocumentReference", [], "error")


def finds(given: Given, *, search: Search) -> Script:
    """A search by one more parameter finds what it must, and nothing beside it."""
    names = {word: unique_id(given, word) for word in PUBLISHED}
    query = {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in search.query.items()
    }
    request = search_for(given, search.type, query)
    if search.prefer:
        request = replace(request, headers={**request.headers, "Prefer": search.prefer})
    answer = yield request
    yield from found_exactly(given, answer, search.type, search.finds, search.level)


def addresses(given: Given) -> Script:
    """Each attachment has a whole address (RSP-18)."""
    answer = yield search_for(given, "DocumentReference")
    yield from found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference"):
        attachment = attachment_of(resource)
        url = str(attachment.get("url", ""))
        if not url.startswith(("http://", "https://")):
            where = f"DocumentReference/{resource.get('id')} content.attachment.url"
            yield told("no_address", "error", where, "MHD 3:4.67.4.2.2.1", found=url or "–")


def retrieved(given: Given) -> Script:
    """The document can be fetched, in its content type, with the stated hash and size (RSP-19)."""
    answer = yield search_for(given, "DocumentReference")
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
    found = yield search_for(given, "DocumentReference")
    held = next(
        (one for one in resources_of(found, "DocumentReference") if name in values_of(one)), None
    )
    if held is None:
        yield told(
            "not_found", "warning", "DocumentReference", clause, expected=name, found=said(found)
        )
        return
    document = yield Request("GET", str(attachment_of(held).get("url", "")), {"Accept": FHIR_JSON})
    bundle = document_of(document)
    form = str(member(document.json, "resourceType") or "–")
    wanted = member(sent["entry"][BINARY]["resource"]["identifier"], "value")
    if document.status != 200 or bundle is None:
        found_there = said(document) if document.status != 200 else form
        yield told(
            "no_document",
            "warning",
            document.url,
            clause,
            expected="Bundle | Binary",
            found=found_there,
        )
    elif member(member(bundle, "identifier"), "value") != wanted:
        other = str(member(member(bundle, "identifier"), "value") or "–")
        yield told("other_document", "warning", document.url, clause, expected=wanted, found=other)
    else:
        yield told("form_of_document", "information", document.url, clause, found=form)


def on_demand(given: Given) -> Script:
    """A document made on demand, told by the want of hash and size, is made when it is fetched
    (RSP-22).
    """
    clause = "MHD 3:4.67.4.2.2.1.2"
    found = yield get("DocumentReference", {"patient": given["patient"], "status": "current"})
    attachments = [attachment_of(one) for one in resources_of(found, "DocumentReference")]
    without_hash = [one for one in attachments if not one.keys() & {"hash", "size", "data"}]
    url = next((str(one["url"]) for one in without_hash if one.get("url")), "")
    if not url:
        yield nothing_there()
        return
    document = yield Request("GET", url, {"Accept": FHIR_JSON})
    bundle = document_of(document)
    if document.status != 200 or bundle is None:
        yield told(
            "no_document",
            "warning",
            document.url,
            clause,
            expected="Bundle | Binary",
            found=said(document),
        )
        return
    made = str(bundle.get("timestamp", ""))
    now = given["now"]
    if not is_fresh(made, now=now):
        yield told(
            "stale_document",
            "warning",
            f"{document.url} Bundle.timestamp",
            clause,
            expected=now,
            found=made,
        )


def errors_of_retrieval(given: Given) -> Script:
    """A document that is not there is 404, and a form that cannot be given is 406 (RSP-21)."""
    answer = yield search_for(given, "DocumentReference")
    yield from found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    for resource in resources_of(answer, "DocumentReference")[:1]:
        url = str(attachment_of(resource).get("url", ""))
        missing = yield Request(
            "GET", urljoin(url, f"no-such-{given['run']}"[:60]), {"Accept": "*/*"}
        )
        if missing.status not in (404, 410):
            yield told(
                "not_missing",
                "error",
                url,
                "MHD 3:4.68.4.2.2",
                expected="404",
                found=str(missing.status),
            )
        odd = yield Request("GET", url, {"Accept": "image/x-nothing"})
        if odd.status != 406:
            yield told(
                "not_406", "warning", url, "MHD 3:4.68.4.2.2", expected="406", found=str(odd.status)
            )


def capabilities(given: Given) -> Script:
    """The capabilities list the searches of List and DocumentReference (RSP-23)."""
    answer = yield get("metadata")
    rest = next(iter(as_list(member(answer.json, "rest"))), None)
    for type in CODE_OF:
        listed = next(
            (one for one in as_list(member(rest, "resource")) if member(one, "type") == type), None
        )
        codes = {member(one, "code") for one in as_list(member(listed, "interaction"))}
        if "search-type" not in codes:
            where = f"CapabilityStatement.rest.resource {type}"
            yield told(
                "not_listed", "warning", where, "ITI TF-2 Appendix Z.3", expected="search-type"
            )


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    after = {} if script in (published, capabilities, on_demand) else {"published": "RSP-00"}
    return Test(f"mhd.responder.{words}", number, clause, script, "03", needs, after, ("mhd",))


SEARCH_CLAUSES = {"List": "MHD 3:4.66.4.1.2.1", "DocumentReference": "MHD 3:4.67.4.1.2.1"}
TESTS = (
    _test("RSP-00", published, "ITI TF-2 3.65"),
    _test("RSP-01", lists_of_patient, "MHD 3:4.66.4.1.2.1"),
    _test("RSP-03", folders, "MHD 3:4.66.4.1.2.1"),
    _test("RSP-04", same_by_post, "MHD 3:4.66.4.1.2, 3:4.67.4.1.2"),
    _test("RSP-05", both_formats, "ITI TF-2 Appendix Z.6"),
    _test("RSP-06", no_match, "MHD 3:4.66.4.2.2"),
    *(
        _test(
            search.number, partial(finds, search=search), SEARCH_CLAUSES[search.type], search.name
        )
        for search in SEARCHES
    ),
    _test("RSP-16", superseded, "MHD 3:4.67.4.1.2.1"),
    _test("RSP-18", addresses, "MHD 3:4.67.4.2.2.1"),
    _test("RSP-19", retrieved, "MHD 3:4.68.4.2.2"),
    _test("RSP-20", fetched_as_fhir, "MHD 3:4.68.4.1.2"),
    _test("RSP-22", on_demand, "MHD 3:4.67.4.2.2.1.2", needs=("patient",)),
    _test("RSP-21", errors_of_retrieval, "MHD 3:4.68.4.2.2"),
    _test("RSP-23", capabilities, "ITI TF-2 Appendix Z.3"),
)
TRACK = Track("mhd.responder", "responder", TESTS, actor="document-responder")

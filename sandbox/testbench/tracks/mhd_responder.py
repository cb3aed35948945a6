"""Document Responder (MHD, ITI-66 to ITI-68): what it finds, how it says so, and whether its
documents can be fetched.

The first test publishes what the others look for; its searches are rows of `mhd_responder.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from sandbox.exchange import Exchange
from sandbox.fhir.codes import codes_of
from sandbox.findings import Finding, Severity
from sandbox.testbench.paging import whole_search
from sandbox.testbench.reading import faults_of, media_type, resources_of
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
    get,
    nothing_there,
    post,
)
from sandbox.testbench.submissions import (
    OTHER_PATIENTS,
    PATIENTS,
    REFERENCE,
    a_submission_with_folder,
    unique_id,
)
from sandbox.testbench.tracks.mhd_observed import OBSERVED, observed_search
from sandbox.testbench.tracks.mhd_recipient_checks import changed_in_store, places_in, responses_of
from sandbox.testbench.tracks.mhd_responder_checks import (
    CODE_OF,
    PUBLISHED,
    attachment_of,
    described,
    found_exactly,
    ids_of,
    places_given,
    search_for,
    searches_listed,
    values_of,
    well_formed,
)
from sandbox.testbench.tracks.mhd_responder_retrieval import (
    errors_of_retrieval,
    fetched_as_fhir,
    on_demand,
    retrieved,
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

    @property
    def observed(self) -> Callable[[Given], Script] | None:
        """How it looks at a meeting; what MHD does not have is left to the bench."""
        return None if self.prefer else observed_search(self.type, list(self.query))


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
    places: dict[str, str] = {}
    for word, metadata in PUBLISHED.items():
        submission = described(given, word, metadata)
        answer = yield post("", submission)
        places |= places_in(submission, answer)
        # a 200 that tells nothing of the entries is none of what was stored
        if answer.status != 200 or not any(responses_of(answer)):
            yield finding_at(
                "responder.not_published",
                "error",
                "status",
                "ITI TF-2 3.65",
                found=answer_text(answer),
            )
            return {}
    pairs = [f"{url}={place}" for url, place in places.items() if "Patient/" in place]
    return {"published": "A B", "places": " ".join(pairs)}


def lists_of_patient(given: Given) -> Script:
    """The patient's submission sets are found, counted and addressed (RSP-01)."""
    answer = yield from whole_search(search_for(given, "List"))
    yield from found_exactly(given, answer, "List", ["A", "B"], "error")
    if answer.status == 200:
        yield from well_formed(answer)
        for listed in resources_of(answer, "List"):
            yield from faults_of(listed)


def folders(given: Given) -> Script:
    """A search for folders gives folders alone (RSP-03); a server that keeps none has none to
    give.
    """
    answer = yield post("", a_submission_with_folder(given, "RSP-03"))
    if answer.status != 200 or b"PartialFolderContentNotProcessed" in answer.body:
        yield nothing_there()
        return
    answered = yield from whole_search(search_for(given, "List", {"code": "folder"}))
    lists = resources_of(answered, "List")
    name = unique_id(given, "RSP-03/folder")
    if name not in [value for folder in lists for value in values_of(folder)]:
        yield finding_at(
            "responder.not_found",
            "error",
            "List",
            "MHD 3:4.66.4.1.2.1",
            expected="folder",
            found=answer_text(answered),
        )
    others = [
        codes_of(folder.get("code"))
        for folder in lists
        if "folder" not in codes_of(folder.get("code"))
    ]
    if others:
        words = ", ".join(sorted({code for codes in others for code in codes})) or "–"
        yield finding_at(
            "responder.found_too_much",
            "error",
            "List",
            "MHD 3:4.66.4.1.2.1",
            expected="folder",
            found=words,
        )


def same_by_post(given: Given) -> Script:
    """POST _search finds what GET finds (RSP-04)."""
    for type in CODE_OF:
        asked = search_for(given, type)
        by_get = yield from whole_search(asked)
        yield from found_exactly(given, by_get, type, ["A", "B"], "error")
        place, _, query = asked.url.partition("?")
        kind = "application/x-www-form-urlencoded"
        headers = {"Accept": FHIR_JSON, "Content-Type": kind}
        posted = Request("POST", f"{place}/_search", headers, query.encode())
        by_post = yield from whole_search(posted)
        got_ids, posted_ids = (sorted(ids_of(answer)) for answer in (by_get, by_post))
        if by_post.status != 200 or got_ids != posted_ids:
            found = answer_text(by_post) if by_post.status != 200 else ", ".join(posted_ids)
            yield finding_at(
                "responder.other_by_post",
                "error",
                f"{type}/_search",
                expected=", ".join(got_ids),
                found=found,
            )


def both_formats(given: Given) -> Script:
    """JSON and XML are given, whether asked for by header or by _format (RSP-05)."""
    asked = search_for(given, "DocumentReference")
    # a server has to support both ways of asking, and `_format` in its short form (ITI TF-2 Z.6)
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
        if answer.status != 200 or wanted not in media_type(kind):
            requested = f"_format={word}" if word else f"Accept: {headers['Accept']}"
            found = kind if answer.status == 200 else answer_text(answer)
            yield finding_at(
                "responder.other_format",
                "error",
                requested,
                "ITI TF-2 Appendix Z.6",
                expected=wanted,
                found=found,
            )


def no_match(given: Given) -> Script:
    """A patient whom nobody knows gives an empty answer, not an error; so does a known number in
    another domain (RSP-06).
    """
    strangers = (f"{PATIENTS}|nobody-{given['run']}", f"{OTHER_PATIENTS}|{given['run']}")
    for type, code in CODE_OF.items():
        empty = []
        for stranger in strangers:
            query = {"patient.identifier": stranger, "status": "current", **code}
            answer = yield get(type, query)
            yield from _nobody(answer, type)
            empty.append(answer.status == 200 and not resources_of(answer, type))
        if all(empty):
            yield from _finds_something(given, type)


def _nobody(answer: Exchange, type: str) -> Iterator[Finding]:
    # how whoever may not see a patient is answered is the server's policy (ITI TF-2 Z)
    if answer.status in (401, 403, 404):
        yield finding_at(
            "responder.refuses_unknown", "information", type, found=answer_text(answer)
        )
    elif answer.status != 200:
        yield finding_at("responder.no_search", "error", type, found=answer_text(answer))
    elif resources_of(answer, type):
        yield finding_at(
            "responder.finds_others", "error", type, found=str(len(resources_of(answer, type)))
        )


def superseded(given: Given) -> Script:
    """A search for superseded documents does not give the current ones (RSP-16)."""
    request = search_for(given, "DocumentReference", status="superseded")
    answer = yield from whole_search(request)
    yield from found_exactly(given, answer, "DocumentReference", [], "error")
    if answer.status == 200 and not resources_of(answer, "DocumentReference"):
        yield from _finds_something(given, "DocumentReference")


def _finds_something(given: Given, type: str) -> Script:
    """Asks for what is there: a server that finds nothing at all has not left out what must not be
    found.
    """
    known = yield from whole_search(search_for(given, type))
    if not resources_of(known, type):
        yield depends_on("RSP-10")


def finds(given: Given, *, search: Search) -> Script:
    """A search by one more parameter finds what it must, and nothing beside it."""
    names = {word: unique_id(given, word) for word in PUBLISHED}
    names |= {f"{word}_set": unique_id(given, f"{word}/set") for word in PUBLISHED}
    query = {
        name: value.format(**names) if isinstance(value, str) else value
        for name, value in search.query.items()
    }
    request = search_for(given, search.type, query)
    # a strict server may refuse an unknown parameter unless it is asked to be lenient
    # (search.html#errors)
    if search.prefer:
        request = replace(request, headers={**request.headers, "Prefer": search.prefer})
    answer = yield from whole_search(request)
    if search.prefer and answer.status in (400, 422):
        found = answer_text(answer)
        clause = "FHIR R4 search.html#errors"
        yield finding_at("responder.not_ignored", search.level, search.type, clause, found=found)
        return
    yield from found_exactly(given, answer, search.type, search.finds, search.level)


def addresses(given: Given) -> Script:
    """Each document is described as it was published, and has a whole address (RSP-18)."""
    answer = yield from whole_search(search_for(given, "DocumentReference"))
    yield from found_exactly(given, answer, "DocumentReference", ["A", "B"], "error")
    published = {
        unique_id(given, word): described(given, word, metadata)["entry"][REFERENCE]["resource"]
        for word, metadata in PUBLISHED.items()
    }
    for resource in resources_of(answer, "DocumentReference"):
        for value in values_of(resource):
            if value in published:
                yield from changed_in_store(published[value], resource, places_given(given))
                yield from faults_of(resource)
        attachment = attachment_of(resource)
        url = str(attachment.get("url", ""))
        if not url.startswith(("http://", "https://")):
            where = f"DocumentReference/{resource.get('id')} content.attachment.url"
            yield finding_at(
                "responder.no_address", "error", where, "MHD 3:4.67.4.2.2.1", found=url or "–"
            )


def capabilities(given: Given) -> Script:
    """The capabilities list the searches of List and DocumentReference (RSP-23)."""
    yield from searches_listed((yield get("metadata")))


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
    observed: Callable[[Given], Script] | None = None,
) -> Test:
    words = name or getattr(script, "__name__", "")
    # on demand nothing is published: the system's own patient is asked for
    after = {} if script in (published, capabilities, on_demand) else {"published": "RSP-00"}
    takes = ("mhd", "known")
    id = f"mhd.responder.{words}"
    looks_on = OBSERVED.get(number) or observed
    return Test(id, number, clause, script, "03", needs, after, takes, looks_on)


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
            search.number,
            partial(finds, search=search),
            SEARCH_CLAUSES[search.type],
            search.name,
            observed=search.observed,
        )
        for search in SEARCHES
    ),
    _test("RSP-16", superseded, "MHD 3:4.67.4.1.2.1"),
    _test("RSP-18", addresses, "MHD 3:4.67.4.2.2.1"),
    _test("RSP-19", retrieved, "MHD 3:4.68.4.2.2"),
    _test("RSP-20", fetched_as_fhir, "MHD 3:4.68.4.1.2"),
    # a server may have no documents on demand, and knows best for whom it has one
    replace(
        _test("RSP-22", on_demand, "MHD 3:4.67.4.2.2.1.2", needs=("patient",)), is_optional=True
    ),
    _test("RSP-21", errors_of_retrieval, "MHD 3:4.68.4.2.2"),
    _test("RSP-23", capabilities, "ITI TF-2 Appendix Z.3"),
)
TRACK = Track("mhd.responder", "responder", TESTS, actor="document-responder")

"""Patient Demographics Supplier (IHE PDQm 3.2.0, ITI-78 and ITI-119): whom it finds, and how sure
it is.

The first test loads two patients of the run, which the last takes away again; the searches are rows
of `pdqm_supplier.toml`.  The input `match` says that the system offers `$match`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member
from sandbox.findings import Finding, Severity
from sandbox.testbench.inputs import Input
from sandbox.testbench.paging import (
    matches_of,
    next_page,
    reads_patient,
    whole_search,
)
from sandbox.testbench.reading import (
    faults_of,
    media_type,
    no_capabilities,
    resources_of,
    serving_in,
)
from sandbox.testbench.refusing import Asking
from sandbox.testbench.script import (
    FHIR_JSON,
    Given,
    Query,
    Request,
    Script,
    Test,
    Track,
    answer_text,
    depends_on,
    finding_at,
    get,
    post,
)
from sandbox.testbench.submissions import OTHER_PATIENTS, PATIENTS
from sandbox.testbench.tracks.pdqm_patients import (
    ANSWERING,
    amparo,
    benito,
    family,
    shown_as_read,
    told_of,
)

XML = "application/fhir+xml"
SEARCHING = "PDQm 3:4.78.4.1.2.1"
READING = "PDQm 3:4.78.4.3.3"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"


@dataclass(frozen=True, slots=True)
class Search:
    """A row of the table of searches."""

    number: str
    name: str
    query: Mapping[str, str]


SEARCHES = [
    Search(**row)
    for row in tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[
        "search"
    ]
]


def loaded(given: Given) -> Script:
    """The two patients that the other tests look for are taken (PDQ-00)."""
    ids = []
    for patient in (amparo(given), benito(given)):
        answer = yield post("Patient", patient)
        place = answer.header("location").partition("/_history/")[0].rstrip("/")
        id = place.rpartition("/")[2] or member(answer.json, "id")
        if answer.status not in (200, 201) or not id:
            clause = "FHIR R4 http.html#create"
            found = answer_text(answer)
            yield finding_at("supplier.not_loaded", "error", "Patient", clause, found=found)
            return {}
        ids.append(str(id))
    return {"patients": " ".join(ids)}


def capabilities(given: Given) -> Script:
    """The capabilities list search and read of Patient, with the parameters of PDQm (PDQ-01)."""
    answer = yield get("metadata")
    if instead := no_capabilities(answer):
        clause = "ITI TF-2 Appendix Z.3"
        yield finding_at("supplier.no_capabilities", "error", "metadata", clause, found=instead)
        return
    rest = serving_in(answer.json)
    listed = next(
        (
            resource
            for resource in as_list(member(rest, "resource"))
            if member(resource, "type") == "Patient"
        ),
        None,
    )
    codes = {
        str(member(interaction, "code")) for interaction in as_list(member(listed, "interaction"))
    }
    names = {str(member(parameter, "name")) for parameter in as_list(member(listed, "searchParam"))}
    # _id is a parameter of all types (search.html#all): a server may take it without listing it
    wanted = {name.partition(":")[0] for search in SEARCHES for name in search.query} | {"family"}
    lacking = sorted({"read", "search-type"} - codes) + sorted(wanted - names - {"_id"})
    if lacking:
        where = "CapabilityStatement.rest.resource Patient"
        yield finding_at(
            "supplier.not_listed", "warning", where, "PDQm 1:38.1.1.2", expected=", ".join(lacking)
        )


def searched(given: Given, *, search: Search) -> Script:
    """A search by one more parameter finds the one patient and not the other."""
    values = {"identifier": f"{PATIENTS}|{given['run']}-amparo", "id": _ids(given)[0]}
    query = {"family": family(given)} | {
        name: value.format(**values) for name, value in search.query.items()
    }
    answer = yield from whole_search(get("Patient", query))
    yield from _found_exactly(answer, _ids(given)[:1], _ids(given))


def by_family(given: Given) -> Script:
    """The family name finds both, in any case and by its beginning; with `:exact` only as written
    (PDQ-02).
    """
    name = family(given)
    # a string matches from its beginning and in any case, `:exact` as written (search.html#string)
    asked: tuple[tuple[Query, list[str]], ...] = (
        ({"family": name.lower()}, _ids(given)),
        ({"family": name[:-1]}, _ids(given)),
        ({"family:exact": name}, _ids(given)),
        ({"family:exact": name.lower()}, []),
        # each condition alone finds both, or her alone: both have to be met (search.html#combining)
        ({"family": name, "birthdate": ["ge1981-03-01", "le1981-03-01"]}, _ids(given)[:1]),
    )
    for query, wanted in asked:
        answer = yield from whole_search(get("Patient", query))
        yield from _found_exactly(answer, wanted, _ids(given))


def same_by_post(given: Given) -> Script:
    """POST _search finds what GET finds (PDQ-03)."""
    headers = {"Accept": FHIR_JSON, "Content-Type": "application/x-www-form-urlencoded"}
    body = f"family={family(given)}&gender=female".encode()
    answer = yield from whole_search(Request("POST", "Patient/_search", headers, body))
    yield from _found_exactly(answer, _ids(given)[:1], _ids(given))


def read_by_id(given: Given) -> Script:
    """A patient is read by id, in JSON and in XML (PDQ-04)."""
    for kind in (FHIR_JSON, XML):
        answer = yield get(f"Patient/{_ids(given)[0]}", accept=kind)
        content_type = answer.header("content-type")
        is_there = family(given) in answer.body.decode("utf-8", "replace")
        is_of_kind = kind.rpartition("+")[2] in media_type(content_type)
        if answer.status != 200 or not is_of_kind or not is_there:
            found = content_type if answer.status == 200 else answer_text(answer)
            yield finding_at(
                "supplier.other_format",
                "error",
                f"Accept: {kind}",
                ANSWERING,
                expected=kind,
                found=found,
            )
        elif kind == FHIR_JSON:
            yield from told_of(given, answer.json)
            yield from faults_of(answer.json)
            search = yield from whole_search(get("Patient", {"family": family(given)}))
            yield from shown_as_read(answer.json, search)


def unknown_id(given: Given) -> Script:
    """An id that nobody has is 404, with an OperationOutcome (PDQ-04b), from a supplier that gives
    a patient whom it has.
    """
    known = given.get("patients", "").partition(" ")[0]
    if not (yield from reads_patient(known)):
        yield depends_on("PDQ-04")
        return
    answer = yield get(f"Patient/nobody-{given['run']}")
    if answer.status != 404:
        found = answer_text(answer)
        key = "supplier.found_nobody"
        yield finding_at(key, "error", answer.url, READING, expected="404", found=found)
    else:
        yield from _reason_told(answer, answer.url, READING)


def nobody(given: Given) -> Script:
    """Demographics that nobody has give an empty searchset, not an error (PDQ-05)."""
    if not (yield from _finds_both(given)):
        return
    answer = yield from whole_search(get("Patient", {"family": family(given), "given": "Nadie"}))
    yield from _found_exactly(answer, [], _ids(given))


def unknown_domain(given: Given) -> Script:
    """An identifier of a domain that the supplier does not know gives 404, or an empty searchset,
    even where somebody has that number in another (PDQ-06).
    """
    if not (yield from _finds_both(given)):
        return
    answer = yield get("Patient", {"identifier": f"{OTHER_PATIENTS}|{given['run']}-amparo"})
    matches = matches_of(answer)
    if answer.status == 404:
        yield from _reason_told(answer, "Patient?identifier", ANSWERING)
    elif answer.status != 200 or matches:
        found = answer_text(answer) if answer.status != 200 else f"{len(matches)} Patient"
        yield finding_at(
            "supplier.unknown_domain",
            "error",
            "Patient?identifier",
            ANSWERING,
            expected="404 | 200, 0",
            found=found,
        )


def paged(given: Given) -> Script:
    """With `_count=1` the next page holds the other patient (PDQ-07)."""
    first = yield get("Patient", {"family": family(given), "_count": "1"})
    seen = _found(first)
    following = next_page(first)
    if len(seen) != 1 or not following:
        told_by = answer_text(first)
        yield finding_at(
            "supplier.no_page", "error", "Bundle.link", ANSWERING, expected="next", found=told_by
        )
        return
    second = yield Request("GET", following, {"Accept": FHIR_JSON})
    seen += _found(second)
    if sorted(seen) != sorted(_ids(given)):
        expected = ", ".join(sorted(_ids(given)))
        found = ", ".join(sorted(seen))
        yield finding_at(
            "supplier.other_page",
            "error",
            "Bundle.link next",
            ANSWERING,
            expected=expected,
            found=found,
        )


def matched(given: Given) -> Script:
    """`$match` finds the patient first, and says how sure it is (PDQ-08, ITI-119)."""
    # with the number it would be a look-up, and say nothing of matching by demographics
    asked = {
        name: value
        for name, value in amparo(given).items()
        if name not in ("identifier", "telecom")
    }
    body = {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": asked}]}
    answer = yield post("Patient/$match", body)
    first = next(iter(matches_of(answer)), None)
    clause = "PDQm 3:4.119.4.2"
    if answer.status != 200 or member(member(first, "resource"), "id") != _ids(given)[0]:
        yield finding_at(
            "supplier.not_found",
            "error",
            "Patient/$match",
            clause,
            expected=_ids(given)[0],
            found=answer_text(answer),
        )
        return
    search = member(first, "search")
    score = member(search, "score")
    # a boolean is a number in Python: `true` would pass as 1
    if isinstance(score, bool | str | list | dict | None) or not 0 <= score <= 1:
        where = "Bundle.entry.search.score"
        found = "–" if score is None else str(score)
        yield finding_at("supplier.no_score", "error", where, clause, expected="0..1", found=found)
    if GRADE not in [
        member(extension, "url") for extension in as_list(member(search, "extension"))
    ]:
        yield finding_at(
            "supplier.no_grade", "warning", "Bundle.entry.search.extension", clause, expected=GRADE
        )


def taken_away(given: Given) -> Script:
    """What the run has loaded is deleted, where the system allows it (PDQ-09)."""
    for id in _ids(given):
        answer = yield Request("DELETE", f"Patient/{id}", {"Accept": FHIR_JSON})
        if answer.status not in (200, 202, 204):
            # a server may refuse to delete; what it answers otherwise is no answer to a delete
            severity: Severity = "information" if answer.status >= 400 else "error"
            clause = "FHIR R4 http.html#delete"
            found = answer_text(answer)
            yield finding_at("supplier.stays", severity, f"Patient/{id}", clause, found=found)


def _test(
    number: str,
    script: Callable[[Given], Script],
    clause: str,
    name: str = "",
    *,
    needs: tuple[str, ...] = (),
) -> Test:
    words = name or getattr(script, "__name__", "")
    after = {} if script in (loaded, capabilities, unknown_id) else {"patients": "PDQ-00"}
    return Test(f"pdqm.supplier.{words}", number, clause, script, "13", needs, after)


TESTS = (
    _test("PDQ-00", loaded, "FHIR R4 http.html#create"),
    _test("PDQ-01", capabilities, "PDQm 1:38.1.1.2"),
    _test("PDQ-02", by_family, SEARCHING),
    *(
        _test(search.number, partial(searched, search=search), SEARCHING, search.name)
        for search in SEARCHES
    ),
    _test("PDQ-03", same_by_post, "PDQm 3:4.78.4.1.2"),
    _test("PDQ-04", read_by_id, ANSWERING),
    _test("PDQ-04b", unknown_id, READING),
    _test("PDQ-05", nobody, ANSWERING),
    _test("PDQ-06", unknown_domain, ANSWERING),
    _test("PDQ-07", paged, ANSWERING),
    _test("PDQ-08", matched, "PDQm 3:4.119.4.2", needs=("match",)),
    _test("PDQ-09", taken_away, "FHIR R4 http.html#delete"),
)
TRACK = Track(
    "pdqm.supplier",
    "supplier",
    TESTS,
    actor="patient-demographics-supplier",
    inputs={"match": Input("yes")},
)


def _ids(given: Given) -> list[str]:
    return given["patients"].split()


def _found(answer: Exchange) -> list[str]:
    return [str(patient.get("id")) for patient in resources_of(answer, "Patient")]


def _finds_both(given: Given) -> Asking:
    """Tells whether the run's patients are found: who finds nobody says nothing of strangers."""
    both = yield from whole_search(get("Patient", {"family": family(given)}))
    if set(_ids(given)) <= set(_found(both)):
        return True
    yield depends_on("PDQ-02")
    return False


def _found_exactly(answer: Exchange, wanted: list[str], ours: list[str]) -> Script:
    """Judges which of the run's patients are found; those of others do not matter."""
    where = answer.url.rpartition("/")[2]
    if answer.status != 200 or member(answer.json, "type") != "searchset":
        yield finding_at("supplier.no_search", "error", where, ANSWERING, found=answer_text(answer))
        return
    ids = _found(answer)
    for id in ours:
        if id in wanted and id not in ids:
            yield finding_at(
                "supplier.not_found",
                "error",
                where,
                SEARCHING,
                expected=id,
                found=", ".join(ids) or "–",
            )
        elif id not in wanted and id in ids:
            yield finding_at(
                "supplier.found_others",
                "error",
                where,
                SEARCHING,
                expected=", ".join(wanted) or "–",
                found=id,
            )


def _reason_told(answer: Exchange, where: str, clause: str) -> Iterator[Finding]:
    if member(answer.json, "resourceType") != "OperationOutcome":
        yield finding_at(
            "supplier.no_outcome", "warning", where, clause, expected="OperationOutcome"
        )

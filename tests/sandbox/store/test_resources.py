"""Resources and their versions: what is read, found page by page, included, and told of the past."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store.criteria import HasId, IsMissing, IsReferredToByOneThat, Not, Together
from sandbox.store.database import Database
from sandbox.store.ordering import Order
from sandbox.store.resources import (
    HistoryRequest,
    Page,
    PageRequest,
    ResourceStore,
    SearchValues,
    Version,
)
from sandbox.store.sqlite import SqliteEngine
from sandbox.store.values import DateIs, Extent, StringIs, TokenIs

EVERYTHING = PageRequest(count=99)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResourceStore]:
    database = Database(SqliteEngine(tmp_path / "x.db"))
    yield ResourceStore(database)
    database.close()


def a_version(id: str, version: int = 1, *, type: str = "Patient", body: bytes | None = b"{}") -> Version:  # fmt: skip
    return Version(type, id, version, 1000 * version, "PUT" if body else "DELETE", body)


def named(*names: str) -> SearchValues:
    return SearchValues(string=[("Patient.name", name.lower(), name) for name in names])


def is_named(name: str) -> StringIs:
    return StringIs("Patient.name", "starts", ((name.lower(), name),))


def ids(page: Page) -> list[str]:
    return [version.id for version in page.rows]


def test_a_resource_is_read_as_it_is_now_or_as_it_was(store: ResourceStore) -> None:
    store.write(a_version("a", body=b"old"), SearchValues())
    store.write(a_version("a", 2, body=b"new"), SearchValues())
    assert store.read("Patient", "a") == a_version("a", 2, body=b"new")
    assert store.read("Patient", "a", version=1) == a_version("a", body=b"old")
    assert store.read("Patient", "a", version=3) is None
    assert store.read("Patient", "b") is None
    assert store.read("Group", "a") is None


def test_a_resource_is_found_by_what_it_says_now(store: ResourceStore) -> None:
    store.write(a_version("a"), named("Rosa", "Ana"))
    store.write(a_version("a", 2), named("Ana"))
    assert ids(store.search("Patient", [is_named("rosa")], EVERYTHING)) == []
    assert ids(store.search("Patient", [is_named("ana")], EVERYTHING)) == ["a"]
    ((number, _),) = store.current(after=0, count=9)
    store.replace_values(number, named("Luz"))
    assert ids(store.search("Patient", [is_named("ana")], EVERYTHING)) == []
    assert ids(store.search("Patient", [is_named("luz")], EVERYTHING)) == ["a"]
    store.write(a_version("a", 3, body=None), SearchValues())
    assert ids(store.search("Patient", [is_named("luz")], EVERYTHING)) == []
    assert ids(store.search("Patient", [], EVERYTHING)) == []


def test_what_is_there_is_gone_through_by_number(store: ResourceStore) -> None:
    for id in "abc":
        store.write(a_version(id), SearchValues())
    store.write(a_version("b", 2, body=None), SearchValues())
    rows = store.current(after=0, count=9)
    assert [version for _, version in rows] == [a_version("a"), a_version("c")]
    numbers = [number for number, _ in rows]
    assert numbers == sorted(numbers)
    assert store.current(after=0, count=1) == rows[:1]
    assert store.current(after=numbers[0], count=9) == rows[1:]
    assert store.current(after=numbers[1], count=9) == []


@pytest.mark.parametrize("order", [(), (Order("_id"),), (Order("Patient.name", "string"),)])
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_a_page_tells_whether_another_follows_and_how_many_there_are(
    store: ResourceStore, order: tuple[Order, ...], size: int
) -> None:
    for id in "abcd":
        store.write(a_version(id), named(id))
    seen: list[str] = []
    page = store.search("Patient", [], PageRequest(count=size, order=order))
    while True:
        assert page.total == 4
        assert len(page.rows) <= size
        seen += ids(page)
        if page.next is None:
            break
        page = store.search("Patient", [], PageRequest(page.next, size, order))
    assert seen == list("abcd")


def test_a_search_counts_where_it_is_asked_to(store: ResourceStore) -> None:
    for id in "abc":
        store.write(a_version(id), SearchValues())
    none = store.search("Patient", [], PageRequest(count=0))
    assert (ids(none), none.total, none.next) == ([], 3, None)
    for count, listed in ((2, ["a", "b"]), (9, ["a", "b", "c"])):
        page = store.search("Patient", [], PageRequest(count=count, is_counted=False))
        assert (ids(page), page.total) == (listed, -1)


def test_several_types_are_found_each_by_its_own_criteria(store: ResourceStore) -> None:
    store.write(a_version("a"), named("Rosa"))
    store.write(a_version("b"), named("Ana"))
    store.write(a_version("a", type="Group"), SearchValues())
    whole = store.search_types({"Patient": [], "Group": []}, EVERYTHING)
    assert [(each.type, each.id) for each in whole.rows] == [
        ("Patient", "a"), ("Patient", "b"), ("Group", "a"),
    ]  # fmt: skip
    some = store.search_types({"Patient": [is_named("ana")], "Group": [HasId(("a",))]}, EVERYTHING)
    assert [(each.type, each.id) for each in some.rows] == [("Patient", "b"), ("Group", "a")]
    assert ids(store.search_types({}, EVERYTHING)) == []


def test_a_composite_takes_its_parts_from_one_element(store: ResourceStore) -> None:
    """FHIR R4 search.html#combining."""

    def pressures(*parts: tuple[str, int]) -> SearchValues:
        rows = [
            row
            for number, (code, day) in enumerate(parts)
            for row in (
                ("token", number, ("Observation.code", "urn:c", code)),
                ("date", number, ("Observation.date", day, day)),
            )
        ]
        return SearchValues(parts=rows)

    store.write(a_version("a", type="Observation"), pressures(("x", 1), ("y", 2)))
    store.write(a_version("b", type="Observation"), pressures(("x", 2), ("y", 1)))
    store.write(a_version("c", type="Observation"), SearchValues())
    for code, day, expected in (("x", 1, ["a"]), ("x", 2, ["b"]), ("y", 3, []), ("z", 1, [])):
        wanted = Together(
            (
                TokenIs("Observation.code", ((None, code),)),
                DateIs("Observation.date", (Extent("eq", day, day),)),
            )
        )
        assert ids(store.search("Observation", [wanted], EVERYTHING)) == expected
        others = store.search("Observation", [Not(wanted)], EVERYTHING)
        assert sorted([*ids(others), *expected]) == ["a", "b", "c"]


def test_what_refers_and_what_is_referred_to_is_given_once(store: ResourceStore) -> None:
    def subject(type: str | None, id: str | None, url: str | None = None) -> SearchValues:
        return SearchValues(reference=[("Observation.subject", type, id, url)])

    for id, values in {
        "a": subject("Patient", "p"),
        "b": subject("Patient", "p"),
        "c": subject("Patient", "q"),
        "far": subject(None, None, "http://a.org/Patient/p"),
    }.items():
        store.write(a_version(id, type="Observation"), values)
    store.write(a_version("gone", type="Observation"), subject("Patient", "p"))
    store.write(a_version("gone", 2, type="Observation", body=None), SearchValues())
    sources = [("Observation", id) for id in ("a", "b", "far")]
    assert store.referred(sources, "Observation.subject") == [("Patient", "p")]
    assert store.referred(sources, "Observation.focus") == []
    assert store.referred([], "Observation.subject") == []
    targets = [("Patient", "p"), ("Patient", "q")]
    everyone = [("Observation", id) for id in "abc"]
    assert store.referring(targets, "Observation.subject", limit=9) == everyone
    assert store.referring(targets, "Observation.subject", limit=2) == everyone[:2]
    assert store.referring([("Patient", "q")], "Observation.subject", limit=9) == everyone[2:]
    assert store.referring([], "Observation.subject", limit=9) == []
    store.write(a_version("p"), SearchValues())
    store.write(a_version("r"), SearchValues())
    criterion = IsReferredToByOneThat("Observation", "Observation.subject", HasId(("a",)))
    assert ids(store.search("Patient", [criterion], EVERYTHING)) == ["p"]
    missing = IsMissing("Observation.subject", "reference", missing=True)
    assert ids(store.search("Observation", [missing], EVERYTHING)) == []


def test_the_codes_of_units_are_told_each_once(store: ResourceStore) -> None:
    def weight(code: str | None) -> SearchValues:
        return SearchValues(quantity=[("Observation.value", 1.0, 1.0, "urn:u", code, None)])

    for id, code in {"a": "kg", "b": "g", "c": "kg", "d": None}.items():
        store.write(a_version(id, type="Observation"), weight(code))
    assert store.unit_codes("Observation.value") == ["g", "kg"]
    assert store.unit_codes("Observation.component") == []


def test_history_begins_with_what_was_written_last(store: ResourceStore) -> None:
    """FHIR R4 http.html#history: sorted with oldest versions last, deletions included."""
    written = [
        a_version("a"), a_version("b"), a_version("a", 2), a_version("a", type="Group"),
        a_version("a", 3, body=None),
    ]  # fmt: skip
    for version in written:
        store.write(version, SearchValues())
    newest_first = written[::-1]

    def told(**asked: int | str) -> list[Version]:
        return list(store.history(HistoryRequest(**asked)).rows)  # type: ignore[arg-type]

    assert told() == newest_first
    assert told(type="Patient", id="a") == [newest_first[0], newest_first[2], newest_first[4]]
    assert told(type="Group") == [newest_first[1]]
    # `since` and `until` are part of what is asked for
    assert told(since=2000) == [newest_first[0], newest_first[2]]
    assert told(since=2001) == [newest_first[0]]
    assert told(until=2000, type="Patient") == newest_first[2:]
    assert told(until=1999, type="Patient") == newest_first[3:]


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_history_is_given_page_by_page(store: ResourceStore, size: int) -> None:
    for number in (1, 2, 3):
        store.write(a_version("a", number), SearchValues())
    seen: list[int] = []
    before = 2**62
    while True:
        page = store.history(HistoryRequest("Patient", "a", before=before, count=size))
        assert page.total == 3
        assert len(page.rows) <= size
        seen += [version.version for version in page.rows]
        if page.next is None:
            break
        (last,) = page.next
        assert isinstance(last, int)
        before = last
    assert seen == [3, 2, 1]
    nothing = store.history(HistoryRequest("Patient", "a", count=0))
    assert (list(nothing.rows), nothing.total, nothing.next) == ([], 3, None)


def test_what_is_noted_of_a_database_is_found_under_its_name(store: ResourceStore) -> None:
    assert store.fact("edition") is None
    store.set_fact("edition", "1")
    store.set_fact("other", "x")
    store.set_fact("edition", "2")
    assert (store.fact("edition"), store.fact("other")) == ("2", "x")


def test_what_is_there_is_counted_by_type(store: ResourceStore) -> None:
    assert store.count_by_type() == {}
    for id in "ab":
        store.write(a_version(id), SearchValues())
    store.write(a_version("a", type="Group"), SearchValues())
    store.write(a_version("b", 2, body=None), SearchValues())
    assert store.count_by_type() == {"Group": 1, "Patient": 1}


def test_a_store_is_quick_while_nobody_writes(store: ResourceStore) -> None:
    answers = [store.is_quick()]
    with store.writing():
        thread = threading.Thread(target=lambda: answers.append(store.is_quick()))
        thread.start()
        thread.join()
    assert [*answers, store.is_quick()] == [True, False, True]


def test_an_exception_leaves_nothing_of_several_writes(store: ResourceStore) -> None:
    def write_and_break() -> None:
        with store.writing():
            store.write(a_version("a"), named("Rosa"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_break()
    assert store.read("Patient", "a") is None
    assert ids(store.search("Patient", [is_named("rosa")], EVERYTHING)) == []

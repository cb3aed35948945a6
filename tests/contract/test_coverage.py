"""The page of coverage is true: each test and rule that it names is there, and no test is left out."""

from __future__ import annotations

from collections import Counter

import pytest

from sandbox.i18n import has_message
from sandbox.testbench.tracks import TRACKS
from tests.coverage.page import PAGE, page
from tests.coverage.tables import Guide, bench, beyond, guides, numbers_of, reasons
from tests.letters import meant_by
from tests.places import PROJECT

GUIDES = guides()
NAMES = [guide.name for guide in GUIDES]


def held_by(guide: Guide) -> list[str]:
    rows = [*guide.statements, *guide.obligations, *guide.profiles]
    return [number for row in rows for number in numbers_of(row.held)]


def test_the_page_is_written_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.coverage"


def test_the_page_names_every_track() -> None:
    assert [track for track in TRACKS if f"| `{track}` |" not in page()] == []


@pytest.mark.parametrize("guide", GUIDES, ids=NAMES)
def test_every_sentence_that_was_counted_belongs_to_a_statement(guide: Guide) -> None:
    counted: Counter[str] = Counter()
    for section in guide.sections:
        counted[section.source] += sum(statement.says for statement in section.statements)
    assert dict(counted) == {source.file: source.says for source in guide.sources}


@pytest.mark.parametrize("guide", GUIDES, ids=NAMES)
def test_a_statement_has_tests_or_a_reason(guide: Guide) -> None:
    for row in (*guide.statements, *guide.obligations):
        assert row.held or row.why, row.id
        assert not row.why or row.why in reasons(), row.id
        assert [rule for rule in row.rules if not has_message(f"validation.{rule}.text")] == []
    ids = [statement.id for statement in guide.statements]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("guide", GUIDES, ids=NAMES)
def test_every_test_that_is_named_is_one_of_the_bench(guide: Guide) -> None:
    assert set(held_by(guide)) - set(bench()) == set()


@pytest.mark.parametrize("guide", GUIDES, ids=NAMES)
def test_a_family_that_is_named_has_members(guide: Guide) -> None:
    for row in (*guide.statements, *guide.obligations, *guide.profiles):
        assert [name for name in row.held if not numbers_of([name])] == []


def test_a_family_is_a_number_with_and_without_letters() -> None:
    numbers = ["RCP-14", "RCP-14a", "RCP-14b", "RCP-15a", "RCP-140"]
    assert meant_by("RCP-14*", numbers) == ["RCP-14", "RCP-14a", "RCP-14b"]
    assert meant_by("RCP-14", numbers) == ["RCP-14"]
    assert meant_by("RCP-16*", numbers) == []


@pytest.mark.parametrize("guide", GUIDES, ids=NAMES)
def test_the_judge_has_as_many_constraints_of_each_profile_as_its_guide(guide: Guide) -> None:
    for profiles in guide.profiles:
        if not profiles.why:
            assert {id: profiles.ours(id) for id in profiles.counts} == profiles.counts
            assert (PROJECT / profiles.agreed).is_file()


def test_every_test_of_the_bench_is_named_once_by_guides_or_by_another_text() -> None:
    by_guides = {number for guide in GUIDES for number in held_by(guide)}
    by_others = [number for _, tests in beyond() for number in tests]
    assert len(by_others) == len(set(by_others))
    assert by_guides & set(by_others) == set()
    assert by_guides | set(by_others) == set(bench())


def test_every_reason_is_given_somewhere() -> None:
    rows = [row for guide in GUIDES for row in (*guide.statements, *guide.obligations)]
    given = {row.why for row in rows} | {p.why for guide in GUIDES for p in guide.profiles}
    assert set(reasons()) - given == set()

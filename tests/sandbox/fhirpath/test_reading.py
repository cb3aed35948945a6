"""What an expression depends on, read off its syntax."""

import pytest

from sandbox.fhirpath.parsing import parse_fhirpath
from sandbox.fhirpath.reading import asks_of_presence_alone, chain, is_closed, members_spoken_of


@pytest.mark.parametrize(
    ("expression", "members"),
    [
        ("name.exists()", {"name"}),
        ("low.empty() or high.empty() or (low <= high)", {"low", "high"}),
        ("value.where(code = 'a').exists() implies unit.exists()", {"value", "unit"}),
        ("'a' = 'b'", set()),
    ],
)
def test_members_of_the_focus_are_all_that_counts(expression: str, members: set[str]) -> None:
    assert members_spoken_of(parse_fhirpath(expression)) == members


@pytest.mark.parametrize(
    "expression",
    [
        "$this.exists()",
        "%resource.name.exists()",
        "children().exists()",
        "Patient.name.exists()",
        "name.defineVariable('x').exists()",
        "name.exists() or children().exists()",
    ],
)
def test_what_needs_more_than_members_is_always_evaluated(expression: str) -> None:
    assert members_spoken_of(parse_fhirpath(expression)) is None


@pytest.mark.parametrize(
    "expression", ["1 + 2", "%resource.name", "%resource.contact.where('a' = 'b')", "-(3)"]
)
def test_a_part_of_constants_alone_is_closed(expression: str) -> None:
    assert is_closed(parse_fhirpath(expression))


@pytest.mark.parametrize(
    "expression", ["name", "1 + name.count()", "%resource.where(id = $this)", "$index"]
)
def test_a_part_that_looks_at_its_focus_is_not_closed(expression: str) -> None:
    assert not is_closed(parse_fhirpath(expression))


def test_a_chain_gives_its_links_from_left_to_right() -> None:
    head, links = chain(parse_fhirpath("a.b[0].c or d"))
    assert head.value == "a"
    assert [link.kind for link in links] == ["step", "index", "step", "operator"]


@pytest.mark.parametrize(
    "expression",
    [
        "name.exists()",
        "code.empty() or system.exists()",
        "(a.exists() and b.empty()).not()",
        "a.exists() = b.exists()",
    ],
)
def test_presence_alone_decides(expression: str) -> None:
    assert asks_of_presence_alone(parse_fhirpath(expression))


@pytest.mark.parametrize(
    "expression",
    [
        "name",
        "a.b.exists()",
        "name.exists(use = 'home')",
        "code.empty() or system = 'x'",
        "a.count() > 1",
        "id.not()",
    ],
)
def test_what_the_members_hold_may_decide(expression: str) -> None:
    assert not asks_of_presence_alone(parse_fhirpath(expression))

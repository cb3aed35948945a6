"""The figures count what they say."""

from tests.metrics.measuring import measure

SOURCE = '''"""One line."""

# Why this is so.
x, y = 1, 2  # fmt: skip
z = 3  # noqa: X


def first(n: int) -> int:
    """Returns it.

    Raises:
        ValueError: Never.
    """
    held = n if n else 0
    return (lambda one: one)(held)


grid = [a for b in c for a in b]
'''


def test_each_figure_counts_its_own() -> None:
    counts = measure([SOURCE + "#" * 101 + "\n"])

    assert (counts.comments, counts.unformatted, counts.long_lines) == (2, 1, 1)
    assert (counts.docstrings, counts.one_line_docstrings, counts.raising) == (2, 1, 1)
    assert (counts.assignments, counts.tuple_assignments) == (4, 1)
    assert (counts.lambdas, counts.conditional_expressions, counts.double_comprehensions) == (
        1,
        1,
        1,
    )
    assert counts.names == {"held": 1}
    assert counts.figures()["tuple assignments of unrelated values, %"] == 25


TABLE = """
NAMES = frozenset({
    "a", "b",
})  # fmt: skip
ROWS = [
    n for n in NAMES
]  # fmt: skip


def first() -> None:
    rows = [
        1,  2,
    ]  # fmt: skip
"""


def test_only_a_table_of_data_may_skip_the_formatter() -> None:
    assert measure([TABLE]).unformatted == 2
    assert measure([TABLE.partition("ROWS")[0]]).unformatted == 0
    assert measure(["# fmt: off\nx = 1\n"]).unformatted == 1


def test_nothing_is_nothing() -> None:
    assert set(measure([]).figures().values()) == {0}

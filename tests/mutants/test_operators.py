"""Each mutant differs from the source in one thing, and no two are alike."""

import ast

import pytest

from tests.mutants.operators import mutants_of

CHANGES = [
    ("return a < b", ["return a <= b", "return None"]),
    ("return a == b", ["return a != b", "return None"]),
    ("return a in b", ["return a not in b", "return None"]),
    ("return not a", ["return a", "return None"]),
    ("return a and b", ["return a or b", "return b", "return a", "return None"]),
    ("return a if b else c", ["return c if b else a", "return None"]),
    ("return 4", ["return 5", "return None"]),
    ("return None", []),
    ("return", []),
    ("return True", ["return False", "return None"]),
    ("raise a", ["pass"]),
    ("a(b)", ["pass"]),
    ("if a:\n        pass", ["if False:\n        pass", "if True:\n        pass"]),
]


@pytest.mark.parametrize(("line", "changed"), CHANGES)
def test_a_line_has_its_mutants(line: str, changed: list[str]) -> None:
    mutants = list(mutants_of(f"def f(a, b, c):\n    {line}\n"))
    assert {ast.unparse(mutant.tree()) for mutant in mutants} == {
        f"def f(a, b, c):\n    {each}" for each in changed
    }
    assert len(mutants) == len(changed)


def test_a_mutant_names_the_method_that_it_changes() -> None:
    source = "class A:\n    def b(self):\n        return 1\n\nC = 2\n"
    assert [(mutant.function, mutant.line) for mutant in mutants_of(source)] == [
        ("A.b", 3),
        ("A.b", 3),
        ("", 5),
    ]

"""CertLogic: cases by hand, a comparison with the reference evaluator over thousands of odd expressions, sets of rules."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.rules import NotEvaluated, evaluate, judge_rules
from tests.conftest import CLIENTS
from tests.sandbox.certificates.making import CONTENTS, NOW

DATA = {
    "payload": {
        "v": [{"dn": 2, "sd": 2, "dt": "2021-06-12", "ci": "URN:UVCI:01:CL:ABC/DEF#7"}],
        "dob": "1958-03",
    }
}
CASES: list[tuple[Any, Any]] = [
    ({"var": "payload.v.0.dn"}, 2),
    ({"var": "payload.v.3.dn"}, None),
    ({"if": [{"var": "payload.t"}, 1, 2]}, 2),
    ({">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}, True),
    ({"<": [1, 2, 3]}, True),
    ({"<": [1, 3, 2]}, False),
    ({"and": [True, "", {"var": []}]}, ""),
    ({"!": [[]]}, True),
    ({"===": [1, True]}, False),
    ({"in": ["b", ["a", "b"]]}, True),
    ({"+": [2, {"var": "payload.v.0.sd"}]}, 4),
    ({"reduce": [[1, 2, 3], {"+": [{"var": "current"}, {"var": "accumulator"}]}, 10]}, 16),
    ({"plusTime": ["2021-01-31", 1, "month"]}, datetime(2021, 3, 3, tzinfo=UTC)),
    ({"plusTime": ["2020-02-29", 1, "year"]}, datetime(2021, 3, 1, tzinfo=UTC)),
    ({"plusTime": ["2021-06-12T10:00:00+0200", -3, "hour"]}, datetime(2021, 6, 12, 5, tzinfo=UTC)),
    ({"dccDateOfBirth": [{"var": "payload.dob"}]}, datetime(1958, 3, 31, tzinfo=UTC)),
    ({"extractFromUVCI": [{"var": "payload.v.0.ci"}, 1]}, "CL"),
    ({"extractFromUVCI": [{"var": "payload.v.0.ci"}, 4]}, "7"),
    ({"extractFromUVCI": [None, 0]}, NotEvaluated),
    (
        {
            "not-before": [
                {"plusTime": ["2021-06-12", 14, "day"]},
                {"plusTime": ["2021-06-26", 0, "day"]},
            ]
        },
        True,
    ),
    ({"after": ["2021-06-12", "2021-06-11"]}, NotEvaluated),
    ({"+": [1, "2"]}, NotEvaluated),
    ({"+": [1, 2, 3]}, NotEvaluated),
    ({"plusTime": ["2021-13-01", 0, "day"]}, NotEvaluated),
    ({"plusTime": ["2021-06-12", 1, "week"]}, NotEvaluated),
    ({"or": [True, False]}, NotEvaluated),
    ({"a": [1], "b": [2]}, NotEvaluated),
    (None, NotEvaluated),
    (1.5, NotEvaluated),
]
PATHS = ["a", "b.0", "b.1.c", "b", "d", "", "missing.0.x", "e"]
WORDS = [
    "",
    "x",
    "2021-06-12",
    "2021-06-12T10:00:00Z",
    "2021-06-12T10:30:00.25+2:30",
    "2021-02",
    "1999",
    "x:y/z#w",
    "URN:UVCI:01:CL",
]
OPERATORS = [
    "===",
    "and",
    "<",
    ">",
    "<=",
    ">=",
    "in",
    "+",
    "after",
    "before",
    "not-after",
    "not-before",
]


@pytest.mark.parametrize(
    ("expression", "expected"), CASES, ids=lambda one: json.dumps(one, default=str)[:50]
)
def test_an_expression(expression: Any, expected: Any) -> None:
    if expected is NotEvaluated:
        with pytest.raises(NotEvaluated):
            evaluate(expression, DATA)
    else:
        found = evaluate(expression, DATA)
        assert (found, type(found)) == (expected, type(expected))


def test_what_is_nested_without_end_is_refused() -> None:
    expression: Any = True
    for _ in range(500):
        expression = {"!": [expression]}
    with pytest.raises(NotEvaluated):
        evaluate(expression, {})


class Odd:
    """Odd expressions: mostly well formed, of small depth, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def expression(self, depth: int = 4) -> Any:
        r = self._random
        if depth == 0 or r.random() < 0.25:
            return r.choice(
                [True, False, 0, 1, 2, -3, *WORDS, {"var": r.choice(PATHS)}, [], [1, "x"]]
            )
        kind = r.choice(
            [
                "infix",
                "infix",
                "if",
                "!",
                "plusTime",
                "plusTime",
                "reduce",
                "extract",
                "birth",
                "list",
                "odd",
            ]
        )
        below = [self.expression(depth - 1) for _ in range(3)]
        if kind == "infix":
            operator = r.choice(OPERATORS)
            dated = [
                {
                    "plusTime": [
                        r.choice(WORDS[2:7]),
                        r.randint(-40, 40),
                        r.choice(["day", "month", "year", "hour"]),
                    ]
                }
                for _ in range(3)
            ]
            chosen = dated if operator in OPERATORS[8:] and r.random() < 0.8 else below
            return {operator: chosen[: r.choice([2, 2, 2, 3, 1])]}
        return {
            "if": {"if": below},
            "!": {"!": below[:1]},
            "plusTime": {
                "plusTime": [
                    below[0] if r.random() < 0.3 else r.choice(WORDS[2:7]),
                    r.randint(-40, 40),
                    r.choice(["day", "month", "year", "hour", "week"]),
                ]
            },
            "reduce": {
                "reduce": [
                    r.choice([{"var": "b"}, [1, 2, 3], below[0]]),
                    self.inner(),
                    r.choice([0, "x", True]),
                ]
            },
            "extract": {"extractFromUVCI": [r.choice([*WORDS, {"var": "d"}]), r.randint(-1, 4)]},
            "birth": {"dccDateOfBirth": [r.choice([*WORDS, below[0]])]},
            "list": below,
            "odd": r.choice([{"or": below}, {}, {"var": 1}, {"+": 1}, {"!": []}, None]),
        }[kind]

    def inner(self) -> Any:
        r = self._random
        return {
            r.choice(["+", "and", "==="]): [
                {"var": "accumulator"},
                r.choice([{"var": "current"}, 1]),
            ]
        }


@pytest.mark.needs("clients")
def test_the_reference_evaluator_comes_to_the_same(tmp_path: Path) -> None:
    odd = Odd(20261126)
    data = {"a": 1, "b": [1, {"c": "x"}], "d": "URN:UVCI:01:CL:A#B", "e": {}}
    pairs = [[odd.expression(), data] for _ in range(5000)]
    module = CLIENTS / "node_modules" / "certlogic-js"
    if not module.is_dir():
        pytest.skip("no certlogic-js in out/clients: make clients")
    script = Path(__file__).parents[2] / "clients" / "with_certlogic.mjs"
    command = ["node", str(script), str(module / "dist" / "index.js")]
    done = subprocess.run(
        command, input=json.dumps(pairs), capture_output=True, text=True, timeout=60, check=True
    )
    theirs, ours = json.loads(done.stdout), [_outcome(*pair) for pair in pairs]
    different = [
        (pair[0], their, our)
        for pair, their, our in zip(pairs, theirs, ours, strict=True)
        if their != our
    ]
    assert different == []
    kinds = [kind for kind, _ in ours]
    assert (
        min(kinds.count(kind) for kind in ("value", "date", "error")) > 200
    )  # so that each kind was compared


def _outcome(expression: Any, data: Any) -> list[Any]:
    try:
        found = evaluate(expression, data)
    except NotEvaluated:
        return ["error", None]
    return (
        ["date", int(found.timestamp() * 1000)]
        if isinstance(found, datetime)
        else ["value", json.loads(json.dumps(found, default=_shown))]
    )


def _shown(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def a_rule(logic: Any, **more: Any) -> dict[str, Any]:
    texts = [{"lang": "en", "desc": "Two doses"}, {"lang": "es", "desc": "Dos dosis"}]
    return {"Identifier": "VR-CL-0001", "Type": "Acceptance", "Country": "CL", "CertificateType": "Vaccination",
            "Description": texts, "Logic": logic, **more}  # fmt: skip


WHOLE = {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        (a_rule(WHOLE), "kept"),
        (a_rule({"!": [WHOLE]}), "broken"),
        (a_rule(WHOLE, Type="Invalidation"), "broken"),
        (a_rule(WHOLE, CertificateType="Test"), "not_for_it"),
        (a_rule(WHOLE, ValidTo="2020-01-01"), "not_for_it"),
        (a_rule(WHOLE, ValidFrom="2030-01-01"), "not_for_it"),
        (a_rule({"var": "payload.v.0.dn"}), "open"),
        (a_rule({"+": [1, "x"]}), "open"),
        (a_rule(None), "open"),
    ],
)  # fmt: skip
def test_what_a_rule_comes_to(rule: dict[str, Any], outcome: str) -> None:
    (found,) = judge_rules([rule], CONTENTS["eu_dcc"], at=NOW, language="es")
    assert (found.outcome, found.text, found.country) == (outcome, "Dos dosis", "CL")
    assert bool(found.reason) == (outcome == "open")


def test_the_clock_and_value_sets_are_known_to_rules() -> None:
    logic = {
        "before": [
            {"plusTime": [{"var": "payload.v.0.dt"}, 0, "day"]},
            {"plusTime": [{"var": "external.validationClock"}, 0, "day"]},
        ]
    }
    known = {"in": [{"var": "payload.v.0.mp"}, {"var": "external.valueSets.vaccines"}]}
    rules = [a_rule(logic), a_rule(known)]
    found = judge_rules(
        rules, CONTENTS["eu_dcc"], at=NOW, value_sets={"vaccines": ["EU/1/20/1528"]}
    )
    assert [one.outcome for one in found] == ["kept", "kept"]

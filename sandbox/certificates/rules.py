"""Countries' business rules for certificates: CertLogic 1.3, and the outcome of a set of rules.

A rule is JSON: an expression over the content of a certificate (`payload`) and what is known beside
it (`external`: the clock, value sets).  An expression that cannot be evaluated makes a rule open,
never kept and never broken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal, TypeGuard

from sandbox.i18n import Language
from sandbox.limits import RULE_DEPTH

INFIX = {
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
}
COMPARISONS = {"<", ">", "<=", ">="}
DATES = {"after": ">", "before": "<", "not-after": "<=", "not-before": ">="}
UNITS = ("year", "month", "day", "hour")
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")
MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(\.\d+)?(?:Z|([+-])(\d{1,2})(?::?(\d{2}))?)?"
)
UVCI = "URN:UVCI:"
Outcome = Literal["kept", "broken", "open", "not_for_it"]


class NotEvaluated(ValueError):
    """An expression that is none, or that its data do not fit; says why, for whoever writes
    rules.
    """


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """What a rule comes to for a certificate, with its text in a language, and why it is open."""

    id: str
    country: str
    outcome: Outcome
    text: str
    reason: str = ""


def judge_rules(
    rules: Sequence[Mapping[str, Any]],
    content: Any,
    *,
    at: datetime,
    language: Language = "en",
    value_sets: Mapping[str, Sequence[str]] | None = None,
) -> list[RuleOutcome]:
    """Returns what each rule comes to: those for another kind of certificate or another time are
    `not_for_it`.
    """
    clock = at.astimezone(UTC).isoformat(timespec="seconds")
    external = {"validationClock": clock, "valueSets": dict(value_sets or {})}
    kind = {"v": "Vaccination", "t": "Test", "r": "Recovery"}
    kinds = {kind[group] for group in kind if isinstance(content, Mapping) and group in content}
    outcomes = []
    for rule in rules:
        is_for_it = rule.get("CertificateType", "General") in {"General", *kinds} and _is_in_force(
            rule, at
        )
        outcome, reason = _outcome(rule, content, external) if is_for_it else ("not_for_it", "")
        text = _text(rule, language)
        outcomes.append(
            RuleOutcome(
                str(rule.get("Identifier", "–")),
                str(rule.get("Country", "–")),
                outcome,
                text,
                reason,
            )
        )
    return outcomes


def evaluate(expression: Any, data: Any, *, depth: int = 0) -> Any:
    """Returns what an expression comes to; moments as datetime.

    Args:
        expression: CertLogic: a literal, a list, or one operation with its operands.
        data: What `var` looks into: `payload` and `external`, or what a reduction has at hand.
        depth: How deep it stands in the whole expression.

    Raises:
        NotEvaluated: It is no expression, or the data do not fit it.
    """
    if depth > RULE_DEPTH:
        raise NotEvaluated("too deep")
    # CertLogic 1.3 has integers and no other numbers
    if isinstance(expression, str | bool) or _is_integer(expression):
        return expression
    if isinstance(expression, list):
        return [evaluate(part, data, depth=depth + 1) for part in expression]
    if not isinstance(expression, Mapping) or len(expression) != 1:
        raise NotEvaluated("no expression")
    ((operator, operands),) = expression.items()
    if operator == "var":
        return _var(operands, data)
    if not isinstance(operands, list) or not operands:
        raise NotEvaluated(f"{operator}: a list of operands is needed")
    if operator in INFIX:
        return _infix(operator, operands, data, depth)
    known = {
        "if": _if,
        "!": _not,
        "plusTime": _plus_time,
        "reduce": _reduce,
        "extractFromUVCI": _extract,
        "dccDateOfBirth": _date_of_birth,
    }
    if operator not in known:
        raise NotEvaluated(f"{operator}: no such operation")
    return known[operator](operands, data, depth)


def _outcome(
    rule: Mapping[str, Any], content: Any, external: Mapping[str, Any]
) -> tuple[Outcome, str]:
    try:
        result = evaluate(rule.get("Logic"), {"payload": content, "external": external})
    except NotEvaluated as error:
        return "open", str(error)
    if not isinstance(result, bool):
        return "open", "no truth value"
    # of which true says that the certificate is refused
    is_invalidation = rule.get("Type") == "Invalidation"
    return ("kept" if result is not is_invalidation else "broken"), ""


def _is_in_force(rule: Mapping[str, Any], at: datetime) -> bool:
    try:
        begins, ends = (
            _moment(str(rule[name])) if name in rule else None for name in ("ValidFrom", "ValidTo")
        )
    except NotEvaluated:
        return True  # what its dates mean is open; its logic says more
    return (begins is None or begins <= at) and (ends is None or at <= ends)


def _text(rule: Mapping[str, Any], language: Language) -> str:
    descriptions = [
        description
        for description in rule.get("Description") or ()
        if isinstance(description, Mapping)
    ]
    ranks: dict[str, int] = {"en": 1, language: 0}
    ordered = sorted(descriptions, key=lambda row: ranks.get(str(row.get("lang"))[:2], 2))
    return str(ordered[0].get("desc", "")) if ordered else ""


def _var(path: Any, data: Any) -> Any:
    if not isinstance(path, str):
        raise NotEvaluated("var: a path is needed")
    value = data
    for word in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(word)
        elif isinstance(value, list):
            value = value[int(word)] if word.isdecimal() and int(word) < len(value) else None
        else:
            return None
    return value


def _truth(value: Any, operator: str) -> bool:
    """Tells what a value counts as; dates count as nothing."""
    if value is None or isinstance(value, bool | int | float | str | list | Mapping):
        return bool(value)
    raise NotEvaluated(f"{operator}: neither true nor false")


def _if(operands: list[Any], data: Any, depth: int) -> Any:
    if len(operands) < 3:
        raise NotEvaluated("if: condition, then and else are needed")
    chosen = (
        operands[1] if _truth(evaluate(operands[0], data, depth=depth + 1), "if") else operands[2]
    )
    return evaluate(chosen, data, depth=depth + 1)


def _not(operands: list[Any], data: Any, depth: int) -> bool:
    return not _truth(evaluate(operands[0], data, depth=depth + 1), "!")


def _infix(operator: str, operands: list[Any], data: Any, depth: int) -> Any:
    most = 3 if operator in COMPARISONS or operator in DATES else 2
    if len(operands) < 2 or (len(operands) > most and operator != "and"):
        raise NotEvaluated(f"{operator}: {len(operands)} operands")
    if operator == "and":
        # stops at the first that does not hold: what follows may lean on it (a dose is there)
        result: Any = True
        for operand in operands:
            if not _truth(result, "and"):
                return result
            result = evaluate(operand, data, depth=depth + 1)
            _truth(result, "and")
        return result
    values = [evaluate(argument, data, depth=depth + 1) for argument in operands]
    if operator == "===":
        return _is_same(*values)
    if operator == "in":
        if not isinstance(values[1], list):
            raise NotEvaluated("in: a list is needed")
        return any(_is_same(values[0], value) for value in values[1])
    if operator in DATES and not all(isinstance(value, datetime) for value in values):
        raise NotEvaluated(f"{operator}: dates are needed")
    if operator not in DATES and not all(map(_is_integer, values)):
        raise NotEvaluated(f"{operator}: integers are needed")
    if operator == "+":
        return values[0] + values[1]
    return all(_compare(DATES.get(operator, operator), *pair) for pair in pairwise(values))


def _compare(operator: str, left: Any, right: Any) -> bool:
    return bool(
        {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]
    )


def _is_same(left: Any, right: Any) -> bool:
    """Tells whether two values are the same one, as === has it: texts, numbers and truth values by
    what they are.
    """
    if isinstance(left, bool) or isinstance(right, bool) or left is None or right is None:
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return left == right if isinstance(left, str) and isinstance(right, str) else left is right


def _plus_time(operands: list[Any], data: Any, depth: int) -> datetime:
    date, amount, unit = [*operands, None, None, None][:3]
    if not _is_integer(amount) or unit not in UNITS:
        raise NotEvaluated("plusTime: a date, an integer and a unit are needed")
    text = evaluate(date, data, depth=depth + 1)
    if not isinstance(text, str):
        raise NotEvaluated("plusTime: a date is needed")
    start = _last_day(text) or _moment(text)
    try:
        if unit in ("day", "hour"):
            return start + (timedelta(days=amount) if unit == "day" else timedelta(hours=amount))
        months = start.year * 12 + start.month - 1 + (amount if unit == "month" else 12 * amount)
        first = start.replace(year=months // 12, month=months % 12 + 1, day=1)
        # 31 January and a month is 3 March, as the specification has it
        return first + timedelta(days=start.day - 1)
    except (ValueError, OverflowError):
        raise NotEvaluated("plusTime: out of the calendar") from None


def _reduce(operands: list[Any], data: Any, depth: int) -> Any:
    operand, step, initial = [*operands, None, None, None][:3]
    values = evaluate(operand, data, depth=depth + 1)
    accumulated = evaluate(initial, data, depth=depth + 1)
    if values is not None and not isinstance(values, list):
        raise NotEvaluated("reduce: a list is needed")
    for value in values or ():
        # the step sees nothing else: CertLogic has no way out to the data around
        accumulated = evaluate(
            step, {"accumulator": accumulated, "current": value}, depth=depth + 1
        )
    return accumulated


def _extract(operands: list[Any], data: Any, depth: int) -> str | None:
    uvci = evaluate(operands[0], data, depth=depth + 1)
    index = [*operands, None][1]
    if not _is_integer(index) or not (uvci is None or isinstance(uvci, str)):
        raise NotEvaluated("extractFromUVCI: a text and an integer are needed")
    parts = re.split(r"[/#:]", uvci.removeprefix(UVCI)) if uvci is not None else []
    return parts[index] if 0 <= index < len(parts) else None


def _date_of_birth(operands: list[Any], data: Any, depth: int) -> datetime:
    text = evaluate(operands[0], data, depth=depth + 1)
    birth = (
        (_last_day(text) or (_moment(text) if DAY.fullmatch(text) else None))
        if isinstance(text, str)
        else None
    )
    if birth is None:
        raise NotEvaluated("dccDateOfBirth: a date is needed, of which parts may be missing")
    return birth


def _last_day(text: str) -> datetime | None:
    """Returns the last day that a date without day or month can mean; None for another text."""
    match = PARTIAL.fullmatch(text)
    if match is None:
        return None
    year = int(match[1])
    month = int(match[2] or 12)
    try:
        following = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        datetime(year, month, 1, tzinfo=UTC)
    except ValueError:
        raise NotEvaluated(f"{text}: no date") from None
    return following - timedelta(days=1)


def _moment(text: str) -> datetime:
    """Returns a date or a date with time; without a zone it is in UTC."""
    match = MOMENT.fullmatch(text)
    try:
        if match is None:
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        day, clock, fraction, sign, hours, minutes = match.groups()
        zone = f"{sign}{hours:0>2}:{minutes or '00'}" if sign else "+00:00"
        part = ((fraction or ".") + "000")[:4]  # milliseconds
        return datetime.fromisoformat(f"{day}T{clock}{part}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise NotEvaluated(f"{text}: no date") from None


def _is_integer(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)

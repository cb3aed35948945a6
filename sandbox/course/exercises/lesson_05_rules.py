"""Lesson 05, the rule of a country: whom it lets in is tried with doses of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.course.comparing import as_json, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_05_periods import EXERCISES as EXERCISES
from sandbox.course.exercises.reading import as_object, unpacked
from sandbox.findings import Finding

LATER = datetime(2031, 3, 1, 12, tzinfo=UTC)
# days since the dose, its number, how many the series has, whether it is let in; what is wrong
TRIALS = (
    (100, 2, 2, True, "refuses"),
    (14, 2, 2, True, "first_day"),
    (269, 2, 2, True, "last_day"),
    (13, 2, 2, False, "too_early"),
    (271, 2, 2, False, "too_late"),
    (100, 1, 2, False, "series"),
    (100, 3, 2, True, "booster"),
)


def _a_rule(answer: Any) -> Any:
    """Reads an expression, also in a whole rule."""
    value = unpacked(answer)
    logic = as_object(value).get("Logic", value)
    if isinstance(value, Finding) or (isinstance(logic, dict) and len(logic) == 1):
        return value if isinstance(value, Finding) else logic
    return wrong("no_rule", expected='{"and": […]}', found=as_json(answer))


@EXERCISES.exercise("5.10", points=3, clause="CertLogic 1.3", asked=Asked(read=_a_rule))
def let_in(answer: Any, evidence: Evidence) -> Finding | None:
    """A rule that lets in a whole series, its last dose 14 to 270 days ago, on any day."""
    now = datetime.now(UTC).replace(hour=12)
    fault = next(_faults(answer, now), None)
    if fault:
        return fault
    # a day written into a rule is right until tomorrow
    later = next(_faults(answer, LATER), None)
    return wrong("fixed_day", where=f"{LATER:%Y-%m-%d}", found=later.found) if later else None


def _faults(logic: Any, at: datetime) -> Iterator[Finding]:
    """Yields for which doses a rule says another thing than it should, at a moment."""
    from sandbox.certificates.rules import judge_rules

    for days, dose, series, is_let_in, name in TRIALS:
        shown = f"dt −{days} d, dn {dose}, sd {series}"
        content = _vaccination(at - timedelta(days=days), dose, series)
        (said,) = judge_rules([{"Logic": logic}], content, at=at)
        if said.outcome == "open":
            key = "no_truth" if said.reason == "no truth value" else "not_evaluated"
            yield wrong(key, where=shown, found=said.reason, reason=said.reason)
        elif (said.outcome == "kept") is not is_let_in:
            yield wrong(name, where=shown, found=said.outcome)


def _vaccination(day: datetime, dose: int, series: int) -> dict[str, Any]:
    shot = {"tg": "840539006", "dn": dose, "sd": series, "dt": f"{day:%Y-%m-%d}", "co": "BR"}
    return {"ver": "1.3.0", "dob": "1972-08-15", "v": [shot]}

"""A rule of a country in a notebook: what it says of a certificate, as a verifier asks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank


def rule_says(logic: Any, content: Any) -> str | Blank:
    """Returns what a rule says of a certificate today: kept, broken, or open and why.

    Args:
        logic: The rule, as CertLogic.
        content: What the certificate says (EU DCC).
    """
    from sandbox.certificates.rules import judge_rules

    if has_blank([logic, content]):
        return BLANK
    (outcome,) = judge_rules([{"Logic": logic}], content, at=datetime.now(UTC))
    return f"{outcome.outcome} {outcome.reason}".strip()

"""Findings as sentences: what is wrong and what to do next, in the reader's language.

An invariant is explained in our words where the catalogue `invariants` has them, else in the words of its author.
"""

from __future__ import annotations

from sandbox.findings import Finding
from sandbox.i18n import Language, has_message, say

HIDDEN = "…"
PUBLIC = frozenset({"human", "test", "transaction"})  # what is ours, and nobody's data


def text_of(finding: Finding, language: Language) -> str:
    """Returns what is wrong."""
    return say(f"{finding.key}.text", language, **_values(finding, language))


def fix_of(finding: Finding, language: Language) -> str:
    """Returns what to do next."""
    return say(f"{finding.key}.fix", language, **_values(finding, language))


def public_text_of(finding: Finding, language: Language) -> str:
    """Returns what is wrong without any value: for places where others read along, such as a chat."""
    return say(f"{finding.key}.text", language, **_hidden(finding, language))


def public_fix_of(finding: Finding, language: Language) -> str:
    """Returns what to do next without any value."""
    return say(f"{finding.key}.fix", language, **_hidden(finding, language))


def _hidden(finding: Finding, language: Language) -> dict[str, object]:
    return {name: HIDDEN if name not in PUBLIC else value for name, value in _values(finding, language).items()}


def _values(finding: Finding, language: Language) -> dict[str, object]:
    values = finding.values
    known = f"invariants.{values.get('name')}"
    if "human" in values and has_message(known, language):
        values["human"] = say(known, language)
    return values

"""The judge in a notebook: validates a resource against R4 and profiles, and shows the first
findings as a card.
"""

from __future__ import annotations

from typing import Any

from sandbox.course.cards import Card, Row
from sandbox.findings import Finding
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of

# as many as a reader takes in; the rest is counted
SHOWN = 8
ERRORS = ("fatal", "error")


def judge_resource(resource: Any, *, profile: str, year: int | None) -> list[Finding]:
    """Returns the findings of a resource.

    Args:
        resource: As JSON.
        profile: The short name or canonical of a profile; empty for R4 alone.
        year: The event year whose ruleset counts; None for none.

    Raises:
        BadRequest: The profile or the year is not known.
    """
    from sandbox.definitions.rulesets import profile_names, profile_url, ruleset
    from sandbox.errors import BadRequest
    from sandbox.validation import knowledge_at_hand, validate

    if profile and knowledge_at_hand().profile(profile_url(profile)) is None:
        raise BadRequest(
            "course.no_profile", where="profile", name=profile, known=", ".join(profile_names())
        )
    return validate(
        resource, profiles=[profile] if profile else [], ruleset=ruleset(year) if year else None
    )


def judgement_card(findings: list[Finding], language: Language) -> Card:
    """Returns verdict and findings, errors first; remarks of what was not checked are counted, not
    listed.
    """
    errors = sum(1 for finding in findings if finding.severity in ERRORS)
    rows = judgement_rows(findings, language)
    if errors:
        return Card("failed", language, say("course.not_valid", language, errors=errors), rows)
    return Card("passed", language, say("course.valid", language), rows)


def judgement_rows(findings: list[Finding], language: Language) -> list[Row]:
    """Returns a row for each finding, up to SHOWN; remarks are counted."""
    listed = [finding for finding in findings if finding.severity != "information"]
    rows: list[Row] = []
    for finding in listed[:SHOWN]:
        label = say(
            f"pages.judgement.{'error' if finding.severity in ERRORS else 'warning'}", language
        )
        clause = f" [{finding.clause}]" if finding.clause else ""
        text = f"{text_of(finding, language)}\n→ {fix_of(finding, language)}{clause}"
        rows.append((label, f"{finding.where}\n{text}"))
    if len(listed) > SHOWN:
        rows.append(("", say("course.more_findings", language, count=len(listed) - SHOWN)))
    unchecked = len(findings) - len(listed)
    if unchecked:
        rows.append(("", say("course.remarks", language, count=unchecked)))
    return rows

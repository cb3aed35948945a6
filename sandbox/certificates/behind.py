"""Judges what came behind a health link: FHIR as any resource, health cards as any card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.certificates.receiving import ReceivedFile
from sandbox.certificates.shc import Issuers, verify_card
from sandbox.certificates.shc_forms import is_card, texts_of
from sandbox.certificates.steps import Certificate
from sandbox.errors import SandboxError
from sandbox.fhir.json import member, parse_json
from sandbox.findings import Finding

CARD = "application/smart-health-card"


@dataclass(frozen=True, slots=True)
class JudgedFile:
    """A file behind a link: the resource in it, what is wrong with it, and the cards that it is."""

    content_type: str
    size: int
    resource: Any = None
    findings: tuple[Finding, ...] = ()
    cards: tuple[Certificate, ...] = ()


def judge_files(
    files: Sequence[ReceivedFile],
    issuers: Issuers,
    *,
    at: datetime,
    revoked: frozenset[str] = frozenset(),
) -> list[JudgedFile]:
    """Returns the files behind a link, each judged: what is wrong is told, not what could not be
    checked.
    """
    judged = []
    for file in files:
        size = len(file.content)
        text = file.content.decode("utf-8", "replace")
        if file.content_type.partition(";")[0] == CARD or is_card(text):
            cards = [verify_card(card, issuers, at=at, revoked=revoked) for card in texts_of(text)]
            judged.append(JudgedFile(file.content_type, size, cards=tuple(cards)))
            continue
        resource, findings = judge_resource(file.content)
        judged.append(JudgedFile(file.content_type, size, resource, tuple(findings)))
    return judged


def judge_resource(content: bytes) -> tuple[Any, list[Finding]]:
    """Returns the FHIR resource in a file and what is wrong with it; None for what is no JSON."""
    from sandbox.validation import validate

    try:
        resource = parse_json(content)
    except SandboxError as error:
        return None, [error.as_finding()]
    findings = validate(resource)
    return resource, [one for one in findings if one.severity in ("fatal", "error", "warning")]


def bundle_in(card: Certificate) -> Mapping[str, Any] | None:
    """Returns the FHIR in a health card; None for none."""
    content = card.content
    is_bundle = member(content, "resourceType") == "Bundle"
    return content if is_bundle and isinstance(content, dict) else None

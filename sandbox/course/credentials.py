"""Credentials in a notebook: their steps as a card.

A document that a credential names is asked for only where the lesson's own server has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.course.beside import ask, root_of
from sandbox.course.blank import Blank
from sandbox.course.cards import Card, Row
from sandbox.course.certificates import KINDS, MARKS
from sandbox.course.client import Client
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of

# what verifies is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.keys import TrustedKey
    from sandbox.credentials.report import Report


def is_credential(text: str) -> bool:
    """Tells whether a text looks like a credential, and not like a certificate or link."""
    from sandbox.credentials import verifying

    return verifying.is_credential(text)


def credential_card(text: str, keys: Sequence[TrustedKey], client: Client, *, at: datetime) -> Card:
    """Returns every step of verifying a credential, with the reason and what to do where a step is
    not right.

    Args:
        text: The credential.
        keys: Those that are trusted.
        client: Of the lesson.
        at: The moment for which it is judged.
    """
    from sandbox.credentials.asking import verify_asking
    from sandbox.credentials.report import Known, by_thumbprint

    def fetch(address: str) -> bytes:
        if not address.startswith(f"{root_of(client)}/"):
            raise OSError(address)
        answer = ask(client, "GET", address)
        if isinstance(answer, Blank) or answer.status != 200:
            raise OSError(address)
        return answer.body

    report = verify_asking(text, Known({}, {}, by_thumbprint(keys)), fetch, at=at)
    heading = say(f"certificates.verdict.{report.verdict}", client.language)
    return Card(
        KINDS.get(report.verdict, "failed"),
        client.language,
        heading,
        [*_rows(report, client.language)],
    )


def _rows(report: Report, language: Language) -> Iterator[Row]:
    for step in report.steps:
        if step.status == "skipped" and not step.findings:
            continue
        status = say(f"certificates.status.{step.status}", language)
        advice = [
            f"{text_of(finding, language)}\n→ {fix_of(finding, language)}"
            for finding in step.findings
        ]
        value = "\n".join([f"{status} {step.detail}".strip(), *advice])
        yield f"{MARKS[step.status]} {say(f'credentials.step.{step.name}', language)}", value

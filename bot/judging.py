"""Documents in chat: judged by the sandbox and answered with the first findings, without any value
of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.api import Document
from bot.asking import Answer, Asking
from bot.cards import Button, Card, Tone
from bot.grammar import Intent
from bot.run_cards import public_place
from bot.words import Language, say

MOST_FINDINGS = 5
GRAVE = ("fatal", "error")
RANKS = ("fatal", "error", "warning", "information")
JSON_TYPE = "application/fhir+json"
XML_TYPE = "application/fhir+xml"
TEXT_TYPE = "text/plain"
NOTEBOOK_TYPE = "application/x-ipynb+json"
# how a credential begins in its compact form, and the links that wallets open
OF_WALLETS = (b"eyJ", b"openid-credential-offer:", b"openid4vp:", b"haip-")


def document_of(content: bytes) -> Document:
    """Returns a document with its kind.

    Args:
        content: Its bytes; they tell the kind by how they begin, whatever a file is called.
    """
    if content.startswith(b"\x89PNG"):
        return Document(content, "image/png")
    if content.startswith(b"\xff\xd8\xff"):
        return Document(content, "image/jpeg")
    begin = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    kinds = {b"{": JSON_TYPE, b"<": XML_TYPE}
    kind = kinds.get(begin, TEXT_TYPE)
    return Document(content, NOTEBOOK_TYPE if kind == JSON_TYPE and _is_notebook(content) else kind)


def _is_notebook(content: bytes) -> bool:
    """Tells whether JSON is a notebook: its cells, or the worksheets of old ones, and its format
    (nbformat, top-level structure).
    """
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(read, dict) and "nbformat" in read and bool({"cells", "worksheets"} & {*read})


class Judging(Asking):
    """Carries out `validate`."""

    async def on_validate(self, intent: Intent) -> Answer:
        text = intent.args.get("document", "")
        if not text:
            page = self._page("validate", intent.language)
            return Answer(Card(say("said.validate_usage", intent.language), buttons=(page,)))
        return Answer(await self.judged(document_of(text.encode()), intent))

    async def judged(self, document: Document, intent: Intent) -> Card:
        """Returns what the sandbox says of a document.

        Raises:
            Refused: The sandbox refuses, in words that can be shown.
            Away: The sandbox does not answer.
        """
        is_of_wallet = document.content.lstrip().startswith(OF_WALLETS)
        is_fhir = document.kind in (JSON_TYPE, XML_TYPE) or is_of_wallet
        path = "/api/validations" if is_fhir else "/api/certificates"
        answer = await self._ask(intent, "POST", path, document)
        if is_fhir:
            return self._validation_card(answer, intent.language)
        return self._certificate_card(answer, intent.language)

    def _recognised_card(self, judged: Mapping[str, Any], language: Language) -> Card:
        """Returns what a credential or link is; whom it names and what it says stays out."""
        view = judged["recognised"]
        marks = {"ok": "✓", "fail": "✗"}
        lines = [view["said"]] if view["said"] else []
        lines += [
            f"{marks.get(step['status'], '•')} {step['name']}"
            + "".join(f"\n→ {note['text']} {note['fix']}" for note in step["notes"][:1])
            for step in view["steps"]
            if step["status"] != "skipped" or step["notes"]
        ]
        if not view["steps"]:
            lines += [
                f"✗ {row['public_text']}\n→ {row['public_fix']}" for row in judged["findings"]
            ]
        lines.append(view["next"])
        tone: Tone = "good" if judged["valid"] else "bad"
        page = self._page("validate", language)
        return Card(view["sentence"], tone, lines=tuple(lines), buttons=(page,))

    def _validation_card(self, judged: Mapping[str, Any], language: Language) -> Card:
        if judged.get("recognised"):
            return self._recognised_card(judged, language)
        findings = sorted(judged["findings"], key=lambda row: RANKS.index(row["severity"]))
        grave = sum(finding["severity"] in GRAVE for finding in findings)
        lines: list[str] = []
        for finding in findings[:MOST_FINDINGS]:
            place = public_place(finding["where"])
            where = f"`{place}` " if place else ""
            mark = "✗" if finding["severity"] in GRAVE else "•"
            clause = f" [{finding['clause']}]" if finding["clause"] else ""
            lines += [f"{mark} {where}{finding['public_text']}{clause}"]
            lines += [f"→ {finding['public_fix']}"]
        if len(findings) > MOST_FINDINGS:
            lines.append(say("said.more", language, count=len(findings) - MOST_FINDINGS))
        key = "said.conforms" if judged["valid"] else "said.conforms_not"
        title = say(key, language, errors=grave, others=len(findings) - grave)
        tone: Tone = "good" if judged["valid"] else "bad"
        return Card(title, tone, lines=tuple(lines), buttons=(self._page("validate", language),))

    def _certificate_card(self, judged: Any, language: Language) -> Card:
        lines: list[str] = []
        for certificate in judged:
            marks = {"ok": "✓", "fail": "✗"}
            lines.append(f"*{certificate['form']}* {certificate['sentence']}")
            lines += [
                f"{marks.get(step['status'], '•')} {step['name']}"
                + "".join(f"\n→ {note['text']} {note['fix']}" for note in step["notes"][:1])
                for step in certificate["steps"]
            ]
        is_valid = all(certificate["verdict"] in ("valid", "deviates") for certificate in judged)
        title = say("said.certificate", language, count=len(judged))
        button = self._page("certificates", language)
        return Card(title, "good" if is_valid else "bad", lines=tuple(lines), buttons=(button,))

    def _page(self, name: str, language: Language) -> Button:
        url = f"{self._sandbox.base}/{name}?lang={language}"
        return Button(say("button.page", language), name, url=url)

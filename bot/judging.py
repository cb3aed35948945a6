"""Documents in chat: judged by the sandbox and answered with the first findings, without any value
of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.api import Document, Refused
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
VALIDATIONS = "/api/validations"
NOTEBOOK_TYPE = "application/x-ipynb+json"
UNREAD_TYPE = "application/octet-stream"
# how files begin that hold no text, and no picture that is read here
BINARY = (b"%PDF", b"GIF8", b"RIFF", b"PK\x03\x04", b"\x1f\x8b", b"II*\0", b"MM\0*", b"BM")
WIDE = (b"\xff\xfe", b"\xfe\xff")  # UTF-16, as some editors save it
# health cards in a file, and seals of borders, are JSON and none of FHIR
CARDS = ((b'"verifiableCredential"',), (b'"hdr"', b'"sig"'))
CARD_TEXTS = (b"HC1:", b"B64:", b"shc:/")
HEALTH_LINKS = ("shlink",)
NO_WALLET = "validations.bad_text"
UNREADABLE = "unreadable"


def document_of(content: bytes) -> Document:
    """Returns a document with its kind.

    Args:
        content: Its bytes; they tell the kind by how they begin, whatever a file is called.
    """
    if content.startswith(b"\x89PNG"):
        return Document(content, "image/png")
    if content.startswith(b"\xff\xd8\xff"):
        return Document(content, "image/jpeg")
    begin = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_wide = begin.startswith(WIDE)
    if content.startswith(BINARY) or (b"\0" in content and not is_wide):
        return Document(content, UNREAD_TYPE)
    kinds = {b"{": JSON_TYPE, b"[": JSON_TYPE, b"<": XML_TYPE}
    kind = kinds.get(begin[2:4].strip(b"\0") if is_wide else begin[:1], TEXT_TYPE)
    if kind == JSON_TYPE and b'"resourceType"' not in content:
        if _is_certificate(content):
            return Document(content, TEXT_TYPE)
        if _is_notebook(content):
            return Document(content, NOTEBOOK_TYPE)
    return Document(content, kind)


def _is_notebook(content: bytes) -> bool:
    """Tells whether JSON is a notebook: its cells, or the worksheets of old ones, and its format
    (nbformat, top-level structure).
    """
    try:
        read = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(read, dict) and "nbformat" in read and bool({"cells", "worksheets"} & {*read})


def _is_certificate(content: bytes) -> bool:
    """Tells whether a text is a certificate by its looks, whether it can be read or not."""
    is_card = any(all(mark in content for mark in marks) for marks in CARDS)
    return is_card or content.lstrip().startswith(CARD_TEXTS)


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
        if document.kind == UNREAD_TYPE or not document.content.strip():
            return self._unread_card(document, intent.language)
        if document.kind in (JSON_TYPE, XML_TYPE):
            judged = await self._ask(intent, "POST", VALIDATIONS, document)
            return self._validation_card(judged, intent.language)
        if not _is_certificate(document.content):
            # a credential, an offer or a request, also as the code in a picture
            try:
                judged = await self._ask(intent, "POST", VALIDATIONS, document)
                return self._validation_card(judged, intent.language)
            except Refused as error:
                if error.key != NO_WALLET:
                    raise
        certificates = await self._ask(intent, "POST", "/api/certificates", document)
        is_known = any(each["form"] or each["verdict"] != UNREADABLE for each in certificates)
        if not is_known and document.kind == TEXT_TYPE and not _is_certificate(document.content):
            return self._unread_card(document, intent.language)
        return self._certificate_card(certificates, intent.language)

    def _unread_card(self, document: Document, language: Language) -> Card:
        key = "said.unread_file" if document.content.strip() else "said.empty_file"
        lines = (say("said.validate_usage", language),)
        return Card(say(key, language), "bad", lines=lines)

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
            mark = "✗" if finding["severity"] in GRAVE else "•"
            clause = f" [{finding['clause']}]" if finding["clause"] else ""
            lines += [f"{mark} {finding['public_text']}{clause}"]
            # on a telephone a path takes a line of its own in any case
            place = public_place(finding["where"])
            lines += [f"`{place}`"] if place else []
            lines += [f"→ {finding['public_fix']}", ""]
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
            form = certificate["form"]
            name = say("said.health_link", language) if form in HEALTH_LINKS else form
            lines.append(" · ".join([f"*{name}*"] * bool(name) + [certificate["sentence"]]))
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

"""What pages show of a wallet: offers, credentials, requests and history in words.  Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.i18n import Language, say
from sandbox.pages.certificates import step_view

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.report import Report
    from sandbox.credentials.sdjwt.disclosures import Path
    from sandbox.credentials.texts import Json
    from sandbox.credentials.wallet.answering import Share
    from sandbox.credentials.wallet.offers import Offer
    from sandbox.credentials.wallet.requests import Asking

LONGEST = 300


def offer_view(offer: Offer, metadata: Json, language: Language) -> dict[str, Any]:
    """Returns an offer: who says to issue, what, and what its PIN looks like.

    Args:
        offer: As it was read.
        metadata: What the issuer says of itself, in whatever shape it came.
        language: Of the page; a name comes in it where the issuer has one.
    """
    from sandbox.credentials.wallet.forms import chosen

    pin = offer.pin or {}
    return {
        "issuer": offer.issuer,
        "name": _displayed(metadata, language),
        "kinds": [
            _displayed(each.get("credential_metadata") or each, language) or "–"
            for _, each in chosen(offer.configurations, metadata)
        ],
        "has_pin": offer.pin is not None,
        "is_numeric": pin.get("input_mode", "numeric") == "numeric",
        "hint": str(pin.get("description", ""))[:LONGEST],
        "is_draft": offer.is_draft,
        "is_by_browser": offer.is_by_browser,
    }


def row_view(row: Json, language: Language) -> dict[str, Any]:
    """Returns a credential as a list has it.

    Args:
        row: As the wallet keeps it.
        language: Of the page.
    """
    return {
        "id": row["id"],
        "title": _title(row["claims"], language),
        "issuer": row["issuer"],
        "received": row["received"],
    }


def credential_view(row: Json, report: Report, language: Language) -> dict[str, Any]:
    """Returns a credential in words, with what it says and every step of checking it.

    Args:
        row: As the wallet keeps it.
        report: What checking it now came to, which may differ from what it was on arrival.
        language: Of the page.
    """
    from sandbox.credentials.words import is_technical, leaves_of, words_of_credential

    claims = _as_read(leaves_of(row["claims"]), row["claims"])
    return {
        "title": _title(row["claims"], language),
        "verdict": report.verdict,
        "words": words_of_credential(report),
        "claims": _claims([pair for pair in claims if not is_technical(pair[0])], language),
        "technical": _claims([pair for pair in claims if is_technical(pair[0])], language),
        "steps": [step_view(step, language, room="credentials") for step in report.steps],
        "offered_by": row["issuer"],
        "is_draft": row.get("is_draft", False),
        "received": row["received"],
    }


def consent_view(
    asking: Asking, choices: Sequence[Sequence[Share]], language: Language
) -> dict[str, Any]:
    """Returns who asks, and for each credential exactly what would leave and what stays.

    Args:
        asking: The request.
        choices: For each of its queries the credentials that fit.
        language: Of the page.
    """
    return {
        "known_as": asking.known_as,
        "client_id": asking.client_id,
        "address": asking.address,
        "queries": [
            {"id": shares[0].query, "choices": [_share_view(share, language) for share in shares]}
            for shares in choices
        ],
    }


def history_view(row: Json, language: Language) -> dict[str, Any]:
    """Returns to whom something was shown, when, and what.

    Args:
        row: A line of the wallet's history, which has names of claims and no values.
        language: Of the page.
    """
    from sandbox.credentials.words import is_technical

    paths = [tuple(name.split(".")) for name in row["claims"]]
    return {
        "at": row["at"],
        "who": row["known_as"] or row["verifier"],
        "claims": [_named(path, language) for path in paths if not is_technical(path)],
        "technical": sum(is_technical(path) for path in paths),
    }


def verified_view(report: Json, language: Language) -> dict[str, Any]:
    """Returns what a verifier was shown, in words.

    Args:
        report: One credential of an answer, as the API tells it.
        language: Of the page.
    """
    from sandbox.credentials.words import is_technical, leaves_of

    claims = [pair for pair in leaves_of(report["claims"] or {}) if not is_technical(pair[0])]
    trust: Json = next((step for step in report["steps"] if step["name"] == "trust"), {})
    trusted_by = trust.get("detail", "") if trust.get("status") in ("ok", "warn") else ""
    return {**report, "shown": _claims(claims, language), "trusted_by": trusted_by}


def _share_view(share: Share, language: Language) -> dict[str, Any]:
    from sandbox.credentials.words import is_technical, place_of

    leaves = _as_read(share.leaves, share.held.claims)
    return {
        "id": share.held.id,
        "title": _title(share.held.claims, language),
        "leaves": _claims([pair for pair in leaves if not is_technical(pair[0])], language),
        "technical": _claims([pair for pair in leaves if is_technical(pair[0])], language),
        "stays": [_named(path, language) for path in sorted(share.stays, key=place_of)],
        "is_whole": share.is_whole,
    }


def _as_read(pairs: Iterable[tuple[Path, Any]], claims: Json) -> list[tuple[Path, Any]]:
    from sandbox.credentials.words import as_read

    return [(as_read(path, claims), value) for path, value in pairs]


def _claims(
    pairs: Iterable[tuple[Path, Any]], language: Language
) -> list[tuple[str, str | datetime]]:
    from sandbox.credentials.words import place_of

    ordered = sorted(pairs, key=lambda pair: place_of(pair[0]))
    return [(_named(path, language), _text(path, value, language)) for path, value in ordered]


def _named(path: Path, language: Language) -> str:
    """Returns what people call a claim; its place where it has no name here."""
    from sandbox.credentials.wallet.answering import name_of
    from sandbox.credentials.words import label_of

    return label_of(path, language) or name_of(path)


def _title(claims: Json, language: Language) -> str:
    from sandbox.credentials.words import as_read, kind_of, leaves_of

    said = {as_read(path, claims): value for path, value in leaves_of(claims)}
    kind = say(f"phone.kind.{kind_of(claims)}", language)
    parts = [kind, said.get(("name",)), said.get(("vaccine", "date"))]
    return " · ".join(part[:LONGEST] for part in parts if isinstance(part, str) and part)


def _displayed(described: Any, language: Language) -> str:
    """Returns the name that somebody gives themselves, in the language of the page if they have
    it.
    """
    rows = described.get("display") if isinstance(described, dict) else None
    named = [
        row
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and isinstance(row.get("name"), str)
    ]
    own = [row for row in named if str(row.get("locale", ""))[:2].lower() == language]
    return str([*own, *named][0]["name"])[:LONGEST] if named else ""


def _text(path: Path, value: Any, language: Language) -> str | datetime:
    from sandbox.credentials.words import moment_of

    if isinstance(value, bool):
        return say(f"phone.value.{'yes' if value else 'no'}", language)
    if path == ("link_expires",):
        return moment_of(value) or str(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

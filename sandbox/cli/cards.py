"""What `connectathon cert issue --dialect shc` does: health cards of a summary, as digits, file or
QR codes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.cli import tell
from sandbox.cli.bot import HERE
from sandbox.fhir.json import parse_json, write_json

if TYPE_CHECKING:
    from sandbox.trust.folder import TrustFolder

SHC = "shc"
FILE = ".smart-health-card"


def issue_from(file: Path, trust: TrustFolder, *, issuer: str, at: datetime) -> list[str]:
    """Returns the cards of the summary in a file as JWS, and keeps by what they are known.

    Raises:
        BadRequest: It is no JSON, no Bundle about one patient, or has nothing for a card.
        CardRefused: A card would be wrong.
    """
    from sandbox.certificates.shc_making import record_of
    from sandbox.errors import BadRequest
    from sandbox.trust.cards import cards_of, issuer_address

    try:
        record = record_of(parse_json(file.read_bytes()))
    except OSError as error:
        reason = str(error)[:80]
        raise BadRequest(
            "certificates.no_content", where=str(file), file=file, found=reason
        ) from None
    if record is None:
        raise BadRequest("certificates.no_record", where="content")
    cards = cards_of(record, [], trust.folder, issuer_address(issuer or HERE), at)
    if not cards:
        raise BadRequest("certificates.nothing_for_cards", where="content")
    trust.keep_issued(*(card.handle for card in cards))
    return [card.jws for card in cards]


def write_cards(cards: Sequence[str], out: Path | None) -> None:
    """Prints what the code of each card says, and writes a file: cards, or a picture for each."""
    from sandbox.certificates.shc_signing import digits_of

    codes = [digits_of(jws) for jws in cards]
    for jws, code in zip(cards, codes, strict=True):
        print(code or jws)
    if out is None:
        return
    if out.suffix == FILE:
        out.write_bytes(write_json({"verifiableCredential": list(cards)}))
        print(out, file=sys.stderr)
        return
    for number, code in enumerate(codes, start=1):
        file = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        _draw(code, file)


def _draw(code: str, file: Path) -> None:
    from sandbox.certificates.qr import png_of, svg_of
    from sandbox.certificates.shc_signing import QR_LEVEL

    if not code:  # SMART Health Cards 1.4 QR: several codes for one card are deprecated
        print(tell("cert.card_too_large", file=file), file=sys.stderr)
        return
    is_drawing = file.suffix == ".svg"
    picture = svg_of(code, level=QR_LEVEL).encode() if is_drawing else png_of(code, level=QR_LEVEL)
    file.write_bytes(picture)
    print(file, file=sys.stderr)

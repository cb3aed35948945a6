"""The forms in which SMART Health Cards travel: digits of one or several QR codes, a file, the
answer of `$health-cards-issue`, and a JWS as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.certificates.qr import ReadCode
from sandbox.certificates.shc_payload import CLAUSE
from sandbox.certificates.steps import finding
from sandbox.findings import Finding

PREFIX = "shc:/"
BOM = "\ufeff"
OFFSET = 45
MOST_VERSION = 22
LARGEST = 77  # of a digit pair: the letter below "-" and the distance to "z"
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
CHUNK = re.compile(r"shc:/([0-9]{1,2})/([0-9]{1,2})/([0-9]+)")
ISSUED = "verifiableCredential"


def is_card(text: str) -> bool:
    """Tells whether a text is a health card in any of its forms."""
    plain = text.removeprefix(BOM).strip()
    is_file = plain.startswith("{") and f'"{ISSUED}"' in plain
    return plain.startswith(PREFIX) or is_file or COMPACT.fullmatch(plain) is not None


def texts_of(text: str) -> list[str]:
    """Returns the cards in a text: of a `.smart-health-card` file, of the Parameters of
    `$health-cards-issue`, of several lines of digits, or the one that it is.

    The parts of one card in several codes stay together.
    """
    plain = text.removeprefix(BOM).strip()
    if plain.startswith("{"):
        try:
            listed = _listed(json.loads(plain))
        except (ValueError, RecursionError):
            return [text]
        # each card says that its file begins with one (RFC 8259 8.1)
        mark = BOM if text.startswith(BOM) else ""
        return [f"{mark}{card}" for card in listed] or [text]
    lines = plain.split()
    if len(lines) < 2 or not all(line.startswith(PREFIX) for line in lines):
        return [text]
    chunks = [line for line in lines if CHUNK.fullmatch(line)]
    whole = [line for line in lines if line not in chunks]
    return [*whole, *(["\n".join(chunks)] if chunks else [])]


def text_of_codes(texts: Sequence[str]) -> str:
    """Returns what the codes of one picture say: all parts of a card in several codes, else the
    first.
    """
    chunks = [text for text in texts if CHUNK.fullmatch(text)]
    return "\n".join(chunks) if chunks and len(chunks) == len(texts) else texts[0]


def jws_of_digits(text: str, odd: list[Finding]) -> str:
    """Returns the JWS in the digits of one code, or of the codes that make one card.

    Args:
        text: What the codes say, one a line.
        odd: Takes what is not as specified.

    Returns:
        The JWS; empty where a part is missing or where there are no digits.
    """
    digits = _joined(text.split(), odd) if "/" in text.removeprefix(PREFIX) else text[len(PREFIX) :]
    if digits is None:
        return ""
    pairs = [digits[place : place + 2] for place in range(0, len(digits), 2)]
    wrong = next(
        (pair for pair in pairs if not re.fullmatch(r"[0-9]{2}", pair) or int(pair) > LARGEST), None
    )
    if wrong is not None or not pairs:
        odd.append(finding("no_digits", "error", found=wrong or "–", clause=f"{CLAUSE} QR"))
        return ""
    return "".join(chr(int(pair) + OFFSET) for pair in pairs)


def faults_of_codes(codes: Sequence[ReadCode]) -> Iterator[Finding]:
    """Yields which codes of health cards are denser than the specification allows.

    Args:
        codes: Those of one picture; a code of unknown version is not judged.
    """
    for code in codes:
        if code.text.startswith(PREFIX) and code.version > MOST_VERSION:
            met = str(code.version)
            wanted = str(MOST_VERSION)
            clause = f"{CLAUSE} QR"
            yield finding("large_code", "warning", expected=wanted, found=met, clause=clause)


def _listed(content: Any) -> list[str]:
    """Returns the cards of a file, or of the Parameters that an issuer answers with."""
    if not isinstance(content, Mapping):
        return []
    credentials = content.get(ISSUED)
    if credentials is None and content.get("resourceType") == "Parameters":
        parameters = content.get("parameter")
        credentials = [
            parameter.get("valueString")
            for parameter in (parameters if isinstance(parameters, list) else [])
            if isinstance(parameter, Mapping) and parameter.get("name") == ISSUED
        ]
    listed: Sequence[Any] = credentials if isinstance(credentials, list) else []
    return [credential for credential in listed if isinstance(credential, str)]


def _joined(lines: Sequence[str], odd: list[Finding]) -> str | None:
    """Returns the digits of a card in several codes; None where parts are missing or contradict
    each other.
    """
    parts: dict[int, str] = {}
    totals: set[int] = set()
    is_one = True
    for line in lines:
        match = CHUNK.fullmatch(line)
        if match is not None:
            totals.add(int(match[2]))
            # the same code may be read twice; another with its number is of another card
            is_one = parts.setdefault(int(match[1]), match[3]) == match[3] and is_one
    total = max(totals, default=0)
    missing = [str(number) for number in range(1, total + 1) if number not in parts]
    given = ", ".join(str(number) for number in sorted(parts)) or lines[0][len(PREFIX) :][:5]
    clause = f"{CLAUSE} QR"
    if missing or len(totals) != 1 or not is_one or len(parts) > total:
        wanted = ", ".join(missing) or "–"
        odd.append(finding("chunked", "error", expected=wanted, found=given, clause=clause))
        return None
    odd.append(finding("chunks_joined", "warning", found=str(total), clause=clause))
    return "".join(parts[number] for number in range(1, total + 1))

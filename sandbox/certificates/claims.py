"""Certificate claims (CWT, RFC 8392; HCERT 1.1.1): read leniently, written as specified."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Any

import cbor2

from sandbox.certificates.cose import MAPS
from sandbox.findings import Finding

ISS = 1
EXP = 4
NBF = 5
IAT = 6
HCERT = -260
NAMES = {ISS: "iss", EXP: "exp", NBF: "nbf", IAT: "iat", HCERT: "hcert"}
TEXTS = {number: str(number) for number in NAMES}
MILLISECONDS = 10**11  # seconds of the year 5138: whoever writes more has counted milliseconds
NUMBER = re.compile(r"-?\d{1,4}")
COUNTRY = re.compile(r"[A-Z]{2}")
CWT_CLAUSE = "RFC 8392 3.1"
HCERT_CLAUSE = "HCERT 1.1.1 3.3"
TIME_CLAUSE = "HCERT 1.1.1 3.3.4"  # integers, where CWT takes floats too


@dataclass(frozen=True, slots=True)
class Claims:
    """Who has issued it, from when until when (seconds since 1970, None for not said), and what it
    holds.

    `content` is keyed by the number of its kind, or by None where the payload is no CWT and is the
    content itself.
    """

    issuer: str
    issued: int | None
    expires: int | None
    content: Mapping[int | None, Any]
    begins: int | None = None
    """Before when nobody may accept it (`nbf`)."""


def read_claims(payload: Any) -> tuple[Claims | None, list[Finding]]:
    """Returns the claims in a decoded payload, and where they are not as specified.

    Returns:
        The claims, None where nothing can be understood as such, and the findings.
    """
    if not isinstance(payload, MAPS):
        return None, [_finding("claims_no_map", "error", found=type(payload).__name__)]
    findings: list[Finding] = []
    values = {number: payload[number] for number in NAMES if number in payload}
    for number in NAMES.keys() - values.keys():
        values[number] = _by_text(payload, number, findings)
    # WHO's first DDCC certificates have no CWT: what is signed is the content itself.
    if values[HCERT] is None and not any(_is_claim(key) for key in payload):
        findings.append(_finding("no_cwt", "warning", clause=HCERT_CLAUSE))
        return Claims("", None, None, {None: dict(payload)}), findings
    issued, expires, begins = (
        _time(values[number], NAMES[number], findings) for number in (IAT, EXP, NBF)
    )
    issuer = values[ISS] if isinstance(values[ISS], str) else None
    if not isinstance(values[ISS], (str, NoneType)):
        shown = str(values[ISS])[:40]
        findings.append(
            _finding("iss_no_country", "warning", where="iss", found=shown, clause=HCERT_CLAUSE)
        )
    # deployed certificates of the region have three letters, such as XCL
    if issuer is not None and not COUNTRY.fullmatch(issuer):
        findings.append(
            _finding("iss_no_country", "warning", where="iss", found=issuer, clause=HCERT_CLAUSE)
        )
    if issued is None and payload.get(IAT) is None:
        findings.append(_finding("no_iat", "warning", where="iat", clause=HCERT_CLAUSE))
    # WHO's own test codes of ICVP have none
    if expires is None:
        findings.append(_finding("no_exp", "warning", where="exp", clause=HCERT_CLAUSE))
    if not isinstance(values[HCERT], MAPS):
        return None, [*findings, _finding("no_hcert", "error", where="-260", clause=HCERT_CLAUSE)]
    content = _numbered(values[HCERT], findings)
    return Claims(issuer or "", issued, expires, content, begins), findings


def written(claims: Claims) -> bytes:
    """Returns claims as CBOR, as they are specified."""
    numbered = {
        ISS: claims.issuer,
        EXP: claims.expires,
        IAT: claims.issued,
        HCERT: dict(claims.content),
    }
    return cbor2.dumps(
        {number: value for number, value in numbered.items() if value not in (None, "")}
    )


def _is_claim(key: Any) -> bool:
    return key in NAMES or str(key) in TEXTS.values()


def _by_text(payload: Mapping[Any, Any], number: int, findings: list[Finding]) -> Any:
    """Returns a claim by the text of its number; None for none."""
    # the event's service for health links writes the numbers of claims as text
    text = TEXTS[number]
    if text not in payload:
        return None
    findings.append(
        _finding("text_key", "warning", where=NAMES[number], found=text, clause=CWT_CLAUSE)
    )
    return payload[text]


def _numbered(content: Mapping[Any, Any], findings: list[Finding]) -> dict[int | None, Any]:
    """Returns what a certificate holds by numbers, also where they were written as text."""
    numbered: dict[int | None, Any] = {}
    for key, value in content.items():
        if isinstance(key, str) and NUMBER.fullmatch(key):
            findings.append(
                _finding("text_key", "warning", where=f"-260.{key}", found=key, clause=HCERT_CLAUSE)
            )
            numbered[int(key)] = value
        elif isinstance(key, int):
            numbered[key] = value
    return numbered


def _time(value: Any, name: str, findings: list[Finding]) -> int | None:
    """Returns a moment in seconds since 1970; None for none, and for what is no number."""
    # the commonest by the fastest way
    if value is None or (type(value) is int and 0 <= value < MILLISECONDS):
        return value
    if isinstance(value, cbor2.CBORTag):
        clause = "RFC 8392 2"
        findings.append(
            _finding("time_tagged", "warning", where=name, found=str(value.tag), clause=clause)
        )
        value = value.value
    # a real certificate in WHO's test data has exp = NaN
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        findings.append(
            _finding(
                "time_no_number", "warning", where=name, found=str(value)[:40], clause=CWT_CLAUSE
            )
        )
        return None
    if abs(value) >= MILLISECONDS:
        findings.append(
            _finding(
                "time_milliseconds", "warning", where=name, found=str(value)[:40], clause=CWT_CLAUSE
            )
        )
        return int(value // 1000) if abs(value) < 1000 * MILLISECONDS else None
    if isinstance(value, float):
        findings.append(
            _finding("time_float", "warning", where=name, found=str(value)[:40], clause=TIME_CLAUSE)
        )
    return int(value) if abs(value) < MILLISECONDS else None


def _finding(
    name: str, severity: Any, *, where: str = "", found: str = "", clause: str = CWT_CLAUSE
) -> Finding:
    key = f"certificates.{name}"
    return Finding(key, severity, key, {"place": where}, where=where, found=found, clause=clause)

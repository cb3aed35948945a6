"""Codes of which some were taken back, and the batches that say so, made in memory for whoever is
to find them (DCC Gateway 1.10.0, revocation list).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.keys import Country
from sandbox.fhir.json import Json

LETTERS = "ABCDE"
HALF = 16  # bytes of a hash in a batch
R = 32  # bytes of r, the first half of an ES256 signature
UNKNOWN_KID = "UNKNOWN_KID"


def taken_back(country: Any) -> Json | Blank:
    """Returns `codes` by their letter, and `batches`: three codes are taken back, each by another
    hash, one stands in a batch for the key of somebody else, and one in none.

    Args:
        country: Who signs the codes.
    """
    from sandbox.certificates.hcert import read

    if has_blank(country) or not isinstance(country, Country):
        return BLANK
    ids = {
        letter: f"URN:UVCI:01:{country.code}:{secrets.token_hex(5).upper()}" for letter in LETTERS
    }
    codes = {letter: str(country.sign(_dose(country.code, id))) for letter, id in ids.items()}
    signed: Any = read(codes["D"]).signed
    own = base64.b64encode(signed.kid).decode()
    other = base64.b64encode(secrets.token_bytes(len(signed.kid))).decode()
    batches = [
        _batch("UCI", other, ids["A"].encode()),
        _batch("UCI", UNKNOWN_KID, ids["B"].encode()),
        _batch("COUNTRYCODEUCI", own, (country.code + ids["C"]).encode()),
        _batch("SIGNATURE", own, signed.signature[:R]),
    ]
    return {"codes": codes, "batches": batches}


def facts_in(text: Any) -> Json | Blank:
    """Returns what of a code is hashed or compared: `issuer`, `ci`, `kid` in Base64 as batches
    have it, and the bytes of its `signature`.

    Args:
        text: A code with one vaccination in the European form.
    """
    from sandbox.certificates.hcert import read

    if has_blank(text) or not isinstance(text, str):
        return BLANK
    code: Any = read(text)
    return {
        "issuer": code.claims.issuer,
        "ci": code.content["v"][0]["ci"],
        "kid": base64.b64encode(code.signed.kid).decode(),
        "signature": code.signed.signature,
    }


def _batch(kind: str, kid: str, hashed: bytes) -> Json:
    """Returns a batch with the hash of one certificate among those of others."""
    values = [hashlib.sha256(hashed).digest()[:HALF], *(secrets.token_bytes(HALF) for _ in "123")]
    entries = [{"hash": base64.b64encode(value).decode()} for value in sorted(values)]
    return {"hashType": kind, "kid": kid, "entries": entries}


def _dose(country: str, id: str) -> Json:
    given = datetime.now(UTC) - timedelta(days=60)
    dose = {
        "tg": "840539006",
        "vp": "1119349007",
        "mp": "EU/1/20/1528",
        "ma": "ORG-100030215",
        "dn": 1,
        "sd": 1,
        "dt": f"{given:%Y-%m-%d}",
        "co": country,
        "is": "Ministerio de Salud",
        "ci": id,
    }
    names = {"fn": "Fuenzalida", "fnt": "FUENZALIDA", "gn": "Rosa", "gnt": "ROSA"}
    return {"ver": "1.3.0", "nam": names, "dob": "1958-03-21", "v": [dose]}

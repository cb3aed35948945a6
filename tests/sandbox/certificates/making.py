"""Certificates for tests: a signer made now, content in every dialect, and the two put together."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates.claims import Claims
from sandbox.certificates.hcert import encoded
from sandbox.certificates.keys import KeyList, kid_of, trusted
from sandbox.certificates.shc import thumbprint
from sandbox.certificates.unpacking import to_base64url
from sandbox.trust.pki import CountryPki, new_pki

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CODING = {"code": "1D47", "system": "http://id.who.int/icd11/mms"}
CONTENTS: dict[str, Any] = {
    "eu_dcc": {
        "ver": "1.3.0", "nam": {"fn": "Fuenzalida", "fnt": "FUENZALIDA", "gn": "Rosa", "gnt": "ROSA"}, "dob": "1958-03",
        "v": [{
            "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
            "dt": "2025-11-03", "co": "CL", "is": "Ministerio de Salud", "ci": "URN:UVCI:01:CL:ABC123",
        }],
    },
    "ddcc_vs": {
        "name": "Rosa Fuenzalida", "birthDate": "1958-03-07",
        "certificate": {"issuer": "MINSAL", "hcid": {"value": "HC-1"}, "version": "RC2"},
        "vaccination": {"vaccine": CODING, "brand": CODING, "lot": "A1", "date": "2025-11-03", "dose": 1, "country": CODING},
    },
    "ddcc_vs_flat": {
        "name": "Rosa Fuenzalida", "vaccine": CODING, "brand": CODING, "lot": "A1", "date": "2025-11-03", "dose": 1,
        "country": CODING, "pha": "MINSAL", "hcid": "HC-1",
    },
    "ddcc_tr": {
        "name": "Rosa Fuenzalida",
        "test": {"pathogen": CODING, "type": CODING, "date": "2025-11-03T10:00:00Z", "country": CODING},
    },
    "ddcc_tr_flat": {
        "name": "Rosa Fuenzalida", "meta": {"reference": "1"},
        "test": {"pathogen": CODING, "type": CODING, "date": "2025-11-03T10:00:00Z", "country": CODING},
    },
    "icvp_2023": {
        "n": "Rosa Fuenzalida", "dob": "1958-03-07",
        "v": {"dn": "1", "tg": "1D47", "vp": "XM0N24", "dt": "2025-11-03", "bo": "A1"},
    },
    "icvp_2025": {
        "n": "Rosa Fuenzalida", "dob": "1958-03-07", "ndt": "NI", "nid": "1-9",
        "v": {"vp": "YellowFeverProductd2c75a15", "dt": "2025-11-03", "bo": "A1", "is": "MINSAL"},
    },
    "icvp_list": {
        "n": "Rosa Fuenzalida", "dob": "1958-03-07",
        "v": [{"vp": "YellowFeverProductd2c75a15", "dt": "2025-11-03", "bo": "A1"}],
    },
    "icvp_vx": {
        "n": "Rosa Fuenzalida", "dob": "1958-03-07", "v": "1.0.0",
        "vx": {"vp": "YellowFeverProductd2c75a15", "dv": "2025-11-03", "bo": "A1"},
    },
    "vhl": "vhlink:/eyJ1cmwiOiJodHRwczovL2EudGVzdC8xIn0",
    "vhl_list": [{"u": "shlink://eyJ1cmwiOiJodHRwczovL2EudGVzdC8xIn0="}],
    "meow": {"n": "Rosa Fuenzalida", "dob": "1958-03-07", "m": [{"m": "Metformin", "d": "500 mg"}]},
}  # fmt: skip
CONTENTS["ddcc_vs_flat_claims"] = CONTENTS["ddcc_vs_flat"]
NUMBERS = {
    "eu_dcc": 1, "ddcc_vs": 3, "ddcc_vs_flat_claims": 1, "ddcc_tr": 4, "icvp_2023": -6, "icvp_2025": -6, "icvp_list": -6,
    "icvp_vx": -6, "vhl": 5, "vhl_list": 5, "meow": -7,
}  # fmt: skip


@cache
def chile() -> CountryPki:
    """The PKI of a country; making keys takes time, and no test changes one."""
    return new_pki("CL", at=NOW)


def listed() -> KeyList:
    """A trust list with the signer of chile()."""
    return KeyList([trusted(chile().dsc[0].certificate, domain="DCC", environment="test")])


def claims(content: Any, number: int | None, *, days: float = 30) -> Claims:
    """Claims of a certificate that was issued an hour ago."""
    issued = int((NOW - timedelta(hours=1)).timestamp())
    return Claims("CL", issued, int((NOW + timedelta(days=days)).timestamp()), {number: content})


def signed(content: Any, number: int, *, days: float = 30) -> str:
    """The text of a certificate."""
    signer = chile().dsc[0]
    return encoded(claims(content, number, days=days), signer.key, kid=kid_of(signer.certificate))


def card(payload: bytes, *, header: dict[str, str] | None = None) -> tuple[str, dict[str, Any]]:
    """A payload signed by a key made now."""
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    jwk = {
        "kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", "x": to_base64url(numbers.x.to_bytes(32)),
        "y": to_base64url(numbers.y.to_bytes(32)),
    }  # fmt: skip
    jwk["kid"] = thumbprint(jwk)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflater.compress(payload) + deflater.flush()
    head = json.dumps(header or {"zip": "DEF", "alg": "ES256", "kid": jwk["kid"]}).encode()
    content = f"{to_base64url(head)}.{to_base64url(body)}"
    r, s = decode_dss_signature(key.sign(content.encode(), ec.ECDSA(SHA256())))
    return f"{content}.{to_base64url(r.to_bytes(32) + s.to_bytes(32))}", jwk

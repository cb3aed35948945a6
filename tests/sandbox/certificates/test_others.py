"""VDS-NC and DIVOC are read; a VDS-NC is valid where a trust list has its certificate, DIVOC never."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.judging import judge
from sandbox.certificates.keys import KeyList
from sandbox.certificates.steps import Certificate
from sandbox.certificates.unpacking import to_base64url
from sandbox.trust.documents import read_list
from sandbox.trust.pki import Pair, new_dsc
from tests.sandbox.certificates.making import CONTENTS, NOW, card, chile, listed, signed
from tests.sandbox.trust.test_entries import a_list

DATA = {
    "hdr": {"t": "icao.vacc", "v": 1, "is": "CHL"},
    "msg": {"uvci": "1", "pid": {"n": "FUENZALIDA  ROSA Ñ"}},
}


def sealed(data: Any, pair: Pair) -> str:
    """A VDS-NC that a pair has sealed."""
    return vds(data, data=data, pair=pair)


def vds(shown: Any = DATA, *, data: Any = DATA, pair: Pair | None = None, **changes: str) -> str:
    pair = pair or chile().dsc[0]
    content = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    r, s = decode_dss_signature(pair.key.sign(content, ec.ECDSA(SHA256())))
    certificate = to_base64url(pair.certificate.public_bytes(Encoding.DER))
    signature = {
        "alg": "ES256",
        "cer": certificate,
        "sigvl": to_base64url(r.to_bytes(32) + s.to_bytes(32)),
        **changes,
    }
    return json.dumps({"data": shown, "sig": signature})


def divoc(held: Any, *, name: str = "certificate.json") -> str:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr(name, held if isinstance(held, (str, bytes)) else json.dumps(held))
    return "B64:" + base64.b64encode(file.getvalue()).decode()


def judged(text: str) -> Certificate:
    (found,) = judge(text, KeyList(), {}, at=NOW)
    return found


def faults(found: Certificate) -> list[tuple[str, str]]:
    return [(one.name, told.key.partition(".")[2]) for one in found.steps for told in one.findings]


def test_what_can_be_read_is_not_said_to_be_true() -> None:
    found = judged(vds())
    assert (found.form, found.verdict, faults(found)) == ("vds-nc", "unverified", [])
    assert found.step("signature").status == "ok"
    found = judged(
        divoc(
            {
                "credentialSubject": {"name": "Rosa"},
                "issuer": "https://a.example",
                "proof": {"type": "x"},
            }
        )
    )
    assert (found.form, found.verdict, faults(found)) == ("divoc", "unverified", [])


@pytest.mark.parametrize(
    ("text", "fault", "verdict"),
    [
        (vds({**DATA, "msg": {"uvci": "2"}}), ("signature", "vds_signature"), "not_valid"),
        (vds(sigvl="AAAA"), ("signature", "vds_signature"), "not_valid"),
        (vds(cer="AAAA"), ("signature", "vds_signature"), "not_valid"),
        (vds(alg="ES384"), ("signature", "vds_algorithm"), "not_valid"),
        (vds({"hdr": 1}), ("claims", "no_vds"), "unreadable"),
        (vds({**DATA, "hdr": {"v": 1, "is": "CHL"}}), ("claims", "no_vds"), "unreadable"),
        (divoc({}), ("claims", "no_credential"), "unreadable"),
        (divoc("no"), ("claims", "no_credential"), "unreadable"),
        (divoc({}, name="other.json"), ("inflate", "no_zip"), "unreadable"),
        (divoc(b"\0" * 3_000_000), ("inflate", "no_zip"), "unreadable"),
        ("B64:no zip", ("inflate", "no_zip"), "unreadable"),
        ("PK\3\4 no zip", ("inflate", "no_zip"), "unreadable"),
    ],
)
def test_what_is_wrong_is_told(text: str, fault: tuple[str, str], verdict: str) -> None:
    found = judged(text)
    assert faults(found) == [fault]
    assert found.verdict == verdict


def by_list(text: str, *, at: datetime = NOW) -> Certificate:
    """A VDS-NC verified by a list that has the signers and the authority of Chile."""
    held = read_list(a_list(), at=NOW)
    (found,) = judge(text, KeyList(held.keys, refused=held.refused), {}, at=at)
    return found


def test_a_seal_is_believed_where_a_list_has_its_certificate() -> None:
    found = by_list(sealed(DATA, chile().dsc[0]))
    assert (found.verdict, faults(found)) == ("valid", [])
    assert found.step("trust").detail.startswith("CL DCC")
    stranger = new_dsc("CL", chile().sca, at=NOW)
    assert by_list(sealed(DATA, stranger)).verdict == "unverified"


def test_a_seal_of_another_country_an_authority_or_a_key_that_is_over_is_refused() -> None:
    other = by_list(sealed({**DATA, "hdr": {**DATA["hdr"], "is": "PER"}}, chile().dsc[0]))
    assert (other.verdict, faults(other)) == ("not_valid", [("trust", "other_issuer")])
    authority = by_list(sealed(DATA, chile().sca))
    assert authority.verdict == "not_valid"
    assert faults(authority) == [("trust", "vds_authority"), ("trust", "signs_nothing")]
    late = by_list(sealed(DATA, chile().dsc[0]), at=NOW + timedelta(days=1000))
    assert (late.verdict, faults(late)) == ("not_valid", [("validity", "key_expired")])


def test_each_family_goes_its_own_way() -> None:
    text, key = card(b"{}")
    assert [one.order[0] for one in judge(text, KeyList(), {"": [key]})] == ["prefix"]
    both = json.dumps({"verifiableCredential": [text, text]})
    assert len(judge(both, KeyList(), {})) == 2
    (found,) = judge(signed(CONTENTS["eu_dcc"], 1), listed(), {}, at=NOW)
    assert (found.form, found.verdict) == ("eu_dcc", "valid")
    (late,) = judge(signed(CONTENTS["eu_dcc"], 1), listed(), {}, at=NOW + timedelta(days=99))
    assert late.verdict == "not_valid"

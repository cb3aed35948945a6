"""A certificate is taken back by any handle that its family knows; what has none of them stays."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.hcert import read
from sandbox.certificates.keys import kid_of
from sandbox.certificates.revocation import handles_in, revocation_ids
from sandbox.certificates.shc import verify_card
from sandbox.certificates.verifying import verify
from sandbox.errors import BadRequest
from sandbox.trust.folder import TrustFolder
from tests.sandbox.certificates.making import CONTENTS, NOW, card, chile, listed, signed
from tests.sandbox.certificates.test_cards import ISSUER, a_payload

UVCI = CONTENTS["eu_dcc"]["v"][0]["ci"]
KID = kid_of(chile().dsc[0].certificate)
TEXT = signed(CONTENTS["eu_dcc"], 1)


def short(text: bytes) -> str:
    return base64.b64encode(hashlib.sha256(text).digest()[:16]).decode()


def signature() -> bytes:
    held = read(TEXT).signed
    assert held is not None
    return held.signature[:32]


BATCHES: dict[str, Any] = {
    "identifier": [UVCI],
    "signature": {"hashType": "SIGNATURE", "entries": [{"hash": short(signature())}]},
    "uci": {"kid": "UNKNOWN_KID", "hashType": "UCI", "entries": [{"hash": short(UVCI.encode())}]},
    "country": {"hashType": "COUNTRYCODEUCI", "entries": [{"hash": short(b"CL" + UVCI.encode())}]},
    "of a country": {"country": "CL", "hashType": "UCI", "entries": [{"hash": short(UVCI.encode())}]},
    "kid": {"kid": base64.b64encode(KID).decode(), "hashType": "UCI", "entries": [{"hash": short(UVCI.encode())}]},
    "key": [f"kid:{KID.hex()}"],
}  # fmt: skip
OTHERS: dict[str, Any] = {
    "identifier": [f"{UVCI}0"],
    "signature": {"hashType": "SIGNATURE", "entries": [{"hash": short(b"other")}]},
    "country": {"hashType": "COUNTRYCODEUCI", "entries": [{"hash": short(b"PE" + UVCI.encode())}]},
    "kid": {"kid": base64.b64encode(b"12345678").decode(), "hashType": "UCI", "entries": [{"hash": short(UVCI.encode())}]},
    "key": ["kid:00"],
    "of another country": {"country": "PE", "hashType": "UCI", "entries": [{"hash": short(UVCI.encode())}]},
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_each_handle_takes_back(name: str, tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    file = tmp_path / "revocations" / "batch.json"
    file.parent.mkdir()
    file.write_text(json.dumps(BATCHES[name]), encoding="utf-8")
    assert verify(TEXT, listed(), at=NOW, revoked=folder.revoked()).verdict == "not_valid"


@pytest.mark.parametrize("name", OTHERS)
def test_the_handle_of_another_does_not(name: str) -> None:
    revoked = frozenset(handles_in(OTHERS[name]))
    assert verify(TEXT, listed(), at=NOW, revoked=revoked).verdict == "valid"


def test_a_card_is_taken_back_by_the_list_of_its_key() -> None:
    payload = a_payload()
    payload["vc"]["rid"] = "abc"
    text, key = card(json.dumps(payload).encode())
    issued = int(payload["nbf"])
    for rids, kid, is_revoked in (
        (["abc"], key["kid"], True), (["abcd"], key["kid"], False), (["abc"], "other", False),
        ([f"abc.{issued + 1}"], key["kid"], True), ([f"abc.{issued}"], key["kid"], False),
    ):  # fmt: skip
        revoked = frozenset(handles_in({"kid": kid, "method": "rid", "ctr": 1, "rids": rids}))
        found = verify_card(text, {ISSUER: [key]}, at=NOW, revoked=revoked)
        assert (found.step("revocation").status == "fail") is is_revoked, rids
    assert revocation_ids(verify_card(text, {}, at=NOW)) == {f"{key['kid']}/abc"}


def test_what_is_no_list_is_told(tmp_path: Path) -> None:
    file = tmp_path / "revocations" / "batch.json"
    file.parent.mkdir()
    whole = base64.b64encode(hashlib.sha256(b"URN:UVCI:1").digest()).decode()
    odd = [
        {"entries": 5}, {"entries": [None]}, {"entries": [{"hash": 7}]}, {"entries": [{"hash": whole}]},
        {"entries": [{"hash": "%%"}]}, {"entries": [], "kid": 5},
    ]  # fmt: skip
    batches = [json.dumps({"hashType": "UCI", **members}) for members in odd]
    for content in ("no", '{"hashType": "MD5"}', "[1]", *batches):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(BadRequest):
            TrustFolder(tmp_path).revoked()

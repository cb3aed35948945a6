"""Trust lists are written as specified, read as they are met, and served under the published paths."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox.certificates.keys import KeyList, TrustedKey
from sandbox.certificates.verifying import verify
from sandbox.errors import BadRequest
from sandbox.trust.documents import document_of, read_document, read_list
from sandbox.trust.folder import TrustFolder
from sandbox.trust.proofs import anchors_in
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS, NOW, listed, signed

PATH = "v2/trustlist/DCC/CHL/DSC"


def written() -> dict[str, Any]:
    (key,) = listed()._keys.values()
    return document_of(key, host="localhost:8400", path=PATH)


def test_a_document_has_the_form_that_is_published() -> None:
    document = written()
    assert document["id"] == "did:web:localhost%3A8400:v2:trustlist:DCC:CHL:DSC"
    (method,) = document["verificationMethod"]
    jwk = method["publicKeyJwk"]
    assert method["id"] == f"{document['id']}#{jwk['kid']}"
    assert (method["type"], jwk["kty"], jwk["crv"]) == ("JsonWebKey2020", "EC", "P-256")
    assert {name: method[name]["code"] for name in ("domain", "participant", "keyusage")} == {
        "domain": "#DCC", "participant": "#CHL", "keyusage": "#DSC",
    }  # fmt: skip
    assert len(base64.urlsafe_b64decode(jwk["x"] + "=")) == 32


def test_what_is_written_is_read_and_trusted() -> None:
    keys, findings = read_document(written())
    assert [one for one in findings if one.severity != "information"] == []
    assert verify(signed(CONTENTS["eu_dcc"], 1), KeyList(keys), at=NOW).verdict == "valid"


def longer(jwk: dict[str, Any]) -> None:
    jwk["x"] = (
        base64.urlsafe_b64encode(b"\0" + base64.urlsafe_b64decode(jwk["x"] + "="))
        .decode()
        .rstrip("=")
    )


def unnamed(jwk: dict[str, Any]) -> None:
    jwk["crv"] = "UNKNOWN CURVE"


def lost(jwk: dict[str, Any]) -> None:
    jwk.pop("x5c")
    jwk["crv"] = "UNKNOWN CURVE"


def broken(jwk: dict[str, Any]) -> None:
    jwk["x5c"] = ["bm8="]


@pytest.mark.parametrize(
    ("change", "reason", "is_read"),
    [
        (longer, "coordinate", True),
        (unnamed, "curve_by_x5c", True),
        (lost, "no_key", False),
        (broken, "bad_x5c", True),
    ],
)
def test_what_is_met_in_published_lists_is_read_and_said(
    change: Callable[[dict[str, Any]], None], reason: str, is_read: bool
) -> None:
    document = copy.deepcopy(written())
    change(document["verificationMethod"][0]["publicKeyJwk"])
    keys, findings = read_document(document)
    assert reason in [one.key.partition(".")[2] for one in findings]
    found = verify(signed(CONTENTS["eu_dcc"], 1), KeyList(keys), at=NOW)
    assert (found.step("signature").status == "ok") is is_read


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "x",
        {},
        {"verificationMethod": {}},
        {"verificationMethod": ["did:web:x", {}, {"publicKeyJwk": 1}]},
    ],
)
def test_what_is_no_list_breaks_nothing(document: Any) -> None:
    keys, findings = read_document(document)
    assert keys == []
    assert findings


def test_rsa_keys_are_written_and_read() -> None:
    key = rsa.generate_private_key(65537, 2048).public_key()
    keys, findings = read_document(
        document_of([TrustedKey(b"12345678", key, "CL", "DCC")], host="h", path=PATH)
    )
    assert [one.key.public_numbers() for one in keys] == [key.public_numbers()]
    told = [one.key for one in findings if one.severity != "information"]
    assert told == ["trust.no_certificate"]


def test_the_list_is_served_under_its_paths(tmp_path: Path) -> None:
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    for country in ("CL", "PE", "XA"):
        trust.init(country, at=NOW)
    with a_sandbox(tmp_path) as client:
        counts = {
            path: len(client.get(f"/v2/trustlist{path}/did.json").json()["verificationMethod"])
            for path in ("", "/DCC", "/-/CHL", "/DCC/XXA/DSC", "/-/-/DSC")
        }
        assert counts == {"": 6, "/DCC": 6, "/-/CHL": 2, "/DCC/XXA/DSC": 1, "/-/-/DSC": 3}
        for path in ("/PH4H", "/DCC/BRA", "/DCC/CHL/TLS"):
            reply = client.get(f"/v2/trustlist{path}/did.json", headers={"Accept-Language": "es"})
            assert (reply.status_code, reply.json()["key"]) == (404, "trust.no_list")
        place, seen = "/v2/trustlist-ref/did.json", []
        while "ref" in place:  # from the root to one list of keys, as its readers go
            (first, *_) = client.get(place).json()["verificationMethod"]
            place = "/" + "/".join(first.split(":")[3:]) + "/did.json"
            seen.append(place)
        assert seen[-1] == "/v2/trustlist/DCC/CHL/DSC/did.json"
        keys, findings = read_document(client.get(seen[-1]).json())
        assert (len(keys), [one.key for one in findings]) == (
            1,
            # a list of signers alone does not say who their authority is
            ["trust.proof_key_unknown", "trust.authority_absent"],
        )
        publisher = client.get("/v2/signing/did.json").content
        judged = read_list(
            client.get("/v2/trustlist/did.json").json(),
            anchors=anchors_in([("did.json", publisher)]),
        )
        assert (len(judged.keys), {one.key for one in judged.findings}) == (
            3,
            {"trust.proof_right"},
        )
        assert client.get("/v2/trustlist-ref/NONE/did.json").status_code == 404


@pytest.mark.parametrize(
    ("proof", "reasons"),
    [
        (None, ["no_proof"]),
        ({"type": "JsonWebSignature2020", "jws": f"e30..{'A' * 86}"}, ["proof_key_unknown"]),
        (
            {"jws": "e30.." + base64.urlsafe_b64encode(b"\x30\x45" + bytes(69)).decode()},
            ["der_proof", "proof_not_checked"],
        ),
        ([{"jws": "e30..%%"}], ["proof_not_checked"]),
    ],
)
def test_a_proof_is_never_taken_for_checked(proof: Any, reasons: list[str]) -> None:
    _, findings = read_document({**written(), "proof": proof})
    told = [one.key.partition(".")[2] for one in findings]
    assert [key for key in told if "proof" in key] == reasons


def test_a_list_from_elsewhere_is_believed_and_not_published_again(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path / "sandbox" / "trust")
    place = folder.folder / "lists" / "uat.json"
    place.parent.mkdir(parents=True)
    text = signed(CONTENTS["eu_dcc"], 1)
    assert verify(text, folder.trust(), at=NOW).verdict == "not_valid"
    other = "did:web:list.example"
    document = {**written(), "id": other, "controller": other}
    place.write_text(json.dumps(document), encoding="utf-8")
    found = verify(text, folder.trust(), at=NOW)
    assert (found.verdict, "localhost%3A8400" in found.step("trust").detail) == ("valid", True)
    with a_sandbox(tmp_path) as client:
        assert client.get("/v2/trustlist/did.json").json()["verificationMethod"] == []
    place.write_text("{}", encoding="utf-8")
    with pytest.raises(BadRequest):
        folder.trust()

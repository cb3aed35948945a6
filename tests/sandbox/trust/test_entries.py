"""An entry of a trust list is believed where all fits, and refused for its own fault; each fault has its twin."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.hcert import encoded
from sandbox.certificates.keys import KeyList, kid_of, trusted
from sandbox.certificates.steps import Certificate
from sandbox.certificates.verifying import verify
from sandbox.trust.documents import document_of, read_list
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import CountryPki, Pair, new_dsc, new_pki
from tests.sandbox.certificates.making import CONTENTS, NOW, chile, claims

HOST = "trust.example"


@cache
def peru() -> CountryPki:
    return new_pki("PE", at=NOW)


@cache
def stranger() -> Pair:
    """A signer whose issuer nobody has listed."""
    return new_dsc("CL", new_pki("CL", at=NOW).sca, at=NOW)


def method(
    pair: Pair, usage: str, *, issuer: Pair | None = None, participant: str = "CHL"
) -> dict[str, Any]:
    """An entry as the network publishes it."""
    (made,) = document_of(
        [trusted(pair.certificate, domain="DCC")], host=HOST, path="v2/trustlist"
    )["verificationMethod"]
    if issuer is not None:
        made["publicKeyJwk"]["x5c"].append(der(issuer))
    return {**made, "keyusage": {"code": f"#{usage}"}, "participant": {"code": f"#{participant}"}}


def der(pair: Pair) -> str:
    return base64.b64encode(pair.certificate.public_bytes(Encoding.DER)).decode()


def a_list(
    change: Callable[[dict[str, Any]], None] = lambda _: None, **members: Any
) -> dict[str, Any]:
    """A list with the signer of Chile, its authority, and its keys for uploads and TLS."""
    pki = chile()
    entries = [
        method(pki.dsc[0], "DSC", issuer=pki.sca), method(pki.sca, "SCA"), method(pki.up, "UP"),
        method(pki.tls, "TLS"),
    ]  # fmt: skip
    change(entries[0])
    return {"id": f"did:web:{HOST}:v2:trustlist", "verificationMethod": entries, **members}


def judged(document: Any, pair: Pair, *, country: str = "CL") -> Certificate:
    """A certificate signed by a pair, verified by a list."""
    held = read_list(document, at=NOW)
    text = encoded(claims(CONTENTS["eu_dcc"], 1), pair.key, kid=kid_of(pair.certificate))
    return verify(text, KeyList(held.keys, refused=held.refused), at=NOW)


def told(document: Any) -> dict[str, str]:
    return {
        one.key.removeprefix("trust."): one.severity for one in read_list(document, at=NOW).findings
    }


def test_a_whole_list_is_believed_without_a_word() -> None:
    assert told(a_list()) == {"no_proof": "information"}
    assert len(read_list(a_list(), at=NOW).keys) == 1
    assert judged(a_list(), chile().dsc[0]).verdict == "valid"


@pytest.mark.parametrize("role", ["sca", "up", "tls"])
def test_only_signers_of_documents_verify_documents(role: str) -> None:
    found = judged(a_list(), getattr(chile(), role))
    assert found.verdict == "not_valid"
    (reason,) = found.step("trust").findings
    assert (reason.key, reason.found) == ("trust.signs_nothing", role.upper())


def other_key(entry: dict[str, Any]) -> None:
    """The key of another in the JWK, the certificate as it was."""
    (other,) = document_of([trusted(peru().dsc[0].certificate)], host=HOST, path="x")[
        "verificationMethod"
    ]
    entry["publicKeyJwk"] |= {name: other["publicKeyJwk"][name] for name in ("x", "y")}


def other_kid(entry: dict[str, Any]) -> None:
    kid = base64.b64encode(b"12345678").decode()
    entry["publicKeyJwk"]["kid"] = kid
    entry["id"] = f"x#{kid}"


def other_issuer(entry: dict[str, Any]) -> None:
    entry["publicKeyJwk"]["x5c"][1] = der(peru().sca)


def no_authority(entry: dict[str, Any]) -> None:
    entry["publicKeyJwk"]["x5c"][1] = der(chile().up)


def set_to(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry.update(copy.deepcopy(members))


def jwk_with(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda entry: entry["publicKeyJwk"].update(copy.deepcopy(members))


FAULTS = {
    "other_key": other_key,
    "kid_rule": other_kid,
    "chain_broken": other_issuer,
    "no_authority": no_authority,
    "other_country": set_to(participant={"code": "#URY"}),
    "other_list": set_to(id=f"did:web:{HOST}:v2:trustlist:PH4H:CHL:DSC#x"),
    "usage_unknown": set_to(keyusage={"code": "#SIGN"}),
    "status_unknown": set_to(status="perhaps"),
    "no_certificate": jwk_with(x5c=[]),
    "private_key": jwk_with(d="AAAA"),
    "jwk_use": jwk_with(key_ops=["encrypt"]),
    "deactivated": set_to(deactivated=True),
    "other_controller": set_to(controller="did:web:other.example:v2:trustlist"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_entry_with_a_fault_is_refused_for_it(fault: str) -> None:
    document = a_list(FAULTS[fault])
    found = judged(document, chile().dsc[0])
    assert found.verdict == "not_valid"
    if fault != "kid_rule":  # nobody finds it by the id that its signer computes
        assert f"trust.{fault}" in [one.key for one in found.step("trust").findings]
    assert told(document)[fault] == "error"


@pytest.mark.parametrize("with_chain", [True, False])
def test_a_signer_counts_only_as_long_as_the_list_has_its_authority_in_force(
    with_chain: bool,
) -> None:
    document = a_list()
    if not with_chain:
        del document["verificationMethod"][0]["publicKeyJwk"]["x5c"][1:]
    assert judged(document, chile().dsc[0]).verdict == "valid"
    document["verificationMethod"][1]["status"] = "REVOKED"
    found = judged(document, chile().dsc[0])
    assert found.verdict == "not_valid"
    assert "trust.authority_over" in [one.key for one in found.step("trust").findings]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"deactivated": True}, "deactivated"),
        ({"deactivated": "true"}, "deactivated"),
        ({"controller": "did:web:other.example"}, "other_controller"),
        ({"controller": f"did:web:{HOST}:v2:trustlist:DCC:PER"}, "other_controller"),
        ({"controller": [f"did:web:{HOST}:v2:trustlist", "did:web:a"]}, "other_controller"),
        ({"controller": "did:web:trust.exam"}, "other_controller"),
    ],
)
def test_a_list_that_was_given_up_or_is_anothers_is_believed_in_nothing(
    members: dict[str, Any], fault: str
) -> None:
    document = a_list(**members)
    assert told(document)[fault] == "error"
    found = judged(document, chile().dsc[0])
    assert found.verdict == "not_valid"
    assert f"trust.{fault}" in [one.key for one in found.step("trust").findings]


@pytest.mark.parametrize("above", ["", ":v2", ":v2:trustlist"])
def test_a_list_may_be_controlled_by_one_above_it(above: str) -> None:
    """As the network's own examples are: the list of signers by that of their participant."""
    members = {"controller": f"did:web:{HOST}{above}", "deactivated": False}
    document = a_list(set_to(**members), **members)
    assert told(document) == told(a_list())
    assert judged(document, chile().dsc[0]).verdict == "valid"


def test_a_method_of_another_type_is_told_and_a_key_of_another_kind_not_read() -> None:
    assert told(a_list(set_to(type="Ed25519VerificationKey2020")))["method_type"] == "warning"
    assert "no_key" in told(a_list(jwk_with(kty="OKP")))


def test_a_key_for_another_use_or_algorithm_is_told() -> None:
    assert told(a_list(jwk_with(use="enc")))["jwk_use"] == "error"
    assert told(a_list(jwk_with(alg="RS256")))["jwk_alg"] == "warning"
    assert told(a_list(jwk_with(use="sig", key_ops=["verify"], alg="ES256"))) == told(a_list())


def test_the_key_of_a_stranger_beside_a_certificate_verifies_nothing() -> None:
    document = a_list(other_key)
    text = encoded(
        claims(CONTENTS["eu_dcc"], 1), peru().dsc[0].key, kid=kid_of(chile().dsc[0].certificate)
    )
    held = read_list(document, at=NOW)
    assert verify(text, KeyList(held.keys, refused=held.refused), at=NOW).verdict == "not_valid"


@pytest.mark.parametrize("status", ["terminated", "EXPIRED", "#REVOKED"])
def test_a_key_whose_state_is_over_is_refused_and_an_active_one_is_not(status: str) -> None:
    assert told(a_list(set_to(status={"code": status})))["status_over"] == "error"
    assert judged(a_list(set_to(status={"code": status})), chile().dsc[0]).verdict == "not_valid"
    assert judged(a_list(set_to(status={"code": "#ACTIVE"})), chile().dsc[0]).verdict == "valid"


# what stands there in a form that nobody has, and may mean what it must not be taken for
ODD: list[tuple[dict[str, Any], str]] = [
    ({"status": ["REVOKED"]}, "status_unknown"),
    ({"status": {"value": "REVOKED"}}, "status_unknown"),
    ({"keyStatus": 3}, "status_unknown"),
    ({"revoked": True}, "status_unknown"),
    ({"revoked": "yesterday"}, "status_unknown"),
    ({"status": "ACTIVE", "expires": ["2025-01-01"]}, "status_unknown"),
    ({"keyusage": [{"code": "#UP"}]}, "usage_unknown"),
    ({"keyusage": 5}, "usage_unknown"),
]


@pytest.mark.parametrize(("members", "fault"), ODD)
def test_what_cannot_be_read_is_not_taken_for_what_is_left_out(
    members: dict[str, Any], fault: str
) -> None:
    document = a_list(set_to(**members))
    assert told(document)[fault] == "error"
    assert judged(document, chile().dsc[0]).verdict == "not_valid"
    left_out = a_list(set_to(**dict.fromkeys(members, None)))
    assert judged(left_out, chile().dsc[0]).verdict == "valid"


def test_a_key_that_one_entry_calls_over_is_over_in_every_other() -> None:
    document = a_list()
    again = {**copy.deepcopy(document["verificationMethod"][0]), "domain": {"code": "#PH4H"}}
    document["verificationMethod"].append(again)
    assert judged(document, chile().dsc[0]).verdict == "valid"
    again["status"] = "TERMINATED"
    found = judged(document, chile().dsc[0])
    assert (found.verdict, {one.key for one in found.step("trust").findings}) == (
        "not_valid",
        {"trust.status_over"},
    )


def test_a_chain_that_vouches_for_itself_is_told() -> None:
    document = a_list()
    document["verificationMethod"] = document["verificationMethod"][:1]
    assert told(document)["authority_absent"] == "information"
    assert "authority_absent" not in told(a_list())


@pytest.mark.parametrize("name", ["revoked", "expires"])
def test_a_moment_of_the_method_ends_its_key(name: str) -> None:
    before = (NOW - timedelta(days=1)).isoformat()
    after = (NOW + timedelta(days=99)).isoformat()
    assert judged(a_list(set_to(**{name: before})), chile().dsc[0]).verdict == "not_valid"
    assert judged(a_list(set_to(**{name: after})), chile().dsc[0]).verdict == "valid"


def test_a_signer_of_an_authority_that_is_not_listed_is_refused() -> None:
    document = a_list()
    pair = stranger()
    document["verificationMethod"].append(method(pair, "DSC", issuer=None))
    assert "chain_broken" in told(document)
    assert judged(document, pair).verdict == "not_valid"
    document["verificationMethod"] = document["verificationMethod"][-1:]
    # a list without authorities says that it was not asked
    assert told(document)["chain_unknown"] == "information"
    assert judged(document, pair).verdict == "valid"


def test_a_signer_under_itself_or_with_the_use_of_another_is_refused() -> None:
    for pair, fault in (
        (chile().up, "self_issued"),
        (chile().tls, "other_use"),
        (chile().sca, "other_use"),
    ):
        document = {"verificationMethod": [method(pair, "DSC")]}
        assert told(document)[fault] == "error"
        assert judged(document, pair).verdict == "not_valid"


def test_a_signer_is_in_force_only_as_long_as_its_authority() -> None:
    old = new_pki("CL", at=NOW - timedelta(days=365 * 5))
    pair = new_dsc("CL", old.sca, at=NOW)
    document = {"verificationMethod": [method(pair, "DSC", issuer=old.sca)]}
    assert told(document)["over"] == "warning"
    found = judged(document, pair)
    assert (found.verdict, found.step("validity").status) == ("not_valid", "fail")


def test_the_first_lists_named_no_usage() -> None:
    def without(entry: dict[str, Any]) -> None:
        del entry["keyusage"]

    assert told(a_list(without))["usage_missing"] == "warning"
    assert judged(a_list(without), chile().dsc[0]).verdict == "valid"
    document = {"verificationMethod": [method(chile().sca, "SCA")]}
    del document["verificationMethod"][0]["keyusage"]
    assert judged(document, chile().sca).verdict == "not_valid"


def test_the_list_of_a_gateway_is_judged_the_same_way() -> None:
    pki = chile()
    items = [
        {"kid": base64.b64encode(kid_of(pair.certificate)).decode(), "country": "CL", "certificateType": kind, "rawData": der(pair)}
        for pair, kind in ((pki.dsc[0], "DSC"), (pki.sca, "CSCA"), (pki.up, "UPLOAD"), (pki.tls, "AUTHENTICATION"))
    ]  # fmt: skip
    assert judged(items, pki.dsc[0]).verdict == "valid"
    for pair in (pki.sca, pki.up, pki.tls):
        assert judged(items, pair).verdict == "not_valid"
    items[0]["country"] = "PE"
    assert told(items)["other_country"] == "error"


def test_a_list_in_the_folder_is_judged_again_when_it_changes(tmp_path: Path) -> None:
    folder = TrustFolder(tmp_path)
    file = tmp_path / "lists" / "uat.json"
    file.parent.mkdir()
    file.write_text(json.dumps(a_list()), encoding="utf-8")
    kid = kid_of(chile().dsc[0].certificate)
    assert len(folder.trust(at=NOW).keys_of(kid)) == 1
    file.write_text(json.dumps(a_list(FAULTS["other_country"])), encoding="utf-8")
    assert folder.trust(at=NOW).keys_of(kid) == ()
    assert len(folder.trust(at=NOW).refused(kid)) == 1

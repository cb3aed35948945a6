"""What a country issues is valid for whoever believes its trust list, bound to its holder, and can be taken back."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.keys import trusted
from sandbox.credentials.folder import CredentialFolder
from sandbox.credentials.issuing import (
    FORMATS,
    Authority,
    Format,
    Order,
    bitstring_list,
    issue_credential,
    token_list,
)
from sandbox.credentials.report import Known, by_thumbprint
from sandbox.credentials.sdjwt.presenting import present
from sandbox.credentials.status.bits import LEAST_ENTRIES
from sandbox.credentials.verifying import verify
from sandbox.errors import BadRequest
from sandbox.trust.pki import new_pki
from sandbox.trust.revocations import unrecorded
from tests.sandbox.certificates.making import NOW, chile
from tests.sandbox.credentials.making import ASKED, AT, HOLDER, did_of, reasons

LISTS = "http://127.0.0.1:8400/vci/CL/status"
CLAIMS = {"name": "Rosa", "vaccine": {"product": "XM0N24", "date": "2025-11-03", "lot": "A1"}}


@pytest.fixture
def folder(tmp_path: Path) -> CredentialFolder:
    return CredentialFolder(tmp_path / "CL", record=unrecorded)


@pytest.fixture
def chilean() -> Authority:
    signer = chile().dsc[0]
    return Authority(signer.key, signer.certificate, LISTS)


def known(folder: CredentialFolder, authority: Authority) -> Known:
    tokens, bits = f"{LISTS}/tokens", f"{LISTS}/bits"
    documents = {
        tokens: token_list(folder.bits("least"), tokens, authority, at=AT),
        bits: bitstring_list(folder.bits("most"), bits, authority, at=AT),
    }
    return Known(documents, None, by_thumbprint([trusted(chile().dsc[0].certificate)]))


def issued(
    format: Format, folder: CredentialFolder, by: Authority, **changes: Any
) -> tuple[str, int]:
    place = folder.new_place()
    begins = max(NOW, AT - timedelta(days=1))
    order = {"holder": did_of(HOLDER), "begins": begins, "ends": AT + timedelta(days=30), **changes}
    return issue_credential(format, Order(CLAIMS, place=place, **order), by), place


@pytest.mark.parametrize("format", FORMATS)
def test_a_credential_is_valid_until_it_is_taken_back(
    format: Format, folder: CredentialFolder, chilean: Authority
) -> None:
    text, place = issued(format, folder, chilean)
    report = verify(text, known(folder, chilean), at=AT)
    assert (report.form, report.verdict) == (format, "valid"), reasons(report)
    assert "Rosa" in json.dumps(report.claims)
    folder.take_back(place)
    after = verify(text, known(folder, chilean), at=AT)
    assert (after.verdict, reasons(after)) == ("not_valid", {"revoked"})
    other, _ = issued(format, folder, chilean)
    assert verify(other, known(folder, chilean), at=AT).verdict == "valid"


@pytest.mark.parametrize("format", FORMATS)
def test_a_country_that_is_not_in_the_trust_list_is_not_believed(
    format: Format, folder: CredentialFolder, chilean: Authority
) -> None:
    signer = new_pki("PA", at=NOW).dsc[0]
    panamanian = Authority(signer.key, signer.certificate, LISTS)
    text, _ = issued(format, folder, panamanian)
    report = verify(text, known(folder, chilean), at=AT)
    assert report.verdict == "not_valid"
    assert "not_believed" in reasons(report)


def test_the_holder_alone_can_present(folder: CredentialFolder, chilean: Authority) -> None:
    text, _ = issued("dc+sd-jwt", folder, chilean)
    word = {"audience": ASKED.audience, "nonce": ASKED.nonce, "at": AT}
    shown = present(text, [["vaccine", "product"]], HOLDER, **word)  # type: ignore[arg-type]
    report = verify(shown, known(folder, chilean), at=AT, asked=ASKED)
    assert report.verdict == "valid", reasons(report)
    assert report.claims is not None
    assert report.claims["vaccine"] == {"product": "XM0N24"}
    assert "name" not in report.claims
    bearer, _ = issued("dc+sd-jwt", folder, chilean, holder="")
    assert "cnf" not in (verify(bearer, known(folder, chilean), at=AT).claims or {})


@pytest.mark.parametrize("holder", ["did:web:example.org", "did:key:z6Mk", "Rosa"])
def test_a_holder_without_a_key_is_refused(
    holder: str, folder: CredentialFolder, chilean: Authority
) -> None:
    with pytest.raises(BadRequest, match="no_holder_key"):
        issued("dc+sd-jwt", folder, chilean, holder=holder)


def test_places_are_of_chance_and_never_given_twice(folder: CredentialFolder) -> None:
    places = [folder.new_place() for _ in range(40)]
    assert len(set(places)) == 40
    assert places != sorted(places)
    assert all(0 <= place < LEAST_ENTRIES for place in places)


def test_nothing_is_taken_back_that_was_not_issued(folder: CredentialFolder) -> None:
    with pytest.raises(BadRequest, match="not_issued_here"):
        folder.take_back(7)
    assert not any(folder.bits("most").content)

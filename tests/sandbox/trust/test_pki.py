"""A national PKI has the certificates that the network asks of a participant, and is kept so that nobody else reads it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.certificates.keys import groups_of, kid_of
from sandbox.errors import BadRequest, NotFound
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import TRAINING
from tests.sandbox.certificates.making import NOW


@pytest.fixture
def folder(tmp_path: Path) -> TrustFolder:
    """A network of two countries."""
    trust = TrustFolder(tmp_path)
    for country in ("CL", "PE"):
        trust.init(country, at=NOW)
    return trust


def test_each_certificate_has_the_profile_of_its_role(folder: TrustFolder) -> None:
    pki = folder.pki("CL")
    pairs = {"SCA": pki.sca, "DSC": pki.dsc[0], "UP": pki.up, "TLS": pki.tls}
    for role, pair in pairs.items():
        certificate = pair.certificate
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (constraints.ca, constraints.path_length) == (
            (True, 0) if role == "SCA" else (False, None)
        )
        assert (usage.key_cert_sign, usage.digital_signature) == (role == "SCA", role != "SCA")
        assert TRAINING in certificate.subject.rfc4514_string()
        assert (
            certificate.subject.get_attributes_for_oid(x509.NameOID.COUNTRY_NAME)[0].value == "CL"
        )
        years = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days / 365
        assert round(years) == (4 if role == "SCA" else 2)
    pki.dsc[0].certificate.verify_directly_issued_by(pki.sca.certificate)
    with pytest.raises(ValueError, match="Issuer"):
        pki.dsc[0].certificate.verify_directly_issued_by(folder.pki("PE").sca.certificate)
    clients = pki.tls.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH in clients


def test_keys_are_for_their_owner_alone_and_apart_from_what_is_published(
    folder: TrustFolder,
) -> None:
    keys = sorted(folder.folder.rglob("*.key"))
    assert len(keys) == 8
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in keys)
    published = [file for file in folder.folder.rglob("onboarding/**/*") if file.is_file()]
    assert published
    assert not any(b"PRIVATE" in file.read_bytes() for file in published)


def test_a_signer_is_added_and_taken_from_the_list(folder: TrustFolder) -> None:
    pair = folder.add_dsc("CL", at=NOW, groups=("t",))
    assert groups_of(pair.certificate) == {"t"}
    kids = {one.kid for one in folder.listed()}
    assert len(kids) == 3
    assert [kid_of(one.certificate) for one in folder.pki("CL").dsc][1] == kid_of(pair.certificate)
    assert folder.unlist(kid_of(pair.certificate)) == "CL"
    assert {one.kid for one in folder.listed()} == kids - {kid_of(pair.certificate)}
    assert len(folder.pki("CL").dsc) == 2  # it can still sign
    folder.add_dsc("CL", at=NOW)
    assert kid_of(pair.certificate) not in {
        one.kid for one in folder.listed()
    }  # and stays off the list
    assert len(folder.pki("CL").dsc) == 3


def test_what_cannot_be_is_told(folder: TrustFolder) -> None:
    for act, kind, key in (
        (lambda: folder.init("chile", at=NOW), BadRequest, "trust.bad_country"),
        (lambda: folder.init("../x", at=NOW), BadRequest, "trust.bad_country"),
        (lambda: folder.init("CL", at=NOW), BadRequest, "trust.country_there"),
        (lambda: folder.pki("BR"), NotFound, "trust.no_country"),
        (lambda: folder.pki("../CL"), NotFound, "trust.no_country"),
        (lambda: folder.unlist(b"12345678"), NotFound, "trust.no_kid"),
    ):
        with pytest.raises(kind) as told:
            act()
        assert told.value.key == key


def test_two_countries_have_no_key_in_common(folder: TrustFolder) -> None:
    numbers = {
        pair.key.public_key().public_numbers().x
        for country in ("CL", "PE")
        for pki in [folder.pki(country)]
        for pair in (pki.sca, *pki.dsc, pki.up, pki.tls)
    }
    assert len(numbers) == 8
    assert all(isinstance(one.key, ec.EllipticCurvePublicKey) for one in folder.listed())


def test_a_country_is_made_once_whoever_asks_first(tmp_path: Path) -> None:
    def kid(_: int) -> bytes:
        return TrustFolder(tmp_path).signer("CL", at=NOW).kid

    with ThreadPoolExecutor(8) as pool:
        kids = set(pool.map(kid, range(24)))
    assert len(kids) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["CL"]
    with pytest.raises(BadRequest):
        TrustFolder(tmp_path).signer("Chile", at=NOW)

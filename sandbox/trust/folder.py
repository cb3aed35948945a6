"""The sandbox's trust network: a folder with one PKI for each country, and the list of what was
revoked.

trust/CL/onboarding/DCC/DSC/DSC.pem     what is published
trust/CL/keys/DSC.key                   what is not
trust/CL/uploaded/DCC/KID.pem           what came over the gateway
trust/issuers/NAME.json                 a health card issuer: {"iss": address, "keys": [JWK, …]}
trust/lists/NAME.json                   a trust list from elsewhere, as DID document
trust/cards/                            the own issuer of health cards: cards.py
trust/rules/NAME.json                   business rules of countries (CertLogic), one or a list
trust/anchors/NAME                      who may vouch for a list: PEM, JWK or DID document
trust/revoked.json, revocations/        what was taken back: revocations.py
trust/issued.txt                        identifiers of what was issued here
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.certificates.issuing import Signer, signer_of
from sandbox.certificates.keys import KeyList, TrustedKey, kid_of, trusted
from sandbox.certificates.revocation import anonymous
from sandbox.countries import is_country, meant_by
from sandbox.errors import BadRequest, NotFound
from sandbox.trust.cards import CardIssuer
from sandbox.trust.documents import TrustList, read_list
from sandbox.trust.pki import DOMAIN, ROLES, CountryPki, Pair, load, new_dsc, new_pki, save
from sandbox.trust.proofs import Anchors, anchors_in
from sandbox.trust.revocations import Record, Revocations, read_json, unrecorded

HERE = "sandbox"


class TrustFolder:
    """Reads and writes the trust network below a folder, and tells `record` of what it writes."""

    def __init__(self, folder: Path, *, domain: str = DOMAIN, record: Record = unrecorded) -> None:
        self.folder = folder
        self._domain = domain
        self._record = record
        self.revocations = Revocations(folder, record)
        self.cards = CardIssuer(folder)

    def countries(self) -> list[str]:
        """Returns the codes of the countries that have a PKI here."""
        return sorted(file.name for file in self.folder.glob("[A-Z][A-Z]") if file.is_dir())

    def init(self, country: str, *, at: datetime) -> CountryPki:
        """Makes the PKI of a country.

        Raises:
            BadRequest: The code is none, or the country has a PKI already.
        """
        if not country:
            raise BadRequest("trust.country_needed", where="country")
        if not is_country(country):
            meant = meant_by(country)
            key = "trust.country_meant" if meant else "trust.bad_country"
            raise BadRequest(key, where="country", found=country, meant=meant)
        if (self.folder / country).exists():
            raise BadRequest(
                "trust.country_there",
                where="country",
                country=country,
                folder=str(self.folder / country),
            )
        pki = new_pki(country, at=at)
        # the dot keeps a draft out of `countries`, whose pattern wants two capital letters
        draft = self.folder / f".{country}-{secrets.token_hex(4)}"
        save(pki, draft, domain=self._domain)
        try:
            draft.rename(self.folder / country)  # whole or not at all, whoever else looks
        except OSError:
            shutil.rmtree(draft)
            raise BadRequest(
                "trust.country_there",
                where="country",
                country=country,
                folder=str(self.folder / country),
            ) from None
        self._record("trust.pki", country=country)
        return pki

    def pki(self, country: str) -> CountryPki:
        """Returns the PKI of a country.

        Raises:
            BadRequest: No country is named.
            NotFound: It has none, or one that is not whole.
        """
        known = ", ".join(self.countries()) or "–"
        if not country:
            raise BadRequest("trust.needs_country", where="country", known=known)
        try:
            return load(self.folder / country, domain=self._domain)
        except (OSError, ValueError):
            raise NotFound(
                "trust.no_country", where="country", country=country, known=known
            ) from None

    def signer(self, country: str, *, at: datetime) -> Signer:
        """Returns who signs documents for a country: its newest listed key.  A country without PKI
        gets one.
        """
        if not (self.folder / country).exists():
            try:
                self.init(country, at=at)
            except BadRequest as error:
                if error.key != "trust.country_there":  # else somebody has just made it
                    raise
        pki = self.pki(country)
        listed = {key.kid for key in self.listed()}
        # The newest that is listed: what it signs can be verified.  Where all were unlisted the
        # last one still signs, and verifiers say that its key is not trusted.
        chosen = next(
            (pair for pair in reversed(pki.dsc) if kid_of(pair.certificate) in listed), pki.dsc[-1]
        )
        return signer_of(chosen.certificate, chosen.key)

    def add_dsc(self, country: str, *, at: datetime, groups: tuple[str, ...] = ()) -> Pair:
        """Makes one more signer of documents.

        Args:
            country: Whose signer it is.
            at: When it is made; it is valid from the day before.
            groups: What it may sign (v, t, r); empty for all.

        Raises:
            NotFound: The country has no PKI.
        """
        pki = self.pki(country)
        pair = new_dsc(country, pki.sca, at=at, groups=groups)
        save(
            CountryPki(country, pki.sca, (*pki.dsc, pair), pki.up, pki.tls),
            self.folder / country,
            domain=self._domain,
        )
        self._record("trust.added", country=country, id=kid_of(pair.certificate).hex())
        return pair

    def unlist(self, kid: bytes) -> str:
        """Takes a key from the list, by moving its certificate away from what is published.

        Returns:
            The country whose key it was.

        Raises:
            NotFound: No listed key has this id.
        """
        for file in self._published():
            if kid_of(x509.load_pem_x509_certificate(file.read_bytes())) == kid:
                # moved, not deleted: the number of its key is not given to another one
                file.rename(file.with_suffix(".unlisted"))
                country = str(file.relative_to(self.folder).parts[0])
                self._record("trust.removed", country=country, id=kid.hex())
                return country
        raise NotFound("trust.no_kid", where="kid", kid=kid.hex())

    def listed(self) -> list[TrustedKey]:
        """Returns the keys of all countries that may sign documents."""
        keys = []
        for file in self._published():
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            key = trusted(certificate, domain=_domain_of(file), environment=HERE)
            keys.append(replace(key, chain=self._issuers_of(file, certificate)))
        return keys

    def authorities(self) -> list[TrustedKey]:
        """Returns the authorities of all countries, which sign signers and no documents."""
        keys = []
        for _, domain, role, file in self.published():
            if role == "SCA":
                certificate = x509.load_pem_x509_certificate(file.read_bytes())
                key = trusted(certificate, domain=domain, environment=HERE)
                keys.append(replace(key, usage=role))
        return keys

    def trust(self, *, at: datetime | None = None) -> KeyList:
        """Returns the list in which keys are looked for: those of this sandbox, and of the lists
        put beside them.

        Args:
            at: The moment for which lists are judged; now where there is none.

        Raises:
            BadRequest: A file is no trust list.
        """
        lists = self.others(at=at)
        keys = [key for trust_list in lists.values() for key in trust_list.keys]
        refused = [refusal for trust_list in lists.values() for refusal in trust_list.refused]
        return KeyList([*self.listed(), *keys], refused=refused)

    def others(self, *, at: datetime | None = None) -> dict[str, TrustList]:
        """Returns the trust lists from elsewhere, which a facilitator put here, by their names.

        What cannot be read of one is left out.

        Args:
            at: The moment for which they are judged; now where there is none.

        Raises:
            BadRequest: A file is no trust list.
        """
        day = (at or datetime.now(UTC)).date()
        lists: dict[str, TrustList] = {}
        files = tuple(sorted(self.folder.glob("anchors/*")))
        # a file of anchors that changes changes what is believed
        anchors = tuple((file, file.stat().st_mtime_ns) for file in files if file.is_file())
        for file in sorted(self.folder.glob("lists/*.json")):
            state = file.stat()
            lists[file.stem] = _judged(file, state.st_mtime_ns, state.st_size, day, anchors)
        return lists

    def published(self) -> Iterator[tuple[str, str, str, Path]]:
        """Yields what is onboarded: country, domain, role (SCA, DSC, UP, TLS), and the file with
        the certificate.
        """
        for file in sorted(self.folder.glob("[A-Z][A-Z]/onboarding/*/*/*.pem")):
            # CA.pem only vouches for TLS.pem: the gateway's list has no type for it
            if file.stem != "CA" and file.parent.name in ROLES:
                yield file.parents[3].name, file.parents[1].name, file.parent.name, file

    def uploads(self) -> Iterator[tuple[str, str, Path]]:
        """Yields what came over the gateway: country, domain, and the file with the certificate."""
        for file in sorted(self.folder.glob("[A-Z][A-Z]/uploaded/*/*.pem")):
            yield file.parents[2].name, file.parent.name, file

    def keep_upload(
        self, country: str, certificate: x509.Certificate, cms: str, *, domain: str = ""
    ) -> None:
        """Keeps a signer that came over the gateway, with the signature of its upload beside it."""
        place = self.folder / country / "uploaded" / (domain or self._domain)
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{kid_of(certificate).hex()}.pem"
        # first the signature: as soon as the .pem is there, lists read both
        file.with_suffix(".cms").write_text(cms, "ascii")
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        self._record("trust.added", country=country, id=kid_of(certificate).hex())

    def issuers(self) -> dict[str, list[dict[str, Any]]]:
        """Returns the issuers of health cards that are trusted, this sandbox among them, with their
        keys.

        Raises:
            BadRequest: A file is not of the form `{"iss": …, "keys": [JWK, …]}`.
        """
        keys_of = self.cards.issuers()
        for file in sorted(self.folder.glob("issuers/*.json")):
            key_set = read_json(file)
            keys = key_set.get("keys") if isinstance(key_set, dict) else None
            if not isinstance(keys, list) or not isinstance(key_set.get("iss"), str):
                raise BadRequest(
                    "trust.bad_file",
                    where=str(file),
                    file=file,
                    wanted='{"iss": …, "keys": [JWK, …]}',
                )
            keys_of.setdefault(key_set["iss"], []).extend(
                key for key in keys if isinstance(key, dict)
            )
        return keys_of

    def rules(self) -> list[dict[str, Any]]:
        """Returns the business rules of countries, each file one or a list.

        Raises:
            BadRequest: A file holds something else.
        """
        all_rules: list[dict[str, Any]] = []
        for file in sorted(self.folder.glob("rules/*.json")):
            content = read_json(file)
            rules = content if isinstance(content, list) else [content]
            if not all(isinstance(rule, dict) for rule in rules):
                raise BadRequest(
                    "trust.bad_file",
                    where=str(file),
                    file=file,
                    wanted='{"Identifier": …, "Logic": …}',
                )
            all_rules += rules
        return all_rules

    def revoked(self) -> frozenset[str]:
        """Returns the handles of the certificates that were taken back, here and by the lists of
        others; raises BadRequest for a file that is no such list.
        """
        return self.revocations.every()

    def anchors(self) -> Anchors:
        """Returns who may vouch for a list: certificates, JWKs and DID documents in `anchors/`.

        Raises:
            BadRequest: A file is none of these.
        """
        files = sorted(file for file in self.folder.glob("anchors/*") if file.is_file())
        try:
            return anchors_in([(str(file), file.read_bytes()) for file in files])
        except ValueError as error:
            raise BadRequest("trust.no_anchor", where=str(error), file=str(error)) from None

    def issued(self) -> frozenset[str]:
        """Returns the handles of what was issued here."""
        file = self.folder / "issued.txt"
        return frozenset(file.read_text("utf-8").splitlines()) if file.exists() else frozenset()

    def keep_issued(self, *handles: str) -> None:
        """Keeps the handles of what is issued, so that it can be told from what others issue."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{handle}\n" for handle in sorted(handles) if "\n" not in handle)
        # appended: whoever issues at the same time loses nothing
        with (self.folder / "issued.txt").open("a", encoding="utf-8") as opened:
            opened.write(lines)
        self._record("certificate.issued", id=anonymous(handles))

    def own_keys(self) -> KeyList:
        """Returns the keys of this sandbox's countries, those that are no longer listed among
        them.
        """
        pairs: list[Pair] = []
        for country in self.countries():
            with suppress(NotFound):  # one that is not whole has issued nothing
                pairs += self.pki(country).dsc
        return KeyList([trusted(pair.certificate, environment=HERE) for pair in pairs])

    def _issuers_of(
        self, file: Path, certificate: x509.Certificate
    ) -> tuple[x509.Certificate, ...]:
        """Returns the authority of the country that has issued a signer; none for another's."""
        country = self.folder / file.relative_to(self.folder).parts[0]
        for place in sorted(country.glob("onboarding/*/SCA/*.pem")):
            authority = x509.load_pem_x509_certificate(place.read_bytes())
            if authority.subject == certificate.issuer:
                return (authority,)
        return ()

    def _published(self) -> list[Path]:
        """Returns the files of signers, those of one country together."""
        onboarded = self.folder.glob(f"[A-Z][A-Z]/onboarding/{self._domain}/DSC/*.pem")
        return sorted([*onboarded, *(file for _, _, file in self.uploads())])


@lru_cache(maxsize=32)
def _judged(
    file: Path, _changed: int, _size: int, day: date, _anchors: tuple[tuple[Path, int], ...]
) -> TrustList:
    """Returns a trust list judged for a day; a file that has changed is read again.

    Raises:
        BadRequest: The file is no trust list.
    """
    document = read_json(file)
    anchors = TrustFolder(file.parents[1]).anchors()
    judged = read_list(document, at=datetime.combine(day, time.max, UTC), anchors=anchors)
    if any(finding.key == "trust.no_methods" for finding in judged.findings):
        raise BadRequest(
            "trust.bad_file", where=str(file), file=file, wanted='{"verificationMethod": […]}'
        )
    keys = (replace(key, environment=key.environment or file.stem) for key in judged.keys)
    return replace(judged, keys=tuple(keys))


def _domain_of(file: Path) -> str:
    """Returns the domain in whose folder a signer lies."""
    return file.parents[1].name if file.parent.name == "DSC" else file.parent.name

"""What a gateway publishes beside certificates: issuers and references, rules, value sets, and the
batches of what was revoked (DCC Gateway 1.10.0, with WHO's additions).

All of it stands in files of the trust folder, signed as the gateway hands it on: by the upload key
of its country, or by the gateway's own anchor.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sandbox.certificates.revocation import HASH_BYTES, OF_CARD
from sandbox.clock import fhir_instant
from sandbox.errors import NotFound
from sandbox.fhir.json import write_json
from sandbox.trust.cms import signed
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import Pair
from sandbox.trust.revocations import read_json

CLAUSE = "DCC Gateway 1.10.0"
SPACE = uuid.UUID("5a6e6f2e-6f1c-4f7e-9d4e-3b7f1f6a9c11")
KEPT = timedelta(days=365)
SIGNATURE = "signature:"
HashType = Literal["SIGNATURE", "UCI"]


@dataclass(frozen=True, slots=True)
class Batch:
    """Certificates of one country that were revoked, by one kind of hash."""

    id: str
    country: str
    kind: HashType
    hashes: tuple[bytes, ...]

    def content(self, at: datetime) -> dict[str, Any]:
        """Returns it as what is signed."""
        entries = [{"hash": base64.b64encode(value).decode()} for value in self.hashes]
        return {
            "country": self.country,
            "expires": fhir_instant(at + KEPT),
            "kid": "UNKNOWN_KID",
            "hashType": self.kind,
            "entries": entries,
        }


class Published:
    """Reads what a trust folder publishes; `anchor` signs for a country that has no key here."""

    def __init__(self, folder: TrustFolder, anchor: Pair) -> None:
        self._folder = folder
        self._anchor = anchor

    def issuers(self) -> list[dict[str, Any]]:
        """Returns the issuers of health cards: where each publishes its keys."""
        rows = []
        for issuer, keys in self._folder.issuers().items():
            thumbprint = hashlib.sha256(write_json(keys)).hexdigest()
            rows.append(
                {
                    "url": f"{issuer}/.well-known/jwks.json",
                    "type": "HTTP",
                    "keyStorageType": "JWKS",
                    "name": issuer,
                    "thumbprint": thumbprint,
                    "uuid": str(uuid.uuid5(SPACE, issuer)),
                }
            )
        return rows

    def references(self) -> list[dict[str, Any]]:
        """Returns the services that participants name: files of `references/`, as they stand."""
        return [row for row in self._files("references") if isinstance(row, dict)]

    def rules(self, country: str, *, at: datetime) -> dict[str, list[dict[str, Any]]]:
        """Returns the rules of a country.

        Args:
            country: Its code of two letters.
            at: When they are asked for.

        Returns:
            By the id of a rule its versions, each signed.
        """
        rules: dict[str, list[dict[str, Any]]] = {}
        for rule in self._folder.rules():
            if rule.get("Country") == country:
                row = {
                    "version": rule.get("Version"),
                    "validFrom": rule.get("ValidFrom"),
                    "validTo": rule.get("ValidTo"),
                    "cms": signed(write_json(rule), self._vouching(country)).decode(),
                }
                rules.setdefault(str(rule.get("Identifier")), []).append(row)
        return rules

    def value_sets(self) -> dict[str, dict[str, Any]]:
        """Returns the value sets by their id: files of `valuesets/`."""
        sets = [row for row in self._files("valuesets") if isinstance(row, dict)]
        return {str(row.get("valueSetId")): row for row in sets}

    def value_set(self, id: str) -> dict[str, Any]:
        """Returns a value set.

        Raises:
            NotFound: There is none of this id.
        """
        try:
            return self.value_sets()[id]
        except KeyError:
            known = ", ".join(self.value_sets()) or "–"
            raise NotFound(
                "gateway.no_value_set", where="id", clause=CLAUSE, found=id, known=known
            ) from None

    def batches(self) -> list[Batch]:
        """Returns what was revoked here, by country and kind of hash."""
        # health cards have lists of their own, by their keys
        own = {each for each in self._folder.revocations.own() if not OF_CARD.fullmatch(each)}
        country_of = {
            handle: country
            for act in self._folder.revocations.acts()
            for country in [self._country_in(act.handles)]
            for handle in act.handles
        }
        hashes: dict[tuple[str, HashType], set[bytes]] = {}
        for handle in sorted(own):
            country = country_of.get(handle) or self._country_in([handle])
            kind: HashType = "SIGNATURE" if handle.startswith(SIGNATURE) else "UCI"
            hashes.setdefault((country, kind), set()).add(hash_of(handle))
        return [batch_with(country, kind, values) for (country, kind), values in hashes.items()]

    def batch(self, id: str, *, at: datetime) -> bytes:
        """Returns a batch as CMS in Base64.

        Raises:
            NotFound: There is none of this id, or its content has changed since.
        """
        batch = next((batch for batch in self.batches() if batch.id == id), None)
        if batch is None:
            raise NotFound("gateway.no_batch", where="batchId", clause=CLAUSE, found=id)
        return signed(write_json(batch.content(at)), self._vouching(batch.country))

    def _vouching(self, country: str) -> Pair:
        try:
            return self._folder.pki(country).up
        except NotFound:
            return self._anchor

    def _country_in(self, handles: Sequence[str]) -> str:
        """Returns the country in an identifier such as `URN:UVCI:01:CL:…`; else the first here."""
        for handle in handles:
            parts = handle.split(":")
            if handle.startswith("URN:UVCI:") and len(parts) > 3 and len(parts[3]) == 2:
                return parts[3]
        return next(iter(self._folder.countries()), "XX")

    def _files(self, name: str) -> Iterator[Any]:
        for file in sorted(self._folder.folder.glob(f"{name}/*.json")):
            content = read_json(file)
            yield from content if isinstance(content, list) else [content]


def listing(batches: Sequence[Batch], *, at: datetime) -> Mapping[str, Any]:
    """Returns the list of batches as the interface has it.

    Args:
        batches: Those of now.
        at: When they are asked for.
    """
    rows = [
        {"batchId": batch.id, "country": batch.country, "date": fhir_instant(at), "deleted": False}
        for batch in batches
    ]
    return {"more": False, "batches": rows}


def hash_of(handle: str) -> bytes:
    """Returns what a batch holds of a handle: half of SHA-256 (DCC Gateway 1.10.0).

    Args:
        handle: An identifier, or `signature:` and the hash of a signature.
    """
    if handle.startswith(SIGNATURE):
        return bytes.fromhex(handle.removeprefix(SIGNATURE))
    return hashlib.sha256(handle.encode()).digest()[:HASH_BYTES]


def batch_with(country: str, kind: HashType, hashes: Collection[bytes]) -> Batch:
    """Returns a batch, whose id is another as soon as its content is."""
    values = tuple(sorted(hashes))
    id = uuid.uuid5(SPACE, f"{country} {kind} {b''.join(values).hex()}")
    return Batch(str(id), country, kind, values)

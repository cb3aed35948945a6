"""The issuer of SMART Health Cards of a sandbox: its key, the addresses below which that is
published, and what was taken back.

trust/cards/key.pem         the key
trust/cards/addresses.txt   in which names cards were issued, one a line
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from sandbox.certificates.shc_fhir import faults_of_fhir
from sandbox.certificates.shc_making import (
    CardContent,
    Choice,
    Record,
    card_type,
    contents_of,
)
from sandbox.certificates.shc_payload import faults_of_payload
from sandbox.certificates.shc_signing import jwk_of, payload_of, signed_card
from sandbox.certificates.unpacking import to_base64url
from sandbox.errors import BadRequest, CardRefused
from sandbox.fhir.json import write_json
from sandbox.findings import Finding
from sandbox.trust.pki import write_key
from sandbox.trust.revocations import Revocations

MOST_ADDRESSES = 50
RID_BYTES = 8  # 64 bits (SMART Health Cards 1.4, Revocation)
MAKING = threading.Lock()


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card as JWS, and by which handle it can be taken back."""

    jws: str
    handle: str


class CardIssuer:
    """The issuer of health cards in a trust folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "cards"
        self._revocations = Revocations(folder)

    def issue(
        self, contents: Sequence[CardContent], *, issuer: str, at: datetime
    ) -> list[IssuedCard]:
        """Signs cards, after judging each as it will be judged when it is read.

        Args:
            contents: What they hold.
            issuer: In whose name, an https address without slash at its end.
            at: From when on they are valid.

        Raises:
            CardRefused: One would be wrong; none is signed.
        """
        key = self._key()
        kid = jwk_of(key.public_key())["kid"]
        rids = [to_base64url(secrets.token_bytes(RID_BYTES)) for _ in contents]
        payloads = [
            payload_of(content, issuer=issuer, at=at, rid=rid)
            for content, rid in zip(contents, rids, strict=True)
        ]
        findings = [finding for payload in payloads for finding in _faults(payload)]
        if findings:
            raise CardRefused(findings, type="Bundle")
        if payloads:
            self._keep_address(issuer)
        return [
            IssuedCard(signed_card(payload, key), f"{kid}/{rid}")
            for payload, rid in zip(payloads, rids, strict=True)
        ]

    def issuers(self) -> dict[str, list[dict[str, Any]]]:
        """Returns the key by each address in whose name cards were issued."""
        file = self._folder / "addresses.txt"
        addresses = file.read_text("utf-8").split() if file.exists() else []
        return {address: self.keys() for address in addresses}

    def keys(self) -> list[dict[str, Any]]:
        """Returns the published keys; none before the first card."""
        if not self._file.exists():
            return []
        jwk = jwk_of(self._key().public_key())
        return [{**jwk, "crlVersion": self._updates(jwk["kid"])}]

    def revocation_list(self, kid: str) -> dict[str, Any] | None:
        """Returns what was taken back of a key; None for a key of somebody else."""
        if kid not in {jwk["kid"] for jwk in self.keys()}:
            return None
        own = [handle.partition("/") for handle in self._revocations.own()]
        rids = [rid for key, _, rid in own if key == kid and rid]
        return {"kid": kid, "method": "rid", "ctr": self._updates(kid), "rids": rids}

    def _updates(self, kid: str) -> int:
        """Returns how often the list of a key was written; it begins at 1."""
        acts = self._revocations.acts()
        return 1 + sum(any(each.startswith(f"{kid}/") for each in act.handles) for act in acts)

    @property
    def _file(self) -> Path:
        return self._folder / "key.pem"

    def _key(self) -> ec.EllipticCurvePrivateKey:
        with MAKING:  # two that ask at once would make two
            if not self._file.exists():
                write_key(self._file, ec.generate_private_key(ec.SECP256R1()))
        key = load_pem_private_key(self._file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise BadRequest("trust.bad_file", where=self._file.name, file=self._file, wanted="EC")
        return key

    def _keep_address(self, address: str) -> None:
        file = self._folder / "addresses.txt"
        with MAKING:
            known = file.read_text("utf-8").split() if file.exists() else []
            # whoever calls this server names it: names do not pile up
            if address not in known and len(known) < MOST_ADDRESSES:
                file.write_text("".join(f"{each}\n" for each in [*known, address]), "utf-8")


def issue_cards(
    contents: Sequence[CardContent], folder: Path, issuer: str, at: datetime
) -> list[IssuedCard]:
    """Issues cards from a folder of trust; the job of a worker, to which no key is sent.

    Args:
        contents: What they hold.
        folder: Of the keys.
        issuer: In whose name, an https address.
        at: From when on they are valid.

    Raises:
        CardRefused: One would be wrong; none is signed.
    """
    return CardIssuer(folder).issue(contents, issuer=issuer, at=at)


def cards_of(
    record: Record, types: Sequence[str], folder: Path, issuer: str, at: datetime
) -> list[IssuedCard]:
    """Issues the cards of a record that have all of some types; the job of a worker.

    Args:
        record: Of whom.
        types: The types, or the kinds of resources that they show.
        folder: Of the keys.
        issuer: In whose name, an https address.
        at: From when on they are valid.

    Raises:
        CardRefused: One would be wrong; none is signed.
    """
    choice = Choice(types=frozenset(map(card_type, types)))
    return issue_cards(contents_of(record, choice), folder, issuer, at)


def issuer_address(address: str) -> str:
    """Returns an address as an issuer has it: https, and no slash at its end."""
    rest = address.partition("://")[2] or address
    return f"https://{rest.rstrip('/')}"


def _faults(payload: Any) -> list[Finding]:
    findings = [*faults_of_payload(payload), *faults_of_fhir(write_json(payload))]
    return [finding for finding in findings if finding.severity in ("fatal", "error")]

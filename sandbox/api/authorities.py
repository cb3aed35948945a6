"""The countries of this sandbox as issuers of credentials, and what the sandbox knows as a
verifier: shared by the doors of wallets and the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.credentials.folder import CredentialFolder, Record
    from sandbox.credentials.issuing import Authority
    from sandbox.credentials.lacchain.chain import Blocks
    from sandbox.credentials.report import Known
    from sandbox.trust.folder import TrustFolder


def issuer_address(address: str, country: str, draft: int = 0) -> str:
    """Returns the identifier of a country's issuer.

    Args:
        address: Of the sandbox.
        country: Two letters.
        draft: The number of the draft of OpenID4VCI that it speaks; 0 for 1.0.
    """
    return f"{address}/vci/{country}{f'/draft-{draft}' if draft else ''}"


def authority_of(trust: TrustFolder, country: str, address: str) -> Authority:
    """Returns who issues for a country: its newest listed signer of documents.

    Args:
        trust: The trust network of this sandbox.
        country: Two letters.
        address: The sandbox's, below which the status lists stand.

    Raises:
        NotFound: The country has no PKI here.
    """
    from sandbox.certificates.keys import kid_of
    from sandbox.credentials.issuing import Authority

    pki = trust.pki(country)
    listed = {key.kid for key in trust.listed()}
    pairs = [pair for pair in pki.dsc if kid_of(pair.certificate) in listed] or pki.dsc
    lists = f"{issuer_address(address, country)}/status"
    return Authority(pairs[-1].key, pairs[-1].certificate, lists, country)


def places_of(data: Path, country: str, record: Record) -> CredentialFolder:
    """Returns the places of a country's status lists.

    Args:
        data: The data folder.
        country: Two letters.
        record: Takes what is done, for the audit log.
    """
    from sandbox.credentials.folder import CredentialFolder

    return CredentialFolder(data / "credentials" / country, record=record)


def known_of(
    trust: TrustFolder,
    data: Path,
    address: str,
    at: datetime,
    believed: Mapping[str, str],
    blocks: Blocks = (),
) -> Known:
    """Returns what this sandbox knows: its trust lists, and the status lists of its countries.

    Args:
        trust: The trust network of this sandbox.
        data: The data folder.
        address: The sandbox's, as it stands in credentials.
        at: Now.
        believed: Further issuers to believe, by DID or address, with a name.
        blocks: The chain of LACChain; where there is none its DIDs are not known.

    Raises:
        BadRequest: A file is no trust list.
    """
    from sandbox.credentials.issuing import bitstring_list, token_list
    from sandbox.credentials.lacchain.resolving import Documents
    from sandbox.credentials.report import Known, by_thumbprint
    from sandbox.trust.revocations import unrecorded

    documents: dict[str, Any] = {}
    for country in trust.countries():
        authority = authority_of(trust, country, address)
        places = places_of(data, country, unrecorded)
        tokens, bits = (f"{authority.lists}/{kind}" for kind in ("tokens", "bits"))
        documents[tokens] = token_list(places.bits("least"), tokens, authority, at=at)
        documents[bits] = bitstring_list(places.bits("most"), bits, authority, at=at)
    lists = trust.others(at=at).values()
    keys = [*trust.listed(), *(key for trust_list in lists for key in trust_list.keys)]
    if not blocks:
        return Known(documents, believed, by_thumbprint(keys))
    return Known(Documents(blocks, at, documents), believed, by_thumbprint(keys), blocks)

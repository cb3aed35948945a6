"""The credential that the ministries' component of 2023 made (LACPASS, LACChain): how it is told,
and where it deviates from what was published since.

Its deviations are known by name, so that one is told as what it is and not as a forgery.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from sandbox.credentials.datamodel import moment_of
from sandbox.credentials.report import note
from sandbox.credentials.texts import Json, as_list
from sandbox.findings import Finding

CONTEXT = re.compile(r"https?://credentials-library\.lacchain\.net/\S*vaccination\S*\Z")
METHOD = "did:lac1:"
TYPE = "VaccinationCertificate"
SUITE = "ecdsa-jcs-2019"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)
ZONES = timedelta(hours=14)
"""How far a local hour can lie before or behind UTC."""
CLAUSE = "LACPASS 2023"
TOLERATED: Mapping[str, str] = {"credentials.not_url": "id"}
"""Findings of the data model that follow from a deviation, with their place."""


def is_of_2023(document: Json) -> bool:
    """Tells whether a credential is of the component of 2023: by its context, or by its type and
    its issuer's DID.
    """
    if any(
        isinstance(each, str) and CONTEXT.match(each) for each in as_list(document.get("@context"))
    ):
        return True
    issuer = document.get("issuer")
    name = issuer.get("id") if isinstance(issuer, dict) else issuer
    return str(name).startswith(METHOD) and TYPE in as_list(document.get("type"))


def as_published(document: Json) -> Json:
    """Returns a credential of 2023 with its proof values as multibase.

    Args:
        document: Whose values may lack the letter.
    """
    proofs = [_with_base(proof) for proof in as_list(document.get("proof"))]
    if not proofs:
        return document
    return {**document, "proof": proofs if isinstance(document["proof"], list) else proofs[0]}


def deviations(document: Json) -> Iterator[Finding]:
    """Yields where a credential of 2023 deviates from the standards, each by its name.

    Args:
        document: Of 2023. What it does not show cannot be told of it: the digest in the registry,
            and which keys a DID has.
    """
    if UUID.match(str(document.get("id", ""))):
        yield _told("bare_uuid", "id", str(document["id"]), "VCDM 2.0 4.4")
    for proof in as_list(document.get("proof")):
        value = proof.get("proofValue") if isinstance(proof, dict) else None
        if isinstance(value, str) and not value.startswith("z"):
            yield _told("no_multibase", "proof.proofValue", value[:12], "W3C VC-DI-ECDSA 3.3")
        if isinstance(proof, dict) and "@context" not in proof:
            yield _told("options_alone", "proof", "–", "W3C VC-DI-ECDSA 3.3.1")
        created = moment_of(proof.get("created")) if isinstance(proof, dict) else None
        begins = moment_of(document.get("validFrom"))
        if created and begins and timedelta(minutes=1) < begins - created <= ZONES:
            yield _told("local_hours", "validFrom", str(document["validFrom"])[:40], "VCDM 2.0 4.9")
    for context in as_list(document.get("@context")):
        if isinstance(context, str) and CONTEXT.match(context):
            yield _told("unpublished_context", "@context", context[:120], "VCDM 2.0 4.3")


def _with_base(proof: Any) -> Any:
    value = proof.get("proofValue") if isinstance(proof, dict) else None
    if not isinstance(value, str) or value.startswith("z"):
        return proof
    return {**proof, "proofValue": f"z{value}"}


def _told(name: str, where: str, found: str, clause: str) -> Finding:
    return note(
        f"of_2023_{name}", "warning", where=where, found=found, clause=f"{CLAUSE}, {clause}"
    )

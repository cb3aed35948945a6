"""Proofs on a document: added, and taken apart into what each of them is about.

Several proofs are a set; one that names another as `previousProof` is of a chain, and signs the
other with the document (W3C VC Data Integrity 1.0 2.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.proofs.suites import SUITES, TYPE, value_of
from sandbox.credentials.texts import Json, as_list

JWS_2020 = "JsonWebSignature2020"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it stands, what it signs, and the options as they are hashed."""

    proof: Json
    document: Json
    options: Json
    value: str

    @property
    def method(self) -> str:
        """Returns the id of the key that it names."""
        return str(self.proof.get("verificationMethod", ""))


class BadChain(ValueError):
    """A proof that names a previous one that is not there, or itself."""


def with_proof(document: Json, key: PrivateKey, options: Json) -> Json:
    """Returns a document with one more proof.

    Args:
        document: The document, perhaps with proofs.
        key: Signs.
        options: `cryptosuite`, `verificationMethod`, `proofPurpose` and what else the proof says;
            with `previousProof` it is the next of a chain.

    Raises:
        BadChain: `previousProof` names a proof that the document does not have.
        ValueError: The suite is unknown, or the document has no canonical form.
    """
    suite = SUITES.get(str(options.get("cryptosuite")))
    if suite is None:
        raise ValueError("unknown cryptosuite")
    proof: Json = {"type": TYPE, **options}
    if suite.is_json and "@context" in document:
        proof = {**proof, "@context": document["@context"]}
    bare = {name: value for name, value in document.items() if name != "proof"}
    proofs = as_list(document.get("proof"))
    signed = _with_previous(bare, proof, proofs)
    value = value_of(suite, signed, _options(proof, document), key)
    proofs = [*proofs, {**proof, "proofValue": value}]
    return {**bare, "proof": proofs if len(proofs) > 1 else proofs[0]}


def proofs_of(document: Json) -> Iterator[Proof]:
    """Yields every proof of a document with what it signs; raises BadChain."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    proofs = [proof for proof in as_list(document.get("proof")) if isinstance(proof, dict)]
    for proof in proofs:
        others = [another for another in proofs if another is not proof]
        signed = _with_previous(bare, proof, others)
        signature = "jws" if proof.get("type") == JWS_2020 else "proofValue"
        value = proof.get(signature)
        without = {name: part for name, part in proof.items() if name != signature}
        text = value if isinstance(value, str) else ""
        yield Proof(proof, signed, _options(without, document), text)


def _options(proof: Json, document: Json) -> Json:
    """Returns the options of a proof as they are hashed: RDF needs the document's contexts, JSON
    takes the proof as it stands.
    """
    suite = SUITES.get(str(proof.get("cryptosuite")))
    is_rdf = proof.get("type") == JWS_2020 or (suite is not None and not suite.is_json)
    if not is_rdf or "@context" not in document:
        return proof
    return {**proof, "@context": document["@context"]}


def _with_previous(document: Json, proof: Json, others: list[Json]) -> Json:
    wanted = as_list(proof.get("previousProof"))
    if not wanted:
        return document
    previous = [another for another in others if another.get("id") in wanted]
    if len(previous) != len(wanted):
        raise BadChain(str(wanted)[:200])
    return {**document, "proof": previous}

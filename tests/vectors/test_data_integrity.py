"""W3C's vectors of Data Integrity: every canonical text, hash and signature, and every proof (../shared/vectors)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.credentials.keys import P384, curve_of, from_multikey, is_signed
from sandbox.credentials.proofs.canonical import jcs
from sandbox.credentials.proofs.contexts import UnknownContext
from sandbox.credentials.proofs.secured import Proof, proofs_of
from sandbox.credentials.proofs.suites import SUITES, hashed, is_proven
from tests.conftest import VECTORS

pytestmark = pytest.mark.needs("vectors")
FOLDERS = [
    VECTORS / "certificates" / name / "TestVectors" for name in ("vc-di-ecdsa", "vc-di-eddsa")
]
SIGNED = sorted(file for folder in FOLDERS for file in folder.rglob("signed*.json"))
# no file of the vectors has its context, which belongs to another standard
ELSEWHERE = "https://w3id.org/citizenship/v4rc1"
OLD = "Ed25519Signature2020"


def proofs(file: Path) -> list[Proof]:
    return [*proofs_of(json.loads(file.read_text(encoding="utf-8")))]


def part(file: Path, kind: str) -> bytes:
    (found,) = file.parent.glob(f"{kind}*.txt")
    return found.read_bytes()


def is_known(file: Path) -> bool:
    return all(
        proof.proof["type"] != OLD and proof.proof["cryptosuite"] in SUITES
        for proof in proofs(file)
    )


KNOWN = [file for file in SIGNED if file.parent.name != "employ" and is_known(file)]
EMPLOY = [file for file in SIGNED if file.parent.name == "employ"]
WITH_PARTS = [file for file in KNOWN if [*file.parent.glob("combinedHash*.txt")]]


def named(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def test_the_vectors_are_those_that_were_counted() -> None:
    assert (len(SIGNED), len(KNOWN), len(EMPLOY), len(WITH_PARTS)) == (14, 10, 3, 6)


@pytest.mark.parametrize("file", KNOWN, ids=named)
def test_every_proof_of_a_document_is_right_and_wrong_of_any_other(file: Path) -> None:
    for proof in proofs(file):
        suite = SUITES[proof.proof["cryptosuite"]]
        key = from_multikey(proof.method.partition("#")[2])
        changed: dict[str, Any] = {**proof.document, "name": "Alumni credential"}
        later = {**proof.options, "created": "2023-02-24T23:36:39Z"}
        assert is_proven(suite, proof.document, proof.options, proof.value, key)
        assert not is_proven(suite, changed, proof.options, proof.value, key)
        assert not is_proven(suite, proof.document, later, proof.value, key)
        assert not is_proven(suite, proof.document, proof.options, proof.value[1:], key)


@pytest.mark.parametrize("file", WITH_PARTS, ids=named)
def test_canonical_texts_and_hashes_are_those_of_the_vectors(file: Path) -> None:
    (proof,) = proofs(file)
    suite = SUITES[proof.proof["cryptosuite"]]
    curve = curve_of(from_multikey(proof.method.partition("#")[2]))
    assert suite.canonical(proof.document) == part(file, "canonDoc")
    assert suite.canonical(proof.options) == part(file, "proofCanon")
    combined = hashed(suite, proof.document, proof.options, curve)
    assert combined.hex() == part(file, "combinedHash").decode().strip()
    assert proof.value == part(file, "sigBTC58").decode().strip()


@pytest.mark.parametrize("file", EMPLOY, ids=named)
def test_a_context_that_is_not_here_is_refused_though_the_signature_is_right(file: Path) -> None:
    (proof,) = proofs(file)
    suite = SUITES[proof.proof["cryptosuite"]]
    key = from_multikey(proof.method.partition("#")[2])
    with pytest.raises(UnknownContext, match=ELSEWHERE):
        is_proven(suite, proof.document, proof.options, proof.value, key)
    hash = hashlib.sha384 if curve_of(key) is P384 else hashlib.sha256
    content = hash(part(file, "proofCanon")).digest() + hash(part(file, "canonDoc")).digest()
    signature = bytes.fromhex(part(file, "sigHex").decode().strip())
    assert is_signed(key, content, signature)


def test_json_is_canonical_as_the_vectors_write_it() -> None:
    (unsigned,) = [
        folder / "unsigned.json" for folder in FOLDERS if folder.name and "eddsa" in str(folder)
    ]
    document = json.loads(unsigned.read_text(encoding="utf-8"))
    assert jcs(document) == part(FOLDERS[1] / "eddsa-jcs-2022" / "x", "canonDoc")

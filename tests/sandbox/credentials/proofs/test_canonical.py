"""What has no canonical form, or would lose a claim on the way to one, is refused."""

import time
from typing import Any

import pytest

from sandbox.credentials.proofs.canonical import NotCanonical, expanded_types, jcs, rdfc
from sandbox.credentials.proofs.contexts import BUNDLED, V2, UnknownContext, bundled, load
from sandbox.limits import CREDENTIAL_NODES

RIGHT: dict[str, Any] = {
    "@context": [V2],
    "type": ["VerifiableCredential"],
    "issuer": "did:example:issuer",
    "credentialSubject": {"id": "did:example:subject"},
}


def test_a_document_becomes_quads() -> None:
    assert rdfc(RIGHT).count(b"\n") == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"credentialSubject": {"id": "did:example:subject", "dose": "2"}},  # no context has it
        {"issuer": "relative"},
        {"type": ["VerifiableCredential", "Unheard"]},
        {"@context": [V2, {"VerifiableCredential": "https://example.org/#Another"}]},
        {"@context": 7},
        {"credentialSubject": {"id": "did:example:subject", "name": ["x"] * CREDENTIAL_NODES}},
    ],
)
def test_what_would_be_lost_or_cannot_be_read_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical):
        rdfc(RIGHT | changed)


@pytest.mark.parametrize("default", ["@vocab", "@language", "@direction"])
def test_a_default_that_is_taken_back_before_it_was_set_changes_nothing(default: str) -> None:
    assert rdfc(RIGHT | {"@context": [V2, {default: None}]}) == rdfc(RIGHT)


@pytest.mark.parametrize("where", ["@context", "credentialSubject"])
def test_a_context_that_is_not_bundled_is_refused_at_any_depth(where: str) -> None:
    foreign = "https://example.org/context"
    changed = {"@context": [V2, foreign]} if where == "@context" else {where: {"@context": foreign}}
    with pytest.raises(UnknownContext, match="example"):
        rdfc(RIGHT | changed)
    with pytest.raises(UnknownContext, match="example"):
        load(foreign)


@pytest.mark.parametrize("address", BUNDLED)
def test_every_bundled_context_is_the_one_that_was_bundled(address: str) -> None:
    assert set(bundled(address)) == {"@context"}


def tangle(size: int) -> dict[str, Any]:
    """Nodes without a name, each of which knows every other one (RDFC-1.0 7.1)."""
    nodes = [
        {"id": f"_:{one}", "knows": [{"id": f"_:{other}"} for other in range(size) if other != one]}
        for one in range(size)
    ]
    return {
        "@context": [{"id": "@id", "knows": "urn:k", "all": "urn:a"}],
        "id": "urn:x",
        "all": nodes,
    }


def test_nodes_that_are_too_much_alike_are_not_told_apart_for_ever() -> None:
    assert rdfc(tangle(3)).count(b"\n") == 9
    started = time.process_time()
    with pytest.raises(NotCanonical, match="alike"):
        rdfc(tangle(9))
    assert time.process_time() - started < 5


def test_a_type_without_meaning_stays_as_it_is() -> None:
    types = expanded_types(RIGHT | {"type": ["VerifiableCredential", "Unheard"]})
    assert types == ["https://www.w3.org/2018/credentials#VerifiableCredential", "Unheard"]


@pytest.mark.parametrize("value", [2**60, float("inf"), "\ud800"])
def test_json_that_others_would_write_otherwise_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        jcs({"value": value})

"""The kinds and minimal resources are enough, repeat, and cover every SHALL of eight pages; what the judge says is not asked."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sandbox.fhir.json import write_json
from tests.conftest import VECTORS
from tests.oracle.documents import Document, documents, mhd
from tests.oracle.kinds import KINDS
from tests.oracle.minimal import PAGES, Rule, rules
from tests.oracle.mutating import mutants_of

COVERAGE = tomllib.loads((Path(__file__).parent / "coverage.toml").read_text())["rows"]
SMALL = 12_000
SAMPLE = KINDS[::20]  # the run of the oracle counts them all
TYPES = {
    "batch",
    "batch-response",
    "collection",
    "document",
    "message",
    "searchset",
    "transaction",
    "transaction-response",
}
FEW = {
    "bundle: type collection of a message": "the documents have two messages",
    "bundle: a message without its header": "the documents have two messages",
    "Attachment in place: data without contentType": "seven attachments have both",
}
DIGEST = """
from tests.oracle.test_kinds import digest
print(digest())
"""
needs_documents = [pytest.mark.needs("packages"), pytest.mark.needs("vectors")]


def digest() -> str:
    """Returns one hash of a few mutants of every sampled kind."""
    known = list(mhd(VECTORS))[::8]
    made = [each for kind in SAMPLE for each in mutants_of(kind, known, each=2)]
    return hashlib.sha256(b"".join(write_json(each.resource) for each in made)).hexdigest()


@pytest.fixture(scope="module")
def known() -> list[Document]:
    return documents(VECTORS)


def test_there_are_enough_kinds() -> None:
    assert len(KINDS) >= 150


def test_there_are_enough_minimal_resources() -> None:
    assert 2 * len(rules()) >= 300


class TestDocuments:
    pytestmark = needs_documents

    def test_every_source_is_among_them(self, known: list[Document]) -> None:
        assert {each.source for each in known} == {"connectathons", "R4", "IPS", "US Core", "MHD"}

    def test_every_type_of_bundle_is_among_them(self, known: list[Document]) -> None:
        types = {
            each.resource["type"] for each in known if each.resource["resourceType"] == "Bundle"
        }
        assert types >= TYPES


class TestMutants:
    pytestmark = needs_documents

    def test_every_kind_has_ten_or_a_reason_why_not(self, known: list[Document]) -> None:
        small = [each for each in known if len(write_json(each.resource)) < SMALL]
        kinds_with_few = [kind for kind in KINDS if kind.name in FEW]
        few = [
            kind for kind in (*SAMPLE, *kinds_with_few) if len(list(mutants_of(kind, small))) < 10
        ]
        assert {kind.name for kind in few if len(list(mutants_of(kind, known))) < 10} == FEW.keys()

    def test_a_mutant_differs_from_its_document(self, known: list[Document]) -> None:
        by_name = {each.name: write_json(each.resource) for each in known}
        made = [each for kind in SAMPLE for each in mutants_of(kind, known, each=3)]
        same = [
            each.kind for each in made if write_json(each.resource) == by_name[each.document_name]
        ]
        assert same == []

    def test_a_kind_leaves_the_document_alone(self, known: list[Document]) -> None:
        document = next(each for each in known if each.source == "IPS")
        before = write_json(document.resource)
        for kind in KINDS:
            kind.apply(document.resource, random.Random(kind.name))
        assert write_json(document.resource) == before

    def test_another_process_makes_the_same_mutants(self) -> None:
        there = subprocess.run(
            [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
        )
        assert there.stdout.strip() == digest()


class TestMinimal:
    def test_ids_are_unique(self) -> None:
        ids = [rule.id for rule in rules()]
        assert sorted(set(ids)) == sorted(ids)

    @pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
    def test_right_and_wrong_differ(self, rule: Rule) -> None:
        assert rule.right != rule.wrong
        assert rule.clause

    @pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
    def test_what_is_right_can_be_read(self, rule: Rule) -> None:
        if not rule.right.startswith("<"):
            assert json.loads(rule.right.removeprefix("\ufeff"))["resourceType"]


class TestCoverage:
    def test_every_page_is_there(self) -> None:
        assert {row["page"] for row in COVERAGE} == set(PAGES)

    def test_what_it_names_is_there(self) -> None:
        kinds = {name for row in COVERAGE for name in row.get("kinds", [])}
        minimal = {name for row in COVERAGE for name in row.get("minimal", [])}
        assert kinds - {kind.name for kind in KINDS} == set()
        assert minimal - {rule.id for rule in rules()} == set()

    def test_every_rule_has_inputs_or_a_reason(self) -> None:
        assert [
            row["rule"]
            for row in COVERAGE
            if not (row.get("kinds") or row.get("minimal") or row.get("reason"))
        ] == []

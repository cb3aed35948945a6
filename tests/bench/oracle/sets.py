"""The sets that the oracle judges, written to disk: mutants, minimal resources, profile cases, and published documents."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.fhir.json import parse_json, write_json
from sandbox.validation import knowledge_at_hand
from tests import corpora
from tests.bench.oracle.case import Case
from tests.bench.oracle.definitions import GLOBAL, IPS_1, US_CORE
from tests.conftest import VECTORS
from tests.oracle import profiles
from tests.rule_mutants import mutants as mutants_of_rules

BASES = "bases"  # documents that mutants are made from; judged, not counted
EACH = 10  # mutants of a kind
LARGEST = 40_000  # bytes of a document that mutants are made from: HL7's engine takes half a second for a large one
# For the sample: one case of how many, chosen by the hash of its name, and how large a document may be in bytes.
ONE_OF = {"rules": 100, "kinds": 4, "minimal": 8, "profiles": 3, "guides": 10, "collected": 1}
LARGEST_SAMPLED = 40_000
SAMPLED_GROUPS = ("core", "profiles")  # each costs the start of an engine


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes documents below a folder; a sample keeps a seeded part of each set."""

    folder: Path
    is_sample: bool = False
    each: int = EACH

    def takes(self, set: str, name: str, group: str = "core") -> bool:
        """Tells whether a case belongs to this run."""
        chance = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        return not self.is_sample or (group in SAMPLED_GROUPS and chance % ONE_OF[set] == 0)

    def write(self, name: str, content: Any) -> Path:
        """Writes a resource, or a text as it is, and returns its file."""
        plain = content.encode() if isinstance(content, str) else content
        body = plain if isinstance(plain, bytes) else write_json(plain)
        ending = "xml" if body.lstrip().startswith(b"<") else "json"
        file = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.{ending}"
        file.write_bytes(body)
        return file


def cases(writer: Writer, *, only: Collection[str] = ()) -> list[Case]:
    """Returns the cases of every set, or of those in `only`, each base before its mutants."""
    written = [
        case for name, of_set in SETS.items() if not only or name in only for case in of_set(writer)
    ]
    return _small(written) if writer.is_sample else written


def _small(written: list[Case]) -> list[Case]:
    """Keeps the small documents, and of the bases those that still have a mutant."""
    small = [case for case in written if case.file.stat().st_size <= LARGEST_SAMPLED]
    kept = {case.key for case in small}
    mutants = [case for case in small if case.set != BASES and (not case.base or case.base in kept)]
    needed = {case.base for case in mutants} | {case.key for case in mutants}
    return [case for case in small if case.key in needed]


def of_rules(writer: Writer) -> Iterator[Case]:
    """Yields the mutants that break one constraint of our own compiled profiles."""
    for name, body, profile in (*corpora.ips_examples(), *corpora.mhd_examples(VECTORS)):
        resource = parse_json(body)
        base = Case(
            BASES, f"rules {name}", name, "core", writer.write(f"rules {name}", body), profile
        )
        chosen = [
            (f"{name} #{number} {mutant.name}", mutant)
            for number, mutant in enumerate(
                mutants_of_rules(resource, profile, knowledge_at_hand())
            )
            if writer.takes("rules", f"{name} #{number} {mutant.name}")
        ]
        if chosen:
            yield base
        for mutant_name, mutant in chosen:
            file = writer.write(mutant_name, mutant.resource)
            kind = f"{mutant.kind} {mutant.rule}"
            yield Case("rules", mutant_name, kind, "core", file, profile, base.key, "error")


def of_kinds(writer: Writer) -> Iterator[Case]:
    """Yields the mutants by kinds that were written from the text of R4."""
    from tests.oracle.documents import documents
    from tests.oracle.mutating import mutants

    published = [
        document for document in documents(VECTORS) if len(write_json(document.resource)) <= LARGEST
    ]
    by_name = {(document.name, document.profile): document for document in published}
    bases: dict[str, Case] = {}
    for number, mutant in enumerate(mutants(published, each=writer.each)):
        document = by_name[mutant.document_name, mutant.profile]
        group = "US" if document.source == "US Core" else "core"
        name = f"{mutant.kind} #{number} {document.name}"
        if not writer.takes("kinds", name, group):
            continue
        base_name = f"kinds {document.source} {document.name}"
        if base_name not in bases:
            file = writer.write(base_name, document.resource)
            bases[base_name] = Case(BASES, base_name, document.name, group, file, document.profile)
            yield bases[base_name]
        yield Case(
            "kinds", name, mutant.kind, group, writer.write(name, mutant.resource), mutant.profile,
            bases[base_name].key, mutant.expected, mutant.clause,
        )  # fmt: skip


def of_minimal(writer: Writer) -> Iterator[Case]:
    """Yields a right and a wrong resource for each rule of R4's pages."""
    from tests.oracle.minimal import rules

    for rule in rules():
        wrong = rule.severity if rule.severity in ("error", "warning") else "unknown"
        for side, text, expected in (("right", rule.right, "ok"), ("wrong", rule.wrong, wrong)):
            name = f"{rule.id} {side}"
            if text and writer.takes("minimal", rule.id):
                yield Case(
                    "minimal",
                    name,
                    name,
                    "core",
                    writer.write(name, text),
                    "",
                    "",
                    expected,
                    rule.clause,
                )


def of_profiles(writer: Writer) -> Iterator[Case]:
    """Yields the profile cases with a known answer."""
    for case in profiles.cases():
        group = GLOBAL if case.is_guide else "profiles"
        if writer.takes("profiles", case.id, group):
            file = writer.write(case.id, case.resource)
            expected = "ok" if case.is_valid else "error"
            yield Case(
                "profiles", case.id, case.id, group, file, case.profile, "", expected, case.clause
            )


def of_guides(writer: Writer) -> Iterator[Case]:
    """Yields the examples that each guide publishes."""
    for guide, group, examples in published_guides():
        for name, body, profile in examples:
            full_name = f"{guide} {name}"
            if writer.takes("guides", full_name, group):
                yield Case(
                    "guides",
                    full_name,
                    full_name,
                    group,
                    writer.write(full_name, body),
                    profile,
                    "",
                    "ok",
                )


def published_guides() -> Iterator[tuple[str, str, Iterable[tuple[str, bytes, str]]]]:
    """Yields each guide at hand with the group of its definitions, and name, content and profile of its examples."""
    yield "IPS 2.0.0", "core", corpora.ips_examples()
    yield "MHD 4.2.3", "core", corpora.mhd_examples(VECTORS)
    yield "IPS 1.1.0", "IPS 1.1.0", corpora.guide_examples(IPS_1)
    yield "US Core 6.1.0", "US", corpora.guide_examples(US_CORE)
    yield "mCODE 4.0.0", "US", corpora.guide_examples(corpora.MCODE)
    yield "AU Base 6.0.0", "AU", corpora.guide_examples(corpora.AU_BASE)


def of_collected(writer: Writer) -> Iterator[Case]:
    """Yields the patient summaries that others brought to connectathons."""
    for file in collected_files():
        if writer.takes("collected", file.name):
            yield Case("collected", file.name, file.name, "core", file, corpora.BUNDLE_IPS)


def collected_files() -> list[Path]:
    """Returns the 37 documents over which time is measured."""
    return sorted((VECTORS / "ips").glob("*.json"))


SETS: dict[str, Callable[[Writer], Iterator[Case]]] = {
    "rules": of_rules,
    "kinds": of_kinds,
    "minimal": of_minimal,
    "profiles": of_profiles,
    "guides": of_guides,
    "collected": of_collected,
}

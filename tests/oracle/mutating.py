"""Mutants of documents by others: each kind applied to documents of every source, the same ones in every process."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from sandbox.fhir.json import Json, write_json
from tests.oracle.documents import Document
from tests.oracle.kinds import KINDS
from tests.oracle.registry import Expected, Kind

SEED = 20261128
ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed document: by which kind, and what the text of R4 says of it."""

    kind: str
    clause: str
    expected: Expected
    document_name: str
    profile: str
    resource: Json


def mutants(documents: Iterable[Document], *, seed: int = SEED, each: int = 10) -> Iterator[Mutant]:
    """Yields up to `each` mutants of every kind; documents are asked again only where too few have a place.

    Args:
        documents: the right documents, or those that others hold to be right.
        seed: what the choices depend on, beside the names of kind and document.
        each: how many mutants a kind gets at most.
    """
    known = list(documents)
    for kind in KINDS:
        yield from mutants_of(kind, known, seed=seed, each=each)


def mutants_of(
    kind: Kind, documents: list[Document], *, seed: int = SEED, each: int = 10
) -> Iterator[Mutant]:
    """Yields up to `each` different mutants of one kind."""
    seen: set[bytes] = set()
    fruitful = _in_turn(documents, random.Random(f"{seed} {kind.name}"))
    for number in range(ROUNDS):
        tried, fruitful = fruitful, []
        for document in tried:
            if len(seen) == each:
                return
            changed = kind.apply(
                document.resource, random.Random(f"{seed} {kind.name} {document.name} {number}")
            )
            if changed is None:
                continue
            fruitful.append(document)
            content = write_json(changed)
            if content not in seen:
                seen.add(content)
                yield Mutant(
                    kind.name, kind.clause, kind.expected, document.name, document.profile, changed
                )


def _in_turn(documents: list[Document], random: random.Random) -> list[Document]:
    """Returns the documents so that the sources take turns, in an order of chance within each."""
    sources: dict[str, list[Document]] = {}
    for document in documents:
        sources.setdefault(document.source, []).append(document)
    for listed in sources.values():
        random.shuffle(listed)
    turns = zip_longest(*sources.values())
    return [document for document in chain.from_iterable(turns) if document is not None]

"""Search values written anew: after an update of this program that reads more, or other, values
from a resource.
"""

from __future__ import annotations

import logging

from sandbox.definitions.r4 import parameters_edition
from sandbox.fhir.json import parse_json
from sandbox.server.search.extraction import extract_search_values
from sandbox.store.resources import ResourceStore

log = logging.getLogger("sandbox.server")

# Counts up when the values that are extracted change without a change of the parameters themselves.
EXTRACTION = 3
FACT = "search values"
BASES = "bases"
# The Host header is whatever a client sends; without a limit every made-up one would be stored.
MOST_BASES = 20
PAGE = 500


def edition() -> str:
    """Returns what the search values of this program are made by."""
    return f"{EXTRACTION} {parameters_edition()}"


def remember_base(store: ResourceStore, base: str) -> None:
    """Keeps the addresses under which this server was written to: an absolute reference below one
    is a local one.
    """
    bases = (store.fact(BASES) or "").split()
    if base not in bases and len(bases) < MOST_BASES:
        store.set_fact(BASES, " ".join([*bases, base]))


def bring_up_to_date(store: ResourceStore) -> None:
    """Reindexes a database that another edition wrote; a new one is only marked."""
    if store.fact(FACT) == edition():
        return
    done = reindex(store)
    if done:
        log.warning("search values written anew", extra={"resources": done})


def reindex(store: ResourceStore) -> int:
    """Writes the search values of every resource anew; returns how many resources there are."""
    bases = (store.fact(BASES) or "").split()
    done = 0
    after = 0
    while True:
        # read and written in one: a resource changed or deleted meanwhile keeps its own values
        with store.writing():
            rows = store.current(after=after, count=PAGE)
            for pk, version in rows:
                body = parse_json(version.body or b"{}")
                store.replace_values(pk, extract_search_values(body, bases=bases))
        if not rows:
            break
        done += len(rows)
        after = rows[-1][0]
    store.set_fact(FACT, edition())
    return done

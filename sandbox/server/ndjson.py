"""Resources as lines of JSON: all current ones out, and any in, each as an update under its own
id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sandbox.definitions.r4 import resource_types
from sandbox.errors import InvalidLine, InvalidResource, SandboxError
from sandbox.fhir.json import Json, parse_json
from sandbox.fhir.references import ID
from sandbox.server.call import Call, Services
from sandbox.server.search.reindexing import bring_up_to_date
from sandbox.server.writing import check_resource, store_version
from sandbox.store.resources import ResourceStore

# Resources per transaction: one each would cost a commit, all at once would lock out other writers.
CHUNK = 500
CLAUSE = "FHIR R4 nd-json.html"


def write_lines(store: ResourceStore) -> Iterator[bytes]:
    """Yields every current resource as one line, in the order in which they were first stored."""
    after = 0
    while rows := store.current(after=after, count=CHUNK):
        yield from (version.body or b"" for _, version in rows)
        after = rows[-1][0]


def check_lines(lines: Iterable[bytes]) -> int:
    """Returns how many resources the lines hold, without storing any.

    Raises:
        InvalidLine: Names the first line that holds none.
    """
    return sum(1 for _ in _resources(lines))


def read_lines(lines: Iterable[bytes], services: Services) -> int:
    """Stores the resource of each line as its next version, CHUNK of them in one transaction.

    Returns:
        How many were stored.

    Raises:
        InvalidLine: Names the line that failed; earlier transactions stay.
    """
    bring_up_to_date(services.store)  # what is stored now is written by this edition
    resources = _resources(lines)
    done = 0
    while chunk := list(islice(resources, CHUNK)):
        with services.store.writing():
            for number, resource in chunk:
                try:
                    _store(resource, services)
                except SandboxError as error:
                    raise InvalidLine(error, number=number) from error
        done += len(chunk)
    return done


def _resources(lines: Iterable[bytes]) -> Iterator[tuple[int, Json]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, _read(line)
            except SandboxError as error:
                raise InvalidLine(error, number=number) from error


def _read(line: bytes) -> Json:
    resource = parse_json(line)
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    checked = check_resource(resource, kind if kind in resource_types() else "")
    if not isinstance(checked.get("id"), str) or not ID.match(checked["id"]):
        raise InvalidResource("server.no_id", where=f"{kind}.id", clause=CLAUSE, id="…")
    return checked


def _store(resource: Json, services: Services) -> None:
    current = services.store.read(resource["resourceType"], resource["id"])
    version = current.version + 1 if current else 1
    call = Call(next(iter(services.bases), ""), type=resource["resourceType"])
    store_version(resource, call, services, id=resource["id"], version=version, method="PUT")

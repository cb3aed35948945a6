"""history of one resource, of a type, and of all, newest first (FHIR R4 http.html#history)."""

from __future__ import annotations

from urllib.parse import urlencode

import orjson

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidSearch, NotFound
from sandbox.fhir.dates import interval_of, moment_of
from sandbox.fhir.json import Json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.registry import interaction
from sandbox.server.search.paging import read_count
from sandbox.store.resources import HistoryRequest, Version

CLAUSE = "FHIR R4 http.html#history"
KNOWN = ("_count", "_since", "_at", "_before", "_format", "_pretty")
# Larger than any time in milliseconds, yet within a 64-bit column.
AFTER_ALL = 2**62


@interaction("history-instance", "GET", "{type}/{id}/_history")
def history(call: Call, services: Services) -> Reply:
    """Returns the versions of one resource; 404 where there never was one."""
    if services.store.read(call.type, call.id) is None:
        raise NotFound(
            "server.no_resource",
            where=f"{call.type}/{call.id}",
            clause=CLAUSE,
            type=call.type,
            id=call.id,
        )
    return _history(call, services, f"{call.type}/{call.id}/_history")


@interaction("history-type", "GET", "{type}/_history")
def history_of_type(call: Call, services: Services) -> Reply:
    """Returns the versions of all resources of a type."""
    return _history(call, services, f"{call.type}/_history")


@interaction("history-system", "GET", "_history", level="system")
def history_of_all(call: Call, services: Services) -> Reply:
    """Returns the versions of all resources."""
    return _history(call, services, "_history")


def _history(call: Call, services: Services, path: str) -> Reply:
    """Returns a Bundle of type history; `_count`, `_since`, `_at` and next links narrow and page
    it.
    """
    page = services.store.history(_request(call))
    address = f"{call.base}/{path}"
    links = [
        {"relation": "self", "url": address + ("?" + urlencode(call.query) if call.query else "")}
    ]
    if page.next is not None:
        rest = [pair for pair in call.query if pair[0] != "_before"]
        links.append(
            {
                "relation": "next",
                "url": f"{address}?{urlencode([*rest, ('_before', str(page.next[0]))])}",
            }
        )
    entries = [_entry(version, call.base) for version in page.rows]
    bundle: Json = {"resourceType": "Bundle", "type": "history", "total": page.total, "link": links}
    if entries:
        bundle["entry"] = entries
    return Reply(200, bundle)


def _request(call: Call) -> HistoryRequest:
    """Reads the query of a history (FHIR R4 http.html#history).

    Raises:
        InvalidSearch: A parameter that a history does not have, or a value that cannot be read.
    """
    query = dict(call.query)
    for name in query:
        if name not in KNOWN:
            raise InvalidSearch(
                "server.unknown_parameter",
                where=name,
                clause=CLAUSE,
                name=name,
                known=", ".join(KNOWN),
            )
    before = query.get("_before", str(AFTER_ALL))
    if not before.isdecimal() or len(before) > 20 or int(before) > AFTER_ALL:
        raise InvalidSearch("server.bad_page", where="_before", clause=CLAUSE, value=before)
    since = _since(query.get("_since"), "_since")
    until = AFTER_ALL
    if "_at" in query:
        low, until = _moment(query["_at"], "_at")
        since = max(since, low)
    return HistoryRequest(
        call.type, call.id, since=since, until=until, before=int(before), count=read_count(query)
    )


def _entry(version: Version, base: str) -> Json:
    url = f"{version.type}/{version.id}"
    entry: Json = {"fullUrl": f"{base}/{url}"}
    if version.body is not None:
        entry["resource"] = orjson.Fragment(version.body)
    entry["request"] = {
        "method": version.method,
        "url": version.type if version.method == "POST" else url,
    }
    # The reply itself is not stored; its status follows from the method and the version number.
    status = {"POST": "201", "DELETE": "204"}.get(
        version.method, "201" if version.version == 1 else "200"
    )
    entry["response"] = {
        "status": status,
        "etag": f'W/"{version.version}"',
        "lastModified": fhir_instant(moment_of(version.updated)),
    }
    return entry


def _since(text: str | None, name: str) -> int:
    return -(2**62) if text is None else _moment(text, name)[0]


def _moment(text: str, name: str) -> tuple[int, int]:
    # The `+` of a time zone arrives as a blank.
    interval = interval_of(text.replace(" ", "+"))
    if interval is None:
        raise InvalidSearch("server.bad_date", where=name, clause=CLAUSE, value=text)
    return interval

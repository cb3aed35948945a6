"""search on a type by GET or by POST to `_search` (FHIR R4 http.html#search)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

import orjson

from sandbox.errors import InvalidSearch, NotImplementedHere
from sandbox.fhir.json import Json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.paging import read_count
from sandbox.server.registry import interaction
from sandbox.server.search_query import CLAUSE, parse_search


@interaction("search-type", "GET", "{type}")
def search(call: Call, services: Services) -> Reply:
    """Returns a searchset Bundle: `total` of all pages, one page of entries, self and next links."""
    controls = dict(call.query)
    count = _count(controls)
    after = controls.get("_after", "0")
    if not after.isdecimal() or len(after) > 18:
        raise InvalidSearch("server.bad_page", where="_after", clause=CLAUSE, value=after)
    page = services.store.search(
        call.type, parse_search(call.type, call.query, base=call.base), after=int(after), count=count
    )
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": page.total}
    bundle["link"] = [{"relation": "self", "url": _address(call, call.query)}]
    if page.next is not None and count:
        rest = [pair for pair in call.query if pair[0] != "_after"]
        bundle["link"].append({"relation": "next", "url": _address(call, (*rest, ("_after", str(page.next))))})
    if page.rows:
        bundle["entry"] = [
            {
                "fullUrl": f"{call.base}/{row.type}/{row.id}",
                "resource": orjson.Fragment(row.body or b""),
                "search": {"mode": "match"},
            }
            for row in page.rows
        ]
    return Reply(200, bundle)


@interaction("search-type", "POST", "{type}/_search")
def search_by_post(call: Call, services: Services) -> Reply:
    """Searches by the form in the body, together with the query of the URL."""
    form = call.body if isinstance(call.body, str) else ""
    pairs = tuple(parse_qsl(form, keep_blank_values=True))
    return search(Call(call.base, call.language, call.type, query=(*call.query, *pairs)), services)


def _count(controls: dict[str, str]) -> int:
    summary = controls.get("_summary", "false")
    if summary == "count":
        return 0
    if summary != "false":
        raise NotImplementedHere("server.not_yet", where="_summary", clause=CLAUSE, name=f"_summary={summary}")
    if controls.get("_total", "accurate") not in ("none", "estimate", "accurate"):
        raise InvalidSearch("server.bad_total", where="_total", clause=CLAUSE, value=controls["_total"])
    return read_count(controls)


def _address(call: Call, query: tuple[tuple[str, str], ...]) -> str:
    return f"{call.base}/{call.type}" + (f"?{urlencode(query)}" if query else "")

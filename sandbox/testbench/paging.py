"""A search with all its pages: how many results a page holds is the server's affair (FHIR R4
http.html#paging), and no test fails because of it.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

from sandbox.exchange import Exchange
from sandbox.fhir.json import as_list, member, write_json
from sandbox.testbench.script import Request, get

MOST_PAGES = 100
Search = Generator[Request, Exchange, Exchange]


def whole_search(request: Request) -> Search:
    """Asks a search and its further pages.

    Args:
        request: The search.

    Returns: The first answer, with the entries of all pages in it and without the link to what
        was fetched; as it came where it has no further page.  A page that does not come is left
        to whoever misses what stands on it.
    """
    first = answer = yield request
    entries = [*as_list(member(first.json, "entry"))]
    asked: set[str] = set()
    following = next_page(answer)
    while following and len(asked) < MOST_PAGES:
        asked.add(following)
        answer = yield Request("GET", following, {"Accept": request.headers.get("Accept", "*/*")})
        if answer.status != 200 or member(answer.json, "type") != "searchset":
            break
        entries += as_list(member(answer.json, "entry"))
        following = next_page(answer)
        # pages that lead in a circle hold more than was found, which is for whoever counts to say
        following = "" if following in asked else following
    if not asked:
        return first
    links = [
        link
        for link in as_list(first.json.get("link"))
        if following or member(link, "relation") != "next"
    ]
    whole: dict[str, Any] = {**first.json, "link": links, "entry": entries}
    return replace(first, body=write_json(whole))


def next_page(answer: Exchange) -> str:
    """Returns the whole address of the page behind one; an empty text for none."""
    for link in as_list(member(answer.json, "link")):
        url = member(link, "url")
        if member(link, "relation") == "next" and isinstance(url, str):
            return urljoin(answer.url, url)
    return ""


def matches_of(answer: Exchange) -> list[Any]:
    """Returns the entries of a searchset that match: neither what a server says beside them, nor
    what it includes (FHIR R4 search.html#mode).
    """
    return [
        entry
        for entry in as_list(member(answer.json, "entry"))
        if member(member(entry, "search"), "mode") in (None, "match")
        and member(member(entry, "resource"), "resourceType") != "OperationOutcome"
    ]


def reads_patient(id: str = "") -> Generator[Request, Exchange, bool]:
    """Reads a patient who is there, without which a 404 for another says nothing.

    Args:
        id: Hers; empty for the first one that a search finds.

    Returns: Whether she is given.
    """
    if not id:
        found = yield get("Patient", {"_count": "1"})
        ids = (member(member(entry, "resource"), "id") for entry in matches_of(found))
        id = str(next(ids, None) or "")
    if not id:
        return False
    answer = yield get(f"Patient/{id}")
    return answer.status == 200

"""Which resource each entry of a transaction means, before anything is written: a new one or one
that is there, and never one that another entry changes too (FHIR R4 http.html#trules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from urllib.parse import urlencode

from sandbox.errors import InvalidEntry, InvalidResource, SandboxError
from sandbox.fhir.references import parse_reference
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import Query, find_one, read_query
from sandbox.server.interactions.changing import to_delete
from sandbox.server.registry import Match
from sandbox.server.search.escaping import split_escaped
from sandbox.server.search.parameters import parameters_of
from sandbox.server.writing import check_resource

RULES = "FHIR R4 http.html#trules"
CONDITION = "if-none-exist"
Names = Mapping[str, str]
Conditions = dict[tuple[str, str, Query], str]


@dataclass(frozen=True, slots=True)
class Work:
    """An entry ready to be carried out; `index` is its place in the Bundle; `places` are the
    resources that it will change, as far as they are known beforehand.
    """

    index: int
    full_url: str
    method: str
    match: Match
    call: Call
    places: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The resource that it is about, as type and id."""
        return f"{self.call.type}/{self.call.id}"

    @property
    def names(self) -> tuple[str, ...]:
        """What other entries may call its resource: the fullUrl, and the relative form of one that
        is an address.
        """
        if self.method not in ("POST", "PUT") or not self.full_url:
            return ()
        literal = parse_reference(self.full_url)
        # For an update the relative form is already the right place.
        if literal and self.method == "POST":
            return (self.full_url, f"{literal.type}/{literal.id}")
        return (self.full_url,)


@contextmanager
def naming_entry(index: int) -> Iterator[None]:
    """Adds the entry's place to any error below it."""
    try:
        yield
    except SandboxError as error:
        raise InvalidEntry(error, index=index) from error


def identified(works: list[Work], services: Services) -> list[Work]:
    """Gives each entry the id of its resource, new or found.

    A condition may name the resource of another entry by its fullUrl, such as
    `subject=urn:uuid:…`: that entry comes first.

    Raises:
        InvalidEntry: A condition names no entry, waits for itself, or cannot be read.
    """
    named = {name: work.index for work in works for name in work.names}
    awaited = {
        work.index: {named[word] for word in _words(work) if word in named} for work in works
    }
    try:
        order = list(TopologicalSorter(awaited).static_order())
    except CycleError as error:
        index = min(error.args[1])
        circle = InvalidResource("server.condition_circle", where="request", clause=RULES)
        raise InvalidEntry(circle, index=index) from error
    names: dict[str, str] = {}
    conditions: Conditions = {}
    done: dict[int, Work] = {}
    for index in order:
        with naming_entry(index):
            work = _with_id(_with_names(works[index], names), conditions, services)
        names |= dict.fromkeys(work.names, work.place)
        done[index] = work
    return [done[work.index] for work in works]


def new_names(works: Iterable[Work]) -> dict[str, str]:
    """Maps what entries call each other to the place that each resource will have."""
    return {name: work.place for work in works for name in work.names}


def _condition_of(work: Work) -> Query:
    header = work.call.headers.get(CONDITION)
    return work.call.query if header is None else read_query(header)


def _words(work: Work) -> Iterator[str]:
    """Yields the references in the condition of an entry."""
    for name, value in _condition_of(work):
        if _is_reference(work.call.type, name):
            yield from split_escaped(value, ",")


def _is_reference(type: str, name: str) -> bool:
    # a token may look like a fullUrl and be meant as it stands
    parameter = parameters_of(type).get(name.partition(":")[0])
    return parameter is not None and parameter.kind == "reference"


def _with_names(work: Work, names: Names) -> Work:
    """Puts the places of other entries into the condition of one."""
    words = list(_words(work))
    for word in words:
        is_lost = word.startswith("urn:uuid:") and word not in names
        if is_lost and work.method not in ("GET", "HEAD"):
            where = "request.ifNoneExist" if work.method == "POST" else "request.url"
            raise InvalidResource("server.dangling", where=where, clause=RULES, reference=word)
    if not any(word in names for word in words):
        return work
    query = tuple(
        (name, ",".join(names.get(word, word) for word in split_escaped(value, ",")))
        if _is_reference(work.call.type, name)
        else (name, value)
        for name, value in _condition_of(work)
    )
    if CONDITION in work.call.headers:
        headers = {**work.call.headers, CONDITION: urlencode(query)}
        return replace(work, call=replace(work.call, headers=headers))
    return replace(work, call=replace(work.call, query=query))


def _with_id(work: Work, conditions: Conditions, services: Services) -> Work:
    """Finds out which resource an entry means: a new one, or one that is there."""
    call = work.call
    if work.method in ("POST", "PUT"):
        check_resource(call.body, call.type)
    code = work.match.interaction.code
    if code == "create":
        return _created(work, conditions, services)
    if code not in ("update", "patch", "delete"):
        return work
    if work.match.interaction.level != "conditional":
        return replace(work, places=(work.place,))
    if code == "delete":
        places = [f"{match.type}/{match.id}" for match in to_delete(call, services)]
        return replace(work, places=tuple(places))
    met = find_one(call.type, call.query, call, services)
    own = call.body.get("id") if isinstance(call.body, dict) and code == "update" else None
    # two that ask for the same and find nothing mean the same new resource
    key = (code, call.type, tuple(sorted(call.query)))
    id = met.id if met else str(own) if own else conditions.setdefault(key, services.new_id())
    work = replace(work, call=replace(call, id=id))
    return replace(work, places=(work.place,))


def _created(work: Work, conditions: Conditions, services: Services) -> Work:
    call = work.call
    header = call.headers.get(CONDITION)
    if header is None:
        work = replace(work, call=replace(call, id=services.new_id()))
        return replace(work, places=(work.place,))
    query = read_query(header)
    met = find_one(call.type, query, call, services)
    if met is not None:
        return replace(work, call=replace(call, id=met.id))
    # the second of two with one condition finds what the first has created
    key = ("create", call.type, tuple(sorted(query)))
    is_first = key not in conditions
    work = replace(work, call=replace(call, id=conditions.setdefault(key, services.new_id())))
    return replace(work, places=(work.place,)) if is_first else work


def refuse_overlaps(works: Iterable[Work]) -> None:
    """Raises InvalidEntry where two entries change one resource, or one has gone that another
    refers to, or two have one fullUrl.
    """
    changed: dict[str, int] = {}
    deleted: dict[str, int] = {}
    named: dict[str, int] = {}
    for work in works:
        for place in work.places:
            with naming_entry(work.index):
                claim(place, work, changed)
        if work.method == "DELETE":
            deleted |= dict.fromkeys(work.places, work.index)
        if work.full_url in named:
            clash = InvalidResource(
                "server.full_url_twice",
                where="fullUrl",
                clause=RULES,
                url=work.full_url,
                other=named[work.full_url],
            )
            raise InvalidEntry(clash, index=work.index)
        if work.full_url:
            named[work.full_url] = work.index
    for work in works:
        # any number of creates may find the same one, if it stays
        if work.method == "POST" and not work.places and work.place in deleted:
            with naming_entry(work.index):
                claim(work.place, work, deleted)


def claim(place: str, work: Work, taken: dict[str, int]) -> None:
    """Notes that an entry changes a resource; raises InvalidResource where another does too."""
    if taken.setdefault(place, work.index) != work.index:
        raise InvalidResource("server.twice", clause=RULES, place=place, other=taken[place])


def places_changed(work: Work, reply: Reply) -> tuple[str, ...]:
    """Returns the resources that an entry has changed, as its reply tells."""
    code = work.match.interaction.code
    if code == "create" and reply.status != 201:
        return ()
    location = reply.headers.get("Location", "").removeprefix(f"{work.call.base}/")
    if code in ("create", "update", "patch") and location:
        return (location.partition("/_history/")[0],)
    return work.places

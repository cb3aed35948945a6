"""What came back, beside what was sent: element by element, each difference as a path with both
values.  Pure.

A server may add an id, a version, a narrative, and write a reference or a moment in another form;
what somebody said of a patient it may not change (FHIR R4 http.html#create).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity

# What a server may set for itself on a resource, and on any element.
OF_RESOURCES = frozenset({"id", "meta", "text", "implicitRules", "language", "contained"})
OF_ELEMENTS = frozenset({"id"})
# Beside a code, an identifier or a reference: words for people, and hints that change nothing.
HINTS = frozenset({"display", "userSelected", "type", "assigner", "text", "extension"})
# Of these the order says something (ElementDefinition.orderMeaning); of any other list it does not.
ORDERED = frozenset({"given", "prefix", "suffix", "line"})
# A reference to what stands inside must lead there, and each that stands inside is referred to.
CONTAINED = "FHIR R4 references.html#contained; dom-3"
LOCAL = ("#", "urn:uuid:")
MOST = 20  # differences of one resource that are told


@dataclass(frozen=True, slots=True)
class Difference:
    """A place, such as `Patient.name[0].family`, with the value sent and the one that came; an
    empty text stands for none.
    """

    where: str
    sent: str
    came: str
    clause: str = ""
    """That forbids it by itself, where there is one."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What makes two resources the same.

    Attributes:
        places: Where what was sent with a reference of the sender was stored, by that reference.
        grows: Elements to which a server may add items of its own, such as an identifier.
        inside: What the resource sent holds in itself, and what the one that came does, by id.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    grows: frozenset[str] = frozenset({"identifier"})
    inside: tuple[Mapping[str, Json], Mapping[str, Json]] = ({}, {})

    def differences(self, sent: Json, came: Any) -> Iterator[Difference]:
        """Yields what is not as it was sent.

        Args:
            sent: The resource as it was sent.
            came: What came back in its place; None where nothing did.
        """
        where = str(sent.get("resourceType", ""))
        if not isinstance(came, dict):
            yield Difference(where, where, "")
            return
        inside = _contained(sent), _contained(came)
        yield from replace(self, inside=inside)._members(where, sent, came)

    def items(self, where: str, sent: list[Json], came: list[Json]) -> Iterator[Difference]:
        """Yields what of several resources of a type is not as it was sent, in whatever order they
        come.
        """
        yield from self._items(where, "", sent, came)

    def _members(self, where: str, sent: Json, came: Json) -> Iterator[Difference]:
        own = OF_RESOURCES if "resourceType" in sent else OF_ELEMENTS
        for name, value in sent.items():
            if name not in own:
                yield from self._values(f"{where}.{name}", name, value, came.get(name))
        for name in sorted(came.keys() - sent.keys() - own - HINTS):
            if not name.startswith("_"):
                yield Difference(f"{where}.{name}", "", _words(came[name]))

    def _values(self, where: str, name: str, sent: Any, came: Any) -> Iterator[Difference]:
        if isinstance(sent, list):
            yield from self._items(where, name, sent, as_list(came))
        elif came is None:
            yield Difference(where, _words(sent), "")
        elif isinstance(sent, dict) and isinstance(came, dict):
            yield from self._members(where, sent, came)
        elif name == "reference" and str(sent).removeprefix("#") in self.inside[0]:
            yield from self._inside(where, str(sent), str(came))
        elif not self._is_same(name, sent, came):
            yield Difference(where, _words(sent), _words(came))

    def _inside(self, where: str, sent: str, came: str) -> Iterator[Difference]:
        """Follows a reference to what the resource holds in itself, whatever its id is there."""
        whole = self.inside[0][sent.removeprefix("#")]
        kept = self.inside[1].get(came.removeprefix("#"))
        if kept is None or not came.startswith("#"):
            what = f"{sent} ({whole.get('resourceType')})"
            yield Difference(where, what, came, CONTAINED)
            return
        # one step: what is held inside may lead back
        there = f"{where.removesuffix('.reference')}.resolve()"
        yield from replace(self, inside=({}, {}))._members(there, whole, kept)

    def _items(
        self, where: str, name: str, sent: list[Any], came: list[Any]
    ) -> Iterator[Difference]:
        """Pairs what is the same in any order, and then the rest as it comes."""
        if name in ORDERED and sent != came and sorted(map(str, sent)) == sorted(map(str, came)):
            yield Difference(where, _words(sent), _words(came))
            return
        left = list(came)
        changed: list[tuple[int, Any]] = []
        for index, item in enumerate(sent):
            twin = next(
                (other for other in left if not self._differ(where, name, item, other)), None
            )
            if twin is None:
                changed.append((index, item))
            else:
                left.remove(twin)
        for index, item in changed:
            other = left.pop(0) if left else None
            yield from self._values(f"{where}[{index}]", name, item, other)
        if name == "extension":
            # what is unknown may be added by anybody, and a second of what was sent by nobody
            sent_urls = [member(item, "url") for item in sent]
            left = [other for other in left if member(other, "url") in sent_urls]
        if name not in self.grows:
            for offset, other in enumerate(left):
                yield Difference(f"{where}[{len(sent) + offset}]", "", _words(other))

    def _differ(self, where: str, name: str, sent: Any, came: Any) -> bool:
        return next(self._values(where, name, sent, came), None) is not None

    def _is_same(self, name: str, sent: Any, came: Any) -> bool:
        if isinstance(sent, str) and sent in self.places:
            return same_place(self.places[sent], str(came))
        # what it leads to stands beside it, or is stored, under a name that the server gives
        if name in ("reference", "url") and isinstance(sent, str) and sent.startswith(LOCAL):
            return bool(came) and str(came).startswith("#") is sent.startswith("#")
        if isinstance(sent, str) and isinstance(came, str):
            return sent == came or is_same_moment(sent, came)
        return bool(sent == came)


def _contained(resource: Json) -> dict[str, Json]:
    return {
        str(member(inner, "id")): inner
        for inner in as_list(resource.get("contained"))
        if isinstance(inner, dict)
    }


def same_place(place: str, reference: str) -> bool:
    """Tells whether a reference leads to a place by type and id, whatever base and version it
    names.
    """
    bare = reference.partition("/_history/")[0].rstrip("/")
    return bare.split("/")[-2:] == place.partition("/_history/")[0].rstrip("/").split("/")[-2:]


def told(
    differences: Iterator[Difference], clause: str, *, added: Severity = "error"
) -> Iterator[Finding]:
    """Returns differences as findings, the first ones of many.

    Args:
        differences: As `Comparison` finds them.
        clause: That asks for what is lost or changed.
        added: How grave it is that something came which was not sent.
    """
    key = "testbench.differs"
    for count, difference in enumerate(differences):
        if count == MOST:
            return
        yield Finding(
            key,
            "error" if difference.sent else added,
            key,
            where=difference.where,
            clause=difference.clause or clause,
            expected=difference.sent or "–",
            found=difference.came or "–",
        )


def is_same_moment(sent: str, came: str) -> bool:
    """Tells whether both are the same moment to the second: fractions need not be kept, and the
    zone may be another.
    """
    intervals = [interval_of(value) if "T" in value else None for value in (sent, came)]
    if None in intervals:
        return False
    first, second = (interval[0] // 1000 for interval in intervals if interval)
    return first == second


def _words(value: Any) -> str:
    """Returns a value in few words: a code with its system, a text as it is, JSON otherwise."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value[:120]
    coding = next(iter(as_list(member(value, "coding"))), value)
    if member(coding, "code"):
        system = member(coding, "system")
        return f"{system}|{member(coding, 'code')}" if system else str(member(coding, "code"))
    return write_json({"": value}).decode()[4:-1][:120]

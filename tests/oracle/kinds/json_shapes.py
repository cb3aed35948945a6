"""The shape of JSON: types, arrays, nulls, siblings of primitives, unknown properties and deletions at each depth."""

from __future__ import annotations

import random
from collections.abc import Callable

from sandbox.fhir.json import Json
from tests.oracle.places import PROBE, Place, catalogue, minimum, pick_any, places
from tests.oracle.registry import Expected, kind

JSON = "FHIR R4 json.html"
DEPTHS = (1, 2, 3, 4)
HIDDEN = "http://fhir.salud.test/StructureDefinition/why"
EXTENDED = {"extension": [{"url": PROBE, "valueString": "a"}]}
PRIMITIVES = frozenset(
    [
        "boolean",
        "integer",
        "unsignedInt",
        "positiveInt",
        "decimal",
        "string",
        "markdown",
        "uri",
        "url",
        "canonical",
        "code",
        "date",
        "dateTime",
        "instant",
        "time",
        "base64Binary",
    ]
)


def _is_at(place: Place, depth: int) -> bool:
    """Tells whether a place is that deep; the last depth stands for all below."""
    return place.depth == depth or (depth == DEPTHS[-1] and place.depth > depth)


def _at(depth: int, test: Callable[[Place], bool]) -> Callable[[Place], bool]:
    return lambda place: _is_at(place, depth) and test(place)


def _is_complex(place: Place) -> bool:
    return isinstance(place.value, dict) and place.type not in ("Resource", "xhtml", "Extension")


def _is_primitive(place: Place) -> bool:
    return place.type in PRIMITIVES and place.owner_type != "Extension"


def _is_single(place: Place) -> bool:
    return place.index is None and place.name not in catalogue().repeating(place.owner_type)


def _change(
    name: str, rule: str, depth: int, test: Callable[[Place], bool], edit: Callable[[Place], bool]
) -> None:
    @kind(f"{name}, depth {depth}", rule, expected="error")
    def change(resource: Json, random: random.Random) -> bool:
        place = pick_any(resource, random, _at(depth, test))
        return place is not None and edit(place)


def _add_member(place: Place) -> bool:
    place.value["noSuchElement"] = "a"
    return True


def _empty_object(place: Place) -> bool:
    return place.put({})


def _null_member(place: Place) -> bool:
    place.owner[place.key] = None
    return True


def _empty_list(place: Place) -> bool:
    place.owner[place.key] = []
    return True


def _list_of_single(place: Place) -> bool:
    return place.put([place.value])


def _single_of_list(place: Place) -> bool:
    place.owner[place.key] = place.value
    return True


def _nested_list(place: Place) -> bool:
    return place.put([place.value])


def _text_for_object(place: Place) -> bool:
    return place.put("a")


def _object_for_primitive(place: Place) -> bool:
    return place.put({"value": "a"})


def _blank_text(place: Place) -> bool:
    return place.put("")


def _misspell(place: Place) -> bool:
    place.owner[place.key[0].upper() + place.key[1:]] = place.owner.pop(place.key)
    return True


def _is_required(place: Place) -> bool:
    return minimum(place.path) > 0 and (place.index is None or len(place.owner[place.key]) == 1)


def _take(place: Place) -> bool:
    return place.remove()


def _is_in_list(place: Place) -> bool:
    return place.index is not None


# fmt: off
SHAPES: tuple[tuple[str, str, Callable[[Place], bool], Callable[[Place], bool]], ...] = (
    ("required element taken", "FHIR R4 conformance-rules.html#cardinality: at least as often as defined", _is_required, _take),
    ("unknown property", f"{JSON}: an element has the properties that its type defines", _is_complex, _add_member),
    ("empty object", f"{JSON}: objects are never empty", _is_complex, _empty_object),
    ("null for a value", f"{JSON}: properties are never null", _is_single, _null_member),
    ("empty list", f"{JSON}: arrays are never empty", _is_in_list, _empty_list),
    ("list for one", f"{JSON}#repeat: an array only where the element may repeat", _is_single, _list_of_single),
    ("one for a list", f"{JSON}#repeat: an array even where it does not repeat here", _is_in_list, _single_of_list),
    ("list in a list", f"{JSON}#repeat: an array of items", lambda place: _is_in_list(place) and place.type != "Resource", _nested_list),
    ("text for an object", f"{JSON}#complex: a complex type is an object", _is_complex, _text_for_object),
    ("object for a primitive", f"{JSON}#primitive: a primitive is no object", _is_primitive, _object_for_primitive),
    ("empty text", f"{JSON}: strings are never empty", lambda place: _is_primitive(place) and isinstance(place.value, str), _blank_text),
    ("name in capitals", f"{JSON}: property names are case-sensitive", _is_complex, _misspell),
)
# fmt: on
for shape in SHAPES:
    for depth in DEPTHS:
        _change(shape[0], shape[1], depth, shape[2], shape[3])


def _sibling(place: Place, value: object) -> bool:
    if "_" + place.key in place.owner:
        return False
    place.owner["_" + place.key] = value
    return True


def _is_plain(place: Place) -> bool:
    return _is_primitive(place) and _is_single(place)


def _is_plain_list(place: Place) -> bool:
    return _is_primitive(place) and place.index == 0 and "_" + place.key not in place.owner


# R4 describes that nulls fill both lists and has no SHALL for it; R5 says that they may differ in length.
ADVISED = frozenset({"list shorter", "only nulls"})


def _register(
    name: str,
    rule: str,
    test: Callable[[Place], bool],
    edit: Callable[[Place], bool],
    *,
    is_right: bool = False,
) -> None:
    expected: Expected = "ok" if is_right else "warning" if name in ADVISED else "error"

    @kind(f"sibling: {name}", f"{JSON}#primitive: {rule}", expected=expected)
    def change(resource: Json, random: random.Random) -> bool:
        place = pick_any(resource, random, test)
        return place is not None and edit(place)


def _without_value(place: Place, value: object) -> bool:
    place.owner.pop(place.key)
    return _sibling(place, value)


def _nulls(place: Place, *, more: int = 0, last: object = EXTENDED) -> list[object]:
    return [None] * (len(place.owner[place.key]) - 1 + more) + [last]


_register(
    "id beside a value",
    "may have an id",
    _is_plain,
    lambda place: _sibling(place, {"id": "p1"}),
    is_right=True,
)
_register(
    "extension beside a value",
    "may have extensions",
    _is_plain,
    lambda place: _sibling(place, EXTENDED),
    is_right=True,
)
_register(
    "list with nulls",
    "nulls fill the places",
    _is_plain_list,
    lambda place: _sibling(place, _nulls(place)),
    is_right=True,
)
_register(
    "id without value",
    "an id alone is no content, ele-1",
    _is_plain,
    lambda place: _without_value(place, {"id": "p1"}),
)
_register(
    "list beside one value",
    "as single as the element",
    _is_plain,
    lambda place: _sibling(place, [EXTENDED]),
)
_register(
    "object beside a list",
    "as many as the values",
    _is_plain_list,
    lambda place: _sibling(place, EXTENDED),
)
_register(
    "list longer",
    "aligned with the values",
    _is_plain_list,
    lambda place: _sibling(place, _nulls(place, more=1, last=None)),
)
_register("list shorter", "aligned with the values", lambda place: _is_plain_list(place) and len(place.owner[place.key]) > 1,
          lambda place: _sibling(place, [EXTENDED]))  # fmt: skip
_register(
    "only nulls",
    "nulls only fill",
    _is_plain_list,
    lambda place: _sibling(place, _nulls(place, last=None)),
)
_register("null", "never null", _is_plain, lambda place: _sibling(place, None))
_register("empty object", "objects are never empty", _is_plain, lambda place: _sibling(place, {}))
_register("text", "an object", _is_plain, lambda place: _sibling(place, "a"))
_register("number", "an object", _is_plain, lambda place: _sibling(place, 1))
_register(
    "unknown property",
    "id and extension alone",
    _is_plain,
    lambda place: _sibling(place, {"value": "a"}),
)
_register("id a number", "an id is a string", _is_plain, lambda place: _sibling(place, {"id": 5}))
_register(
    "id with a blank",
    "an id has no blanks",
    _is_plain,
    lambda place: _sibling(place, {"id": "a b"}),
)
_register("extension without url", "an extension has its url", _is_plain,
          lambda place: _sibling(place, {"extension": [{"valueString": "a"}]}))  # fmt: skip
_register("extension of both", "ext-1 holds here", _is_plain,
          lambda place: _sibling(place, {"extension": [{"url": HIDDEN, "valueString": "a", **EXTENDED}]}))  # fmt: skip
_register("null in a list without sibling", "a null needs its extension", _is_plain_list,
          lambda place: place.put(None))  # fmt: skip
_register("null on both sides", "null on one side only", _is_plain_list,
          lambda place: _sibling(place, _nulls(place)) and bool(place.owner[place.key].append(None) or place.owner["_" + place.key].append(None) or True))  # fmt: skip


@kind("sibling: on a complex element", f"{JSON}#complex: an underscore is for primitives")
def underscore_complex(resource: Json, random: random.Random) -> bool:
    place = pick_any(resource, random, lambda place: _is_complex(place) and place.index is None)
    return place is not None and _sibling(place, {"id": "p1"})


@kind("sibling: on resourceType", f"{JSON}#resources: resourceType is no element")
def underscore_type(resource: Json, random: random.Random) -> bool:
    resource["_resourceType"] = {"id": "p1"}
    return True


@kind("choice: two types", f"{JSON}#choice; formats.html#choice: one type of a choice")
def choose_twice(resource: Json, random: random.Random) -> bool:
    fit = []
    for place in places(resource):
        members = catalogue().members(place.owner_type).get(place.name, ())
        free = [member for member in members if member.key != place.key and member.type in TWINS]
        if place.index is None and len(members) > 1 and place.owner_type != "Extension" and free:
            fit.append((place, free[0]))
    if not fit:
        return False
    place, member = random.choice(fit)
    place.owner[member.key] = TWINS[member.type]
    return True


@kind("choice: no type in the name", "FHIR R4 formats.html#choice: the type is part of the name")
def choose_nothing(resource: Json, random: random.Random) -> bool:
    place = _choice(resource, random)
    if place is None:
        return False
    place.owner[place.name] = place.owner.pop(place.key)
    return True


@kind("choice: a type that is not listed", "FHIR R4 formats.html#choice: of the listed types")
def choose_other(resource: Json, random: random.Random) -> bool:
    place = _choice(resource, random)
    if place is None:
        return False
    place.owner[place.name + "Narrative"] = place.owner.pop(place.key)
    return True


@kind("choice: small letter", "FHIR R4 formats.html#choice: the type starts with a capital")
def choose_small(resource: Json, random: random.Random) -> bool:
    place = _choice(resource, random)
    if place is None:
        return False
    stem = place.name
    place.owner[stem + place.key[len(stem)].lower() + place.key[len(stem) + 1 :]] = place.owner.pop(
        place.key
    )
    return True


def _choice(resource: Json, random: random.Random) -> Place | None:
    return pick_any(resource, random, lambda place: place.index is None and place.key != place.name)


TWINS: dict[str, object] = {
    "string": "a",
    "CodeableConcept": {"text": "a"},
    "dateTime": "2020-01-31",
    "Period": {"start": "2020-01-31"},
    "boolean": True,
    "Quantity": {"value": 1},
    "Range": {"low": {"value": 1}},
    "Reference": {"display": "a"},
    "uri": "urn:a",
    "integer": 1,
}

"""Whether what a search gave meets what was asked for: the parameters of MHD over lists and
documents.  Pure.

Told is only what contradicts the question.  A parameter that this module does not know, one with a
modifier, and one that leads to a resource elsewhere tell nothing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.fhir.codes import codings_of
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.submissions.submission import PROFILES
from sandbox.testbench.comparing import same_place

# Where each parameter looks (MHD 3:4.66.4.1.2.1, 3:4.67.4.1.2.1; FHIR R4 list.html#search,
# documentreference.html#search).
TOKENS = {
    "status": ("status",),
    "code": ("code",),
    "type": ("type",),
    "category": ("category",),
    "event": ("context.event",),
    "facility": ("context.facilityType",),
    "setting": ("context.practiceSetting",),
    "format": ("content.format",),
    "security-label": ("securityLabel",),
    "identifier": ("masterIdentifier", "identifier"),
}
EXTENSIONS = {
    "designationType": f"{PROFILES}ihe-designationType",
    "sourceId": f"{PROFILES}ihe-sourceId",
}
DATES = {"date": "date", "creation": "content.attachment.creation", "period": "context.period"}
PATIENT = ("patient", "patient:Patient", "subject", "subject:Patient")
NAMES = {"author": "author", "source": "source"}
PARAMETERS = frozenset(
    {
        *TOKENS,
        *EXTENSIONS,
        *DATES,
        *PATIENT,
        *(f"{name}.{part}" for name in NAMES for part in ("given", "family")),
        *("patient.identifier", "patient:Patient.identifier", "related", "targetCommunityIdList"),
        *("_id", "_lastUpdated", "_format"),
    }
)
"""All that a Consumer may ask with (MHD 3:4.66.4.1.2.1, 3:4.67.4.1.2.1)."""
EVER = (-(10**15), 10**15)  # what has no end, in milliseconds since 1970


def unmet(resource: Json, parameters: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yields the parameters that a resource does not meet, with what was asked.

    Args:
        resource: A List or DocumentReference that a search has given.
        parameters: Of the search.
    """
    for name, asked in parameters:
        wanted = [value for value in asked.replace("\\,", "\0").split(",") if value]
        meets = [_meets(resource, name, value.replace("\0", ",")) for value in wanted]
        if meets and not any(meets):
            yield name, asked


def _meets(resource: Json, name: str, asked: str) -> bool:
    if name in TOKENS:
        values = [value for path in TOKENS[name] for value in _at(resource, path)]
        return any(_is_token(asked, value) for value in values)
    if name in EXTENSIONS:
        extensions = [
            extension
            for extension in as_list(resource.get("extension"))
            if member(extension, "url") == EXTENSIONS[name]
        ]
        return any(
            _is_token(asked, value)
            for extension in extensions
            for value in (
                member(extension, "valueCodeableConcept"),
                member(extension, "valueIdentifier"),
            )
        )
    if name in DATES:
        return any(_is_in_time(asked, value) for value in _at(resource, DATES[name]))
    if name in PATIENT:
        return _is_of_patient(asked, member(resource.get("subject"), "reference"))
    if name == "_id":
        return asked == resource.get("id")
    of, _, part = name.partition(".")
    return of not in NAMES or _is_by(resource, NAMES[of], part, asked)


def _at(value: Any, path: str) -> list[Any]:
    """Returns the values of a path, through lists."""
    values = [value]
    for name in path.split("."):
        inner = [member(outer, name) for outer in values]
        lists = [each if isinstance(each, list) else [each] for each in inner if each is not None]
        values = [value for items in lists for value in items]
    return values


def _is_token(asked: str, value: Any) -> bool:
    """Compares as FHIR R4 search.html#token: `code`, `system|code`, `|code` or `system|`."""
    system, bar, code = asked.rpartition("|")
    # an Identifier has its value where a Coding has its code
    pairs = (
        [(member(value, "system") or "", str(member(value, "value")))]
        if member(value, "value") is not None
        else codings_of(value)
    )
    return any(
        code in ("", held) and (not bar or held_system is None or system == held_system)
        for held_system, held in pairs
    )


def _is_in_time(asked: str, value: Any) -> bool:
    """Compares as FHIR R4 search.html#date, kindly where servers differ: equal is what overlaps."""
    prefix = asked[:2] if asked[:2].isalpha() else "eq"
    span = interval_of(asked.removeprefix(prefix))
    held = _interval(value)
    if span is None or held is None:
        return span is None
    return {
        "ge": held[1] >= span[0],
        "gt": held[1] > span[1],
        "sa": held[0] > span[1],
        "le": held[0] <= span[1],
        "lt": held[0] < span[0],
        "eb": held[1] < span[0],
        "eq": held[0] <= span[1] and held[1] >= span[0],
        "ne": held != span,
    }.get(prefix, True)


def _interval(value: Any) -> tuple[int, int] | None:
    """Returns first and last millisecond of a date or a Period; None for what is neither."""
    if isinstance(value, str):
        return interval_of(value)
    if not isinstance(value, dict):
        return None
    start, end = (interval_of(str(value.get(name, ""))) for name in ("start", "end"))
    return (start or EVER)[0], (end or EVER)[1]


def _is_of_patient(asked: str, reference: Any) -> bool:
    # who names a patient by an identifier, or has it inside, says nothing of an address
    if not isinstance(reference, str) or reference.startswith("#"):
        return True
    return same_place(asked if "/" in asked else f"Patient/{asked}", reference)


def _is_by(resource: Json, element: str, part: str, asked: str) -> bool:
    """Tells whether the name of an author inside the resource begins so (FHIR R4
    search.html#string).
    """
    inside = {f"#{member(each, 'id')}": each for each in as_list(resource.get("contained"))}
    references = [member(value, "reference") for value in _at(resource, element)]
    people = [inside[reference] for reference in references if reference in inside]
    if not people or len(people) < len(references) or part not in ("given", "family"):
        return True  # the others are elsewhere
    names = [name for person in people for name in _at(person, f"name.{part}")]
    return any(_folded(str(name)).startswith(_folded(asked)) for name in names)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))

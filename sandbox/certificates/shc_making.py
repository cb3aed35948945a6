"""Makes the content of SMART Health Cards from a patient's record: who it is about, and what is to
be shown together, each part as small as it can be.  Knows no key and no store.

What is left out costs room or is not for a verifier: ids, narratives, texts and displays beside
codes (SMART Health Cards 1.4, Health Cards are Compact), and elements that the vaccination and
laboratory cards do not have (SMART Health Cards: Vaccination & Testing, data minimization).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.certificates.shc_payload import CARD, KIND, is_against_covid
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, as_list, member

IDENTITY = ("identifier", "name", "telecom", "gender", "birthDate", "address")
NEEDED_IDENTITY = ("name", "birthDate")
NAME_PARTS = ("family", "given", "prefix", "suffix")
# elements whose text stands beside the codes that count
CONCEPTS = frozenset({
    "vaccineCode", "code", "valueCodeableConcept", "dataAbsentReason", "interpretation", "function",
    "type", "reasonCode",
})  # fmt: skip
FIRST = "resource:0"
DEPTH = 60  # of elements that are looked into


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of resource that a card can be about, and what of it a card shows."""

    credential: str
    subject: str
    code: str
    states: frozenset[str]
    moments: tuple[str, ...]
    kept: tuple[str, ...]
    category: str = ""


KINDS: Mapping[str, Kind] = {
    "Immunization": Kind(
        "immunization", "patient", "vaccineCode", frozenset({"completed"}),
        ("occurrenceDateTime",),
        ("resourceType", "status", "vaccineCode", "occurrenceDateTime", "occurrenceString",
         "manufacturer", "lotNumber", "isSubpotent", "performer"),
    ),
    "Observation": Kind(
        "laboratory", "subject", "code", frozenset({"final", "amended", "corrected"}),
        ("effectiveDateTime", "effectiveInstant", "effectivePeriod"),
        ("resourceType", "status", "code", "effectiveDateTime", "effectivePeriod",
         "effectiveInstant", "performer", "valueCodeableConcept", "valueQuantity", "valueString",
         "valueBoolean", "valueInteger", "valueRange", "valueRatio", "valueDateTime",
         "dataAbsentReason", "referenceRange"),
        category="laboratory",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardContent:
    """What one card is to hold.

    Attributes:
        types: The credential types, as a card names them.
        resources: The patient, then what is shown of them; number N is called `resource:N`.
        sources: The same as they stand in the record.
    """

    types: tuple[str, ...]
    resources: tuple[Json, ...]
    sources: tuple[Json, ...]

    @property
    def bundle(self) -> Json:
        """The Bundle of the card, with short names."""
        entries = [
            {"fullUrl": f"resource:{number}", "resource": resource}
            for number, resource in enumerate(self.resources)
        ]
        return {"resourceType": "Bundle", "type": "collection", "entry": entries}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parts of a record are wanted.

    Attributes:
        identity: Elements of Patient that a card shows.
        since: Only what happened from this moment on, in milliseconds since 1970; None for all.
        types: Those that a card has to have, all of them.
    """

    identity: tuple[str, ...] = NEEDED_IDENTITY
    since: int | None = None
    types: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Record:
    """A person, by which references their resources mean them, and those resources."""

    patient: Json
    names: frozenset[str]
    resources: Sequence[Json]


def record_of(bundle: Any) -> Record | None:
    """Returns the record in a Bundle, such as a summary; None where it has not exactly one patient,
    or does not say which one it is about.
    """
    entries = [entry for entry in as_list(member(bundle, "entry")) if isinstance(entry, dict)]
    resources = [entry["resource"] for entry in entries if isinstance(entry.get("resource"), dict)]
    subject = str(member(member(resources[0], "subject"), "reference")) if resources else ""
    patients = [
        (entry["resource"], _names(entry))
        for entry in entries
        if member(entry.get("resource"), "resourceType") == "Patient"
    ]
    meant = [pair for pair in patients if subject in pair[1]] or patients
    if len(meant) != 1:
        return None
    ((patient, names),) = meant
    return Record(patient, names, resources)


def _names(entry: Json) -> frozenset[str]:
    id = entry["resource"].get("id")
    return frozenset({str(entry.get("fullUrl") or ""), f"Patient/{id}" if id else ""} - {""})


def contents_of(record: Record, choice: Choice) -> list[CardContent]:
    """Returns what each card of a person is to hold.

    What belongs together is on one card: doses against one disease, results of one test (SMART
    Health Cards 1.4, Granular Sharing).

    Args:
        record: Of whom; resources of other kinds, states or people are left out.
        choice: Which of them, and how much of the patient is shown.
    """
    groups: dict[tuple[str, ...], list[Json]] = {}
    for resource in record.resources:
        kind = KINDS.get(str(resource.get("resourceType")))
        if kind is not None and _is_shown(resource, kind, record.names, choice):
            group = (kind.credential, *_together(resource, kind))
            groups.setdefault(group, []).append(resource)
    person = _person(record.patient, choice.identity)
    contents = []
    for (credential, *_), sources in sorted(groups.items(), key=_order):
        shown = tuple(_shown(source) for source in sources)
        types = [CARD, f"{KIND}{credential}"]
        if any(map(is_against_covid, shown)):
            types.append(f"{KIND}covid19")
        contents.append(CardContent(tuple(types), (person, *shown), (record.patient, *sources)))
    return [content for content in contents if choice.types <= set(content.types)]


def card_type(name: str) -> str:
    """Returns the type of card that a request means: a type of resource, or the type itself."""
    kind = KINDS.get(name)
    return f"{KIND}{kind.credential}" if kind else name


def codes_of_content(content: CardContent) -> Iterator[tuple[str, str]]:
    """Yields the codes by which value sets choose a card: system and code of vaccines and tests."""
    for resource in content.resources[1:]:
        concept = resource.get(KINDS[str(resource["resourceType"])].code)
        for coding in as_list(member(concept, "coding")):
            yield str(member(coding, "system") or ""), str(member(coding, "code") or "")


def _order(group: tuple[tuple[str, ...], list[Json]]) -> tuple[str, ...]:
    return group[0]


def _is_shown(resource: Json, kind: Kind, names: frozenset[str], choice: Choice) -> bool:
    """Tells whether a resource is this person's, is true, is of a kind with cards, and is recent
    enough.
    """
    # what changes the meaning of an element cannot be left out, and a card has no place for it
    if resource.get("status") not in kind.states or _has_modifier(resource, DEPTH):
        return False
    if kind.category and kind.category not in _categories(resource):
        return False
    subject = str(member(resource.get(kind.subject), "reference") or "")
    if subject.partition("/_history/")[0] not in names:
        return False
    return choice.since is None or _last_moment(resource, kind) >= choice.since


def _last_moment(resource: Json, kind: Kind) -> int:
    """Returns when something happened, in milliseconds since 1970; -1 where it is not told."""
    for name in kind.moments:
        value = resource.get(name)
        text = member(value, "end") or member(value, "start") if isinstance(value, dict) else value
        interval = interval_of(str(text)) if text else None
        if interval is not None:
            return interval[1]
    return -1


def _categories(resource: Json) -> set[str]:
    return {
        str(member(coding, "code"))
        for category in as_list(resource.get("category"))
        for coding in as_list(member(category, "coding"))
    }


def _together(resource: Json, kind: Kind) -> tuple[str, ...]:
    """Returns by what resources share a card: the diseases of a dose, else the code."""
    if is_against_covid(resource):
        return ("covid19",)
    diseases = {
        str(member(coding, "code"))
        for protocol in as_list(resource.get("protocolApplied"))
        for disease in as_list(member(protocol, "targetDisease"))
        for coding in as_list(member(disease, "coding"))
    }
    codes = {
        str(member(coding, "code")) for coding in as_list(member(resource.get(kind.code), "coding"))
    }
    return tuple(sorted(diseases or codes))


def _person(patient: Json, identity: Sequence[str]) -> Json:
    person: Json = {"resourceType": "Patient"}
    for name in identity:
        value = patient.get(name)
        if name == "name" and value:
            value = [_name(as_list(value))]
        value = _small(value, name, DEPTH)
        if value not in (None, [], {}):
            person[name] = value
    return person


def _name(names: Sequence[Any]) -> Json:
    """Returns the name that a card shows: the official one, else the first."""
    rows = [name for name in names if isinstance(name, dict)]
    chosen: Json = next((name for name in rows if name.get("use") == "official"), rows[0])
    parts = {part: chosen[part] for part in NAME_PARTS if part in chosen}
    return parts or {"text": chosen.get("text")}


def _shown(source: Json) -> Json:
    kind = KINDS[str(source["resourceType"])]
    shown: Json = {}
    for name in kind.kept:
        value = _small(source.get(name), name, DEPTH)
        if value not in (None, [], {}):
            shown[name] = value
        if name == kind.code:
            shown[kind.subject] = {"reference": FIRST}
    return shown


def _small(value: Any, name: str, depth: int) -> Any:
    """Returns a value without what costs room: ids, extensions, texts and displays beside codes,
    and references that nobody can follow.
    """
    if depth == 0:
        return None
    if isinstance(value, list):
        parts = [_small(part, name, depth - 1) for part in value]
        return [part for part in parts if part not in (None, [], {})]
    if not isinstance(value, dict):
        return value
    left_out = {"id", "extension", "reference"}
    left_out |= {"text"} if name in CONCEPTS else set()
    left_out |= {"display", "userSelected"} if "code" in value else set()
    small = {
        inner: _small(part, inner, depth - 1)
        for inner, part in value.items()
        if inner not in left_out and not inner.startswith("_")
    }
    return {inner: part for inner, part in small.items() if part not in (None, [], {})}


def _has_modifier(value: Any, depth: int) -> bool:
    if depth == 0:
        return True
    if isinstance(value, list):
        return any(_has_modifier(part, depth - 1) for part in value)
    if not isinstance(value, dict):
        return False
    return (
        "modifierExtension" in value
        or "implicitRules" in value
        or any(_has_modifier(part, depth - 1) for part in value.values())
    )

"""Narrative of a section: what its entries say, as a table in one language (FHIR R4
narrative.html).

Only escaped text goes in; nothing of a narrative that came with a resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from sandbox.fhir.json import Json
from sandbox.i18n import Language, say

XHTML = "http://www.w3.org/1999/xhtml"
# The columns of a table by the type of its resources: a word of the catalogue, and elements of
# which the first counts.
COLUMNS: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "Condition": (
        ("what", ("code",)),
        ("since", ("onset", "recordedDate")),
        ("until", ("abatement",)),
    ),
    "AllergyIntolerance": (
        ("what", ("code",)),
        ("reaction", ("reaction",)),
        ("since", ("onset", "recordedDate")),
    ),
    "MedicationStatement": (
        ("what", ("medication",)),
        ("dosage", ("dosage",)),
        ("since", ("effective",)),
    ),
    "MedicationRequest": (
        ("what", ("medication",)),
        ("dosage", ("dosageInstruction",)),
        ("since", ("authoredOn",)),
    ),
    "Immunization": (
        ("what", ("vaccineCode",)),
        ("when", ("occurrence",)),
        ("dose", ("protocolApplied",)),
    ),
    "Observation": (
        ("what", ("code",)),
        ("value", ("value", "component", "dataAbsentReason")),
        ("when", ("effective",)),
    ),
    "DiagnosticReport": (
        ("what", ("code",)),
        ("value", ("conclusion",)),
        ("when", ("effective", "issued")),
    ),
    "Procedure": (("what", ("code",)), ("when", ("performed",))),
    "DeviceUseStatement": (("what", ("device",)), ("when", ("timing", "recordedOn"))),
    "Consent": (("what", ("category", "scope")), ("when", ("dateTime",))),
    "CarePlan": (("what", ("title", "description", "category")), ("when", ("period", "created"))),
}
DEFAULT = (
    ("what", ("code", "description", "summary", "status")),
    ("when", ("period", "date", "effective")),
)


@dataclass(frozen=True, slots=True)
class Table:
    """What resources of one type say: the heads of the columns, and a row for each resource."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables_of(
    resources: Sequence[Json], language: Language, *, named: Mapping[str, Json]
) -> list[Table]:
    """Returns a table for each type among the resources.

    Args:
        resources: What the rows say, in the order in which they stand.
        language: Of the headings.
        named: Resources by the references that lead to them, of which a row says the names.
    """
    tables = []
    for type in dict.fromkeys(str(resource.get("resourceType")) for resource in resources):
        columns = COLUMNS.get(type, DEFAULT)
        rows = [
            tuple(_cell(resource, elements, named) for _, elements in columns)
            for resource in resources
            if resource.get("resourceType") == type
        ]
        tables.append(
            Table(tuple(say(f"ips.column.{word}", language) for word, _ in columns), tuple(rows))
        )
    return tables


def text_of(value: Any) -> str:
    """Returns what a person would read of a value of any type, such as a CodeableConcept or a
    Period.
    """
    return ", ".join(dict.fromkeys(_texts(value, {})))


def section_text(
    resources: Sequence[Json], language: Language, *, named: Mapping[str, Json]
) -> Json:
    """Returns the narrative of a section with entries; `named` are resources by the references that
    lead to them.
    """
    return _narrative("".join(map(_markup, tables_of(resources, language, named=named))), language)


def empty_text(section: str, language: Language) -> Json:
    """Returns the narrative of a required section about which nothing is known."""
    return _narrative(f"<p>{escape(say(f'ips.empty.{section}', language))}</p>", language)


def _narrative(body: str, language: Language) -> Json:
    div = f'<div xmlns="{XHTML}" lang="{language}" xml:lang="{language}">{body}</div>'
    return {"status": "generated", "div": div}


def _markup(table: Table) -> str:
    head = "".join(f"<th>{escape(word)}</th>" for word in table.heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(resource: Json, elements: Sequence[str], names: Mapping[str, Json]) -> str:
    for name in elements:
        for key, value in resource.items():
            # `onset` is met as onsetDateTime, onsetAge …: a choice (FHIR R4 formats.html#choice)
            if key == name or (key.startswith(name) and key[len(name) : len(name) + 1].isupper()):
                # a set in order: two codings with one display are one word to a reader
                text = ", ".join(dict.fromkeys(_texts(value, names)))
                if text:
                    return text
    return "–"


def _texts(value: Any, names: Mapping[str, Json]) -> Iterator[str]:
    """Yields what a person would read of a value of any type."""
    if isinstance(value, list):
        for item in value:
            yield from _texts(item, names)
    elif isinstance(value, str):
        yield _date(value)
    elif not isinstance(value, dict):
        yield str(value)
    elif "reference" in value or "display" in value:
        yield from _reference(value, names)
    else:
        yield from _structure(value, names)


def _structure(value: Json, names: Mapping[str, Json]) -> Iterator[str]:
    if isinstance(value.get("text"), str):
        yield value["text"]
    # one coding: the others say the same in other systems
    elif isinstance(value.get("coding"), list):
        for coding in value["coding"][:1]:
            if isinstance(coding, dict):
                yield str(coding.get("display") or coding.get("code") or "")
    elif "start" in value or "end" in value:
        yield " – ".join(_date(str(value.get(part, ""))) for part in ("start", "end")).strip()
    elif "value" in value:
        unit = value.get("unit") or value.get("code") or ""
        yield f"{value.get('comparator', '')}{value['value']} {unit}".strip()
    elif "manifestation" in value:  # AllergyIntolerance.reaction
        yield from _texts(value["manifestation"], names)
    elif "code" in value and any(key.startswith("value") for key in value):  # Observation.component
        what, read = (
            ", ".join(_texts(part, names)) for part in (value["code"], _choice(value, "value"))
        )
        yield f"{what}: {read}"
    elif any(key.startswith("doseNumber") for key in value):  # Immunization.protocolApplied
        yield from _texts(_choice(value, "doseNumber"), names)


def _reference(value: Json, names: Mapping[str, Json]) -> Iterator[str]:
    resource = names.get(str(value.get("reference")))
    if isinstance(value.get("display"), str):
        yield value["display"]
    elif resource is not None:
        yield from _texts(
            next(
                (
                    resource[key]
                    for key in ("code", "type", "name", "deviceName")
                    if key in resource
                ),
                "",
            ),
            {},
        )


def _choice(value: Json, name: str) -> Any:
    return next((chosen for key, chosen in value.items() if key.startswith(name)), "")


def _date(text: str) -> str:
    """Shortens an instant to its day; other text stays."""
    return text[:10] if len(text) > 15 and text[4:5] == "-" and text[10:11] == "T" else text

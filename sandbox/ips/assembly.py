"""From the resources of a patient to an IPS document: Composition first, all that it names behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sandbox import __version__
from sandbox.clock import fhir_instant
from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference, rewrite_references, walk_references
from sandbox.i18n import Language, say
from sandbox.ips.completing import complete
from sandbox.ips.narrative import empty_text, section_text
from sandbox.ips.sections import sections, sort_into_sections

BUNDLE = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
COMPOSITION = "http://hl7.org/fhir/uv/ips/StructureDefinition/Composition-uv-ips"
LOINC = "http://loinc.org"
EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
URI = "urn:ietf:rfc:3986"


@dataclass(frozen=True, slots=True)
class SummaryWish:
    """How a summary is to be made: by which server, when, in which language; `profiles` of the Bundle besides IPS's."""

    base: str
    now: datetime
    language: Language
    profiles: tuple[str, ...] = ()


def assemble(patient: Json, resources: Iterable[Json], wish: SummaryWish) -> Json:
    """Returns the IPS document of a patient (IPS 2.0.0 Bundle-uv-ips) made of the resources given, the record.

    Entries have `urn:uuid:` addresses that stay the same from one summary to the next.  A reference to what is not
    among the resources becomes an absolute address on the server that has it.
    """
    record = [complete(one) for one in without_duplicates(resources) if not _is(one, patient)]
    chosen = sort_into_sections(record)
    taken = [one for entries in chosen.values() for one in entries]
    subject = complete(patient)
    device = _device()
    behind = _reached([subject, *taken], record)
    members = [subject, *taken, *behind, device]
    addresses = {_place(one): _address(one, wish) for one in members}
    composition = _composition(subject, chosen, members, addresses, wish)
    bundle_id = uuid5(NAMESPACE_URL, f"{wish.base}/{_place(subject)}/$summary/{fhir_instant(wish.now)}")
    entries = [{"fullUrl": f"urn:uuid:{uuid5(bundle_id, 'Composition')}", "resource": composition}]
    entries += [{"fullUrl": addresses[_place(one)], "resource": _addressed(one, addresses, wish)} for one in members]
    return {
        "resourceType": "Bundle",
        "id": str(bundle_id),
        "meta": {"profile": [BUNDLE, *wish.profiles]},
        "language": wish.language,
        "identifier": {"system": URI, "value": f"urn:uuid:{bundle_id}"},
        "type": "document",
        "timestamp": fhir_instant(wish.now),
        "entry": entries,
    }


def without_duplicates(resources: Iterable[Json]) -> list[Json]:
    """Returns the resources without those that say word for word what one before them said under another id."""
    seen: dict[str, Json] = {}
    for resource in resources:
        said = {name: value for name, value in resource.items() if name not in ("id", "meta", "text", "identifier")}
        seen.setdefault(repr(sorted(said.items(), key=lambda item: item[0])), resource)
    return list(seen.values())


def _composition(
    patient: Json, chosen: dict[str, list[Json]], members: Sequence[Json], addresses: dict[str, str], wish: SummaryWish
) -> Json:
    organization = patient.get("managingOrganization", {}).get("reference")
    composition: Json = {
        "resourceType": "Composition",
        "meta": {"profile": [COMPOSITION]},
        "language": wish.language,
        "status": "final",
        "type": {"coding": [{"system": LOINC, "code": "60591-5", "display": "Patient summary Document"}]},
        "subject": {"reference": addresses[_place(patient)]},
        "date": fhir_instant(wish.now),
        "author": [{"reference": addresses[_place(_device())]}],
        "title": say("ips.title", wish.language),
    }
    if organization in addresses:
        composition["custodian"] = {"reference": addresses[organization]}
    composition["section"] = [
        _section(section.name, chosen[section.name], members, addresses, wish)
        | {"code": {"coding": [{"system": LOINC, "code": section.code, "display": section.display}]}}
        for section in sections()
        if chosen[section.name] or section.is_required
    ]
    return composition


def _section(
    name: str, entries: Sequence[Json], members: Sequence[Json], addresses: dict[str, str], wish: SummaryWish
) -> Json:
    section: Json = {"title": say(f"ips.section.{name}", wish.language)}
    if entries:
        section["text"] = section_text(entries, wish.language, named=members)
        section["entry"] = [{"reference": addresses[_place(one)]} for one in entries]
        return section
    section["text"] = empty_text(name, wish.language)
    reason = {"system": EMPTY_REASON, "code": "unavailable", "display": "Unavailable"}
    return {**section, "emptyReason": {"coding": [reason]}}


def _reached(start: Sequence[Json], record: Sequence[Json]) -> list[Json]:
    """Returns what the resources refer to, and what that refers to, as far as the record holds it."""
    at_hand = {_place(one): one for one in record}
    seen = {_place(one) for one in start}
    found: list[Json] = []
    queue = list(start)
    while queue:
        for _, reference in walk_references(queue.pop(0)):
            literal = parse_reference(reference)
            place = f"{literal.type}/{literal.id}" if literal else ""
            if place in at_hand and place not in seen:
                seen.add(place)
                found.append(at_hand[place])
                queue.append(at_hand[place])
    return found


def _addressed(resource: Json, addresses: dict[str, str], wish: SummaryWish) -> Json:
    def rename(text: str) -> str:
        literal = parse_reference(text)
        if literal is None or literal.base not in ("", wish.base):
            return text
        place = f"{literal.type}/{literal.id}"
        return addresses.get(place, f"{wish.base}/{place}")

    meta = {name: value for name, value in resource.get("meta", {}).items() if name not in ("versionId", "lastUpdated")}
    bare = {name: value for name, value in resource.items() if name not in ("meta", "text")}
    return rewrite_references({**bare, **({"meta": meta} if meta else {})}, rename)


def _device() -> Json:
    name = [{"name": "connectathon sandbox", "type": "user-friendly-name"}]
    return {
        "resourceType": "Device",
        "id": "connectathon-sandbox",
        "deviceName": name,
        "version": [{"value": __version__}],
    }


def _address(resource: Json, wish: SummaryWish) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{wish.base}/{_place(resource)}')}"


def _place(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"


def _is(one: Json, other: Json) -> bool:
    return _place(one) == _place(other)

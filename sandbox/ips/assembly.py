"""Assembles an IPS document from a patient's resources: what belongs in it, and under which
addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import NAMESPACE_URL, uuid5

from sandbox.fhir.json import Json
from sandbox.fhir.references import parse_reference, rewrite_references, walk_references
from sandbox.i18n import say
from sandbox.ips.completing import complete
from sandbox.ips.document import SummaryOptions, write_document
from sandbox.ips.sections import sections, sort_into_sections

# two systems that send the same statement give it another id and narrative
UNSAID = ("id", "meta", "text", "identifier")


def assemble(patient: Json, resources: Iterable[Json], options: SummaryOptions) -> Json:
    """Returns the IPS document of a patient (IPS 2.0.0 Bundle-uv-ips).

    Entries have `urn:uuid:` addresses that stay the same from one summary to the next.

    Args:
        patient: Leads the document, and is its subject.
        resources: The patient's record: what no section takes and nothing in the document refers to
            is left out. A reference to what is not in it becomes an absolute address on the server.
        options: How the document is written.
    """
    record = [
        complete(resource)
        for resource in without_duplicates(resources)
        if _place(resource) != _place(patient)
    ]
    chosen = sort_into_sections(record)
    if options.absent_as_entry:
        _add_absent(chosen, _place(patient), options)
    taken = [entry for entries in chosen.values() for entry in entries]
    # the patient leads: `write_document` takes the first resource as the subject
    subject = complete(patient)
    members = [subject, *taken, *_reached([subject, *taken], record)]
    addresses = {_place(member): _address(member, options) for member in members}
    organization = patient.get("managingOrganization", {}).get("reference")
    return write_document(
        {name: [addresses[_place(entry)] for entry in entries] for name, entries in chosen.items()},
        {addresses[_place(member)]: _addressed(member, addresses, options) for member in members},
        options,
        custodian=addresses.get(organization, ""),
    )


def _add_absent(chosen: dict[str, list[Json]], patient: str, options: SummaryOptions) -> None:
    for section in sections():
        if section.is_required and section.absent and not chosen[section.name]:
            text = say(f"ips.empty.{section.name}", options.language)
            chosen[section.name].append(complete(section.absent.entry(patient, text)))


def without_duplicates(resources: Iterable[Json]) -> list[Json]:
    """Returns the resources without those that repeat one before them under another id."""
    seen: dict[str, Json] = {}
    for resource in resources:
        seen.setdefault(said(resource), resource)
    return list(seen.values())


def said(resource: Json) -> str:
    """Returns what a resource says, whatever it is called: equal for two that say the same."""
    return repr(
        sorted(
            ((name, value) for name, value in resource.items() if name not in UNSAID),
            key=lambda member: member[0],
        )
    )


def _reached(start: Sequence[Json], record: Sequence[Json]) -> list[Json]:
    """Returns what the resources refer to, and what that refers to, as far as the record holds
    it.
    """
    # breadth first: what stands near the patient comes first in the document
    at_hand = {_place(resource): resource for resource in record}
    seen = {_place(resource) for resource in start}
    reached: list[Json] = []
    queue = list(start)
    while queue:
        for _, reference in walk_references(queue.pop(0)):
            literal = parse_reference(reference)
            place = f"{literal.type}/{literal.id}" if literal else ""
            if place in at_hand and place not in seen:
                seen.add(place)
                reached.append(at_hand[place])
                queue.append(at_hand[place])
    return reached


def _addressed(resource: Json, addresses: dict[str, str], options: SummaryOptions) -> Json:
    def rename(text: str) -> str:
        literal = parse_reference(text)
        # a reference to another server stays: only that server knows what it means
        if literal is None or literal.base not in ("", options.base):
            return text
        place = f"{literal.type}/{literal.id}"
        return addresses.get(place, f"{options.base}/{place}")

    meta = {
        name: value
        for name, value in resource.get("meta", {}).items()
        # of the server's copy, which the document outlives
        if name not in ("versionId", "lastUpdated")
    }
    bare = {name: value for name, value in resource.items() if name not in ("meta", "text")}
    return rewrite_references({**bare, **({"meta": meta} if meta else {})}, rename)


def _address(resource: Json, options: SummaryOptions) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{options.base}/{_place(resource)}')}"


def _place(resource: Json) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id')}"

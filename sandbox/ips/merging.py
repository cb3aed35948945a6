"""Merges two summaries of one patient, and records where each resource comes from.

The first document leads: its patient is the patient.  Nothing is decided between two statements
that differ; both stand in their section, and a Provenance for each document names what was taken
from it (FHIR R4 provenance.html).
"""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.clock import fhir_instant
from sandbox.errors import InvalidResource
from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.fhir.references import rewrite_references
from sandbox.ips.assembly import said
from sandbox.ips.document import URI, SummaryOptions, write_document
from sandbox.ips.sections import sections

CLAUSE = "IPS 2.0.0 Bundle-uv-ips"
# what a document says of itself: the merged one writes its own
OWN = ("Composition", "Provenance")


def merge(first: Json, second: Json, options: SummaryOptions) -> Json:
    """Returns the document of two; what both say in the same words stands once, with both as
    origin.

    Args:
        first: The document that leads: its patient is the patient.
        second: The other one.
        options: How the merged document is written.

    Raises:
        InvalidResource: One of them is no document, or has no patient.
    """
    sources = [
        _Source(document, number, options) for number, document in enumerate((first, second))
    ]
    patient = sources[0].patient
    resources: dict[str, Json] = {}
    for source in sources:
        source.calls(source.patient, patient)
        resources |= {
            address: resource
            for address, resource in source.resources().items()
            if address not in resources
        }
    resources, alias = _folded(resources)
    chosen = {
        section.name: list(
            dict.fromkeys(
                alias.get(address, address)
                for source in sources
                for address in source.entries_of(section.code)
            )
        )
        for section in sections()
    }
    origins = {
        source.provenance_address(options.base): source.provenance(alias, options)
        for source in sources
    }
    return write_document(chosen, resources, options, more=origins)


def _folded(resources: dict[str, Json]) -> tuple[dict[str, Json], dict[str, str]]:
    """Returns each statement once, and by which address those that went are known now."""
    alias: dict[str, str] = {}
    # again and again: two that refer to what was the same become the same in the next round
    while same := _same(resources):
        resources = _without(resources, same)
        alias = {**{old: same.get(new, new) for old, new in alias.items()}, **same}
    return resources, alias


def _without(resources: dict[str, Json], same: dict[str, str]) -> dict[str, Json]:
    """Returns the resources that stay, with references to those that went rewritten."""
    return {
        address: rewrite_references(resource, lambda text: same.get(text, text))
        for address, resource in resources.items()
        if address not in same
    }


def _same(resources: dict[str, Json]) -> dict[str, str]:
    """Returns the addresses of resources that say what one before them says, with the address of
    that one.
    """
    seen: dict[str, str] = {}
    firsts = {
        address: seen.setdefault(said(resource), address) for address, resource in resources.items()
    }
    return {address: first for address, first in firsts.items() if first != address}


class _Source:
    """A document that is merged, by new addresses, so that equal ones of two documents stay
    apart.
    """

    def __init__(self, document: Any, number: int, options: SummaryOptions) -> None:
        identifier = member(document, "identifier")
        self.identity = str(member(identifier, "value") or f"document {number + 1}")
        self._names: dict[str, str] = {}
        self._held: dict[str, Json] = {}
        self._composition: Json = {}
        for place, entry in enumerate(as_list(member(document, "entry"))):
            resource = member(entry, "resource")
            kind = member(resource, "resourceType")
            if kind == "Composition" and not self._composition:
                self._composition = resource
            # a document's references may use the fullUrl or, against the rules, type and id
            elif isinstance(kind, str) and kind not in OWN:
                old = str(member(entry, "fullUrl") or place)
                address = (
                    f"urn:uuid:{uuid5(NAMESPACE_URL, f'{options.base}/{self.identity}/{old}')}"
                )
                self._names |= {old: address, f"{kind}/{resource.get('id')}": address}
                self._held[address] = resource
        self.patient = next(
            (
                address
                for address, resource in self._held.items()
                if resource["resourceType"] == "Patient"
            ),
            "",
        )
        if member(document, "type") != "document" or not self._composition or not self.patient:
            raise InvalidResource(
                "ips.no_document", where=f"document {number + 1}", clause=CLAUSE, number=number + 1
            )

    def calls(self, address: str, other: str) -> None:
        """Lets every name of an address mean another one."""
        self._names = {
            name: other if known == address else known for name, known in self._names.items()
        }
        self._held = {
            other if known == address else known: resource for known, resource in self._held.items()
        }

    def resources(self) -> dict[str, Json]:
        """Returns the resources by their new addresses, the patient first, with references to these
        addresses.
        """
        ordered = sorted(self._held.items(), key=lambda item: item[1]["resourceType"] != "Patient")
        return {
            address: rewrite_references(_bare(resource), lambda text: self._names.get(text, text))
            for address, resource in ordered
        }

    def entries_of(self, code: str) -> list[str]:
        """Returns the addresses that the section with a LOINC code names."""
        addresses = []
        for section in as_list(self._composition.get("section")):
            if code in codes_of(member(section, "code")):
                references = [
                    str(member(item, "reference")) for item in as_list(member(section, "entry"))
                ]
                addresses += [
                    self._names[reference] for reference in references if reference in self._names
                ]
        return addresses

    def provenance_address(self, base: str) -> str:
        """Returns the address of the Provenance: the same whenever these two are merged."""
        return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{base}/{self.identity}/Provenance')}"

    def provenance(self, alias: dict[str, str], options: SummaryOptions) -> Json:
        """Returns what names this document as the origin of what was taken from it."""
        targets = dict.fromkeys(alias.get(address, address) for address in self._held)
        authors = [alias.get(address, address) for address in self._authors()] or [options.device()]
        return {
            "resourceType": "Provenance",
            "target": [{"reference": address} for address in targets],
            "recorded": fhir_instant(options.now),
            "agent": [{"who": {"reference": address}} for address in authors],
            "entity": [
                {"role": "source", "what": {"identifier": {"system": URI, "value": self.identity}}}
            ],
        }

    def _authors(self) -> list[str]:
        references = [
            str(member(author, "reference")) for author in as_list(self._composition.get("author"))
        ]
        return [self._names[reference] for reference in references if reference in self._names]


def _bare(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name != "text"}

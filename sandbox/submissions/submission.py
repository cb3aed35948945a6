"""Parses a Provide Document Bundle (ITI-65): the role of each entry, and the targets of its
references.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json

URI = "urn:ietf:rfc:3986"
LIST_TYPES = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"
PROFILES = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
# Levels of metadata by the profile of the Bundle, the lowest first, as the names of their other
# profiles have them.
LEVELS = {
    f"{PROFILES}IHE.MHD.{level}.ProvideBundle": level
    for level in ("Minimal", "UnContained.Comprehensive", "Comprehensive")
}
# What an entry with one of these methods holds is not the resource that its fullUrl names.
ELSEWHERE = ("PATCH", "GET", "HEAD", "DELETE")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place in the Bundle, address, method and resource."""

    index: int
    full_url: str
    method: str
    url: str
    resource: Json
    is_conditional: bool = False
    """Whether nothing is created where one with the same identifier is there (ifNoneExist)."""

    @property
    def type(self) -> str:
        return str(self.resource.get("resourceType"))

    @property
    def where(self) -> str:
        return f"Bundle.entry[{self.index}].resource"


@dataclass(frozen=True, slots=True)
class Submission:
    """The entries of a Provide Document Bundle, and the profiles that it declares."""

    profiles: tuple[str, ...]
    entries: tuple[Entry, ...]

    def of_type(self, type: str, *methods: str) -> list[Entry]:
        """Returns the entries of a type, sent by one of the methods (all where none is named)."""
        return [
            entry
            for entry in self.entries
            if entry.type == type and (not methods or entry.method in methods)
        ]

    def submission_sets(self) -> list[Entry]:
        """Returns the Lists with the code `submissionset` (MHD 3:4.65.4.1.2)."""
        return [
            listing
            for listing in self.of_type("List")
            if "submissionset" in codes_of(listing.resource.get("code"))
        ]

    def document_references(self) -> list[Entry]:
        """Returns the DocumentReferences that are submitted."""
        return self.of_type("DocumentReference", "POST", "PUT")

    def find(self, address: str) -> Entry | None:
        """Returns the entry that an address in the Bundle means: by fullUrl, or else by type and id
        at the end of one (FHIR R4 bundle.html#references); None where there is no such entry.
        """
        entries = [entry for entry in self.entries if entry.method not in ELSEWHERE]
        for entry in entries:
            if entry.full_url and entry.full_url == address:
                return entry
        return next(
            (entry for entry in entries if address and entry.full_url.endswith("/" + address)),
            None,
        )


def read_submission(bundle: Any) -> Submission | None:
    """Returns a submission, or None for a Bundle that is none: no transaction, or neither profile
    nor SubmissionSet.
    """
    if not isinstance(bundle, dict) or bundle.get("type") != "transaction":
        return None
    meta = bundle.get("meta")
    entries = bundle.get("entry")
    declared = meta.get("profile") if isinstance(meta, dict) else None
    # a canonical may end in a version (datatypes.html#canonical), and means the same profile
    profiles = tuple(
        url.partition("|")[0]
        for url in (declared if isinstance(declared, list) else ())
        if isinstance(url, str)
    )
    submission = Submission(profiles, tuple(_entries(entries if isinstance(entries, list) else [])))
    is_declared = any(url.startswith(PROFILES) for url in profiles)
    return submission if is_declared or submission.submission_sets() else None


def _entries(entries: list[Any]) -> Iterator[Entry]:
    for index, entry in enumerate(entries):
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            held_request = entry.get("request")
            request: Json = held_request if isinstance(held_request, dict) else {}
            method, url = (str(request.get(name, "")) for name in ("method", "url"))
            is_conditional = "ifNoneExist" in request
            yield Entry(
                index, str(entry.get("fullUrl", "")), method, url, entry["resource"], is_conditional
            )


def attachments(entry: Entry) -> Iterator[tuple[str, Json]]:
    """Yields place and attachment of each content of a DocumentReference."""
    contents = entry.resource.get("content")
    for number, content in enumerate(contents if isinstance(contents, list) else ()):
        attachment = content.get("attachment") if isinstance(content, dict) else None
        if isinstance(attachment, dict):
            yield f"{entry.where}.content[{number}].attachment", attachment


def subject_of(resource: Json) -> str:
    """Returns the reference or the identifier of whom a resource is about, or an empty text."""
    subject = resource.get("subject")
    if not isinstance(subject, dict):
        return ""
    identifier = subject.get("identifier")
    if isinstance(subject.get("reference"), str):
        return str(subject["reference"])
    return (
        f"{identifier.get('system')}|{identifier.get('value')}"
        if isinstance(identifier, dict)
        else ""
    )


def items(entry: Entry) -> list[str]:
    """Returns the references of a List's entries."""
    entries = entry.resource.get("entry")
    references = (
        [listed.get("item") for listed in entries if isinstance(listed, dict)]
        if isinstance(entries, list)
        else []
    )
    return [
        str(item["reference"])
        for item in references
        if isinstance(item, dict) and "reference" in item
    ]

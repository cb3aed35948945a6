"""Tells a uniqueId from an entryUUID, by a rule that changed from one MHD release to the next.
Pure.

    4.2.2   `use` usual or official, where it is given
    4.2.3   `use` is mandatory
    ci      after 4.2.3: `type` is mandatory, with a code uniqueId or entryUUID (MHD issue 241)

A submission is read as 4.2.3 would have it written, so that one set of profiles judges all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding
from sandbox.submissions.notes import METADATA, REPLACE, note

Version = Literal["4.2.2", "4.2.3", "ci"]
VERSIONS: tuple[Version, ...] = get_args(Version)
SYSTEM = "MHDIdentifierType"  # the end of its canonical
USES = {"uniqueId": "usual", "entryUUID": "official"}


def read_identifiers(bundle: Json, version: Version) -> tuple[Json, list[Finding]]:
    """Reads the identifiers of a submission by a version of MHD.

    Args:
        bundle: The submission.
        version: The release whose rules count.

    Returns:
        The Bundle with each identifier as 4.2.3 writes it, and what is wrong by `version`.
    """
    findings: list[Finding] = []
    entries = []
    for index, entry in enumerate(as_list(bundle.get("entry"))):
        resource = member(entry, "resource")
        if isinstance(resource, dict) and resource.get("resourceType") in (
            "DocumentReference",
            "List",
        ):
            changed = dict(resource)
            for name, place, identifier in _identifiers(resource):
                where = f"Bundle.entry[{index}].resource.{place}"
                read = _read(identifier, where, version, findings)
                if name == "masterIdentifier":
                    changed[name] = read
                else:
                    changed[name] = [
                        read if sibling is identifier else sibling for sibling in changed[name]
                    ]
            entry = {**entry, "resource": changed}
        entries.append(entry)
    return {**bundle, "entry": entries} if entries else bundle, findings


def _identifiers(resource: Json) -> Iterator[tuple[str, str, Json]]:
    if isinstance(resource.get("masterIdentifier"), dict):
        yield "masterIdentifier", "masterIdentifier", resource["masterIdentifier"]
    for number, identifier in enumerate(as_list(resource.get("identifier"))):
        if isinstance(identifier, dict):
            yield "identifier", f"identifier[{number}]", identifier


def _read(identifier: Json, where: str, version: Version, findings: list[Finding]) -> Json:
    """Returns an identifier as 4.2.3 writes it."""
    kind = _kind_of(identifier)
    # what the type says is read here; the value set that FHIR prefers for types knows nothing of it
    if kind:
        identifier = {name: value for name, value in identifier.items() if name != "type"}
    if version == "ci":
        if not kind:
            findings.append(
                note("identifier_type", where, REPLACE, METADATA, expected=" | ".join(USES))
            )
        return {**identifier, "use": USES.get(kind, identifier.get("use") or "usual")}
    if "use" in identifier:
        return identifier
    if version == "4.2.2":
        # 4.2.2 leaves `use` open: an entryUUID is told by its form, a masterIdentifier never is one
        is_entry = where.rpartition(".")[2] != "masterIdentifier" and _starts_with_uuid(identifier)
        return {**identifier, "use": "official" if is_entry else "usual"}
    if kind:
        findings.append(
            note("identifier_later", where, REPLACE, METADATA, found=kind, expected=USES[kind])
        )
    return identifier


def _kind_of(identifier: Json) -> str:
    for coding in as_list(member(identifier.get("type"), "coding")):
        system = str(member(coding, "system") or "")
        code = member(coding, "code")
        if system.endswith(SYSTEM) and code in USES:
            return str(code)
    return ""


def _starts_with_uuid(identifier: Any) -> bool:
    return str(member(identifier, "value") or "").startswith("urn:uuid:")

"""What a Bundle that claims a DDCC profile must contain before a server accepts it.

The whole judgement by a profile is the judge's; this is what a repository and a registry refuse in
any edition.
"""

from __future__ import annotations

from sandbox.errors import InvalidResource, NotConformant
from sandbox.fhir.json import Json, as_list, member
from sandbox.findings import Finding

CLAUSE = "DDCC 1.0.0 {}"
NEEDED = {  # by the last word of the profile
    "DDCCDocument": (
        "document",
        ("identifier", "timestamp", "link"),
        ("Composition", "Patient", "Organization"),
    ),
    "DDCCVSDocument": (
        "document",
        ("identifier", "timestamp", "link"),
        ("Composition", "Patient", "Immunization"),
    ),
    "DDCCTRDocument": (
        "document",
        ("identifier", "timestamp", "link"),
        ("Composition", "Patient", "Observation", "Device", "DiagnosticReport", "Procedure"),
    ),
    "DDCCProvideDocumentBundle": ("transaction", (), ("List", "DocumentReference")),
    "DDCCSubmitHealthEventRequest": ("batch", ("entry",), ()),
}


def refuse_if_lacking(bundle: Json) -> None:
    """Refuses a Bundle that says it is one of DDCC's and cannot be.

    Raises:
        InvalidResource: Its type is not the one that its profile asks for (400).
        NotConformant: A member or a resource lacks that the profile asks for (422).
    """
    for profile in as_list(member(bundle.get("meta"), "profile")):
        # by the last word: the published guide and its earlier build have different bases
        base, _, name = str(profile).partition("|")[0].rpartition("/")
        if name not in NEEDED or "/ddcc/" not in base:
            continue
        type, members, parts = NEEDED[name]
        clause = CLAUSE.format(name)
        if bundle.get("type") != type:
            found = str(bundle.get("type", "–"))
            raise InvalidResource(
                "ddcc.other_type", where="Bundle.type", clause=clause, found=found, expected=type
            )
        types = {
            member(member(entry, "resource"), "resourceType")
            for entry in as_list(bundle.get("entry"))
        }
        lacking = [f"Bundle.{part}" for part in members if not bundle.get(part)]
        lacking += [f"Bundle.entry.resource.ofType({part})" for part in parts if part not in types]
        if lacking:
            raise NotConformant([_lacks(place, clause) for place in lacking], type="Bundle")


def _lacks(place: str, clause: str) -> Finding:
    return Finding(
        "ddcc.lacks", "error", "ddcc.lacks", {"place": place}, where=place, clause=clause
    )

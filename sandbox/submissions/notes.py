"""Findings about a submission: each carries the error code that IHE names for it (ITI TF-3 table
4.2.4.1-2).
"""

from __future__ import annotations

from sandbox.findings import Finding, Severity

BUNDLE = "MHD 3:4.65.4.1.2"
ATTACHMENT = "MHD 3:4.65.4.1.2.1"
PATIENT = "MHD 3:4.65.4.1.2.2"
REPLACE = "MHD 3:4.65.4.1.2.3"
METADATA = "XDSRegistryMetadataError"
MISSING = "XDSMissingDocument"
MISMATCH = "XDSPatientIdDoesNotMatch"
DUPLICATE = "XDSDuplicateUniqueIdInRegistry"
NOT_IDENTICAL = "XDSNonIdenticalHash"
# What IHE's published examples do themselves, or what a retry after a lost answer looks like: said,
# and no reason to refuse.
WARNINGS: dict[str, Severity] = {
    "no_profile": "warning",
    "relative_patch": "warning",
    "put_without_id": "warning",
    "identifier_later": "warning",
    "known_id": "warning",
    "known_set": "warning",
    "other_content": "warning",
}


def note(
    name: str, where: str, clause: str, code: str, *, found: str = "", expected: str = ""
) -> Finding:
    """Returns the finding `mhd.NAME`: an error unless WARNINGS says otherwise.

    Args:
        name: The sentence in the catalogue.
        where: The element, from the Bundle on.
        clause: What the rule rests on.
        code: The error code that IHE names (ITI TF-3 table 4.2.4.1-2).
        found: What stands there.
        expected: What should.
    """
    key = f"mhd.{name}"
    severity = WARNINGS.get(name, "error")
    return Finding(
        key,
        severity,
        key,
        {"ihe_code": code},
        where=where,
        clause=clause,
        found=found,
        expected=expected,
    )

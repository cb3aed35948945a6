"""Which profile a document means to meet, by what it is: its declared profiles, its type, its
Composition.  Pure.
"""

from __future__ import annotations

from typing import Any

from sandbox.definitions.rulesets import profile_names
from sandbox.fhir.json import as_list, member

LOINC = "http://loinc.org"
# The type of its Composition says what a document is (IPS 2.0.0 and DDCC 1.0.0, Composition.type).
BY_COMPOSITION = {"60591-5": "ips", "82593-5": "ddcc"}


def propose_profile(resource: Any) -> str:
    """Returns the short name of a profile; empty where R4 and what it declares are all that it can
    mean.
    """
    if member(resource, "resourceType") != "Bundle":
        return ""
    declared = set(map(str, as_list(member(member(resource, "meta"), "profile"))))
    by_url = {url: name for name, url in profile_names().items()}
    # what a document says of itself goes before what it looks like
    known = [name for url, name in by_url.items() if url in declared]
    if known:
        return known[0]
    if member(resource, "type") == "document":
        codes = {code for code in _composition_codes(resource) if code in BY_COMPOSITION}
        return BY_COMPOSITION[min(codes)] if codes else ""
    return "mhd-minimal" if _is_submission(resource) else ""


def _resources(bundle: Any) -> list[Any]:
    return [member(entry, "resource") for entry in as_list(member(bundle, "entry"))]


def _composition_codes(bundle: Any) -> set[str]:
    codings = [
        coding
        for resource in _resources(bundle)
        if member(resource, "resourceType") == "Composition"
        for coding in as_list(member(member(resource, "type"), "coding"))
    ]
    return {str(member(coding, "code")) for coding in codings if member(coding, "system") == LOINC}


def _is_submission(bundle: Any) -> bool:
    """A submission set is a List, and what it submits are DocumentReferences (MHD 3:4.65.4.1.2)."""
    types = {str(member(resource, "resourceType")) for resource in _resources(bundle)}
    return member(bundle, "type") == "transaction" and {"List", "DocumentReference"} <= types

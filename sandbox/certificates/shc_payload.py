"""Checks the payload of a SMART Health Card: types, FHIR version, and a Bundle small enough for a
QR code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.certificates.steps import finding
from sandbox.findings import Finding

CLAUSE = "SMART Health Cards 1.4"
PAYLOAD = f"{CLAUSE} payload"
IG = "SMART Health Cards: Vaccination & Testing, Bundle.entry"
MOST_ENTRIES = 50  # that are looked at: a card holds a handful
RID = re.compile(r"[A-Za-z0-9_-]{1,24}")
SHORT = re.compile(r"resource:\d+")
KIND = "https://smarthealth.cards#"
CARD = f"{KIND}health-card"
CVX = "http://hl7.org/fhir/sid/cvx"
# CVX has no group for vaccines against COVID-19: each of its codes is named here.
_COVID_CODES = (207, 208, 210, 211, 212, 213, 217, 218, 219, 221, 225, 226, 227, 228, 229, 230)
_COVID_CODES_OF_2022 = (300, 301, 302, 308, 309, 310, 311, 312, 313)
COVID = frozenset(map(str, (*_COVID_CODES, *_COVID_CODES_OF_2022)))


def faults_of_payload(payload: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields where a card is not as the profile of its payload asks: types, version, Bundle without
    what costs room.
    """
    card = payload["vc"]
    types = card.get("type")
    subject = card["credentialSubject"]
    if not isinstance(types, list) or CARD not in types:
        clause = f"{CLAUSE} vc.type"
        yield finding("no_card_type", "error", where="vc.type", expected=CARD, clause=clause)
    if not re.fullmatch(r"\d+\.\d+\.\d+", str(subject.get("fhirVersion", ""))):
        where = "vc.credentialSubject.fhirVersion"
        yield finding("no_fhir_version", "error", where=where, clause=PAYLOAD)
    if "rid" in card and not RID.fullmatch(str(card["rid"])):
        met = str(card["rid"])[:40]
        yield finding("bad_rid", "error", where="vc.rid", found=met, clause=f"{CLAUSE} revocation")
    bundle = subject.get("fhirBundle")
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    is_bundle = isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle"
    if not is_bundle or not isinstance(entries, list):
        where = "vc.credentialSubject.fhirBundle"
        yield finding("no_bundle", "error", where=where, clause=PAYLOAD)
        return
    if bundle.get("type") != "collection":
        met = str(bundle.get("type", "–"))[:20]
        yield finding("bundle_type", "error", where="fhirBundle.type", found=met, clause=PAYLOAD)
    for number, entry in enumerate(entries[:MOST_ENTRIES]):
        yield from _entry(entry, f"fhirBundle.entry[{number}]")
    people = [entry for entry in entries if _kind_of(entry) == "Patient"]
    if len(people) > 1:
        where = "fhirBundle.entry"
        yield finding("several_patients", "warning", where=where, found=str(len(people)), clause=IG)
    for kind in _kinds(entries):
        name = f"{KIND}{kind}"
        if isinstance(types, list) and name not in types:
            clause = f"{CLAUSE} vc.type"
            yield finding("no_kind", "warning", where="vc.type", expected=name, clause=clause)


def _kind_of(entry: Any) -> Any:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    return resource.get("resourceType") if isinstance(resource, dict) else None


def _kinds(entries: Sequence[Any]) -> list[str]:
    """Returns the kinds of content that a card's types are to name, by what is in its Bundle."""
    resources = [entry.get("resource") for entry in entries if isinstance(entry, dict)]
    vaccinations = [
        resource
        for resource in resources
        if isinstance(resource, dict) and resource.get("resourceType") == "Immunization"
    ]
    is_covid = any(is_against_covid(vaccination) for vaccination in vaccinations)
    return (["immunization"] if vaccinations else []) + (["covid19"] if is_covid else [])


def is_against_covid(vaccination: Mapping[str, Any]) -> bool:
    """Tells whether a dose is against COVID-19, by its CVX code."""
    concept = vaccination.get("vaccineCode")
    codings = (concept.get("coding") or []) if isinstance(concept, dict) else []
    return any(
        coding.get("system") == CVX and coding.get("code") in COVID
        for coding in codings
        if isinstance(coding, dict)
    )


def _entry(entry: Any, where: str) -> Iterator[Finding]:
    resource = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(resource, dict):
        yield finding("no_bundle", "error", where=where, clause=PAYLOAD)
        return
    clause = f"{CLAUSE} FHIR"
    if not SHORT.fullmatch(str(entry.get("fullUrl", ""))):
        met = str(entry.get("fullUrl", "–"))[:40]
        place = f"{where}.fullUrl"
        yield finding("long_reference", "warning", where=place, found=met, clause=clause)
    extra = [name for name in ("id", "text") if name in resource]
    # of meta only security may stay: it carries the level of identity assurance
    extra += ["meta"] if set(resource.get("meta") or {}) - {"security"} else []
    if extra:
        names = ", ".join(extra)
        yield finding("costs_room", "warning", where=where, found=names, clause=clause)

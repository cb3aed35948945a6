"""Which profiles are held against an instance, beside those that are asked for: declared, by its
code, of a guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.definitions.store import R4_TYPE
from sandbox.fhir.codes import codings_of
from sandbox.findings import Reason
from sandbox.validation.context import Place, Validation
from sandbox.validation.knowledge import Knowledge
from sandbox.validation.profiles import judge_profile

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
# FHIR R4 observation-vitalsigns.html: an Observation with one of these codes meets the profile,
# which asks for the
# LOINC code where only SNOMED CT's stands.
VITAL_SIGNS = {
    "85353-1": "vitalspanel", "9279-1": "resprate", "8867-4": "heartrate", "2708-6": "oxygensat",
    "8310-5": "bodytemp", "8302-2": "bodyheight", "9843-4": "headcircum", "29463-7": "bodyweight",
    "39156-5": "bmi", "85354-9": "bp",
    "86290005": "resprate", "364075005": "heartrate", "103228002": "oxygensat",
    "386725007": "bodytemp", "276885007": "bodytemp", "50373000": "bodyheight",
    "363812007": "headcircum", "27113001": "bodyweight", "60621009": "bmi", "75367002": "bp",
}  # fmt: skip
GLOBAL = "FHIR R4 implementationguide-definitions.html#ImplementationGuide.global"


def declared_profiles(
    knowledge: Knowledge, resource: dict[str, Any], asked: list[str]
) -> Iterator[tuple[str, Reason]]:
    """Yields the profiles that a resource names, and those that R4 gives to vital signs by their
    code, with the reason.

    One that is named without version is taken in the version that goes with the profiles asked for.
    """
    meta = resource.get("meta")
    urls = meta.get("profile") if isinstance(meta, dict) else None
    for url in urls if isinstance(urls, list) else ():
        if isinstance(url, str):
            yield _in_context(knowledge, url, asked), Reason("declared")
    if resource.get("resourceType") == "Observation":
        codes = {
            code for system, code in codings_of(resource.get("code")) if system in (LOINC, SNOMED)
        }
        for code, profile in VITAL_SIGNS.items():
            if code in codes:
                yield R4_TYPE + profile, Reason("code", code)


def judge_globals(validation: Validation, place: Place) -> None:
    """Holds an instance against the profiles that an added guide asks of every instance of its
    type.
    """
    definitions = validation.knowledge.definitions
    for guide in validation.knowledge.guides:
        for type, profile in guide.globals:
            if type != place.node.type:
                continue
            before = len(validation.findings)
            validation.reason = Reason("global", str(guide))
            judge_profile(validation, place, definitions.pin("StructureDefinition", profile, guide))
            validation.reason = None
            if len(validation.findings) > before:
                validation.note(
                    "global_profile",
                    place,
                    severity="information",
                    clause=GLOBAL,
                    name=profile,
                    guide=str(guide),
                    type=type,
                )


def _in_context(knowledge: Knowledge, canonical: str, asked: list[str]) -> str:
    definitions = knowledge.definitions
    packages = filter(None, map(definitions.package_of, asked))
    pins = (definitions.pin("StructureDefinition", canonical, package) for package in packages)
    return next((pin for pin in pins if pin != canonical), canonical)

"""The rules that every Extension meets, its definition known or not (FHIR R4 extensibility.html,
ext-1).
"""

from __future__ import annotations

import re

from sandbox.validation.context import Place, Validation

CLAUSE = "FHIR R4 extensibility.html"
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
NAMES = ("extension", "modifierExtension")


def judge_any_extension(validation: Validation, place: Place) -> None:
    """Asks for a value or parts, not both, and for an absolute url; a part of an extension may have
    a relative one.
    """
    value = place.node.value
    if not value.keys() - {"id"}:
        return  # an empty object, and said so
    has_value = any(key.startswith(("value", "_value")) for key in value)
    if has_value == ("extension" in value):
        validation.note(
            "extension_both" if has_value else "extension_empty", place, clause=f"{CLAUSE} ext-1"
        )
    url = value.get("url")
    if not isinstance(url, str) or not url:
        return
    if ABSOLUTE.match(url):
        validation.extensions.append(place)
    elif not is_part(place):
        validation.note("extension_url", place.at(place.node, "url"), clause=CLAUSE, found=url)


def is_part(place: Place) -> bool:
    """Tells whether an extension stands directly in another one."""
    around = place.path.rpartition(".")[0].rpartition(".")[2]
    return around.partition("[")[0] in NAMES

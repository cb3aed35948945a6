"""Check digits: some codes are impossible in their system, which shows without the system."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sandbox.terminology.naming import LOINC, SNOMED

NUMBER = re.compile(r"^(\d{1,7})-(\d)$")
# Parts, answers, answer lists, groups and nodes of hierarchies; their digit follows a rule that
# LOINC does not publish.
PREFIXED = re.compile(r"^(LP|LA|LL|LG|MTHU)\d+(-\d)?$", re.IGNORECASE)
SCTID = re.compile(r"^[1-9]\d{5,17}$")
CONCEPTS = ("00", "10")  # the partition of concepts: international, and of an extension
EXPRESSION = re.compile(r"[\s|:+=,{}()<>]")

# The dihedral group of order 10, as Verhoeff's algorithm multiplies in it, and the permutation of a
# digit by place.
_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTED = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def is_loinc(code: str) -> bool:
    """Tells whether a text can be a LOINC code: up to seven digits, a hyphen and a check digit
    (LOINC Users' Guide).
    """
    number = NUMBER.match(code)
    if number is None:
        return PREFIXED.match(code) is not None
    return _mod_10(number[1]) == int(number[2])


def is_sctid(code: str) -> bool:
    """Tells whether a text can be the id of a SNOMED CT concept (SNOMED CT Release File
    Specifications, SCTID).
    """
    return SCTID.match(code) is not None and code[-3:-1] in CONCEPTS and _verhoeff(code) == 0


def _is_snomed(code: str) -> bool:
    """An expression may stand for a concept (FHIR R4 snomedct.html); its grammar is not judged."""
    return EXPRESSION.search(code) is not None or is_sctid(code)


CAN_BE: Mapping[str, Callable[[str], bool]] = {LOINC: is_loinc, SNOMED: _is_snomed}


def _mod_10(digits: str) -> int:
    """Every second digit from the right is doubled; the digit fills the sum of digits up to the
    next ten.
    """
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(digits)))
    return -sum(number - 9 if number > 9 else number for number in doubled) % 10


def _verhoeff(digits: str) -> int:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_PRODUCT[check][int(_PERMUTED[place % 8][int(digit)])])
    return check

"""The verdict on a code by itself, whatever it is bound to: known, wrong, or not to be decided from
what is at hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox.definitions.store import Definitions
from sandbox.terminology.check_digits import CAN_BE
from sandbox.terminology.naming import is_absolute
from sandbox.terminology.systems import CodeSystems, Concept

Kind = Literal[
    "known",
    "asked",
    "unknown_code",
    "code_case",
    "impossible_code",
    "code_not_checked",
    "system_misspelt",
    "system_relative",
    "system_is_value_set",
    "system_is_supplement",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is so about a code; `expected` is the system or code that is meant, where that is
    known.
    """

    kind: Kind
    expected: str = ""
    concept: Concept | None = None


def judge_code(
    definitions: Definitions, systems: CodeSystems, system: str, code: str, version: str
) -> Verdict:
    """Returns the verdict on a code of a system (FHIR R4 datatypes.html#Coding)."""
    if systems.standing(system) == "absent" and not systems.is_defined(system):
        return _of_unknown_system(definitions, systems, system, code)
    if systems.is_supplement(system):
        return Verdict("system_is_supplement")
    concept = systems.find(system, code)
    if concept:
        return Verdict("known", concept=concept)
    if systems.has(system, code) is None:
        return _of_unlisted_code(system, code)
    # the code may belong to a version that is not at hand: that is no fault
    if version and not systems.has_version(system, version):
        return Verdict("code_not_checked")
    near = systems.near(system, code)
    return Verdict("code_case", near) if near else Verdict("unknown_code")


def _of_unknown_system(
    definitions: Definitions, systems: CodeSystems, system: str, code: str
) -> Verdict:
    right = systems.right_url(system)
    if not is_absolute(system):
        return Verdict("system_relative", right)
    if right:
        return Verdict("system_misspelt", right)
    value_set = definitions.value_set(system)
    if value_set is not None:
        drawn = {str(include.get("system", "")) for include in value_set.get("include", ())}
        return Verdict("system_is_value_set", drawn.pop() if len(drawn) == 1 else "")
    return _of_unlisted_code(system, code)


def _of_unlisted_code(system: str, code: str) -> Verdict:
    can_be = CAN_BE.get(system)
    return (
        Verdict("impossible_code") if can_be and not can_be(code) else Verdict("code_not_checked")
    )

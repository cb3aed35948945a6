"""UCUM units: is this text a unit, how much of another one?  A grammar decides, not a list
(ucum.org, section 2).
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sandbox.limits import UNIT_CHARACTERS, UNIT_DEPTH, UNIT_EXPONENT

if TYPE_CHECKING:
    from lark import Lark

UCUM = "http://unitsofmeasure.org"
# a power stands behind a letter, bracket, star or caret: m2, [in_i]3, 10*9, 10^-3, (m2)3
EXPONENT = re.compile(r"(?<=[A-Za-z)\]*^])[+-]?([0-9]{1,120})")
# The units that most documents use, so that the grammar's parser is loaded for the others only.
_WORDS = (
    "% 1 kg g mg ug ng pg L mL dL uL fL m cm mm kg/m2 Cel h d wk mo a min s /min mm[Hg] mmol/L "
    "umol/L mmol/mol mg/dL g/dL g/L ng/mL pg/mL 10*9/L 10*12/L U/L [IU] m[IU]/L mL/min "
    "mL/min/{1.73_m2} {tbl} {score}"
)
FREQUENT = frozenset(_WORDS.split())


def is_unit(code: str) -> bool:
    """Tells whether a text is a valid, case-sensitive UCUM unit."""
    # a longer text is not even remembered as none
    return code in FREQUENT or (len(code) <= UNIT_CHARACTERS and _is_unit(code))


@lru_cache(maxsize=4096)
def _is_unit(code: str) -> bool:
    if not code or any(not "!" <= character <= "~" for character in code):
        return False
    if code.count("(") > UNIT_DEPTH:
        return False
    from lark.exceptions import LarkError

    try:
        _parser().parse(code)
    except LarkError:
        return False
    return True


def scale(code: str, target: str) -> tuple[float, float] | None:
    """Returns factor and offset from one unit to another, or None where the two cannot be compared.

    `x code` are `x * factor + offset target`.
    """
    return _scale(code, target) if is_unit(code) and is_unit(target) else None


@lru_cache(maxsize=4096)
def _scale(code: str, target: str) -> tuple[float, float] | None:
    if _is_beyond_measure(code) or _is_beyond_measure(target):
        return None
    registry = _registry()
    try:
        units = registry.from_ucum(code).units
        zero, first = (
            registry.Quantity(value, units).to(registry.from_ucum(target).units)
            for value in (0.0, 1.0)
        )
    except _incomparable():
        return None
    # a number before the unit, as in 10*9/L, is part of what from_ucum gives
    factor = float(registry.from_ucum(code).magnitude) / float(registry.from_ucum(target).magnitude)
    return (first.magnitude - zero.magnitude) * factor, zero.magnitude


def _is_beyond_measure(code: str) -> bool:
    """Tells whether a unit has a power, or powers of powers, that no computation should carry
    out.
    """
    power = 1
    for digits in EXPONENT.findall(code):
        power *= max(1, int(digits))
    return power > UNIT_EXPONENT


@cache
def _incomparable() -> tuple[type[Exception], ...]:
    from lark.exceptions import LarkError
    from pint.errors import PintError

    return PintError, LarkError, AttributeError  # an annotation such as {score} has no units


@cache
def _registry() -> Any:
    from ucumvert import PintUcumRegistry

    return PintUcumRegistry()


@cache
def _parser() -> Lark:
    from ucumvert import get_ucum_parser

    parser: Lark = get_ucum_parser()
    return parser

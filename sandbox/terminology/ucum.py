"""UCUM units: is this text a unit?  A grammar with a table of atoms decides, not a list (ucum.org, section 2)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark

UCUM = "http://unitsofmeasure.org"
MAX_LENGTH = 120
# The units that most documents use, so that the grammar's parser is loaded for the others only.
_WORDS = (
    "% 1 kg g mg ug ng pg L mL dL uL fL m cm mm kg/m2 Cel h d wk mo a min s /min mm[Hg] mmol/L umol/L mmol/mol "
    "mg/dL g/dL g/L ng/mL pg/mL 10*9/L 10*12/L U/L [IU] m[IU]/L mL/min mL/min/{1.73_m2} {tbl} {score}"
)
FREQUENT = frozenset(_WORDS.split())


@lru_cache(maxsize=4096)
def is_unit(code: str) -> bool:
    """Tells whether a text is a valid, case-sensitive UCUM unit."""
    if code in FREQUENT:
        return True
    if not code or len(code) > MAX_LENGTH or any(not "!" <= character <= "~" for character in code):
        return False
    from lark.exceptions import LarkError

    try:
        _parser().parse(code)
    except LarkError:
        return False
    return True


@cache
def _parser() -> Lark:
    from ucumvert import get_ucum_parser

    parser: Lark = get_ucum_parser()
    return parser

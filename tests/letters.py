"""Numbers of tests by their family: `RCP-19*` is RCP-19 with every letter behind it, and none.

What a table says of a family holds for whoever joins it, so that a new letter needs no row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable


def meant_by(name: str, numbers: Iterable[str]) -> list[str]:
    """Returns those of `numbers` that a name in a table means; a name without a star means itself."""
    if not name.endswith("*"):
        return [name]
    member = re.compile(re.escape(name.removesuffix("*")) + "[a-z]?")
    return [number for number in numbers if member.fullmatch(number)]

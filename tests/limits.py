"""The page of all limits, written from the table.

`python -m tests.limits` writes `docs/limits.md` anew; a test holds the page to the table.
"""

from __future__ import annotations

from itertools import groupby

from sandbox.limits import KILOBYTE, LIMITS, MEGABYTE, Limit
from tests.places import PROJECT

PAGE = PROJECT / "docs" / "limits.md"
HEAD = """# Limits

What foreign input may cost. Written by `python -m tests.limits` from the table in `sandbox/limits.py`, from which the code
reads the same numbers. Beyond a limit comes the error beside it; where there is none, what is beyond is cut or left out.
"""


def amount(limit: Limit) -> str:
    """Returns the value as a reader has it: bytes as kB or MB, large numbers with commas."""
    if limit.unit == "bytes" and limit.value >= MEGABYTE:
        return f"{limit.value // MEGABYTE:,} MB"
    if limit.unit == "bytes":
        return f"{limit.value // KILOBYTE:,} kB"
    return f"{limit.value:,} {limit.unit}".strip()


def page() -> str:
    """Returns the page."""
    lines = [HEAD]
    for input, limits in groupby(LIMITS, lambda limit: limit.input):
        lines.append(f"## {input[0].upper()}{input[1:]}\n")
        lines += ["| what | at most | error |", "|---|---|---|"]
        for limit in limits:
            error = f"`{limit.error}`" if limit.error else ""
            lines.append(f"| {limit.measure} | {amount(limit)} | {error} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

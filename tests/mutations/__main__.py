"""`make mutations`: five thousand changes of each field, in blocks that are kept, so that a run goes on where it stopped.

A change that is accepted and says another thing ends the run with its text.  The table is written
beside this file.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from tests.places import PROJECT
from tests.sandbox.credentials.mutating import FIELDS, tried

BLOCK, BLOCKS = 500, 10
ROOM = PROJECT / "sandbox" / "credentials"
KEPT = PROJECT / "out" / "mutations.json"
TABLE = Path(__file__).with_name("RESULTS.md")
HEAD = """# Credentials changed in one place

`make mutations`: a letter taken out, put in or exchanged, by chance that is seeded. None broke anything, and none was accepted that says
another thing than what was signed. Accepted are those that say the same: blanks in JSON, and an offer, which nobody signs.

| field | changed | refused | say the same |
|---|---:|---:|---:|
"""


def main() -> None:
    """Tries what was not tried since the sources changed, and writes the table."""
    stamp = _stamp()
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.is_file() else {}
    rows: dict[str, int] = kept.get("rows", {}) if kept.get("stamp") == stamp else {}
    begun = time.monotonic()
    for block in range(BLOCKS):
        for name in FIELDS:
            key = f"{name} {block}"
            if key in rows:
                continue
            rows[key] = tried(name, BLOCK, f"25 {block}")
            KEPT.parent.mkdir(exist_ok=True)
            KEPT.write_text(json.dumps({"stamp": stamp, "rows": rows}), encoding="utf-8")
    TABLE.write_text(HEAD + "\n".join(_lines(rows)) + "\n", encoding="utf-8")
    print(f"{len(rows) * BLOCK} changed in {time.monotonic() - begun:.0f} s: {TABLE}")


def _stamp() -> str:
    """Returns what tells one state of the sources from another."""
    digest = hashlib.sha256()
    for file in sorted(ROOM.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _lines(rows: dict[str, int]) -> list[str]:
    lines = []
    for name in FIELDS:
        equal = sum(rows[f"{name} {block}"] for block in range(BLOCKS))
        count = BLOCK * BLOCKS
        lines.append(f"| {name} | {count:,} | {count - equal:,} | {equal:,} |")
    return [*lines, f"| all | {len(rows) * BLOCK:,} | | {sum(rows.values()):,} |"]


main()

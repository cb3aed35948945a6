"""`make examples`: all examples of R4 through XML and back; writes tests/examples/RESULTS.md."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.examples.storing import LARGE, stored, unequal_through_xml
from tests.tables import EXAMPLES

TITLE = "Examples of R4 through XML and back"
TEXT = f"""Each is read from the server as XML, and that XML as a resource: it must be the one that was stored.
The suite takes those below {LARGE // 1000} kB every time, and every day another part of the larger ones.

| type | examples | larger | kB | equal again |
|---|---:|---:|---:|---:|
"""


def main() -> int:
    """Returns 1 where an example is another one behind its XML."""
    with (
        tempfile.TemporaryDirectory(prefix="connectathon-examples-") as folder,
        stored(Path(folder)) as server,
    ):
        unequal = unequal_through_xml(server, list(server.examples))
        kinds = Counter(path.partition("/")[0] for path in server.examples)
        wrong = Counter(line.partition("/")[0] for line in unequal)
        size = Counter[str]()
        larger = Counter[str]()
        for path, bytes in server.sizes.items():
            size[path.partition("/")[0]] += bytes
            larger[path.partition("/")[0]] += bytes >= LARGE
    rows = [
        f"| {kind} | {kinds[kind]} | {larger[kind]} | {size[kind] // 1000:,} | {kinds[kind] - wrong[kind]} |"
        for kind in sorted(kinds)
    ]
    sums = f"{len(server.examples):,} | {larger.total()} | {size.total() // 1000:,}"
    rows.append(f"| **all** | {sums} | {len(server.examples) - len(unequal):,} |")
    EXAMPLES.write(TITLE, TEXT + "\n".join(rows + [f"- {line}" for line in unequal]))
    print("\n".join(unequal))
    return 1 if unequal else 0


if __name__ == "__main__":
    sys.exit(main())

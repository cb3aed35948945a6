"""`make fidelity`: writes tests/fidelity/RESULTS.md; fails when less is seen than is asked for, or a server is not there.

`python -m tests.fidelity ours 1` plays one server about one patient, and writes nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.fidelity.freshness import RESULTS, hash_of_sources
from tests.fidelity.measuring import measured
from tests.fidelity.report import gaps, shortfalls, written
from tests.fidelity.servers import OTHERS, OURS, PATIENTS, there
from tests.places import PROJECT


def main(words: Sequence[str]) -> int:
    """Returns 1 when less is seen than is asked for.

    Args:
        words: A server and patients; all, if empty.
    """
    chosen = [server for server in there() if not words or server.name in words]
    patients = tuple(patient for patient in PATIENTS if patient in words) or PATIENTS
    results = [measured(server, list, patients) for server in chosen]
    if words:
        print("\n".join(gaps(results)))
    else:
        when = f"{datetime.now(UTC):%Y-%m-%d}, after commit {_commit()}"
        text = written(results, when=when, sources=hash_of_sources())
        RESULTS.write_text(text, encoding="utf-8")
        print(text)
    short = shortfalls(results)
    if not words and len(chosen) < len((OURS, OTHERS)):
        short.append(f"{OTHERS.name} is not there: make systems")
    print("\n".join(short))
    return 1 if short else 0


def _commit() -> str:
    asked = ["git", "rev-parse", "--short=8", "HEAD"]
    return subprocess.run(
        asked, capture_output=True, text=True, check=True, cwd=PROJECT
    ).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

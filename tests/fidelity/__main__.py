"""`make fidelity`: writes tests/fidelity/RESULTS.md; fails when less is seen than is asked for, or a server is not there.

`python -m tests.fidelity ours 1` plays one server about one patient, and writes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests.fidelity.measuring import measured
from tests.fidelity.report import TITLE, gaps, shortfalls, written
from tests.fidelity.servers import OTHERS, OURS, PATIENTS, there
from tests.tables import FIDELITY


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
        FIDELITY.write(TITLE, written(results))
        print(FIDELITY.file.read_text(encoding="utf-8"))
    short = shortfalls(results)
    if not words and len(chosen) < len((OURS, OTHERS)):
        short.append(f"{OTHERS.name} is not there: make systems")
    print("\n".join(short))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

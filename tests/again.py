"""`make test-again`: asks the tests that failed last once more, one after the other.

A machine of CI is shared and slow, and a race that it meets once in ten thousand tests must not hide what all the others
prove.  It stays a fault: it is printed by name, and whoever reads it looks for its cause.  More than a few are no accident.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tests.places import PROJECT

MOST = 3
FAILED = PROJECT / ".pytest_cache" / "v" / "cache" / "lastfailed"
# xdist writes the group that a test is played in, a word or a file, behind its id
GROUP = re.compile(r"@[\w./ -]+$")


def main() -> int:
    """Returns 0 where the few that failed pass alone; else what pytest returns."""
    failed = sorted({GROUP.sub("", id) for id in json.loads(FAILED.read_text("utf-8"))})
    print(f"{len(failed)} failed beside others:", *failed, sep="\n  ", flush=True)
    if not 0 < len(failed) <= MOST:
        return 1
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:randomly", *failed]
    code = subprocess.run(command, cwd=PROJECT, check=False).returncode
    if code == 0:
        print("They pass alone: each has a race to be found.", *failed, sep="\n  ")
    return code


if __name__ == "__main__":
    sys.exit(main())

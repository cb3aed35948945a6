"""Which pins of the lock are behind what the package index has: `python -m tests.outdated` (make outdated).

pip answers an empty list both where all is new and where it reaches no index; so the index is asked for one package first.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.dependencies import applies, pins, version_of

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
ALWAYS_THERE = "pip"


def behind(newer: Iterable[dict[str, str]], locked: Iterable[Requirement]) -> list[str]:
    """Returns a line for each pin of this platform of which pip knows a newer version.

    Args:
        newer: what `pip list --outdated --format=json` prints; packages that are not pinned are left out.
        locked: the pins.
    """
    latest = {canonicalize_name(package["name"]): package["latest_version"] for package in newer}
    return [
        f"{pin.name} {version_of(pin)} -> {latest[canonicalize_name(pin.name)]}"
        for pin in locked
        if applies(pin)
        and latest.get(canonicalize_name(pin.name), version_of(pin)) not in pin.specifier
    ]


def index_answers() -> bool:
    """Tells whether pip reaches its package index."""
    asked = subprocess.run(
        [*PIP, "index", "versions", ALWAYS_THERE], capture_output=True, check=False
    )
    return asked.returncode == 0


def main() -> None:
    """Prints the pins that are behind.

    Raises:
        SystemExit: the index cannot be asked.
    """
    if not index_answers():
        raise SystemExit("not checked: pip reaches no package index")
    listed = subprocess.run(
        [*PIP, "list", "--outdated", "--format=json"], capture_output=True, check=True
    )
    for line in behind(json.loads(listed.stdout), pins()) or ["no pin is behind"]:
        print(line)


if __name__ == "__main__":
    main()

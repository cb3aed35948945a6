"""Prints the figures of `sandbox` and `bot`; exit 1 where one is worse than `agreed.toml` allows."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from tests.metrics.measuring import measure
from tests.places import PROJECT

AGREED = Path(__file__).parent / "agreed.toml"
ROOMS = ("sandbox", "bot")


def main() -> None:
    """Measures, prints, and compares with what was agreed."""
    files = sorted(file for room in ROOMS for file in (PROJECT / room).rglob("*.py"))
    counts = measure(file.read_text(encoding="utf-8") for file in files)
    agreed = tomllib.loads(AGREED.read_text(encoding="utf-8"))
    worse = []
    for name, figure in counts.figures().items():
        bounds = agreed.get(name, {})
        is_worse = figure > bounds.get("most", figure) or figure < bounds.get("least", figure)
        worse += [name] if is_worse else []
        print(
            f"{name:44} {figure:8.2f}   {' '.join(f'{word} {bound}' for word, bound in bounds.items())}"
        )
    print("commonest local names: " + ", ".join(name for name, _ in counts.names.most_common(12)))
    for name in worse:
        print(f"worse than agreed: {name}", file=sys.stderr)
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()

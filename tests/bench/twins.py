"""`make twins`: the table of broken twins, and what the test bench says of each against what is expected."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from pathlib import Path

from sandbox.server.twins import TWINS
from tests.conftest import a_sandbox
from tests.sandbox.testbench import test_twins
from tests.sandbox.testbench.playing import played_all, verdicts


def main() -> int:
    """Returns 1 when a twin is not told as expected, or the right server not right."""
    expected = tomllib.loads(Path(test_twins.__file__).with_name("twins.toml").read_text(encoding="utf-8"))
    wrong = 0
    for twin in ("", *TWINS):
        with tempfile.TemporaryDirectory() as folder, a_sandbox(Path(folder), seed="training", twin=twin) as client:
            found = verdicts(played_all(client))
        is_right = found == {verdict: sorted(numbers) for verdict, numbers in expected.get(twin, {}).items()}
        wrong += not is_right
        print(f"{'✓' if is_right else '✗'} {twin or 'the right server':<22} {_words(found)}")
    return 1 if wrong else 0


def _words(found: dict[str, list[str]]) -> str:
    return "; ".join(f"{verdict} {' '.join(numbers)}" for verdict, numbers in sorted(found.items())) or "all pass"


if __name__ == "__main__":
    sys.exit(main())

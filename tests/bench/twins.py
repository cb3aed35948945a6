"""`make twins`: the broken twins of server and client, and what the test bench says of each against what is expected."""

from __future__ import annotations

import sys
import tempfile
import tomllib
from pathlib import Path

from sandbox.twins import TWINS
from tests.conftest import a_sandbox
from tests.sandbox.testbench import client_twins, test_client_twins, test_twins
from tests.sandbox.testbench.playing import played_all, verdicts


def main() -> int:
    """Returns 1 when a twin is not told as expected, or the right server not right."""
    expected = tomllib.loads(
        Path(test_twins.__file__).with_name("twins.toml").read_text(encoding="utf-8")
    )
    wrong = 0
    for twin in ("", *TWINS):
        with (
            tempfile.TemporaryDirectory() as folder,
            a_sandbox(Path(folder), seed="training", twin=twin) as client,
        ):
            found = verdicts(played_all(client))
        wrong += not _told(twin or "the right server", found, expected.get(twin, {}))
    expected = tomllib.loads(
        Path(test_client_twins.__file__).with_name("client_twins.toml").read_text("utf-8")
    )
    for twin in client_twins.TWINS:
        with (
            tempfile.TemporaryDirectory() as folder,
            a_sandbox(Path(folder), seed="training") as client,
        ):
            wrong += not _told(twin, client_twins.told_of(twin, client), expected[twin])
    return 1 if wrong else 0


def _told(twin: str, found: dict[str, list[str]], expected: dict[str, list[str]]) -> bool:
    is_right = found == {verdict: sorted(numbers) for verdict, numbers in expected.items()}
    print(f"{'✓' if is_right else '✗'} {twin:<34} {_words(found)}")
    return is_right


def _words(found: dict[str, list[str]]) -> str:
    return (
        "; ".join(f"{verdict} {' '.join(numbers)}" for verdict, numbers in sorted(found.items()))
        or "all pass"
    )


if __name__ == "__main__":
    sys.exit(main())

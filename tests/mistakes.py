"""`python -m tests.mistakes`: writes `docs/credential-mistakes.md`, each mistake with wallets beside the twins that make it and
the tests that say so.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.places import PROJECT

PAGE = PROJECT / "docs" / "credential-mistakes.md"
MISTAKES = Path(__file__).with_suffix(".toml")
TWINS = PROJECT / "tests" / "sandbox" / "testbench"
EXPECTATIONS = {
    "vci.issuer": "issuer_twins",
    "vci.wallet": "wallet_twins",
    "vp.verifier": "verifier_twins",
    "vp.wallet": "showing_twins",
    "vc.content": "content_twins",
}
"""The tracks, and where it stands what the bench must say of each twin; tests hold that it does."""
SAID = ("fail", "warn", "skip")
HEAD = """# Twenty mistakes with wallets

Each mistake that teams make with credentials is made by a twin, a system that is right but for it, and the bench must tell it from a right one. Which
tests say so stands behind each; those that a twin keeps from being played are left out. Where none fails or warns, the tests are named that could not
be decided, which is all that is known of such a system. Written by `python -m tests.mistakes` from what tests hold.

| | mistake | clause | track | twin | tests |
|---:|---|---|---|---|---|
"""


def mistakes() -> list[dict[str, Any]]:
    """Returns the mistakes in their order."""
    rows: list[dict[str, Any]] = tomllib.loads(MISTAKES.read_text(encoding="utf-8"))["mistake"]
    return rows


def expected(track: str) -> dict[str, dict[str, Any]]:
    """Returns what the bench must say of each twin of a track."""
    text = (TWINS / f"{EXPECTATIONS[track]}.toml").read_text(encoding="utf-8")
    own = f"{track}."
    return {name.removeprefix(own): row for name, row in tomllib.loads(text).items()}


def told_of(track: str, twin: str) -> tuple[str, list[str]]:
    """Returns how a twin is told, and by which tests: by those that fail, else that warn, else that are not decided."""
    row = expected(track)[twin]
    verdict = next(verdict for verdict in SAID if row.get(verdict))
    return verdict, row[verdict]


def page() -> str:
    """Returns the page as it should stand."""
    return HEAD + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for number, mistake in enumerate(mistakes(), 1):
        begins = f"| {number} | {mistake['text']} | {mistake['clause']} |"
        for track, twins in mistake["twins"].items():
            for twin in twins:
                verdict, tests = told_of(track, twin)
                yield f"{begins} {track} | {twin.replace('_', ' ')} | {verdict}: {', '.join(tests)} |"
                begins = "| | | |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

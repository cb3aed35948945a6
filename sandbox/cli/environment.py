"""Writes environment.yml, for people who develop with conda, and Binder's, for learners, from the
locks: `python -m sandbox.cli.environment`.

Only Python and pip come from conda; everything else stands under `pip:` with its hashes, so the
environment can be proved with pip, which refuses whatever lacks one as soon as one line has one.
"""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import indent

from sandbox.shipped import SOURCES

HEAD = """name: connectathon-sandbox
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""
ITEM = " " * 6
PIN = re.compile(r"^\S(?:.*\\\n)*.*\n", re.MULTILINE)


def environment_yml(lock: str) -> str:
    """Returns the environment file for a lock's text.

    Args:
        lock: pins with their hashes, continued over lines by a backslash; a folded scalar of YAML
            makes one line of them again, since conda hands each item to pip as one line.
    """
    return HEAD + "".join(f"    - >-\n{indent(pin, ITEM)}" for pin in pins_with_hashes(lock))


def pins_with_hashes(lock: str) -> list[str]:
    """Returns the text of each pin of a lock, a hash a line."""
    text = "".join(line for line in lock.splitlines(keepends=True) if line[:1] != "#")
    pins = PIN.findall(text)
    return [re.sub(r" \\\n +", "\n", pin) for pin in pins]


def environment_files() -> dict[Path, Path]:
    """Returns the lock of each environment file: with conda one also tests, in Binder one learns,
    and each package more makes every launch slower.
    """
    return {
        SOURCES / "environment.yml": SOURCES / "requirements-dev.lock",
        SOURCES / "binder" / "environment.yml": SOURCES / "requirements.lock",
    }


if __name__ == "__main__":
    for file, lock in environment_files().items():
        text = environment_yml(lock.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8", newline="\n")

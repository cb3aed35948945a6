"""Writes environment.yml and its copy for Binder from the lock: `python -m
sandbox.cli.environment`.

Only Python and pip come from conda; everything else stands under `pip:`, so the environment can be
proved with pip.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.shipped import SOURCES

HEAD = """name: connectathon-sandbox
channels:
  - conda-forge
dependencies:
  - python=3.11
  - pip
  - pip:
"""


def environment_yml(lock: str) -> str:
    """Returns the environment file for a lock file's text."""
    pins = [line for line in lock.splitlines() if line and not line.startswith("#")]
    return HEAD + "".join(f'    - "{pin}"\n' for pin in pins)


def environment_files() -> tuple[Path, Path]:
    """Returns the two places of the file."""
    return SOURCES / "environment.yml", SOURCES / "binder" / "environment.yml"


if __name__ == "__main__":
    text = environment_yml((SOURCES / "requirements.lock").read_text(encoding="utf-8"))
    for file in environment_files():
        file.write_text(text, encoding="utf-8", newline="\n")

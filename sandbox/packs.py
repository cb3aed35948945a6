"""The pack: lessons, checks and data of somebody's own, in a folder outside of the project.

CONNECTATHON_PACK names it.  What stands below `hidden`, and the sources of its lessons with their
solutions, are for who grades; the rest is what learners get, and what a notebook sees while it is
graded.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

VARIABLE = "CONNECTATHON_PACK"
CHECKS = "checks"
HIDDEN = "hidden"
NOTEBOOKS = "notebooks"
SEED = "seed"
LESSON_SOURCES = "src"


def pack_folder() -> Path | None:
    """Returns the folder of the pack that is in use; None where none is."""
    named = os.environ.get(VARIABLE)
    return Path(named).expanduser().resolve() if named else None


def is_pack(folder: Path) -> bool:
    """Tells whether a folder holds checks of lessons, which every pack does."""
    return any(folder.glob(f"{CHECKS}/*.py")) or any(folder.glob(f"{HIDDEN}/*.py"))


def in_pack(*parts: str) -> Path | None:
    """Returns what stands at a place in the pack; None where nothing does."""
    folder = pack_folder()
    place = folder.joinpath(*parts) if folder else None
    return place if place and place.exists() else None


def pack_lessons() -> list[str]:
    """Returns the names of the pack's own lessons, in order."""
    folder = in_pack(CHECKS)
    return sorted(file.stem for file in folder.glob("*.py")) if folder else []


def pack_seed() -> list[Path]:
    """Returns the files with the pack's data, in order: transaction Bundles, as in a seed."""
    folder = in_pack(SEED)
    return sorted(folder.glob("*.json")) if folder else []


def copy_public_part(target: Path, *, is_graded: bool = False) -> None:
    """Copies what of the pack is no secret.

    Args:
        target: A folder that is not there yet.
        is_graded: Whether a notebook is graded on it: on the data that nobody has seen, where the
            pack has such.
    """
    folder = pack_folder()
    if folder is None:
        return
    secret = {folder / HIDDEN, folder / NOTEBOOKS / LESSON_SOURCES}

    def left_out(place: str, names: list[str]) -> list[str]:
        return [
            name for name in names if Path(place, name) in secret or name.startswith((".", "__"))
        ]

    shutil.copytree(folder, target, ignore=left_out)
    hidden_seed = in_pack(HIDDEN, SEED)
    if is_graded and hidden_seed:
        shutil.rmtree(target / SEED, ignore_errors=True)
        shutil.copytree(hidden_seed, target / SEED)

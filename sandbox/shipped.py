"""Folders that come with the project beside its code: `datasets`, `docs` and `notebooks`.

In a checkout they stand beside the packages, where people look for them; a wheel carries them
inside of this package (`[tool.hatch.build.targets.wheel.force-include]` of pyproject.toml).
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# What holds the packages: the checkout, or site-packages.
SOURCES = PACKAGE.parent
INSIDE = PACKAGE / "shipped"


def shipped(name: str) -> Path:
    """Returns a folder that comes with the project.

    Args:
        name: `datasets`, `docs` or `notebooks`.

    Returns:
        The folder in the wheel, or that of the checkout.
    """
    return INSIDE / name if INSIDE.is_dir() else SOURCES / name


def is_checkout() -> bool:
    """Tells whether the code runs from a checkout, with the locks and the lesson sources in
    place.
    """
    return not INSIDE.is_dir()

"""Packages added by the user: compiled into the data folder, one file each, beside the committed
core.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.definitions.compiled import Definition, read_compiled
from sandbox.definitions.store import CORE, CORE_PACKAGES
from sandbox.settings import data_folder


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that the judge knows: how many definitions it holds, whether it belongs to the
    core, what it lacks.
    """

    name: str
    version: str
    definitions: int
    is_core: bool
    missing: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"


def packages_folder() -> Path:
    """Returns where added packages stand."""
    return data_folder() / "packages"


def installed_packages() -> Iterator[Installed]:
    """Yields the core's packages, then the added ones by name."""
    core = [CORE / f"{package}.json.xz" for package in CORE_PACKAGES]
    for place in (*core, *added_files()):
        package = read_compiled(place)
        name = package.manifest.name
        version = package.manifest.version
        yield Installed(name, version, len(package.definitions), is_core=place in core)


def installed_resources() -> Iterator[Definition]:
    """Yields the definitions of the added packages."""
    for place in added_files():
        yield from read_compiled(place).definitions


def added_files() -> list[Path]:
    """Returns the compiled files of the added packages."""
    return sorted(packages_folder().glob("*.json.xz"))

"""Packages that the user added: compiled into the data folder, one file each, beside the committed core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.definitions.compiled import Definition, Manifest, compiled_bytes, read_compiled
from sandbox.definitions.packages import BadPackage
from sandbox.definitions.store import CORE, CORE_PACKAGES, Definitions, core_resources
from sandbox.definitions.stripping import strip
from sandbox.errors import NotFound
from sandbox.fhir.json import Json
from sandbox.settings import data_folder

SPECIFIER = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)#(?P<version>[A-Za-z0-9][A-Za-z0-9.+-]*)$")


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that the judge knows: how many definitions it holds, whether it belongs to the core, what it lacks."""

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
        name, version = package.manifest.name, package.manifest.version
        yield Installed(name, version, len(package.definitions), is_core=place in core)


def installed_resources() -> Iterator[Definition]:
    """Yields the definitions of the added packages."""
    for place in added_files():
        yield from read_compiled(place).definitions


def missing_packages(manifest: Manifest) -> list[str]:
    """Returns the packages that one builds on and that are not at hand, each as NAME#VERSION."""
    at_hand = Definitions([*core_resources(), *installed_resources()])
    return [str(dependency) for dependency in at_hand.missing(manifest)]


def added_files() -> list[Path]:
    """Returns the compiled files of the added packages."""
    return sorted(packages_folder().glob("*.json.xz"))


def install(resources: list[Json], manifest: Manifest, *, source: str) -> Installed:
    """Compiles resources into the data folder; `source` is for messages.

    Raises BadPackage for one without a proper name.  Nothing half written is left: the file gets its name at the end.
    """
    if SPECIFIER.match(str(manifest)) is None:
        raise BadPackage("definitions.no_manifest", where=source, name=source)
    definitions = [stripped for one in resources if "resourceType" in one and (stripped := strip(one)) is not None]
    if not definitions:
        raise BadPackage("definitions.nothing_inside", where=source, name=source)
    folder = packages_folder()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{manifest}.part"
    part.write_bytes(compiled_bytes(manifest, definitions))
    part.replace(folder / f"{manifest}.json.xz")
    missing = tuple(missing_packages(manifest))
    return Installed(manifest.name, manifest.version, len(definitions), is_core=False, missing=missing)


def remove_package(specifier: str) -> None:
    """Removes an added package; raises NotFound, also for one of the core."""
    file = packages_folder() / f"{specifier}.json.xz"
    if SPECIFIER.match(specifier) is None or not file.is_file():
        raise NotFound("definitions.not_installed", where=specifier, name=specifier)
    file.unlink()

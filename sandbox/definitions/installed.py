"""Packages that the user added: compiled into the data folder, one file each, beside the committed core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.definitions.packages import BadPackage
from sandbox.definitions.store import CORE, CORE_PACKAGES, compiled_bytes, read_compiled
from sandbox.definitions.stripping import strip
from sandbox.errors import NotFound
from sandbox.fhir.json import Json
from sandbox.settings import data_folder

SPECIFIER = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)#(?P<version>[A-Za-z0-9][A-Za-z0-9.+-]*)$")


@dataclass(frozen=True, slots=True)
class Installed:
    """A package that the judge knows: how many definitions it holds, and whether it belongs to the core."""

    name: str
    version: str
    definitions: int
    is_core: bool

    def __str__(self) -> str:
        return f"{self.name}#{self.version}"


def packages_folder() -> Path:
    """Returns where added packages stand."""
    return data_folder() / "packages"


def installed_packages() -> Iterator[Installed]:
    """Yields the core's packages, then the added ones by name."""
    core = [CORE / f"{package}.json.xz" for package in CORE_PACKAGES]
    for place in (*core, *added_files()):
        content = read_compiled(place)
        yield Installed(content["name"], content["version"], len(content["resources"]), is_core=place in core)


def installed_resources() -> Iterator[Json]:
    """Yields the definitions of the added packages."""
    for place in added_files():
        yield from read_compiled(place)["resources"]


def added_files() -> list[Path]:
    """Returns the compiled files of the added packages."""
    return sorted(packages_folder().glob("*.json.xz"))


def install(resources: list[Json], *, checked: str, source: str) -> Installed:
    """Compiles manifest and resources into the data folder; `checked` is their hash, `source` is for messages.

    Raises BadPackage for one without manifest.  Nothing half written is left: the file gets its name at the end.
    """
    manifest = next((one for one in resources if "resourceType" not in one), {})
    name, version = str(manifest.get("name", "")), str(manifest.get("version", ""))
    if SPECIFIER.match(f"{name}#{version}") is None:
        raise BadPackage("definitions.no_manifest", where=source, name=source)
    definitions = [stripped for one in resources if "resourceType" in one and (stripped := strip(one)) is not None]
    folder = packages_folder()
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}#{version}.part"
    part.write_bytes(compiled_bytes(name, version, checked, definitions))
    part.replace(folder / f"{name}#{version}.json.xz")
    return Installed(name, version, len(definitions), is_core=False)


def remove_package(specifier: str) -> None:
    """Removes an added package; raises NotFound, also for one of the core."""
    file = packages_folder() / f"{specifier}.json.xz"
    if SPECIFIER.match(specifier) is None or not file.is_file():
        raise NotFound("definitions.not_installed", where=specifier, name=specifier)
    file.unlink()

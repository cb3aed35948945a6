"""Compiles packages into the data folder and removes them, beside the committed core."""

from __future__ import annotations

import re

from sandbox.definitions.compiled import Manifest, compiled_bytes
from sandbox.definitions.installed import Installed, installed_resources, packages_folder
from sandbox.definitions.packages import BadPackage
from sandbox.definitions.store import Definitions, core_resources
from sandbox.definitions.stripping import strip
from sandbox.errors import NotFound
from sandbox.fhir.json import Json

SPECIFIER = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)#(?P<version>[A-Za-z0-9][A-Za-z0-9.+-]*)$")


def install(resources: list[Json], manifest: Manifest, *, source: str) -> Installed:
    """Compiles resources into the data folder; nothing half written is left.

    Args:
        resources: What the package holds.
        manifest: Its name and version, and what it builds on.
        source: Where it came from, for messages.

    Raises:
        BadPackage: It has no proper name, or defines nothing that is judged.
    """
    if SPECIFIER.match(str(manifest)) is None:
        raise BadPackage("definitions.no_manifest", where=source, name=source)
    definitions = [
        stripped
        for resource in resources
        if "resourceType" in resource and (stripped := strip(resource)) is not None
    ]
    if not definitions:
        raise BadPackage("definitions.nothing_inside", where=source, name=source)
    folder = packages_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # under a name that no reader looks for: a server that starts now sees all of it or nothing
    part = folder / f"{manifest}.part"
    part.write_bytes(compiled_bytes(manifest, definitions))
    part.replace(folder / f"{manifest}.json.xz")
    missing = tuple(missing_packages(manifest))
    return Installed(
        manifest.name, manifest.version, len(definitions), is_core=False, missing=missing
    )


def remove_package(specifier: str) -> None:
    """Removes an added package, such as `hl7.fhir.uv.ips#2.0.0`.

    Raises:
        NotFound: No such package was added; those of the core stay.
    """
    file = packages_folder() / f"{specifier}.json.xz"
    if SPECIFIER.match(specifier) is None or not file.is_file():
        raise NotFound("definitions.not_installed", where=specifier, name=specifier)
    file.unlink()


def missing_packages(manifest: Manifest) -> list[str]:
    """Returns the packages that one builds on and that are not at hand, each as NAME#VERSION."""
    at_hand = Definitions([*core_resources(), *installed_resources()])
    return [str(dependency) for dependency in at_hand.missing(manifest)]

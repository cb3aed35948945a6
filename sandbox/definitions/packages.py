"""FHIR packages as files: a `.tgz` or a folder, read in name order without unpacking.  Downloads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json

MAX_FILE = 64 * 1024 * 1024


class BadPackage(BadRequest):
    """The file is no FHIR package, or tries to reach outside of itself."""


def read_package(place: Path) -> Iterator[Json]:
    """Yields the resources of a package, in the order of their file names; raises BadPackage."""
    files = _read_folder(place) if place.is_dir() else _read_archive(place)
    for name, content in files:
        try:
            resource = json.loads(content)
        except ValueError:
            continue  # a package may hold other files under this ending
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield resource
        elif name == "package.json":
            continue


def integrity(place: Path) -> str:
    """Returns the SHA-512 of a package file as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(place.read_bytes()).digest()).decode()


def _read_archive(place: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with tarfile.open(place) as archive:
            for member in sorted(archive.getmembers(), key=lambda member: member.name):
                path = PurePosixPath(member.name)
                if path.is_absolute() or ".." in path.parts or member.issym() or member.islnk():
                    raise BadPackage("definitions.outside", where=member.name, name=member.name)
                if not member.isfile() or path.suffix != ".json" or path.name.startswith("."):
                    continue
                if member.size > MAX_FILE:
                    raise BadPackage("definitions.too_large", where=member.name, name=member.name)
                stream = archive.extractfile(member)
                if stream is not None:
                    yield path.name, stream.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadPackage("definitions.no_package", where=place.name, name=place.name, reason=str(error)) from None


def _read_folder(place: Path) -> Iterator[tuple[str, bytes]]:
    inner = place / "package"
    for file in sorted((inner if inner.is_dir() else place).rglob("*.json")):
        if file.is_file() and not file.name.startswith("."):
            yield file.name, file.read_bytes()

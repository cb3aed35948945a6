"""FHIR packages as files: a `.tgz` or a folder, read in name order without unpacking.  Downloads nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePath, PurePosixPath
from typing import IO

from sandbox.errors import BadRequest
from sandbox.fhir.json import Json

MAX_FILE = 64 * 1024 * 1024
MAX_FILES = 50_000
MAX_TOTAL = 2 * 1024 * 1024 * 1024
MANIFEST = "package.json"


class BadPackage(BadRequest):
    """The file is no FHIR package, or tries to reach outside of itself."""


def read_package(place: Path) -> Iterator[Json]:
    """Yields manifest and resources of a package, in the order of their file names; raises BadPackage.

    The manifest is the object without `resourceType`.
    """
    if place.is_dir():
        yield from _parsed(_read_folder(place))
        return
    try:
        with place.open("rb") as stream:
            yield from read_stream(stream, place.name)
    except OSError as error:
        raise BadPackage("definitions.no_package", where=place.name, name=place.name, reason=str(error)) from None


def read_stream(stream: IO[bytes], name: str) -> Iterator[Json]:
    """Yields manifest and resources of a packed package; `name` is for messages."""
    try:
        with tarfile.open(fileobj=stream) as archive:
            yield from _parsed(_read_members(archive))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadPackage("definitions.no_package", where=name, name=name, reason=str(error)) from None


def integrity_of(place: Path) -> str:
    """Returns the SHA-512 of a package file as npm writes it; for a folder, that of its files in order."""
    digest = hashlib.sha512()
    for file in [place] if place.is_file() else _files_of(place):
        digest.update(file.read_bytes())
    return "sha512-" + base64.b64encode(digest.digest()).decode()


def _parsed(files: Iterator[tuple[PurePosixPath, bytes]]) -> Iterator[Json]:
    for path, content in files:
        try:
            resource = json.loads(content)
        except ValueError:
            continue  # a package may hold other files under this ending
        if not isinstance(resource, dict):
            continue
        is_manifest = path.name == MANIFEST
        if is_manifest or isinstance(resource.get("resourceType"), str):
            yield {key: resource[key] for key in ("name", "version") if key in resource} if is_manifest else resource


def _read_members(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    members = archive.getmembers()
    if len(members) > MAX_FILES or sum(member.size for member in members) > MAX_TOTAL:
        raise BadPackage("definitions.too_large", where=members[0].name, name=members[0].name)
    for member in sorted(members, key=lambda member: member.name):
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or member.issym() or member.islnk():
            raise BadPackage("definitions.outside", where=member.name, name=member.name)
        if not member.isfile() or not _is_definition(path):
            continue
        if member.size > MAX_FILE:
            raise BadPackage("definitions.too_large", where=member.name, name=member.name)
        stream = archive.extractfile(member)
        if stream is not None:
            yield path, stream.read()


def _read_folder(place: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    for file in _files_of(place):
        yield PurePosixPath(file.relative_to(place).as_posix()), file.read_bytes()


def _files_of(place: Path) -> list[Path]:
    files = [*place.glob("*.json"), *(place / "package").glob("*.json")]
    return sorted(file for file in files if file.is_file() and _is_definition(file.relative_to(place)))


def _is_definition(path: PurePath) -> bool:
    """Definitions stand in the root or in `package/`; deeper folders hold examples and other material."""
    return path.suffix == ".json" and not path.name.startswith(".") and len(path.parts) <= 2

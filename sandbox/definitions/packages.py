"""FHIR packages as files, read in name order without unpacking; downloads nothing.

A package is a `.tgz`, a folder of one, the folder of a guide that SUSHI or the IG publisher wrote,
or one JSON file.
"""

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
from sandbox.limits import PACKAGE_BYTES, PACKAGE_FILE_BYTES, PACKAGE_FILES

MANIFEST = "package.json"
MANIFEST_KEYS = ("name", "version", "dependencies")
SUSHI = "sushi-config.yaml"
WRITTEN_BY_HAND = ("extensions", "maps", "models", "profiles", "resources", "vocabulary")


class BadPackage(BadRequest):
    """The file is no FHIR package, or tries to reach outside of itself."""


def read_package(place: Path) -> Iterator[Json]:
    """Yields manifest and resources of a package, in the order of their file names; raises
    BadPackage.

    The manifest is the object without `resourceType`; only a packed package must have one.
    """
    if place.is_dir():
        yield from _parsed(_read_folder(place))
        return
    try:
        if place.suffix == ".json":
            yield from _parsed(iter([(PurePosixPath(place.name), place.read_bytes())]), unfold=True)
            return
        with place.open("rb") as stream:
            yield from read_stream(stream, place.name)
    except OSError as error:
        raise BadPackage(
            "definitions.no_package", where=place.name, name=place.name, reason=str(error)
        ) from None


def sushi_config(place: Path) -> Path | None:
    """Returns the configuration of the SUSHI project that a folder is, or is in, if any."""
    near = (place, place.parent, place.parent.parent)
    return (
        next((folder / SUSHI for folder in near if (folder / SUSHI).is_file()), None)
        if place.is_dir()
        else None
    )


def read_stream(stream: IO[bytes], name: str) -> Iterator[Json]:
    """Yields manifest and resources of a packed package; `name` is for messages."""
    try:
        with tarfile.open(fileobj=stream) as archive:
            yield from _parsed(_read_members(archive))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise BadPackage(
            "definitions.no_package", where=name, name=name, reason=str(error)
        ) from None


def integrity_of(place: Path) -> str:
    """Returns the SHA-512 of a package file as npm writes it; for a folder, that of its files in
    order.
    """
    digest = hashlib.sha512()
    for file in [place] if place.is_file() else _files_of(place):
        digest.update(file.read_bytes())
    return "sha512-" + base64.b64encode(digest.digest()).decode()


def _parsed(
    files: Iterator[tuple[PurePosixPath, bytes]], *, unfold: bool = False
) -> Iterator[Json]:
    """Yields the objects of files; `unfold` also those that a Bundle holds."""
    for path, content in files:
        try:
            resource = json.loads(content)
        except ValueError:
            continue  # a package may hold other files under this ending
        if not isinstance(resource, dict):
            continue
        if path.name == MANIFEST:
            yield {key: resource[key] for key in MANIFEST_KEYS if key in resource}
        elif isinstance(resource.get("resourceType"), str):
            yield resource
            yield from _entries(resource) if unfold else ()


def _entries(bundle: Json) -> Iterator[Json]:
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else ():
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(resource.get("resourceType"), str):
            yield resource


def _read_members(archive: tarfile.TarFile) -> Iterator[tuple[PurePosixPath, bytes]]:
    members = archive.getmembers()
    if len(members) > PACKAGE_FILES or sum(member.size for member in members) > PACKAGE_BYTES:
        raise BadPackage("definitions.too_large", where=members[0].name, name=members[0].name)
    for member in sorted(members, key=lambda member: member.name):
        path = PurePosixPath(member.name)
        # nothing is unpacked to disk, but a package that tries is not one to believe
        if path.is_absolute() or ".." in path.parts or member.issym() or member.islnk():
            raise BadPackage("definitions.outside", where=member.name, name=member.name)
        if not member.isfile() or not _is_definition(path):
            continue
        if member.size > PACKAGE_FILE_BYTES:
            raise BadPackage("definitions.too_large", where=member.name, name=member.name)
        stream = archive.extractfile(member)
        if stream is not None:
            yield path, stream.read()


def _read_folder(place: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    for file in _files_of(place):
        yield PurePosixPath(file.relative_to(place).as_posix()), file.read_bytes()


def _files_of(place: Path) -> list[Path]:
    files = [file for folder in _folders_of(place) for file in folder.glob("*.json")]
    return sorted(file for file in files if file.is_file() and not file.name.startswith("."))


def _folders_of(place: Path) -> list[Path]:
    """Returns where a folder keeps its definitions: a guide's project keeps them apart from its
    other files.
    """
    for generated in (place / "fsh-generated" / "resources", place / "resources"):
        if generated.is_dir():
            return [generated, *(place / "input" / name for name in WRITTEN_BY_HAND)]
    if (place / "output").is_dir():
        return [place / "output"]
    return [place, place / "package"]


def _is_definition(path: PurePath) -> bool:
    """Definitions stand in the root or in `package/`; deeper folders hold examples and other
    material.
    """
    # hidden files, such as macOS's `._name.json`, are not of the package
    return path.suffix == ".json" and not path.name.startswith(".") and len(path.parts) <= 2

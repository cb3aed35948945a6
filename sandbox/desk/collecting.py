"""Collecting: the notebooks of many teams from a folder or a zip, `TEAM/lesson.ipynb`, as learning
platforms and people send them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sandbox.course.grading.collecting import read_plain
from sandbox.errors import BadRequest
from sandbox.limits import COLLECTED_NOTEBOOKS, NOTEBOOK_BYTES

SUFFIX = ".ipynb"


@dataclass(frozen=True, slots=True)
class Collected:
    """A notebook of a team, by the name of its file."""

    team: str
    name: str
    content: bytes


def notebooks_in(place: Path, *, team: str = "") -> Iterator[Collected]:
    """Yields the notebooks in a folder or a zip, in order.

    Args:
        place: The folder, the zip, or a single notebook.
        team: Whose they are; the name of the folder in which each stands where it is empty.

    Raises:
        BadRequest: It is neither, or holds too much.
    """
    if place.is_dir():
        paths = [path.relative_to(place) for path in sorted(place.rglob(f"*{SUFFIX}"))]
        for path in paths:
            content = read_plain(place.resolve() / path)
            if content is not None and not _is_hidden(PurePosixPath(path.as_posix())):
                yield _collected(PurePosixPath(path.as_posix()), content, team or place.name)
    elif zipfile.is_zipfile(place):
        yield from _in_zip(place, team)
    elif place.suffix == SUFFIX and place.is_file():
        yield Collected(team or place.stem, place.name, place.read_bytes())
    else:
        raise BadRequest("desk.nothing_to_collect", where="place", place=str(place))


def _in_zip(place: Path, team: str) -> Iterator[Collected]:
    with zipfile.ZipFile(place) as archive:
        files = [
            file
            for file in archive.infolist()
            if file.filename.endswith(SUFFIX) and not _is_hidden(PurePosixPath(file.filename))
        ]
        if len(files) > COLLECTED_NOTEBOOKS:
            raise BadRequest("desk.too_many_files", where="place", most=COLLECTED_NOTEBOOKS)
        for file in sorted(files, key=lambda file: file.filename):
            with archive.open(file) as opened:
                # the size that a zip states may be a lie
                content = opened.read(NOTEBOOK_BYTES + 1)
            yield _collected(PurePosixPath(file.filename), content, team or place.stem)


def _collected(path: PurePosixPath, content: bytes, otherwise: str) -> Collected:
    team = path.parts[-2] if len(path.parts) > 1 else otherwise
    return Collected(team, path.name, content)


def _is_hidden(path: PurePosixPath) -> bool:
    """Tells whether Jupyter or a Mac made it beside what a person wrote."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)

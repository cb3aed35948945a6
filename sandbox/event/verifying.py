"""Whether evidence is as it was signed: every file's hash, the signature, and whose key it is.

Needs nothing but the file, so that it can be checked anywhere.  Pure.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sandbox.errors import BadRequest
from sandbox.event.evidence import MANIFEST, SIGNATURE, packed
from sandbox.event.signing import Jwk, signer_of
from sandbox.limits import EVIDENCE_BYTES
from sandbox.store.audit import Broken, Line, broken
from sandbox.store.runs import hash_of

AUDIT = "audit.ndjson"
# what zipfile raises over bytes that somebody changed: a place before the file is a ValueError
BROKEN_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with evidence: the key of its sentence, and the file or line that it is
    about.
    """

    key: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found out: without faults all is as it was signed, by whoever has the key."""

    about: str = ""
    count: int = 0
    """How many files the manifest names."""
    key: Jwk | None = None
    faults: tuple[Fault, ...] = ()
    is_packed_anew: bool = False
    """The files are as signed, and the zip around them is not as it was written here."""
    redacted: Mapping[str, str] = field(default_factory=dict)
    """What was taken out before this was signed, by file, and why."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    about: str
    files: Mapping[str, str]
    redacted: Mapping[str, str]


class _NotRead(Exception):
    """The zip cannot be read; says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def verify(content: bytes, *, most: int = EVIDENCE_BYTES) -> Verified:
    """Checks evidence, or an exported audit log, as it came out of a sandbox; `most` is how many
    bytes it may take unpacked.
    """
    try:
        files = _files(content, most)
        manifest = _manifest(files)
    except _NotRead as error:
        return Verified(faults=(error.fault,))
    hashes = manifest.files
    faults = [*_differences(files, hashes), *_chain(files.get(AUDIT, b""))]
    key = None
    if SIGNATURE not in files:
        faults.append(Fault("evidence.not_signed"))
    else:
        key = signer_of(files[SIGNATURE], files[MANIFEST])
        if key is None:
            faults.append(Fault("evidence.bad_signature"))
    return Verified(
        about=manifest.about,
        count=len(hashes),
        key=key,
        faults=tuple(faults),
        is_packed_anew=not faults and packed(files) != content,
        redacted=manifest.redacted,
    )


def read_files(content: bytes, *, most: int) -> Mapping[str, bytes]:
    """Returns the files of evidence that is whole, signed or not.

    Args:
        content: The zip.
        most: How many bytes it may take unpacked.

    Raises:
        BadRequest: It is no evidence, too large, or was changed; names the first fault.
    """
    faults = [
        fault for fault in verify(content, most=most).faults if fault.key != "evidence.not_signed"
    ]
    if faults:
        raise BadRequest("evidence.not_whole", where=faults[0].name or "zip", name=faults[0].name)
    return _files(content, most)


def _files(content: bytes, most: int) -> dict[str, bytes]:
    """Returns the files of a zip in their order; raises _NotRead."""
    name = ""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            # counted as declared; zipfile reads no more of a file than its entry declares
            if sum(entry.file_size for entry in entries) > most:
                raise _NotRead(Fault("evidence.too_large.text"))
            files: dict[str, bytes] = {}
            for entry in entries:
                name = entry.filename
                # of two files of one name, a reader may take either
                if name in files:
                    raise _NotRead(Fault("evidence.twice", name))
                files[name] = archive.read(entry)
    except BROKEN_ZIP:
        raise _NotRead(Fault("evidence.unreadable", name)) from None
    return files


def _manifest(files: Mapping[str, bytes]) -> _Manifest:
    try:
        content = json.loads(files[MANIFEST])
        manifest = _Manifest(
            str(content.get("run", "")), content["files"], content.get("redacted", {})
        )
        texts = [*manifest.files.values(), *manifest.redacted.values()]
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise _NotRead(Fault("evidence.no_manifest")) from None
    if not all(isinstance(text, str) for text in texts):
        raise _NotRead(Fault("evidence.no_manifest"))
    return manifest


def _differences(files: Mapping[str, bytes], hashes: Mapping[str, str]) -> Iterator[Fault]:
    for name in [*hashes, *(name for name in files if name not in hashes)]:
        if name not in files:
            yield Fault("evidence.removed", name)
        elif name not in hashes:
            if name not in (MANIFEST, SIGNATURE):
                yield Fault("evidence.added", name)
        elif hash_of(files[name]) != hashes[name]:
            yield Fault("evidence.changed", name)


def _chain(log: bytes) -> Iterator[Fault]:
    """Yields where an exported audit log does not hold as a chain."""
    try:
        records = [json.loads(line) for line in log.splitlines()]
        lines = [
            Line(index, str(line["body"]), str(line["hash"]))
            for index, line in enumerate(records, 1)
        ]
        faults: list[Broken] = broken(lines)
    except (ValueError, KeyError, TypeError):
        yield Fault("evidence.unreadable", AUDIT)
        return
    yield from (Fault(fault.key, str(fault.number)) for fault in faults)

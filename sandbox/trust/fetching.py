"""Gets a trust list from where it is published, and keeps what came for a while.

An address, or the name of an environment (`environments.toml`). Whoever calls brings the way to the
network, which is guarded; a list of lists is followed to the lists that it names.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sandbox.errors import BadRequest, SandboxError
from sandbox.fhir.json import parse_json, write_json

KEPT_FOR = timedelta(hours=1)
MOST_REFERENCES = 60
Get = Callable[[str], bytes]
"""Returns what stands at an address; raises OSError with the reason where that is nothing."""


@cache
def environments() -> dict[str, str]:
    """Returns the address of the list of each environment, by its name."""
    text = (Path(__file__).with_name("environments.toml")).read_text(encoding="utf-8")
    return {name: str(table["list"]) for name, table in tomllib.loads(text).items()}


def address_of(what: str) -> str:
    """Returns the address that is meant by an address, a did:web or an environment's name; empty
    for what is none of these.
    """
    if what.startswith("did:web:"):
        host, *path = what.partition("#")[0].removeprefix("did:web:").split(":")
        return f"https://{unquote(host)}/{'/'.join(path) or '.well-known'}/did.json"
    named = environments().get(what.upper())
    return named or (what if what.startswith(("https://", "http://")) else "")


class Fetcher:
    """Gets lists, and keeps them below a folder for an hour, so that a room full of verifiers asks
    a network once.
    """

    def __init__(self, get: Get, folder: Path, *, at: datetime) -> None:
        self._get = get
        self._folder = folder
        self._at = at

    def list_at(self, what: str, *, is_fresh: bool = False) -> Any:
        """Returns the list that is meant, with the entries of the lists that it names.

        Args:
            what: As for `address_of`.
            is_fresh: Whether what is kept is not good enough.

        Raises:
            BadRequest: Nothing came, or nothing that is JSON or a JWS.
        """
        document = self._document(address_of(what), is_fresh=is_fresh)
        methods = document.get("verificationMethod") if isinstance(document, dict) else None
        names = [name for name in methods or () if isinstance(name, str)]
        if not names:
            return document
        entries: list[Any] = [method for method in methods or () if not isinstance(method, str)]
        waiting = names
        seen: set[str] = set()
        # a list of lists names lists of lists: domain, participant, usage
        while waiting and len(seen) < MOST_REFERENCES:
            name = waiting.pop(0)
            if name in seen or not name.startswith("did:web:"):
                continue
            seen.add(name)
            below = self._document(address_of(name), is_fresh=is_fresh)
            for method in below.get("verificationMethod") or () if isinstance(below, dict) else ():
                (waiting if isinstance(method, str) else entries).append(method)
        return {**document, "verificationMethod": [*entries, *waiting]}

    def _document(self, address: str, *, is_fresh: bool) -> Any:
        kept = self._folder / f"{hashlib.sha256(address.encode()).hexdigest()[:32]}.json"
        content = b"" if is_fresh else self._kept(kept)
        came = content or self._got(address)
        text = came.decode("utf-8", "replace").strip()
        # a JWS is no JSON, and begins with its header in base64url
        try:
            document = text if text.startswith("ey") else parse_json(came)
        except SandboxError as error:
            raise _not_fetched(address, error.key) from None
        if not content:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(came)
        return document

    def _kept(self, file: Path) -> bytes:
        """Returns what is kept and not too old; nothing else."""
        try:
            age = self._at.timestamp() - file.stat().st_mtime
            return file.read_bytes() if age < KEPT_FOR.total_seconds() else b""
        except OSError:
            return b""

    def _got(self, address: str) -> bytes:
        try:
            return self._get(address)
        except OSError as error:
            raise _not_fetched(address, str(error)[:120]) from None


def believed_file(folder: Path, name: str, document: Any) -> Path:
    """Writes a list to where the trust folder looks for those that are believed.

    Args:
        folder: The trust folder.
        name: Under which name it is kept; one of the same name is replaced.
        document: The list as it came.

    Returns:
        The file.
    """
    file = folder / "lists" / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(write_json(document))
    part.replace(file)
    return file


def _not_fetched(address: str, found: str) -> BadRequest:
    known = ", ".join(environments())
    return BadRequest("trust.not_fetched", where=address, place=address, found=found, known=known)

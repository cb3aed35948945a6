"""The rules of health links on the sharing side (SMART Health Links 1; the event's VHL service).

A passcode is kept as a hash and may be given wrong a few times in the life of a link, then the link
is dead.  An address of a file serves once and for an hour at most.  What is not there, over or dead
looks alike from outside: 404.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.certificates.links import Link, new_key, sealed
from sandbox.clock import Clock
from sandbox.errors import BadRequest, NotFound, WrongPasscode
from sandbox.fhir.json import Json
from sandbox.limits import LINK_FILES, PASSCODE_CHARACTERS
from sandbox.store.links import LinkStore

ATTEMPTS = 10
LIFE = timedelta(hours=1)  # of an address of a file, at most (SMART Health Links 1, manifest)
# scrypt with 16 MiB for each attempt: dear for whoever tries passcodes, cheap for one who knows it
COST = 2**14
SALT_BYTES = 16
# 256 bits: the address is all that keeps strangers from a link (SMART Health Links 1, payload)
ID_BYTES = 32
CLAUSE = "SMART Health Links 1"


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A file to share, with its content type."""

    content: bytes
    content_type: str = "application/fhir+json"


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How files are shared.

    Attributes:
        expires: When the link is over; None for never.
        passcode: What the recipient must know; empty for none.
        label: What the link is called, 80 characters at most (SMART Health Links 1).
        is_sealed: Whether the files are encrypted, so that only who has the link can read them.
        attempts: How many wrong passcodes the link bears in its life.
        is_once: Whether the first who opens the link is the last.
    """

    expires: datetime | None = None
    passcode: str = ""
    label: str = ""
    is_sealed: bool = True
    attempts: int = ATTEMPTS
    is_once: bool = False


@dataclass(frozen=True, slots=True)
class LinkState:
    """How a link stands now: whether it can be opened, until when, and how many wrong passcodes it
    bears.

    A link that is not there was taken back, is over, or was never made here: nobody can tell.
    """

    is_open: bool
    attempts: int = 0
    has_passcode: bool = False
    is_once: bool = False
    label: str = ""
    expires: int | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """A link that was made; with its `secret` it can be taken back."""

    id: str
    link: Link
    secret: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A file in a manifest: its text, or the token of the address where it is got."""

    content_type: str
    token: str = ""
    embedded: str = ""


def _refuse_impossible(files: Sequence[SharedFile], options: LinkOptions, now: datetime) -> None:
    if not files or len(files) > LINK_FILES:
        raise BadRequest("sharing.no_files", where="files", found=len(files), limit=LINK_FILES)
    if options.expires is not None and options.expires <= now:
        raise BadRequest("sharing.over", where="expires", found=options.expires.isoformat())
    if len(options.passcode) > PASSCODE_CHARACTERS:
        raise BadRequest("sharing.long_passcode", where="passcode", limit=PASSCODE_CHARACTERS)


def _kept(file: SharedFile, seal_key: bytes | None) -> str:
    """Returns a file as the store keeps it: sealed, so that the server cannot read it, or plain."""
    if seal_key is None:
        return file.content.decode()
    return sealed(file.content, seal_key, content_type=file.content_type)


class Links:
    """Makes and serves links."""

    def __init__(self, store: LinkStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def share(
        self, files: Sequence[SharedFile], options: LinkOptions, *, address: str, direct: str = ""
    ) -> Shared:
        """Returns a new link.

        Args:
            files: What is shared, at most `LINK_FILES`.
            options: Until when, behind which passcode, how often it may be tried.
            address: Where the link's manifest is asked for, with `{id}` in it.
            direct: Where one file without a passcode is got without a manifest (flag `U`), with
                `{id}` in it; empty where every link has a manifest.

        Raises:
            BadRequest: The options cannot be met.
        """
        now = self._clock()
        _refuse_impossible(files, options, now)
        id = secrets.token_urlsafe(ID_BYTES)
        secret = secrets.token_urlsafe(ID_BYTES)
        key = new_key()
        seal_key = key if options.is_sealed else None
        is_direct = bool(direct) and not options.passcode and len(files) == 1
        body = {
            "passcode": _hashed(options.passcode) if options.passcode else "",
            "secret": _digest(secret),
            "files": [[file.content_type, _kept(file, seal_key)] for file in files],
            "direct": is_direct,
            "once": options.is_once,
            "label": options.label,
            "expires": None if options.expires is None else int(options.expires.timestamp()),
        }
        expires = None if options.expires is None else int(options.expires.timestamp())
        ends = None if expires is None else expires * 1000
        self._store.add(
            id, json.dumps(body), expires=ends, attempts=options.attempts, now=_milliseconds(now)
        )
        flag = "U" if is_direct else "P" if options.passcode else ""
        url = (direct if is_direct else address).replace("{id}", id)
        return Shared(id, Link(url, key, expires, flag, options.label), secret)

    def manifest(
        self, id: str, *, recipient: str, passcode: str = "", embedded: int = 0
    ) -> list[Opened]:
        """Returns the files of a link for a recipient.

        Args:
            id: The link's id.
            recipient: Who asks, as shown to whoever shares.
            passcode: What the recipient was told.
            embedded: How many characters of a file may stand in the manifest itself; longer ones
                get an address.

        Raises:
            BadRequest: No recipient is named.
            WrongPasscode: The passcode is wrong (401, with the attempts that are left).
            NotFound: The link is not there, over, dead, or has no manifest.
        """
        if not recipient.strip():
            raise BadRequest("sharing.no_recipient", where="recipient", clause=f"{CLAUSE} manifest")
        body = self._body(id)
        # a direct link has no manifest: to whoever asks for one it looks as if it were not there
        if body["direct"]:
            raise NotFound("sharing.no_link", where="url", clause=f"{CLAUSE} flag U")
        if body["passcode"]:
            self._check(id, str(body["passcode"]), passcode)
        self._open_once(id, body)
        files = []
        for number, (content_type, text) in enumerate(body["files"]):
            if len(text) <= embedded:
                files.append(Opened(content_type, embedded=text))
                continue
            token = secrets.token_urlsafe(ID_BYTES)
            ends = _milliseconds(self._clock() + LIFE)
            self._store.locate(token, id, file=number, expires=ends)
            files.append(Opened(content_type, token=token))
        return files

    def is_direct(self, id: str) -> bool:
        """Tells whether there is a direct link with this id."""
        row = self._store.read(id, now=_milliseconds(self._clock()))
        return row is not None and bool(json.loads(row[0])["direct"])

    def direct(self, id: str, *, recipient: str) -> tuple[str, str]:
        """Returns the one file of a direct link, and its content type.

        Raises:
            BadRequest: No recipient is named.
            NotFound: The link is not there, over, or has a manifest.
        """
        if not recipient.strip():
            raise BadRequest("sharing.no_recipient", where="recipient", clause=f"{CLAUSE} flag U")
        body = self._body(id)
        if not body["direct"]:
            raise NotFound("sharing.no_link", where="url", clause=f"{CLAUSE} flag U")
        self._open_once(id, body)
        content_type, text = body["files"][0]
        return text, content_type

    def file(self, token: str) -> tuple[str, str]:
        """Returns the file at an address, which serves no second time, and its content type.

        Raises:
            NotFound: The address is not there, over, or was used.
        """
        location = self._store.take(token, now=_milliseconds(self._clock()))
        if location is None:
            raise NotFound("sharing.no_location", where="location", clause=f"{CLAUSE} manifest")
        link, number = location
        # a link that may be opened once is spent by now, and its files are still to be got
        content_type, text = self._body(link, is_spent=True)["files"][number]
        return text, content_type

    def state(self, id: str) -> LinkState:
        """Returns how a link stands now."""
        row = self._store.read(id, now=_milliseconds(self._clock()))
        if row is None:
            return LinkState(is_open=False)
        body: Json = json.loads(row[0])
        return LinkState(
            is_open=row[1] > 0,
            attempts=row[1],
            has_passcode=bool(body["passcode"]),
            is_once=bool(body.get("once")),
            label=str(body.get("label", "")),
            expires=body.get("expires"),
        )

    def withdraw(self, id: str, secret: str) -> None:
        """Takes a link back, with its files.

        Raises:
            NotFound: There is no such link, or the secret is not the one given when it was made.
        """
        if not hmac.compare_digest(self._body(id, is_spent=True)["secret"], _digest(secret)):
            raise NotFound("sharing.no_link", where="url", clause=CLAUSE)
        self._store.remove(id)

    def _open_once(self, id: str, body: Json) -> None:
        """Spends a link that may be opened once; of two who ask at once, one is too late."""
        if body.get("once") and not self._store.use_up(id):
            raise NotFound("sharing.no_link", where="url", clause=f"{CLAUSE} manifest")

    def _body(self, id: str, *, is_spent: bool = False) -> Json:
        row = self._store.read(id, now=_milliseconds(self._clock()))
        # no attempts left: dead, and told apart from absent nowhere
        body: Json = {} if row is None else json.loads(row[0])
        # one that was opened once still has its files to give, one that was guessed at has not
        is_dead = row is None or (row[1] < 1 and not (is_spent and body.get("once")))
        if is_dead:
            raise NotFound("sharing.no_link", where="url", clause=f"{CLAUSE} manifest")
        return body

    def _check(self, id: str, kept: str, passcode: str) -> None:
        """Counts the attempt first, so that many at once are counted too, and gives it back where
        it was right.
        """
        left = self._store.spend(id)
        if left is None:
            raise NotFound("sharing.no_link", where="url", clause=f"{CLAUSE} manifest")
        if not _is_passcode(passcode, kept):
            if left == 0:
                self._store.give_up(id)
            raise WrongPasscode(
                "sharing.wrong_passcode", where="passcode", clause=f"{CLAUSE} manifest", left=left
            )
        self._store.give_back(id)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _hashed(passcode: str) -> str:
    salt = secrets.token_bytes(SALT_BYTES)
    return base64.b64encode(salt + _scrypt(passcode, salt)).decode()


def _is_passcode(passcode: str, kept: str) -> bool:
    salted = base64.b64decode(kept)
    return len(passcode) <= PASSCODE_CHARACTERS and hmac.compare_digest(
        _scrypt(passcode, salted[:SALT_BYTES]), salted[SALT_BYTES:]
    )


def _scrypt(passcode: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passcode.encode(), salt=salt, n=COST, r=8, p=1, dklen=32)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

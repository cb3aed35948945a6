"""How a team's system that is not open is entered: its fields are kept sealed, opened for a run
alone, and sent to the places alone that stood registered when they were entered.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from sandbox.errors import BadRequest, PreconditionFailed, SandboxError
from sandbox.event.access_fields import FIELDS, PLACES, put_together, ways_in
from sandbox.event.systems import HERE, System
from sandbox.fhir.json import parse_json, write_json
from sandbox.sealing import VARIABLE, Keys
from sandbox.store.sealed import SealedStore
from sandbox.testbench.entering import EnteringTransport, Entry, Place, TokenAsked, place_of
from sandbox.testbench.guard import Contexts

Guarded = Callable[[Contexts], httpx.AsyncBaseTransport]
"""Makes a way that the guard watches, with what TLS trusts and shows at some places."""
SECRET = ("password", "token", "key", "client_secret", "private_key")


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a system: the names of fields and of the ways that they make up, no value."""

    system: str
    fields: tuple[str, ...]
    ways: tuple[str, ...]


class Access:
    """The sealed fields of systems, over one database and the keys of one data folder."""

    def __init__(self, store: SealedStore, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    def refuse_other_secret(self) -> None:
        """Refuses to work beside processes that seal with a key that is not here: systems would be
        closed to whichever of them plays a run.

        Alone it may start: a backup holds no key, and what it sealed can be entered anew.

        Raises:
            PreconditionFailed: There are such processes.
        """
        lacking = self._store.key_ids() - self._keys.ids()
        if lacking and self._store.is_shared():
            raise PreconditionFailed("access.other_secret", where=VARIABLE, id=min(lacking))

    def held(self, system: str) -> Held:
        """Returns which fields of a system are held."""
        names = frozenset(self._store.of(system))
        ways = tuple(way.id for way in ways_in(names))
        return Held(system, tuple(name for name in FIELDS if name in names), ways)

    def seal(self, system: System, given: Mapping[str, str]) -> Held:
        """Keeps fields beside those that a system has; `put_together` says how.

        Raises:
            BadRequest: Together they let nobody in; the error says why.
            PreconditionFailed: What is there cannot be opened.
        """
        if system.name == HERE:
            raise BadRequest("access.bundled", where=system.name, system=system.name)
        fields = put_together(self._opened(system.name), given)
        if not fields:
            self._store.remove(system.name)
            return self.held(system.name)
        fields[PLACES] = write_json(sorted(places_of(system))).decode()
        self._store.put(system.name, fields, self._keys.seal)
        return self.held(system.name)

    def remove(self, system: str) -> bool:
        """Takes away what is held of a system; returns whether there was anything.

        Args:
            system: The alias.
        """
        return self._store.remove(system)

    def rotate(self) -> int:
        """Seals all fields of all systems with a new key, and forgets the old one; returns how
        many.

        Raises:
            PreconditionFailed: A field cannot be opened; all stay as they were.
        """
        self._keys.begin_exchange()
        count = self._store.reseal(self._keys.reseal)
        self._keys.end_exchange()
        return count

    def entry(self, system: System) -> Entry | None:
        """Returns what lets into a system; None for one that is open.

        Raises:
            PreconditionFailed: It cannot be opened.
        """
        fields = self._opened(system.name)
        return _entry(fields, system) if fields else None

    def way_to(self, system: System, guarded: Guarded) -> httpx.AsyncBaseTransport:
        """Returns the way to a system: the guarded one, with what lets in added behind it.

        What cannot be opened is said at each request: it is no fault of the system.
        """
        try:
            entry = self.entry(system)
        except SandboxError as error:
            return _Barred(error)
        if entry is None:
            return guarded({})
        return EnteringTransport(entry, guarded(entry.contexts))

    def _opened(self, system: str) -> dict[str, str]:
        sealed = self._store.of(system)
        return {field: self._keys.open(system, field, sealed[field]) for field in sealed}


class _Barred(httpx.AsyncBaseTransport):
    """Says at each request why nothing is sent."""

    def __init__(self, error: SandboxError) -> None:
        self._error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self._error


def places_of(system: System) -> frozenset[Place]:
    """Returns the origins of a system's bases."""
    return frozenset(place_of(base) for base in (system.base, *system.bases.values()))


def _entry(fields: Mapping[str, str], system: System) -> Entry:
    headers = {}
    values = {fields[name] for name in SECRET if name in fields}
    if "password" in fields:
        pair = f"{fields['user']}:{fields['password']}"
        encoded = base64.b64encode(pair.encode()).decode()
        headers["Authorization"] = f"Basic {encoded}"
        values |= {pair, encoded}
    if "token" in fields:
        headers["Authorization"] = f"Bearer {fields['token']}"
    if "key" in fields:
        headers[fields["header"]] = fields["key"]
    token = None
    if "token_endpoint" in fields:
        token = TokenAsked(
            fields["token_endpoint"],
            fields["client_id"],
            fields["client_secret"],
            fields.get("scope", ""),
            is_in_body=fields.get("client_auth") == "body",
        )
    sealed_for = parse_json(fields[PLACES].encode())
    return Entry(
        frozenset((scheme, host, port) for scheme, host, port in sealed_for),
        places_of(system),
        headers,
        token,
        fields.get("certificate", ""),
        fields.get("private_key", ""),
        fields.get("authorities", ""),
        frozenset(values),
    )

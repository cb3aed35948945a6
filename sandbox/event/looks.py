"""What answered at the addresses of a system when they were registered: looked at once, and told to
its team; what this server may not ask is for a facilitator to decide.

Nothing is refused for it: a system may be registered before it runs, and need not speak FHIR.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass

import httpx

from sandbox.clock import Clock
from sandbox.errors import SandboxError
from sandbox.event.systems import System
from sandbox.fhir.dates import milliseconds_of
from sandbox.fhir.json import write_json
from sandbox.findings import Finding, Severity, read_finding
from sandbox.i18n import Language
from sandbox.limits import ANSWER_SILENCE_SECONDS
from sandbox.store.runs import RunStore
from sandbox.testbench.script import FHIR_JSON
from sandbox.testbench.sending import FAULTS
from sandbox.testbench.tracks import TRACKS

LOG = "@looks"
ENOUGH = 64 * 1024  # bytes of an answer: a CapabilityStatement says at its beginning that it is one
BELOW = "/fhir"  # where a base stands more often than anywhere else
PRIVATE = "testbench.address_private"
Key = tuple[str, ...]
"""The name of a system and the addresses that it had."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A system at whose address this server may not ask: the host that could be allowed, alone or
    with its port.
    """

    system: System
    host: str
    place: str

    def is_in(self, allowed: Collection[str]) -> bool:
        """Tells whether the address was allowed since."""
        return self.host in allowed or self.place in allowed


class Looks:
    """Keeps what was seen, over one store; each line of it is read once, whoever has written it.

    Args:
        store: Keeps a log of its own.
        clock: What time it is.
    """

    def __init__(self, store: RunStore, *, clock: Clock) -> None:
        self.store = store
        self._clock = clock
        self._reading = threading.Lock()
        self._read = -1
        self._seen: dict[Key, list[Finding]] = {}

    def keep(self, system: System, findings: Collection[Finding]) -> None:
        """Keeps what was seen at the addresses of a system."""
        told = [asdict(finding) for finding in findings]
        body = {"system": system.name, "bases": _bases_of(system), "findings": told}
        line = ("looked", milliseconds_of(self._clock()), write_json(body).decode())
        self.store.append(LOG, [line])

    def of(self, system: System, *, allowed: Collection[str] = ()) -> list[Finding]:
        """Returns what was seen at the addresses that a system has now; nothing before it was
        looked at.

        Args:
            system: The system.
            allowed: The hosts that its team may have: that one could not be asked is told no more.
        """
        hidden = {one.place for one in self.blocked([system]) if one.is_in(allowed)}
        seen = self._known().get(_key_of(system), ())
        return [found for found in seen if found.key != PRIVATE or found.where not in hidden]

    def has_seen(self, system: System) -> bool:
        """Tells whether the addresses that a system has now were looked at."""
        return _key_of(system) in self._known()

    def is_fine(self, system: System) -> bool:
        """Tells whether they were, and nothing was wrong: else they are looked at again when the
        system is registered anew.
        """
        wrong = any(found.severity != "information" for found in self.of(system))
        return self.has_seen(system) and not wrong

    def blocked(self, systems: Collection[System]) -> Iterator[Blocked]:
        """Yields the systems at whose addresses this server was not let ask when it looked."""
        seen = self._known()
        for system in systems:
            for finding in seen.get(_key_of(system), []):
                if finding.key == PRIVATE:
                    yield Blocked(system, str(finding.params["host"]), finding.where)

    def _known(self) -> dict[Key, list[Finding]]:
        """Returns the last look at each system and its addresses, to be read alone."""
        with self._reading:
            for event in self.store.events(LOG, after=self._read):
                body = json.loads(event.body)
                key = (body["system"], *body["bases"])
                self._seen[key] = [read_finding(row) for row in body["findings"]]
                self._read = event.number
            return self._seen


def is_asked(system: System) -> bool:
    """Tells whether tests ask a system anything; a client sends, and what hands over documents is
    not asked at all.
    """
    return any(not TRACKS[track].is_of_client for track in system.tracks)


async def look_at(
    system: System, way: httpx.AsyncBaseTransport, language: Language
) -> list[Finding]:
    """Returns what answers at each address of a system.

    Args:
        system: Whose addresses are asked for a CapabilityStatement.
        way: Leads there, under the guard; it is closed.
        language: In which the system is asked to answer.
    """
    headers = {"Accept": FHIR_JSON, "Accept-Language": language}
    async with httpx.AsyncClient(
        transport=way, timeout=ANSWER_SILENCE_SECONDS, headers=headers, trust_env=False
    ) as http:
        return [await _seen_at(http, base) for base in _bases_of(system)]


async def _seen_at(http: httpx.AsyncClient, base: str) -> Finding:
    try:
        async with asyncio.timeout(ANSWER_SILENCE_SECONDS):
            status, is_fhir = await _metadata(http, base)
            if is_fhir:
                return _finding("speaks_fhir", "information", base)
            if status in (401, 403):
                return _finding("is_closed", "information", base, status=status)
            if not base.endswith(BELOW) and (await _metadata(http, base + BELOW))[1]:
                return _finding("fhir_below", "warning", base, better=base + BELOW)
            return _finding("no_fhir", "warning", base, status=status)
    except SandboxError as error:
        return error.as_finding()
    except TimeoutError:
        return _finding("silent", "warning", base, seconds=ANSWER_SILENCE_SECONDS)
    except FAULTS as error:
        return _finding("unreachable", "warning", base, reason=type(error).__name__)


async def _metadata(http: httpx.AsyncClient, base: str) -> tuple[int, bool]:
    """Returns the status of an answer, and whether it is a CapabilityStatement."""
    async with http.stream("GET", f"{base}/metadata") as response:
        head = b""
        async for part in response.aiter_bytes():
            head += part
            if len(head) >= ENOUGH:
                break
        return response.status_code, response.status_code == 200 and b"CapabilityStatement" in head


def _bases_of(system: System) -> list[str]:
    return [base.rstrip("/") for base in dict.fromkeys((system.base, *system.bases.values()))]


def _key_of(system: System) -> Key:
    return (system.name, *_bases_of(system))


def _finding(name: str, severity: Severity, base: str, **params: object) -> Finding:
    key = f"looks.{name}"
    return Finding(key, severity, key, {"base": base, **params}, issue="processing", where=base)

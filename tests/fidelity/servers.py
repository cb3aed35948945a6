"""The right servers whose answers are altered, and what each is asked: ours in this process, HAPI's JPA server on loopback."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from sandbox.testbench.sending import Sender
from tests.conftest import HAPI_JPA, SYSTEMS, a_sandbox
from tests.sandbox.testbench.playing import LUZIA
from tests.systems.starting import java

PATIENTS = ("1", "2", "3")
HAPI = f"hapi-jpa-{HAPI_JPA[-1]}"
MHD: dict[str, Mapping[str, str]] = {
    "fhir.basics": {},
    "mhd.recipient": {"comprehensive": "yes", "uncontained": "yes"},
    "mhd.responder": {},
    "pdqm.supplier": {},
}


@dataclass(frozen=True, slots=True)
class Reached:
    """A server that answers: how it is sent to, with its base."""

    base: str
    transport: Callable[[], httpx.AsyncBaseTransport]

    def sender(self) -> Sender:
        """Returns what asks it; whoever asks closes it."""
        return Sender(self.base, transport=self.transport())


@dataclass(frozen=True, slots=True)
class Server:
    """A right server, with the tracks that are played against it and their inputs."""

    name: str
    tracks: Mapping[str, Mapping[str, str]]
    start: Callable[[], AbstractContextManager[Reached]]


@contextmanager
def ours() -> Iterator[Reached]:
    """A fresh sandbox without sockets."""
    with (
        tempfile.TemporaryDirectory() as folder,
        a_sandbox(Path(folder), seed="training") as client,
    ):
        app: Any = client.app
        yield Reached("http://sandbox.test/fhir", partial(httpx.ASGITransport, app))


@contextmanager
def hapi() -> Iterator[Reached]:
    """HAPI's JPA server, which takes a minute to start."""
    with java(HAPI, "hapi-jpa-1.jar") as base:
        yield Reached(base, partial(httpx.AsyncHTTPTransport, trust_env=False))


OURS = Server(
    "ours",
    {
        "ips.server": {"patient": "luzia-nogueira", "identifier": LUZIA},
        **MHD,
        "pdqm.supplier": {"match": "yes"},
    },
    ours,
)
# as it comes it has neither $summary nor $match: a section's resources come back in documents
OTHERS = Server(HAPI, MHD, hapi)


def there() -> list[Server]:
    """Returns the servers that this machine has."""
    return [OURS, OTHERS] if (SYSTEMS / HAPI / "lib").is_dir() else [OURS]

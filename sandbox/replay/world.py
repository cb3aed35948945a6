"""The machines of the teams: a server with a space for each right system, a broken one for each
fault, and those that others wrote.  They stand apart from the sandbox that judges them, and are met
over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.clock import utc_now
from sandbox.course.connection import RunningServer, start_server
from sandbox.ddcc.forms import questionnaires
from sandbox.fhir.json import write_json
from sandbox.replay.ministry import Component, admitted
from sandbox.replay.others import Why, start_others
from sandbox.replay.script import Script, Team
from sandbox.shipped import shipped
from sandbox.store.partitions import Partitions, Tenant
from sandbox.trust.folder import TrustFolder
from sandbox.web.egress import authorities

PATIENT = "luzia-nogueira"
"""Whose summary each team publishes."""
IDENTIFIER = "urn:oid:2.16.76|99902431585"
RECORD = "03-br-luzia-nogueira.json"
LOADING_SECONDS = 60
RIGHT = ""  # the server that is no broken twin


@dataclass(frozen=True, slots=True)
class World:
    """Where the system of each team is, by its letter."""

    places: Mapping[str, str]
    """The address below which a system has `/fhir` and `/ddcc`."""
    bases: Mapping[str, Mapping[str, str]]
    """The FHIR bases of the actors for which a server plays that others wrote."""
    components: Mapping[str, Component]
    """The components of the ministries on LACChain."""
    skipped: Mapping[str, Why]
    """Why such a server does not play for a team."""

    def hosts_of(self, letter: str) -> list[str]:
        """Returns the hosts, with ports, of a team that the judging server must be allowed to
        dial.
        """
        addresses = [self.places[letter], *self.bases.get(letter, {}).values()]
        if letter in self.components:
            addresses.append(self.components[letter].base)
        return sorted({httpx.URL(address).netloc.decode() for address in addresses})


@contextmanager
def running_world(script: Script, installed: Path | None = None) -> Iterator[World]:
    """Starts the servers of all systems, each with the record of one patient; they end with it.

    Args:
        script: Says whose server is what.
        installed: The folder in which servers are installed that others wrote.

    Raises:
        NoServer: One of ours did not start.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        others = start_others(script.others, installed, scratch=folder, at_end=stack.callback)
        script = script.with_others(others.bases)
        twins = sorted({team.server for team in script.teams.values()} | {RIGHT})
        _make_spaces(folder / "right", script)
        signers = _make_signers(folder / "right", script)

        with ThreadPoolExecutor(len(twins)) as pool:
            started = pool.map(partial(_started, folder), twins)
            servers = dict(zip(twins, started, strict=True))
            for server in servers.values():
                stack.callback(server.stop)
            places = {
                letter: _place(servers[team.server].connection.url, team)
                for letter, team in script.teams.items()
            }
            own = {f"{place}/fhir" for place in places.values()}
            list(pool.map(_load, sorted({*own, *others.bases.values()})))
        bases = {
            letter: dict.fromkeys(script.others[letter].actors, base)
            for letter, base in others.bases.items()
        }
        right = servers[RIGHT].connection.url
        components = {
            letter: admitted(right, script.teams[letter].country, certificate)
            for letter, certificate in signers.items()
        }
        yield World(places, bases, components, others.skipped)


def _started(folder: Path, twin: str) -> RunningServer:
    return start_server(
        {
            "CONNECTATHON_DATA": str(folder / (twin or "right")),
            "CONNECTATHON_SEED": "none",
            "CONNECTATHON_TWIN": twin,
            "CONNECTATHON_TOKEN": "",
            "DATABASE_URL": "",
        }
    )


def _make_spaces(folder: Path, script: Script) -> None:
    partitions = Partitions(folder)
    for team in script.teams.values():
        if not team.server:
            partitions.add(Tenant(team.system, "off", 0))
    partitions.close()


def _make_signers(folder: Path, script: Script) -> dict[str, bytes]:
    """Makes the PKI of each ministry on LACChain; returns the certificate of its signer as PEM."""
    trust = TrustFolder(folder / "trust")
    made = {}
    for letter in script.ministries:
        pki = trust.init(script.teams[letter].country, at=utc_now())
        made[letter] = pki.dsc[0].certificate.public_bytes(Encoding.PEM)
    return made


def _place(url: str, team: Team) -> str:
    return url if team.server else f"{url}/t/{team.system}"


def _load(base: str) -> None:
    """Loads what a system knows, as its team would: the record of a patient, and WHO's forms."""
    record = (shipped("datasets") / "seeds" / "training" / RECORD).read_bytes()
    headers = {"Content-Type": "application/fhir+json"}
    with httpx.Client(
        headers=headers, timeout=LOADING_SECONDS, trust_env=False, verify=authorities()
    ) as client:
        for content in (record, write_json(questionnaires())):
            client.post(base, content=content).raise_for_status()

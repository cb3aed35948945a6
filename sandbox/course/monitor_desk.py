"""An event for the lesson of monitors: a server of its own, on which three teams have handed in
what they did, and the learner is a monitor of one of them.
"""

from __future__ import annotations

import atexit
import copy
import tempfile
from pathlib import Path
from typing import Any

from sandbox.course.beside import ask
from sandbox.course.blank import Blank
from sandbox.course.client import Client
from sandbox.course.connection import start_server
from sandbox.course.document_source import submission
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json
from sandbox.i18n import Language, say

EVENT = "lacpass-2023"
TEST = "1.4"
STARTED = "1.12"
OWN = "CL"
TEAMS = {"PE": "Equipo Perú", "PA": "Equipo Panamá", OWN: "Equipo Chile"}
"""In the order in which they hand in; the last is the monitor's own."""
MISTAKEN = "PE"
OTHER_HASH = "2jmj7l5rSw0yVb/vlWAYkK/YBwk="


class MonitorDesk:
    """The sandbox as a monitor of an event meets it.

    Attributes:
        own: The id of the instance of the monitor's own team.
    """

    def __init__(self, client: Client, own: str) -> None:
        self.own = own
        self._client = client

    def ask(self, method: str, address: Any, body: Any = None) -> Exchange | Blank:
        """Sends a request as the monitor; a blank gives a blank back.

        Raises:
            Unreachable: The server does not answer.
        """
        return ask(self._client, method, address, body)

    def __repr__(self) -> str:
        return f"{self._client.base} · {TEAMS[OWN]}"


def monitor_desk(folder: Path, document: Json, *, language: Language = "en") -> MonitorDesk:
    """Starts a sandbox that ends with the notebook, lets the teams hand in, and returns the desk of
    the monitor.

    Args:
        folder: Where it keeps its data, each time anew.
        document: A summary that the teams publish.
        language: Of what the server says.

    Raises:
        NoServer: It did not start; the message holds what it said.
        BadRequest: It refused something on the way.
    """
    folder.mkdir(parents=True, exist_ok=True)
    server = start_server({"CONNECTATHON_DATA": tempfile.mkdtemp(dir=folder)})
    atexit.register(server.stop)
    base = f"{server.connection.url}/fhir"
    first = Client(base, language=language)
    facilitator = _entered(first, first, "Directora", "facilitator")
    handed_in = {
        country: _handed_in(
            _entered(first, facilitator, f"{team} 1", "participant", team), country, document
        )
        for country, team in TEAMS.items()
    }
    monitor = _entered(first, facilitator, "Monitora", "monitor", TEAMS[OWN])
    return MonitorDesk(monitor, handed_in[OWN])


def _entered(visitor: Client, by: Client, name: str, role: str, team: str = "") -> Client:
    """Returns the client of a person who is added and comes in."""
    person = {"name": name, "role": role, **({"team": team} if team else {})}
    code = _said(by, "POST", "/api/people", person)["enter"].rpartition("/")[2]
    session = _said(visitor, "POST", "/api/enter", {"code": code})["session"]
    return Client(visitor.base, language=visitor.language, token=session)


def _handed_in(team: Client, country: str, document: Json) -> str:
    """Returns the id of an instance in which a team has published, and which it hands in."""
    from sandbox.event.event_file import shipped_event

    system = f"salud-{country.lower()}"
    (planned,) = [test for test in shipped_event(EVENT).tests if test.id == TEST]
    role = planned.roles[0]
    registered = {
        "name": system,
        "base": team.base,
        "country": country,
        "actors": [role.actor],
    }
    _said(team, "POST", "/api/systems", registered)
    wish = {"event": EVENT, "test": TEST, "system": system}
    id = str(_said(team, "POST", "/api/instances", wish)["id"])
    _said(team, "POST", f"/api/instances/{id}/runs", {"role": role.name})
    (run, *_) = _said(team, "GET", f"/api/runs?system={system}&limit=1")
    bundle = submission(copy.deepcopy(document), patient="Patient/rosa-fuenzalida")
    if country == MISTAKEN:
        bundle["entry"][1]["resource"]["content"][0]["attachment"]["hash"] = OTHER_HASH
    ask(team, "POST", run["inbox"], bundle)
    _said(team, "POST", f"/api/runs/{run['id']}/finish")
    # what the bench has failed comes before a monitor when its team contests it
    act = "contest" if country == MISTAKEN else "submit"
    words = say(
        "course.bench.contested" if country == MISTAKEN else "course.bench.ready", team.language
    )
    _said(team, "POST", f"/api/instances/{id}/{act}", {"words": words})
    if country == MISTAKEN:  # one that nobody has handed in is none of a monitor's business yet
        _said(team, "POST", "/api/instances", {**wish, "test": STARTED})
    return id


def _said(client: Client, method: str, address: str, body: Any = None) -> Any:
    """Returns what the API says; raises BadRequest with its sentence where it refuses."""
    answer = ask(client, method, address, body)
    said = answer.json
    if isinstance(answer, Exchange) and answer.status >= 400:
        text = said.get("text", "") if isinstance(said, dict) else ""
        raise BadRequest("course.bench.refused", where=address, status=answer.status, said=text)
    return said

"""An event as it is being lived, with something on every page: the small replay, and what people leave on the pages of tools
and of the desk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox.clock import utc_now
from sandbox.course.connection import start_server
from sandbox.event.people import People
from sandbox.fhir.json import write_json
from sandbox.replay import play, shipped_script
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.trust.folder import TrustFolder
from tests.bench.desk import written
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.ips.test_reading import a_document

REPLAYED = "lacpass-2023-simulation"
WHO = {
    "facilitator": "Inés (simulada)",
    "participant": "Participante A",
    "monitor": "Monitor 1 (simulado)",
}
BOOK = "01_fhir"
PATIENT = "rosa-fuenzalida"


@dataclass(frozen=True, slots=True)
class Lived:
    """A running event, who may enter it, and an address of each of its pages."""

    server: str
    sessions: dict[str, str]
    """The secret of a session by role; none for a visitor."""
    places: dict[str, str]
    """An address with content by the path of its route."""
    cookies: dict[str, str]
    """What the facilitator's browser keeps: whose links are whose stands there alone."""

    def asked(self, who: str = "facilitator") -> httpx.Client:
        """Returns a client of somebody's own; "" for a visitor."""
        headers = {"Origin": self.server, "Content-Type": "application/json"}
        if who:
            headers["Authorization"] = f"Bearer {self.sessions[who]}"
        return httpx.Client(base_url=self.server, headers=headers, timeout=60, trust_env=False)

    def window(self, browser: Any, who: str, width: int = 390, **options: Any) -> Any:
        """Returns a page of a browser of somebody's own."""
        size = {"width": width, "height": 844}
        context = browser.new_context(locale="es-CL", viewport=size, **options)
        if who:
            cookies = {"connectathon_session": self.sessions[who]}
            cookies |= self.cookies if who == "facilitator" else {}
            context.add_cookies(
                [
                    {"name": name, "value": each, "url": self.server}
                    for name, each in cookies.items()
                ]
            )
        return context.new_page()


@contextmanager
def lived(folder: Path | None = None) -> Iterator[Lived]:
    """Plays the small replay, lays out the desk, and leaves something on each page of tools."""
    with tempfile.TemporaryDirectory() as scratch:
        data = folder or Path(scratch) / "data"
        trust = TrustFolder(data / "trust")
        for country in ("CL", "PA"):
            trust.init(country, at=utc_now())
        server = start_server({"CONNECTATHON_DATA": str(data)})
        try:
            play(shipped_script("lacpass-2023").small(), server.connection.url, tell=_nothing)
        finally:
            server.stop()
        written(data)
        with closing(Partitions(data)) as partitions:
            people = People(RunStore(partitions.main), clock=utc_now)
            sessions = {who: people.enter(people.link(name)) for who, name in WHO.items()}
        server = start_server({"CONNECTATHON_DATA": str(data), "CONNECTATHON_COUNTRY": "CL"})
        try:
            event = Lived(server.connection.url, sessions, {}, {})
            _fill(event)
            yield event
        finally:
            server.stop()


def _nothing(*_: int) -> None:
    """Takes the progress of a replay, which nobody reads."""


def _fill(event: Lived) -> None:
    """Leaves something on each page, and says where it stands."""
    with event.asked() as client:
        event.places.update(
            {
                **_of_event(client),
                **_of_runs(client),
                **_of_tools(event, client),
                **_of_people(event, client),
            }
        )
        event.cookies.update(client.cookies)


def _made(client: httpx.Client, place: str, body: Any = None, **more: Any) -> Any:
    reply = client.post(place, content=write_json(body or {}), **more)
    assert reply.is_success, (place, reply.text)
    return reply.json()


def _sent(client: httpx.Client, place: str, **fields: str) -> httpx.Response:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = client.post(place, data=fields, headers=form)
    assert reply.status_code < 400, (place, reply.text)
    return reply


def _led_to(reply: httpx.Response) -> str:
    """Returns where a form leads, from the server's first page."""
    return "/" + urlsplit(reply.headers["location"]).path.lstrip("./")


def _of_event(client: httpx.Client) -> dict[str, str]:
    # what a monitor alone proves can wait without a run of the bench
    begun = {"event": REPLAYED, "test": "1.10", "system": "sistema-a", "partner": "sistema-b"}
    waiting, _ = (_made(client, "/api/instances", begun)["id"] for _ in range(2))
    _made(client, f"/api/instances/{waiting}/submit")
    allowed = {"kind": "address", "whose": "Equipo A", "what": "10.0.0.7"}
    _made(
        client,
        "/api/allowances",
        {**allowed, "reason": "VPN", "until": f"{utc_now() + timedelta(days=2):%Y-%m-%d}"},
    )
    for decision in ("confirm", "publish"):
        _sent(client, f"/event/{REPLAYED}/results/{decision}")
    instance = client.get("/api/instances", params={"event": REPLAYED}).json()[0]["id"]
    (part, *_) = client.get(f"/api/instances/{instance}").json()["parts"]
    plan = {
        f"/event/{{plan}}{page}": f"/event/{REPLAYED}{page}"
        for page in ("", "/not-met", "/stuck", "/edit", "/results", "/map", "/monitors", "/checks")
    }
    return {
        **plan,
        "overruling": _contested(client),
        "/event/{plan}/edit/{test}": f"/event/{REPLAYED}/edit/1.1",
        "/results/{plan}": f"/results/{REPLAYED}",
        "/instances/{instance}": f"/instances/{instance}",
        "/instances/{instance}/runs": f"/instances/{instance}/runs?role={part['role']}",
        "/help/{name}": "/help/read-a-failure",
        "/lessons/{number}": "/lessons/04",
        "/guides/{profile}/{version}": "/guides/LACPatient/0.2.0",
        "/readiness/{node}": "/readiness/here",
        "/registrations/{id}/approve": "/registrations/any/approve",  # leads to the list
        "/search": "/search?q=documento",
    }


def _contested(client: httpx.Client) -> str:
    """Leaves a facilitator to look at what the bench has failed, and what it leaves to people."""
    wanted = {"event": REPLAYED, "state": "failed"}
    for row in client.get("/api/instances", params=wanted).json():
        place = f"/instances/{row['id']}"
        bench = client.get(f"/api{place}").json()["bench"]
        if any(result["failed"] and result["undecided"] for result in bench):
            _made(client, f"/api{place}/contest", {"words": "El banco se equivoca."})
            _made(client, f"/api{place}/claim")
            return place
    raise AssertionError("the bench has failed nothing of which it leaves a part to people")


def _of_runs(client: httpx.Client) -> dict[str, str]:
    runs = client.get("/api/runs").raise_for_status().json()
    # that of a server which was asked: many tests, findings of each kind
    failed = min(
        (run for run in runs if run["verdict"] == "fail"), key=lambda run: str(run["track"])
    )["id"]
    wallet = _made(client, "/api/runs", {"track": "vci.wallet", "system": "sandbox"})["id"]
    return {
        "/runs/{run}": f"/runs/{failed}",
        "/runs/{run}/report.html": f"/runs/{failed}/report.html",
        "/runs/{run}/links": f"/runs/{wallet}/links",
        "/runs/{run}/{number:int}": f"/runs/{failed}/0",
        "/team/systems/{system}": "/team/systems/sistema-a",
        "/team/systems/{system}/access": "/team/systems/sistema-a/access",
        "/team/start": "/team/start?system=sandbox&track=ips.content",
    }


def _of_tools(event: Lived, client: httpx.Client) -> dict[str, str]:
    document = a_document()
    title = {"title": "Resumen de Rosa, dos medicamentos"}
    sample = _made(client, "/api/samples", document, params=title)["id"]
    shared = _sent(client, "/links", patient=PATIENT, label="Rosa", until="day")
    kept = _sent(client, "/validate/keep", document='{"resourceType": "Patient", "gender": "x"}')
    graded = client.get("/api/gradings").raise_for_status().json()
    # the same one each time, with exercises of many kinds
    own = next(row["id"] for row in graded if row["assignment"].startswith("08_"))
    return {
        "/gallery/{sample}": f"/gallery/{sample}",
        "/gallery/{sample}/take": f"/gallery/{sample}/take?use=ips.content+document",
        "/links/{id}": _led_to(shared),
        "/validate/kept/{id}": _led_to(kept),
        "/vp/asked/{secret}": _declined(client),
        "/desk/hand-ins/{grading}": f"/desk/hand-ins/{own}",
        "/desk/{assignment}": f"/desk/{BOOK}",
        "/wallet/{id}": _received(client),
        "/ips/patient/{id}": f"/ips/patient/{PATIENT}",
    }


def _declined(client: httpx.Client) -> str:
    """Lets a wallet say no to a question; returns where that is told."""
    asked = _sent(client, "/vp", country="")
    place = _led_to(asked)
    link = unescape(client.get(place).text.partition('spellcheck="false">')[2].partition("<")[0])
    query = parse_qs(urlsplit(link).query)
    answer = {"error": "access_denied", "state": query["state"][0]}
    _sent(client, urlsplit(query["response_uri"][0]).path, **answer)
    return place


def _received(client: httpx.Client) -> str:
    """Takes an offered credential into a wallet; returns where it is shown."""
    offer = _made(client, "/api/offers", {"country": "CL", "content": CONTENTS["icvp_2025"]})
    page = _sent(client, "/wallet", text=offer["link"]).text
    pending = page.partition('name="pending" value="')[2].partition('"')[0]
    done = _sent(client, "/wallet/receive", pending=pending, pin=offer["pin"])
    return _led_to(done)


def _of_people(event: Lived, client: httpx.Client) -> dict[str, str]:
    with event.asked("") as visitor:
        fields = {
            "name": "Hospital del Sur", "country": "ZA", "contact": "Rosa Díaz", "people": "3",
            "systems": "Un repositorio", "tracks": "1", "rules": "yes",
        }  # fmt: skip
        sent = _sent(visitor, "/register", **fields)
        standing = _led_to(sent)
    with event.asked("participant") as participant:
        _made(participant, "/api/teams/Equipo A/tokens", {"name": "prueba"})
    team = _made(client, "/api/invitations", {"team": "Equipo A"})
    person = client.get("/api/people").raise_for_status().json()[1]["id"]
    hook = {"carrier": "webhook", "target": "https://hooks.example.org/in", "topics": ["run"]}
    subscription = _made(client, "/api/subscriptions", hook)["id"]
    _made(client, f"/api/subscriptions/{subscription}/try")
    return {
        "/notifications/{subscription}": f"/notifications/{subscription}",
        "/people/{id}/remove": f"/people/{person}/remove",
        "/register/{secret}": standing,
        "/enter/{code}": urlsplit(team["enter"]).path,
    }

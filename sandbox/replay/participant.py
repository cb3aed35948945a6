"""What a participant does of an instance: starts it, invites partners, runs what the bench can run,
adds evidence, and asks for a monitor.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.fhir.json import write_json
from sandbox.i18n import say
from sandbox.replay import ministry
from sandbox.replay.caller import Caller
from sandbox.replay.clients import LIST, Programs, Retrieved
from sandbox.replay.ministry import Component
from sandbox.replay.script import Meeting, Script, Team

FHIR_JSON = "application/fhir+json"
PASSED = ("pass", "warn")
TRIES = 2
"""How often a team runs what it does not pass, before it leaves it."""
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 1.6
PATIENCE_SECONDS = 240
RESPONDER = "document-responder"
METADATA = "metadata.json"
"""The file with the DocumentReference by which a document was found."""


@dataclass(frozen=True, slots=True)
class Party:
    """A team as it plays: who speaks for it, and its programs."""

    team: Team
    caller: Caller
    programs: Programs
    bases: Mapping[str, str] = field(default_factory=dict)
    """The FHIR bases of the actors for which a server of somebody else plays."""
    component: Component | None = None
    """That of its ministry on LACChain."""

    def base_for(self, actor: str) -> str:
        """Returns the FHIR base of its server in the role of an actor."""
        return self.bases.get(actor, f"{self.programs.place}/fhir")


@dataclass(frozen=True, slots=True)
class Played:
    """What an instance is played with: its planned test, and who fills which role."""

    id: str
    test: Mapping[str, Any]
    parties: Mapping[str, Party]
    """By role, the one that started it first."""

    @property
    def first(self) -> Party:
        """The team that started it."""
        return next(iter(self.parties.values()))

    @property
    def place(self) -> str:
        """Where the API has it."""
        return f"/api/instances/{self.id}"


def take_part(
    script: Script, test: Mapping[str, Any], meeting: Meeting, parties: Mapping[str, Party]
) -> str:
    """Plays an instance as far as participants bring it; returns its id.

    Args:
        script: The replay.
        test: The planned test as the API tells it.
        meeting: Who meets in it, and what goes otherwise.
        parties: All teams, by letter.
    """
    roles = [role["name"] for role in test["roles"]]
    filled = {role: parties[letter] for role, letter in zip(roles, meeting.teams, strict=True)}
    first = filled[roles[0]]
    begun = first.caller.post(
        "/api/instances",
        {"event": script.id, "test": test["id"], "system": first.team.system},
    )
    played = Played(begun["id"], test, filled)
    if not _invited(played, hitch=meeting.hitch):
        return played.id
    brought: list[Retrieved] = []
    # all of them, also behind one that was not passed
    passed = [_run(played, role, brought) for role in test["roles"] if role["bench"]]
    if meeting.hitch == "unfinished" or (test["proof"] == "automatic" and not all(passed)):
        return played.id
    if meeting.hitch != "no_evidence":
        _add_evidence(played, brought)
    _ask_for_a_monitor(played)
    return played.id


def _ask_for_a_monitor(played: Played) -> None:
    """Hands an instance in; what the bench has failed only by saying why it would be wrong."""
    shown = played.first.caller.get(played.place)
    if any(result["failed"] for result in shown["bench"]):
        words = {"words": say("replay.contested", played.first.caller.language)}
        played.first.caller.post(f"{played.place}/contest", words)
    else:
        played.first.caller.post(f"{played.place}/submit")


def _invited(played: Played, *, hitch: str | None) -> bool:
    """Invites the partners; tells whether all have accepted."""
    partners = list(played.parties.items())[1:]
    for role, party in partners:
        body = {"role": role, "system": party.team.system}
        played.first.caller.post(f"{played.place}/partners", body)
        if hitch != "no_answer":
            party.caller.post(f"{played.place}/accept", {"role": role})
    return not partners or hitch != "no_answer"


def _run(played: Played, role: Mapping[str, Any], brought: list[Retrieved]) -> bool:
    """Runs what the plan asks of a role; tells whether all of it was passed in the end."""
    return any(_tried(played, role, brought) for _ in range(TRIES))


def _tried(played: Played, role: Mapping[str, Any], brought: list[Retrieved]) -> bool:
    """Runs what the plan asks of a role once, by the rules of its event."""
    party = played.parties[role["name"]]
    tracks = dict.fromkeys(".".join(id.split(".")[:2]) for id in role["bench"])
    inputs: dict[str, str] = {}
    for track in tracks:
        inputs |= _inputs(track, party)
    place = f"{played.place}/runs"
    shown = party.caller.post(place, {"role": role["name"], "inputs": inputs})
    verdicts = []
    for row in shown["bench"]:
        if row["role"] != role["name"]:
            continue
        run = party.caller.get(f"/api/runs/{row['last_run'] or row['run']}")
        if run["inbox"]:
            CLIENTS[row["track"]](played, party.caller.url + run["inbox"], brought)
            # what came last is judged behind its answer
            party.caller.get(f"/api/runs/{run['id']}")
            party.caller.post(f"/api/runs/{run['id']}/finish")
        verdicts.append(_verdict(party.caller, run["id"]))
    return all(verdict in PASSED for verdict in verdicts)


def _verdict(caller: Caller, run: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    wait = FIRST_WAIT_SECONDS
    while time.monotonic() < deadline:
        shown = caller.get(f"/api/runs/{run}")
        if shown["state"] in ("done", "cancelled"):
            return str(shown["verdict"])
        # each look costs the server about as much as a test
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT_SECONDS)
    return ""


def _inputs(track: str, party: Party) -> dict[str, str]:
    """Returns what a run must be given beside what is registered with the system."""
    if track == ministry.TRACK and party.component:
        return dict(party.component.inputs)
    if track == "ddcc.generation":  # whose server signs with keys of its own, for all its spaces
        return {"trustlist": urljoin(party.programs.place, f"/{LIST}")}
    if track == "hcert.content":
        return {"certificate": party.programs.certificate()}
    if track == "pki.onboarding":
        pki = party.programs.pki
        pairs = {"sca": pki.sca, "up": pki.up, "tls": pki.tls, "ca": pki.tls, "dsc": pki.dsc[0]}
        pems = {
            name: pair.certificate.public_bytes(Encoding.PEM).decode()
            for name, pair in pairs.items()
        }
        return {"country": party.team.country, **pems}
    return {}


def _publish(played: Played, inbox: str, _: list[Retrieved]) -> None:
    party = played.first
    sent = party.programs.send(inbox)
    if "replace" in " ".join(played.test["roles"][0]["bench"]):
        stored = [entry["response"]["location"] for entry in (sent.json or {}).get("entry", ())]
        for location in stored:
            if "DocumentReference/" in location:
                place = location[location.index("DocumentReference/") :]
                party.programs.send(inbox, replaces=place.partition("/_history")[0])


def _read(played: Played, inbox: str, brought: list[Retrieved]) -> None:
    retrieved = played.first.programs.retrieve(inbox)
    brought += [retrieved] if retrieved else []


def _pass_on(played: Played, inbox: str, brought: list[Retrieved]) -> None:
    """A Source sends by the inbox, and where there is a Consumer it reads that very document."""
    sent = played.first.programs.send(inbox)
    consumer = played.parties.get("consumer")
    if consumer is not None:
        names = [
            entry["resource"]["masterIdentifier"]["value"]
            for entry in json.loads(sent.request_body)["entry"]
            if entry["resource"]["resourceType"] == "DocumentReference"
        ]
        retrieved = consumer.programs.retrieve(inbox, names[0])
        brought += [retrieved] if retrieved else []


def _judge_codes(played: Played, inbox: str, _: list[Retrieved]) -> None:
    played.first.programs.judge_codes(inbox)


CLIENTS: Mapping[str, Callable[[Played, str, list[Retrieved]], None]] = {
    "mhd.source": _publish,
    "mhd.consumer": _read,
    "mhd.peers": _pass_on,
    "trustlist.consumer": _judge_codes,
}
"""What a team does at the inbox of a run, by its track."""


def _add_evidence(played: Played, brought: list[Retrieved]) -> None:
    """Adds what the plan requires of a person: what was fetched and shown, issued and judged."""
    responder = played.parties.get("responder")
    if responder is not None:
        retrieved = played.first.programs.retrieve(responder.base_for(RESPONDER))
        brought += [retrieved] if retrieved else []
    if brought:
        metadata = write_json(brought[-1].reference)
        _attach(played, METADATA, metadata, "application/json")
    for piece in played.test["evidence"]:
        if piece["is_required"]:
            name, content = _evidence(played, piece["name"], brought)
            if content:
                _attach(played, name, content, "text/plain", evidence=piece["name"])


def _evidence(played: Played, name: str, brought: list[Retrieved]) -> tuple[str, bytes]:
    """Returns the name of a file and its bytes; none where there is nothing to show."""
    party = played.first
    if name == "document":
        document = brought[-1].content if brought else write_json(party.programs.summary())
        return "document.json", document
    if name == "picture":
        shown = party.programs.shown(brought[-1].content) if brought else ""
        return "screen.txt", shown.encode()
    if name in ("code", "credential"):
        issuer = played.parties.get("issuer", party)
        return f"{name}.txt", issuer.programs.certificate().encode()
    # what stands outside of this sandbox is told in words: a wallet, a registry
    words = f"{party.team.name}: {played.test['title']} – {name}"
    return f"{name}.txt", words.encode()


def _attach(played: Played, name: str, content: bytes, media: str, *, evidence: str = "") -> None:
    query = {"name": name} | ({"evidence": evidence} if evidence else {})
    played.first.caller.send(f"{played.place}/attachments", content, media, **query)

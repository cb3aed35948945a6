"""Wallets for the track vci.wallet: this project's own, one that also waits, and twins of it with one fault each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.testclient import TestClient

from sandbox.api.authorities import known_of
from sandbox.app import create_app
from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.report import Report
from sandbox.credentials.texts import Json, read_object, write_compact
from sandbox.credentials.verifying import verify
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import Received, receive
from sandbox.errors import BadRequest
from sandbox.settings import Settings
from sandbox.testbench.issuing_ground import order_of
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock
from tests.sandbox.credentials.making import jws_in_der

HOST = "http://sandbox.test"
Send = Callable[[Call], Reply]
Turn = Callable[["Wallet", Call, Send], Reply]
"""How a wallet sends: what it changes of a call, and of what came."""


@dataclass
class Wallet:
    """A wallet in one run: its key for the offer at hand, and how it differs from the right one."""

    client: TestClient
    folder: Path
    clock: TickingClock
    turn: Turn
    key: PrivateKey = field(default_factory=new_key)
    received: list[Received] = field(default_factory=list)

    def send(self, call: Call) -> Reply:
        return self.turn(self, call, self._sent)

    def _sent(self, call: Call) -> Reply:
        came = self.client.request(
            call.method,
            call.address.removeprefix(HOST),
            headers=dict(call.headers),
            content=call.body,
        )
        return Reply(came.status_code, came.content)

    def receives(self, link: str, pin: str) -> str:
        """Returns what becomes of an offer: `kept` or `refused`."""
        self.key = new_key()
        at = self.clock()
        known = known_of(TrustFolder(self.folder / "trust"), self.folder, HOST, at, {})

        def judge(text: str) -> Report:
            return verify(text, known, at=at)

        try:
            offer = read_offer(link, self.send)
            self.received = receive(offer, self.key, pin=pin, send=self.send, judge=judge, at=at)
        except BadRequest:
            return "refused"
        return "kept"


def as_it_is(wallet: Wallet, call: Call, send: Send) -> Reply:
    return send(call)


def waits(wallet: Wallet, call: Call, send: Send, *, times: int = 20) -> Reply:
    """Asks again for what is not ready, as often as it takes."""
    reply = send(call)
    if reply.status != 202:
        return reply
    address = call.address.replace("/credential", "/deferred")
    body = write_compact({"transaction_id": reply.json["transaction_id"]})
    for _ in range(times):
        reply = send(Call("POST", address, call.headers, body))
        if reply.status != 202:
            break
    return reply


def patient(change: Turn) -> Turn:
    """Returns a wallet that waits, and has a fault besides."""

    def turn(wallet: Wallet, call: Call, send: Send) -> Reply:
        return waits(wallet, call, lambda asked: change(wallet, asked, send))

    return turn


def asks_at_once(wallet: Wallet, call: Call, send: Send) -> Reply:
    return waits(wallet, call, send, times=1)


def puts_well_known_behind(wallet: Wallet, call: Call, send: Send) -> Reply:
    place = "/.well-known/openid-credential-issuer"
    if place not in call.address:
        return send(call)
    return send(Call(call.method, call.address.replace(place, "") + place, call.headers))


def reads(change: Callable[[Json], Json], *, at: str) -> Turn:
    """Returns a wallet that reads something else than what came from an address."""

    def turn(wallet: Wallet, call: Call, send: Send) -> Reply:
        reply = send(call)
        if at not in call.address or not reply.json:
            return reply
        return Reply(reply.status, write_compact(change(reply.json)))

    return turn


def right_name(metadata: Json) -> Json:
    return {
        **metadata,
        "credential_issuer": metadata["credential_issuer"].removesuffix("-of-others"),
    }


def no_way_back(answer: Json) -> Json:
    return {"error": "invalid_request"} if answer.get("error") == "invalid_nonce" else answer


def minds_strange(wallet: Wallet, call: Call, send: Send) -> Reply:
    reply = send(call)
    return Reply(500, b"") if "x_strange" in reply.json else reply


def without_pin(wallet: Wallet, call: Call, send: Send) -> Reply:
    if not call.address.endswith("/token"):
        return send(call)
    fields = dict(parse_qsl(call.body.decode()))
    fields.pop("tx_code", None)
    return send(Call(call.method, call.address, call.headers, urlencode(fields).encode()))


def with_other_pin(wallet: Wallet, call: Call, send: Send) -> Reply:
    body = call.body
    if call.address.endswith("/token"):
        fields = dict(parse_qsl(body.decode()))
        body = urlencode({**fields, **({"tx_code": "x"} if "tx_code" in fields else {})}).encode()
    return send(Call(call.method, call.address, call.headers, body))


def proves(payload: Mapping[str, Any], header: Mapping[str, Any]) -> Turn:
    """Returns a wallet whose proof has other members; one that is None is left out."""

    def turn(wallet: Wallet, call: Call, send: Send) -> Reply:
        if not call.address.endswith("/credential"):
            return send(call)
        body = read_object(call.body)
        jws = read_jws(body["proofs"]["jwt"][0])
        parts = [{**jws.header, **header}, {**jws.payload, **payload}]
        head, said = (
            {name: value for name, value in part.items() if value is not None} for part in parts
        )
        body["proofs"]["jwt"] = [write_jws(head, said, wallet.key)]
        return send(Call(call.method, call.address, call.headers, write_compact(body)))

    return turn


def proves_in_der(wallet: Wallet, call: Call, send: Send) -> Reply:
    """Signs its proof in the form that certificates have (RFC 7518 3.4)."""
    if not call.address.endswith("/credential"):
        return send(call)
    body = read_object(call.body)
    body["proofs"]["jwt"] = [jws_in_der(text) for text in body["proofs"]["jwt"]]
    return send(Call(call.method, call.address, call.headers, write_compact(body)))


def as_in_a_draft(wallet: Wallet, call: Call, send: Send) -> Reply:
    """Sends one proof and the format, as drafts had it (13, 8.2)."""
    if not call.address.endswith("/credential"):
        return send(call)
    (jwt,) = read_object(call.body)["proofs"]["jwt"]
    body = {"format": "dc+sd-jwt", "proof": {"proof_type": "jwt", "jwt": jwt}}
    return send(Call(call.method, call.address, call.headers, write_compact(body)))


@dataclass(frozen=True)
class Twin:
    """A wallet, and what is told of the kinds that it treats in another way than it should."""

    turn: Turn = waits
    says: Mapping[str, str] = field(default_factory=dict)
    tells: bool = True


TWINS: dict[str, Twin] = {
    "right": Twin(),
    "own": Twin(as_it_is),
    "asks_at_once": Twin(asks_at_once),
    "puts_well_known_behind": Twin(patient(puts_well_known_behind)),
    "believes_any_name": Twin(patient(reads(right_name, at="/openid-credential-issuer/"))),
    "asks_for_no_pin": Twin(patient(without_pin)),
    "sends_another_pin": Twin(patient(with_other_pin)),
    "makes_up_nonces": Twin(patient(proves({"nonce": "1.made-up"}, {}))),
    "has_no_nonce": Twin(patient(proves({"nonce": None}, {}))),
    "writes_another_typ": Twin(patient(proves({}, {"typ": "JWT"}))),
    "proves_for_the_endpoint": Twin(patient(proves({"aud": f"{HOST}/token"}, {}))),
    "proves_in_der": Twin(patient(proves_in_der)),
    "names_two_keys": Twin(patient(proves({}, {"kid": "did:key:zDn#1"}))),
    "is_of_tomorrow": Twin(patient(proves({"iat": 4_000_000_000}, {}))),
    "speaks_a_draft": Twin(patient(as_in_a_draft)),
    "gives_up_at_a_nonce": Twin(patient(reads(no_way_back, at="/credential"))),
    "minds_what_is_strange": Twin(patient(minds_strange)),
    "keeps_what_is_anothers": Twin(says={"other_key": "kept"}),
    "keeps_what_was_changed": Twin(says={"bad_signature": "kept"}),
    "keeps_nothing": Twin(says={"plain": "refused"}),
    "tells_nothing": Twin(tells=False),
}


def told_of(name: str, folder: Path) -> dict[str, list[str]]:
    """Lets a wallet open the offers of a run in a fresh sandbox, whose clock is its own too.

    Returns: The numbers of the tests by verdict but `pass`; `none` for those that wait.
    """
    clock = TickingClock()
    settings = Settings(folder, seed="none", id_seed="test", graders=0, country="CL")
    with TestClient(create_app(settings, clock=clock), base_url=HOST) as client:
        return _told(TWINS[name], client, folder, clock)


def _told(
    twin: Twin, client: TestClient, folder: Path, clock: TickingClock
) -> dict[str, list[str]]:
    run = client.post("/api/runs", json={"track": "vci.wallet", "system": "sandbox"}).json()
    inbox = urlsplit(run["inbox"]).path.split("/")[2]
    wallet = Wallet(client, folder, clock, twin.turn)
    offers = client.get(f"{run['inbox']}/$offers").json()["offers"]
    told = {}
    for offer, kind in zip(offers, order_of(inbox), strict=True):
        said = wallet.receives(offer["link"], offer.get("pin", ""))
        told[str(offer["number"])] = twin.says.get(kind, said)
    client.get(f"{run['inbox']}/$proof", params=told if twin.tells else {})
    found: dict[str, list[str]] = {}
    for test in client.get(f"/api/runs/{run['id']}").json()["tests"]:
        if test["verdict"] != "pass":
            found.setdefault(test["verdict"] or "none", []).append(test["number"])
    return found

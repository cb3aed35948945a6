"""Three countries for the track vc.peers: this sandbox as issuer and verifier and a wallet, and twins with one fault each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.testclient import TestClient

from sandbox.api.authorities import known_of
from sandbox.clock import fhir_instant
from sandbox.credentials.jose import read_jws
from sandbox.credentials.sdjwt.presenting import read_sdjwt
from sandbox.credentials.texts import Json
from sandbox.credentials.vaccination import VCT
from sandbox.credentials.verifying import verify
from sandbox.credentials.wallet.answering import Held, answer, shares_of
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.offers import read_offer
from sandbox.credentials.wallet.receiving import receive
from sandbox.credentials.wallet.requests import read_request
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from sandbox.trust.folder import TrustFolder
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.testbench import issuer_twins as issuing
from tests.sandbox.testbench import verifier_twins as verifying
from tests.sandbox.testbench.playing import GIVEN

HOST = "http://sandbox.test"
ASKED: Json = {
    "id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
    "claims": [{"path": ["vaccine", "product"]}],
}  # fmt: skip
OTHER: Json = {**ASKED, "meta": {"vct_values": ["urn:example:driving-licence"]}}


@dataclass
class Three:
    """How issuer, verifier and wallet differ from those that are right."""

    issuer: issuing.Twin = field(default_factory=issuing.Twin)
    verifier: verifying.Answer = verifying.as_it_is
    asks: Json = field(default_factory=lambda: ASKED)
    receives: bool = True
    shows: Callable[[str], str] | None = lambda text: text
    names_verdict: bool = True
    prefix: str = "decentralized_identifier"
    given: dict[str, str] = field(default_factory=dict)


def other_letter(text: str) -> str:
    """Shows what its issuer has not signed."""
    head, tilde, rest = text.partition("~")
    return f"{head[:-20]}{'A' if head[-20] != 'A' else 'B'}{head[-19:]}{tilde}{rest}"


OFFERS = "openid-credential-offer://?offer=1"
TWINS: dict[str, Three] = {
    "right": Three(),
    "right_and_unsigned": Three(prefix="redirect_uri"),
    "issuer_loses_its_offers": Three(issuer=issuing.Twin(line=lambda line: OFFERS), receives=False),
    "issuer_has_no_metadata": Three(
        issuer=issuing.TWINS["has_no_metadata"], receives=False, shows=None
    ),
    "issuer_is_another_server": Three(
        issuer=issuing.TWINS["is_another_server"], receives=False, shows=None
    ),
    "issuer_gives_nothing": Three(
        issuer=issuing.TWINS["gives_nothing"], receives=False, shows=None
    ),
    "issuer_signs_wrongly": Three(issuer=issuing.TWINS["signs_wrongly"], receives=False, shows=None),
    "issuer_takes_codes_twice": Three(issuer=issuing.TWINS["takes_codes_twice"]),
    "issuer_calls_used_codes_requests": Three(
        issuer=issuing.TWINS["calls_used_codes_requests"]
    ),
    "verifier_asks_for_another_type": Three(asks=OTHER, shows=None),
    "verifier_asks_badly": Three(verifier=verifying.signs({"typ": "JWT"}), shows=None),
    "verifier_refuses_all": Three(
        verifier=verifying.says(400, b'{"error": "invalid_request"}', "application/json"),
        shows=None,
    ),
    "verifier_shows_no_verdict": Three(names_verdict=False),
    "verifier_shows_its_verdict_to_people": Three(
        names_verdict=False, given={"wallet_shown": "accepted"}
    ),
    "verifier_tells_people_no": Three(names_verdict=False, given={"wallet_shown": "refused"}),
    "wallet_opens_nothing": Three(receives=False, shows=None),
    "wallet_shows_what_it_changed": Three(shows=other_letter),
    "team_gives_one_offer_and_one_request": Three(given={"only": "first"}),
}  # fmt: skip


class Between(httpx.AsyncBaseTransport):
    """The sandbox, whose issuer and verifier are twins."""

    def __init__(self, app: Any, three: Three) -> None:
        self._issuer = issuing.Faulty(app, three.issuer)
        self._verifier = verifying.Between(app, three.verifier)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Lets the one answer that is asked."""
        is_issuer = "/vci" in request.url.path or request.url.path.startswith("/.well-known/")
        return await (self._issuer if is_issuer else self._verifier).handle_async_request(request)


class Wallet:
    """A wallet that receives and shows by the parts of this project, through the same twins."""

    def __init__(
        self, client: TestClient, folder: Path, transport: httpx.AsyncBaseTransport
    ) -> None:
        self.client, self.folder, self.transport = client, folder, transport

    def send(self, call: Call) -> Reply:
        async def sent() -> Reply:
            async with httpx.AsyncClient(transport=self.transport) as client:
                headers = dict(call.headers)
                came = await client.request(
                    call.method, call.address, headers=headers, content=call.body
                )
                return Reply(came.status_code, came.content)

        return asyncio.run(sent())

    def goes(self, offer_line: str, request_line: str, shows: Callable[[str], str] | None) -> None:
        link, _, pin = offer_line.partition(" ")
        offer = read_offer(link, self.send)
        key = new_key()
        trust = TrustFolder(self.folder / "trust")

        def now() -> datetime:
            told = self.client.get("/vci/CL/status/tokens").text
            return datetime.fromtimestamp(read_jws(told).payload["iat"], UTC)

        def judge(text: str) -> Any:
            return verify(text, known_of(trust, self.folder, HOST, now(), {}), at=now())

        (came,) = receive(offer, key, pin=pin, send=self.send, judge=judge, at=now())
        if shows is None:
            return
        known = known_of(trust, self.folder, HOST, now(), {})
        asking = read_request(request_line.partition(" ")[0], known, self.send, at=now())
        claims = read_sdjwt(came.text).opened().claims
        held = Held("card", shows(came.text), claims, key)
        shares = shares_of(asking, [held])
        every = {(share.query, path) for share in shares for path, _ in share.leaves}
        answer(asking, shares, every, send=self.send, at=now())


def given_to(client: TestClient, three: Three) -> dict[str, str]:
    offers, requests = [], []
    for _ in range(2):
        wish: Json = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": True, "formats": []}
        made = client.post("/api/offers", json=wish).json()
        offers.append(three.issuer.line(f"{made['link']} {made['pin']}"))
        query = {"credentials": [three.asks]}
        asked = {"query": query, "prefix": three.prefix, "country": "CL"}
        made = client.post("/api/requests", json=asked).json()
        address = f" {HOST}/api/requests/{made['id']}" if three.names_verdict else ""
        requests.append(f"{made['link']}{address}")
    told = read_jws(client.get("/vci/CL/status/tokens").text).payload["iat"]
    more = dict(three.given)
    count = 1 if more.pop("only", "") else 2
    return {
        **GIVEN,
        "now": fhir_instant(datetime.fromtimestamp(told, UTC)),
        "issuer_system": "chile",
        "verifier_system": "panama",
        "offers": "\n".join(offers[:count]),
        "vp_requests": "\n".join(requests[:count]),
        **more,
    }


def played(name: str, client: TestClient, folder: Path) -> tuple[dict[str, str], list[Result]]:
    """Returns the inputs and the results of a meeting of three."""
    three = TWINS[name]
    transport = Between(client.app, three)
    given = given_to(client, three)
    if three.receives and "only" not in three.given:
        wallet = Wallet(client, folder, transport)
        wallet.goes(
            given["offers"].split("\n")[1], given["vp_requests"].split("\n")[1], three.shows
        )
    told = read_jws(client.get("/vci/CL/status/tokens").text).payload["iat"]
    given["now"] = fhir_instant(datetime.fromtimestamp(told, UTC))

    async def play() -> list[Result]:
        async with Sender(f"{HOST}/fhir", transport=transport) as send:
            return await play_track(TRACKS["vc.peers"], given, send)

    return given, asyncio.run(play())

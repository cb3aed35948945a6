"""Wallets for the track vp.wallet: this project's own, one that also tells its errors, and twins of it with one fault each."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.report import Known
from sandbox.credentials.texts import Json, from_base64url, to_base64url
from sandbox.credentials.wallet.answering import Held, Share, answer, shares_of
from sandbox.credentials.wallet.calling import Call, Reply, form_call
from sandbox.credentials.wallet.requests import Asking, read_request
from sandbox.errors import BadRequest
from sandbox.settings import Settings
from sandbox.testbench.asking_ground import order_of
from tests.conftest import TickingClock
from tests.sandbox.credentials.making import jws_in_der
from tests.sandbox.testbench.wallet_twins import HOST, Wallet, as_it_is

# By which error a wallet tells why it refuses (OpenID4VP 1.0 8.5); of all else it is silent.
ERRORS = {"no_request": "invalid_request", "unknown_prefix": "invalid_request",
          "nothing_fits": "access_denied", "unknown_transaction": "invalid_transaction_data"}  # fmt: skip
SILENT: dict[str, str] = {}


@dataclass(frozen=True)
class Twin:
    """A wallet: by which errors it refuses, and what it does in its own way.

    `trusts` are the requests that it answers unread, `is_own` has it tell as this project's does, `shows` changes what is shown, `calls` how it
    sends, `binds` what its holder signs, of which it gets the text of the credential too; `says` is what is told of the requests that it has
    refused.
    """

    errors: dict[str, str] = field(default_factory=lambda: ERRORS)
    trusts: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    shows: Callable[[Share], Share] = lambda share: share
    calls: Callable[[Call], Call] = lambda call: call
    binds: Callable[[Json, str], Json] | None = None
    can_post: bool = True
    says: str = "refused"
    tells: bool = True
    is_own: bool = False


@dataclass
class Holder:
    """A wallet with its credential, in one run."""

    wallet: Wallet
    twin: Twin
    held: Held

    def opens(self, link: str, kind: str) -> str:
        """Returns what becomes of a request: `answered` or `refused`."""
        try:
            if kind in self.twin.refuses:
                raise BadRequest("wallet.nothing_fits")
            asking = self.asked(link, kind)
            shares = [self.twin.shows(share) for share in shares_of(asking, [self.held])]
            allowed = {(share.query, path) for share in shares for path, _ in share.leaves}
            answer(asking, shares, allowed, send=self.send, at=self.wallet.clock())
        except BadRequest as error:
            self.tell(link, error)
            return self.twin.says
        return "answered"

    def asked(self, link: str, kind: str) -> Asking:
        if not self.twin.can_post:
            link = link.replace("&request_uri_method=post", "")
        if kind not in self.twin.trusts:
            asking = self.read(link)
            return self.nearest(asking, kind)
        fields = fields_of(link)
        if "request_uri" in fields:
            text = self.send(Call("GET", fields["request_uri"])).body.decode()
            return Asking(read_jws(text).payload, "")
        return self.nearest(Asking({"nonce": "none", **fields}, ""), kind)

    def read(self, link: str) -> Asking:
        at = self.wallet.clock()
        return read_request(link, Known(), self.send, at=at, sends_errors=self.twin.is_own)

    def nearest(self, asking: Asking, kind: str) -> Asking:
        """Returns a request that asks for what is held, where a twin shows that instead."""
        if kind != "lacking" or kind not in self.twin.trusts:
            return asking
        query = json.loads(json.dumps(asking.query))
        query["credentials"][0]["meta"]["vct_values"] = [self.held.claims["vct"]]
        return Asking({**asking.fields, "dcql_query": query}, "")

    def tell(self, link: str, error: BadRequest) -> None:
        code = self.twin.errors.get(error.key.partition(".")[2])
        fields = fields_of(link)
        if code and "response_uri" in fields:
            form = {"error": code, "state": fields["state"]}
            self.send(form_call(fields["response_uri"], form))

    def send(self, call: Call) -> Reply:
        return self.wallet.send(self.bound(self.twin.calls(call)))

    def bound(self, call: Call) -> Call:
        """Returns an answer whose holder has signed what a twin signs."""
        binds = self.twin.binds
        form = dict(parse_qsl(call.body.decode())) if b"vp_token=" in call.body else {}
        if binds is None or not form:
            return call
        token = json.loads(form["vp_token"])
        for texts in token.values():
            for place, text in enumerate(texts):
                shown, _, signed = text.rpartition("~")
                jws = read_jws(signed)
                payload = binds(jws.payload, f"{shown}~")
                texts[place] = f"{shown}~{write_jws(jws.header, payload, self.held.key)}"
        return replace(call, body=urlencode({**form, "vp_token": json.dumps(token)}).encode())


def fields_of(link: str) -> Json:
    fields: Json = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
    if "dcql_query" in fields:
        fields["dcql_query"] = json.loads(fields["dcql_query"])
    return fields


def everything(share: Share) -> Share:
    return replace(share, shown=share.held.text)


def by_get(call: Call) -> Call:
    return Call("GET", call.address, {}) if call.address.endswith("/request") else call


def without_nonce(call: Call) -> Call:
    return replace(call, body=b"x=y") if call.address.endswith("/request") else call


def as_texts(call: Call) -> Call:
    """Shows a text where a list is asked for (OpenID4VP 1.0 8.1)."""
    if b"vp_token=" not in call.body:
        return call
    form = dict(parse_qsl(call.body.decode()))
    token = {id: texts[0] for id, texts in json.loads(form["vp_token"]).items()}
    return replace(call, body=urlencode({**form, "vp_token": json.dumps(token)}).encode())


def in_der(call: Call) -> Call:
    """Signs for the verifier in the form that certificates have (RFC 7518 3.4)."""
    if b"vp_token=" not in call.body:
        return call
    form = dict(parse_qsl(call.body.decode()))
    token = {
        id: [last_in_der(text) for text in texts]
        for id, texts in json.loads(form["vp_token"]).items()
    }
    return replace(call, body=urlencode({**form, "vp_token": json.dumps(token)}).encode())


def last_in_der(text: str) -> str:
    shown, tilde, signed = text.rpartition("~")
    return f"{shown}{tilde}{jws_in_der(signed)}"


def in_base64(text: str) -> str:
    """Returns what is in base64url in the other alphabet, which differs by its padding at least."""
    return base64.b64encode(from_base64url(text)).decode()


def hash_of(text: str) -> str:
    return to_base64url(hashlib.sha256(text.encode()).digest())


def another_key(share: Share) -> Share:
    from tests.sandbox.credentials.making import STRANGER

    return replace(share, held=replace(share.held, key=STRANGER))


OTHER_ERRORS = {**ERRORS, "nothing_fits": "server_error", "unknown_transaction": "invalid_request"}
TWINS: dict[str, Twin] = {
    "right": Twin(),
    "own": Twin(errors=SILENT, is_own=True),
    "answers_without_nonce": Twin(trusts=("no_nonce",)),
    "believes_another_client": Twin(trusts=("other_client",)),
    "verifies_no_signature": Twin(trusts=("bad_signature",)),
    "takes_any_prefix": Twin(trusts=("unknown_prefix",)),
    "minds_no_redirect": Twin(trusts=("redirect",)),
    "shows_everything": Twin(shows=everything),
    "needs_what_is_optional": Twin(refuses=("optional",)),
    "shows_what_is_near": Twin(trusts=("lacking",)),
    "minds_no_transaction": Twin(trusts=("transaction",)),
    "asks_by_get": Twin(calls=by_get),
    "cannot_post": Twin(can_post=False),
    "has_no_nonce_of_its_own": Twin(calls=without_nonce),
    "follows_no_paths": Twin(refuses=("paths",)),
    "tells_other_errors": Twin(errors=OTHER_ERRORS),
    "signs_with_another_key": Twin(shows=another_key),
    # the hash goes up to the last tilde and takes it in (RFC 9901 4.3.1)
    "hashes_without_the_tilde": Twin(
        binds=lambda payload, text: {**payload, "sd_hash": hash_of(text[:-1])}
    ),
    # in base64url (RFC 9901 4.3.1)
    "hashes_in_base64": Twin(
        binds=lambda payload, text: {**payload, "sd_hash": in_base64(hash_of(text))}
    ),
    "binds_in_der": Twin(calls=in_der),
    # whom it is for is named with the prefix (OpenID4VP 1.0 14.1.2)
    "names_no_prefix": Twin(
        binds=lambda payload, _: {**payload, "aud": payload["aud"].partition(":")[2]}
    ),
    "shows_a_text_for_a_list": Twin(calls=as_texts),
    "says_that_it_answered": Twin(errors=SILENT, says="answered"),
    "tells_nothing": Twin(errors=SILENT, tells=False),
}


def told_of(name: str, folder: Path) -> dict[str, list[str]]:
    """Lets a wallet open the requests of a run in a fresh sandbox, whose clock is its own too.

    Returns: The numbers of the tests by verdict but `pass`; `none` for those that wait.
    """
    clock = TickingClock()
    settings = Settings(folder, seed="none", id_seed="test", graders=0, country="CL")
    with TestClient(create_app(settings, clock=clock), base_url=HOST) as client:
        return _told(TWINS[name], client, folder, clock)


def _told(
    twin: Twin, client: TestClient, folder: Path, clock: TickingClock
) -> dict[str, list[str]]:
    run = client.post("/api/runs", json={"track": "vp.wallet", "system": "sandbox"}).json()
    inbox = urlsplit(run["inbox"]).path.split("/")[2]
    wallet = Wallet(client, folder, clock, as_it_is)
    made: Any = client.get(f"{run['inbox']}/$requests").json()
    assert wallet.receives(made["offer"]["link"], "") == "kept"
    (received,) = wallet.received
    held = Held("card", received.text, received.report.claims or {}, wallet.key)
    holder = Holder(wallet, twin, held)
    told = {
        str(asked["number"]): holder.opens(asked["link"], kind)
        for asked, kind in zip(made["requests"], order_of(inbox), strict=True)
    }
    client.get(f"{run['inbox']}/$proof", params=told if twin.tells else {})
    again = client.post(f"/api/runs/{run['id']}/recheck").json()
    assert (bool(again["judged"]), again["changed"]) == (True, [])
    found: dict[str, list[str]] = {}
    for test in client.get(f"/api/runs/{run['id']}").json()["tests"]:
        if test["verdict"] != "pass":
            found.setdefault(test["verdict"] or "none", []).append(test["number"])
    return found

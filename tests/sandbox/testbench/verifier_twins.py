"""Verifiers for the track vp.verifier: this sandbox's own, and twins of it with one fault each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
from starlette.testclient import TestClient

from sandbox.api.authorities import authority_of, places_of
from sandbox.clock import fhir_instant
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.texts import (
    Json,
    from_base64url,
    read_object,
    to_base64url,
    write_compact,
)
from sandbox.credentials.vaccination import VCT
from sandbox.testbench.engine import judge_again, play_track
from sandbox.testbench.script import Result
from sandbox.testbench.sending import Sender
from sandbox.testbench.tracks import TRACKS
from sandbox.trust.folder import TrustFolder
from sandbox.trust.revocations import unrecorded
from tests.conftest import TickingClock
from tests.sandbox.testbench.playing import GIVEN, verdicts

HOST = "http://sandbox.test"
START = TickingClock().now
QUERY: Json = {
    "credentials": [{
        "id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]},
        "claims": [{"path": ["vaccine", "product"], "values": ["Stamaril"]}, {"path": ["name"]}],
    }]
}  # fmt: skip
LINES = 14


def requests_of(client: TestClient, query: Json = QUERY, **wish: Any) -> str:
    """Returns the input: a request of the sandbox's verifier on each line, with where its verdict stands."""
    lines = []
    for _ in range(LINES):
        made = client.post("/api/requests", json={"query": query, **wish}).json()
        lines.append(f"{made['link']} {HOST}/api/requests/{made['id']}")
    return "\n".join(lines)


def issuer_of(folder: Path) -> dict[str, str]:
    """Returns the inputs that name Chile as the issuer, with a place of its list that is good and one that is revoked."""
    trust = TrustFolder(folder / "trust")
    trust.init("CL", at=START)
    authority = authority_of(trust, "CL", HOST)
    places = places_of(folder, "CL", unrecorded)
    good, revoked = places.new_place(), places.new_place()
    places.take_back(revoked)
    number = authority.key.private_numbers().private_value  # type: ignore[union-attr]
    jwk = {**to_jwk(authority.key.public_key()), "d": to_base64url(number.to_bytes(32))}
    status = f"{authority.lists}/tokens#{good},{revoked}"
    return {"vp_issuer": json.dumps({**jwk, "x5c": authority.x5c}), "vp_status": status}


Answer = Callable[[httpx.Request, httpx.Response, bytes], tuple[int, bytes, str]]
Links = Callable[[list[str]], list[str]]


class Between(httpx.AsyncBaseTransport):
    """The sandbox, whose answers are changed on their way."""

    def __init__(self, app: Any, change: Answer) -> None:
        self._inner, self._change = httpx.ASGITransport(app), change

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Lets the sandbox answer and changes what it says."""
        answer = await self._inner.handle_async_request(request)
        status, body, kind = self._change(request, answer, await answer.aread())
        headers = {"content-type": kind}
        stream = httpx.ByteStream(body)
        return httpx.Response(status, headers=headers, stream=stream, request=request)


def as_it_is(_: httpx.Request, answer: httpx.Response, body: bytes) -> tuple[int, bytes, str]:
    return answer.status_code, body, answer.headers.get("content-type", "")


def forgets(*keys: str) -> Answer:
    """Returns a verifier that does not make some checks: what is wrong in no other way it has accepted."""

    def change(
        request: httpx.Request, answer: httpx.Response, body: bytes
    ) -> tuple[int, bytes, str]:
        status, content, kind = as_it_is(request, answer, body)
        if not request.url.path.startswith("/api/requests/"):
            return status, content, kind
        told = json.loads(content)
        told["accepted"] = told.get("accepted") or wrong_in(told) <= set(keys)
        return status, json.dumps(told).encode(), kind

    return change


def wrong_in(told: Json) -> set[str]:
    findings = [*told.get("faults", [])]
    for shown in told.get("shown", []):
        findings += [finding for step in shown["steps"] for finding in step["findings"]]
    return {
        str(finding["key"]).removeprefix("credentials.")
        for finding in findings
        if finding["severity"] in ("error", "fatal")
    }


def says(status: int, body: bytes, kind: str, *, only: int = 0) -> Answer:
    """Returns a verifier that answers presentations in its own way; those of one status alone, if one is given."""

    def change(
        request: httpx.Request, answer: httpx.Response, content: bytes
    ) -> tuple[int, bytes, str]:
        is_shown = request.url.path.startswith("/vp/responses/")
        if is_shown and only in (0, answer.status_code):
            return status, body, kind
        return as_it_is(request, answer, content)

    return change


def breaks_after_the_first() -> Answer:
    """Returns a verifier that falls over whatever is shown to it after the first presentation."""
    shown = 0

    def change(
        request: httpx.Request, answer: httpx.Response, body: bytes
    ) -> tuple[int, bytes, str]:
        nonlocal shown
        shown += request.url.path.startswith("/vp/responses/")
        if shown > 1 and request.url.path.startswith("/vp/responses/"):
            return 500, b"", "text/plain"
        return as_it_is(request, answer, body)

    return change


def signs(header: Json, **members: Any) -> Answer:
    """Returns a verifier whose signed request has another header, or other members, than it signed."""

    def change(
        request: httpx.Request, answer: httpx.Response, body: bytes
    ) -> tuple[int, bytes, str]:
        status, content, kind = as_it_is(request, answer, body)
        if not request.url.path.startswith("/vp/requests/"):
            return status, content, kind
        head, payload, last = content.decode().split(".")
        parts = [read_object(from_base64url(part)) for part in (head, payload)]
        changed = [{**parts[0], **header}, {**parts[1], **members}]
        texts = [to_base64url(write_compact(part)) for part in changed]
        return status, ".".join([*texts, last]).encode(), kind

    return change


def asks(**members: Any) -> Links:
    """Returns a verifier that asks by value, with other members than are right."""

    def change(lines: list[str]) -> list[str]:
        changed = []
        for line in lines:
            link, _, verdict_at = line.partition(" ")
            fields = {name: value[0] for name, value in parse_qs(urlsplit(link).query).items()}
            fields |= {name: str(value) for name, value in members.items()}
            changed.append(f"openid4vp://?{urlencode(fields)} {verdict_at}")
        return changed

    return change


def blind(lines: list[str]) -> list[str]:
    return [line.partition(" ")[0] for line in lines]


def few(lines: list[str]) -> list[str]:
    return lines[:3]


TWICE = json.dumps({"credentials": QUERY["credentials"] * 2})
LINKS: dict[str, Links] = {
    "shows_no_verdict": blind,
    "makes_few_requests": few,
    "has_one_nonce": asks(nonce="always-the-same-one-000"),
    "has_a_short_nonce": asks(nonce="x1"),
    "has_a_nonce_with_blanks": asks(nonce="of chance, with blanks"),
    "asks_in_another_name": asks(client_id="redirect_uri:https://other.example/cb"),
    "asks_the_same_twice": asks(dcql_query=TWICE),
    "asks_for_no_claim_by_a_list": asks(
        dcql_query=json.dumps({"credentials": [{**QUERY["credentials"][0], "claims": []}]})
    ),
    "knows_neither_nonce_nor_place": asks(nonce=""),
    "uses_certificates_of_a_domain": asks(client_id="x509_san_dns:verifier.example"),
}
ANSWERS: dict[str, Answer] = {
    "believes_changed_credentials": forgets("wrong_jws"),
    "believes_any_holder": forgets("wrong_holder"),
    "takes_what_was_shown_to_others": forgets("other_domain"),
    "takes_what_was_shown_before": forgets("other_challenge"),
    "hashes_nothing": forgets("other_hash"),
    "has_no_watch": forgets("not_fresh"),
    "needs_no_holder": forgets("no_holder"),
    "looks_at_no_list": forgets("revoked"),
    "takes_any_type": forgets("other_type"),
    "trusts_the_wallets_choice": forgets("claim_not_shown"),
    "believes_everybody": forgets("not_believed"),
    "takes_an_answer_twice": says(200, b"{}", "application/json", only=400),
    "answers_with_a_page": says(200, b"<p>thanks</p>", "text/html", only=200),
    "refuses_all": says(400, b'{"error": "invalid_request"}', "application/json"),
    "breaks_after_the_first": breaks_after_the_first(),
}
SIGNED: dict[str, Answer] = {
    "right_and_signed": as_it_is,
    "writes_another_type": signs({"typ": "JWT"}),
    "changes_what_it_signed": signs({}, state="another"),
}
TWINS = {"right": None, **LINKS, **ANSWERS, **SIGNED}


def told_of(twin: str, client: TestClient, folder: Path) -> dict[str, list[str]]:
    """Returns the numbers of the tests by verdict but `pass`, of a verifier."""
    wish = {"prefix": "decentralized_identifier", "country": "CL"} if twin in SIGNED else {}
    given = issuer_of(folder)
    lines = requests_of(client, **wish).split("\n")
    given["vp_requests"] = "\n".join(LINKS[twin](lines) if twin in LINKS else lines)
    change = ANSWERS.get(twin) or SIGNED.get(twin) or as_it_is
    app: Any = client.app

    async def play() -> Any:
        async with Sender(f"{HOST}/fhir", transport=Between(app, change)) as send:
            now = fhir_instant(START)
            return await play_track(TRACKS["vp.verifier"], {**GIVEN, "now": now, **given}, send)

    results = asyncio.run(play())
    produced = {name: value for result in results for name, value in result.produced.items()}
    known = {**GIVEN, "now": fhir_instant(START), **given, **produced}
    for result in results:
        again = asyncio.run(judge_again(result.test, known, result.exchanges))
        assert again.verdict == result.verdict or "testbench.depends" in keys_of(result)
    return verdicts(results)


def keys_of(result: Result) -> set[str]:
    return {finding.key for finding in result.findings}

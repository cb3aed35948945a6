"""Issuers of credentials with one fault each: the sandbox's own, whose requests or answers are changed on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx

from sandbox.credentials.jose import is_signed_by, read_jws
from sandbox.credentials.keys import from_jwk
from tests.sandbox.credentials.making import sdjwt

Json = dict[str, Any]
METADATA = "/.well-known/openid-credential-issuer/vci/CL"
SERVER = "/.well-known/oauth-authorization-server/vci/CL"
ISSUER = "http://sandbox.test/vci/CL"
MADE_UP = "a-nonce-that-nobody-has-given-out"


@dataclass
class Asked:
    """A request as a fault looks at it."""

    path: str
    query: str
    form: dict[str, str]
    body: Any
    has_token: bool

    def is_at(self, name: str) -> bool:
        return self.path.endswith(f"/vci/CL/{name}")

    @property
    def proof(self) -> Any:
        """The first proof, read; None for none."""
        try:
            return read_jws(self.body["proofs"]["jwt"][0])
        except (ValueError, LookupError, TypeError):
            return None

    def claim(self, name: str) -> Any:
        return self.proof.payload.get(name) if self.proof else None


@dataclass
class Answer:
    """An answer as a fault changes it; `kept` is what the twin remembers."""

    status: int
    headers: dict[str, str]
    content: bytes
    kept: dict[str, Any]

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            return None

    def say(self, value: Any, status: int = 0) -> None:
        self.content = json.dumps(value).encode()
        self.status = status or self.status

    def again(self, name: str) -> None:
        """Says what was said when it was last right."""
        self.say(self.kept[name], 200)


Change = Callable[[Asked, Answer], None]


@dataclass
class Twin:
    """How requests are changed, and answers; `offers` says which offers the team gives."""

    answers: Change = lambda asked, answer: None
    sends: Callable[[httpx.Request], httpx.Request] = lambda request: request
    offers: str = "pppo"
    line: Callable[[str], str] = field(default=lambda line: line)
    between: str = "\n"
    given: dict[str, str] = field(default_factory=dict)
    formats: list[str] = field(default_factory=list)


class Faulty(httpx.AsyncBaseTransport):
    """The sandbox as a twin."""

    def __init__(self, app: Any, twin: Twin) -> None:
        self._inner = httpx.ASGITransport(app)
        self._twin = twin
        self._kept: dict[str, Any] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Lets the sandbox answer, and changes what it says."""
        asked = asked_by(request)
        reply = await self._inner.handle_async_request(self._twin.sends(request))
        headers = {name.lower(): value for name, value in reply.headers.items()}
        answer = Answer(reply.status_code, headers, await reply.aread(), self._kept)
        last = asked.path.rpartition("/")[2]
        if answer.status == 200:
            self._kept[last] = answer.json
        self._twin.answers(asked, answer)
        answer.headers.pop("content-length", None)
        stream = httpx.ByteStream(answer.content)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, request=request)


def asked_by(request: httpx.Request) -> Asked:
    content = request.content.decode()
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    has_token = "authorization" in request.headers
    return Asked(
        request.url.path, request.url.query.decode(), dict(parse_qsl(content)), body, has_token
    )


def at(name: str, change: Callable[[Answer], None]) -> Change:
    """Changes the right answers of an endpoint."""

    def answers(asked: Asked, answer: Answer) -> None:
        if answer.status == 200 and (asked.is_at(name) or asked.path == name):
            change(answer)

    return answers


def put(name: str, place: str, value: Any = None) -> Change:
    """Writes another value into the right answers of an endpoint; None takes a member out."""

    def change(answer: Answer) -> None:
        content = answer.json
        holder = content
        *outer, last = place.split("/")
        for part in outer:
            holder = holder[part]
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
        answer.say(content)

    return at(name, change)


def takes(is_meant: Callable[[Asked], bool], name: str = "credential") -> Change:
    """Takes what should be refused."""

    def answers(asked: Asked, answer: Answer) -> None:
        if asked.is_at(name) and answer.status >= 400 and is_meant(asked):
            answer.again(name)

    return answers


def takes_any_pin(asked: Asked, answer: Answer) -> None:
    """Gives a token whatever the PIN is, where there is one and the code is good."""
    has_pin = asked.is_at("token") and "tx_code" in asked.form
    if (
        has_pin
        and answer.status >= 400
        and "transaction code is wrong" in answer.json["error_description"]
    ):
        answer.again("token")


def says(error: str, instead: str, name: str = "credential", status: int = 0) -> Change:
    """Refuses with another code."""

    def answers(asked: Asked, answer: Answer) -> None:
        if asked.is_at(name) and answer.status >= 400 and error in ("", answer.json["error"]):
            answer.say({"error": instead or answer.json["error"]}, status)

    return answers


def header(name: str, value: str, place: str, status: int = 200) -> Change:
    """Sends another header; an empty one is left out."""

    def answers(asked: Asked, answer: Answer) -> None:
        if (asked.is_at(place) or asked.path == place) and answer.status == status:
            answer.headers.pop(name, None)
            answer.headers.update({name: value} if value else {})

    return answers


def appended(place: str) -> Twin:
    """Has its metadata behind the path."""
    name = place.split("/")[2]

    def sends(request: httpx.Request) -> httpx.Request:
        paths = {place: "/nowhere", f"/vci/CL/.well-known/{name}": place}
        path = paths.get(request.url.path, request.url.path)
        request.url = request.url.copy_with(raw_path=path.encode())
        return request

    return Twin(sends=sends)


def first_nonce_short(asked: Asked, answer: Answer) -> None:
    if asked.is_at("nonce") and not answer.kept.setdefault("short", False):
        answer.kept["short"] = True
        answer.say({"c_nonce": "abc"})


def one_nonce(asked: Asked, answer: Answer) -> None:
    if asked.is_at("nonce"):
        answer.say({"c_nonce": answer.kept.setdefault("one", answer.json["c_nonce"])})
    elif asked.is_at("credential") and (answer.json or {}).get("error") == "invalid_nonce":
        takes(lambda meant: meant.claim("nonce") == answer.kept["one"])(asked, answer)


def nonces_twice(asked: Asked, answer: Answer) -> None:
    given = answer.kept.setdefault("nonces", set())
    if asked.is_at("nonce"):
        given.add(answer.json["c_nonce"])
    elif asked.is_at("credential") and (answer.json or {}).get("error") == "invalid_nonce":
        takes(lambda meant: meant.claim("nonce") in given)(asked, answer)


def codes_twice(asked: Asked, answer: Answer) -> None:
    used = answer.kept.setdefault("codes", set())
    takes(lambda meant: meant.form.get("pre-authorized_code") in used, "token")(asked, answer)
    if asked.is_at("token") and answer.status == 200:
        used.add(asked.form["pre-authorized_code"])


def to_anybody(asked: Asked, answer: Answer) -> None:
    if answer.status == 401 and not asked.query:
        answer.again("credential")


def wants_client(asked: Asked, answer: Answer) -> None:
    if asked.is_at("token") and "client_id" not in asked.form:
        answer.say({"error": "invalid_client"}, 401)


def guarded_nonce(asked: Asked, answer: Answer) -> None:
    if asked.is_at("nonce"):
        answer.say({"error": "invalid_token"}, 401)


def for_another(answer: Answer) -> None:
    answer.say({"credentials": [{"credential": sdjwt()}]})


def badly_signed(answer: Answer) -> None:
    content = answer.json
    head, tilde, rest = content["credentials"][0]["credential"].partition("~")
    last = "A" if head[-40] != "A" else "B"
    content["credentials"][0]["credential"] = f"{head[:-40]}{last}{head[-39:]}{tilde}{rest}"
    answer.say(content)


def several(count: int) -> Change:
    def change(answer: Answer) -> None:
        given = answer.json["credentials"]
        if len(given) > 1:
            answer.say({**answer.json, "credentials": [given[0]] * count})

    return at("credential", change)


def bare(answer: Answer) -> None:
    answer.say({"credential": answer.json["credentials"][0]["credential"]})


def token_in_address(request: httpx.Request) -> httpx.Request:
    token = request.url.params.get("access_token")
    if token:
        request.headers["authorization"] = f"Bearer {token}"
    return request


def refuses_members(asked: Asked, answer: Answer) -> None:
    if asked.is_at("credential") and "unheard_of" in (asked.body or {}):
        answer.say({"error": "invalid_credential_request"}, 400)


def notes_once(asked: Asked, answer: Answer) -> None:
    if asked.is_at("notification") and answer.status == 204:
        if answer.kept.get("noted"):
            answer.say({"error": "invalid_notification_id"}, 400)
        answer.kept["noted"] = True


def notes_with_200(asked: Asked, answer: Answer) -> None:
    if asked.is_at("notification") and answer.status == 204:
        answer.say({}, 200)


def notes(error: str) -> Change:
    def answers(asked: Asked, answer: Answer) -> None:
        if asked.is_at("notification") and (answer.json or {}).get("error") == error:
            answer.status, answer.content = 204, b""

    return answers


def spends_token(asked: Asked, answer: Answer) -> None:
    """Its tokens serve for one credential."""
    used = answer.kept.setdefault("used", set())
    if asked.is_at("token") and answer.status == 200:
        answer.kept["now"] = answer.json["access_token"]
    elif asked.is_at("credential") and asked.has_token:
        if answer.kept["now"] in used:
            answer.say({"error": "invalid_token"}, 401)
            answer.headers["www-authenticate"] = "Bearer"
        elif answer.status == 200:
            used.add(answer.kept["now"])


def spends_code(asked: Asked, answer: Answer) -> None:
    """One wrong PIN, and the code is over."""
    spent = answer.kept.setdefault("spent", set())
    code = asked.form.get("pre-authorized_code")
    if asked.is_at("token") and code in spent:
        answer.say({"error": "invalid_grant"}, 400)
    elif asked.is_at("token") and (answer.json or {}).get("error") == "invalid_grant":
        spent.add(code)


def revokes(asked: Asked, answer: Answer) -> None:
    """Takes its tokens back where a code comes twice (RFC 6749 4.1.2)."""
    if asked.is_at("token") and answer.status == 400:
        answer.kept["revoked"] = True
    elif asked.is_at("credential") and answer.kept.get("revoked"):
        answer.say({"error": "invalid_token"}, 401)


def is_forged(asked: Asked) -> bool:
    jws = asked.proof
    return bool(jws) and "jwk" in jws.header and not is_signed_by(jws, from_jwk(jws.header["jwk"]))


def breaks(asked: Asked, answer: Answer) -> None:
    if answer.status == 400:
        answer.say({"error": "server_error"}, 500)


def forbids(asked: Asked, answer: Answer) -> None:
    if answer.status == 400:
        answer.status = 403


def without_ids(answer: Answer) -> None:
    answer.say({"credentials": answer.json["credentials"]})


def refuses(name: str, error: str) -> Change:
    return at(name, lambda answer: answer.say({"error": error}, 400))


def offered(**changes: Any) -> Change:
    """Changes what stands at the address of an offer."""

    def answers(asked: Asked, answer: Answer) -> None:
        if "/offers/" in asked.path:
            answer.say({**answer.json, **changes})

    return answers


def long_description(asked: Asked, answer: Answer) -> None:
    if "/offers/" in asked.path:
        offer = answer.json
        for grant in offer["grants"].values():
            grant.setdefault("tx_code", {})["description"] = "x" * 301
        answer.say(offer)


def no_offer(asked: Asked, answer: Answer) -> None:
    if "/offers/" in asked.path:
        answer.say({"error": "not_found"}, 404)


def clients_alone(asked: Asked, answer: Answer) -> None:
    wants_client(asked, answer)
    put(SERVER, "pre-authorized_grant_anonymous_access_supported")(asked, answer)


CONFIGURATION = "credential_configurations_supported/vaccination_dc+sd-jwt"
TWINS: dict[str, Twin] = {
    "right": Twin(),
    "gives_one_offer": Twin(offers="p"),
    "gives_two_offers": Twin(offers="pp"),
    "gives_offers_without_pin": Twin(offers="oo"),
    "joins_its_lines": Twin(between=""),
    "spends_its_token": Twin(spends_token, offers="pppo" + "p" * 15),
    "spends_its_token_and_gives_few": Twin(spends_token),
    "spends_a_code_for_a_wrong_pin": Twin(spends_code),
    "takes_tokens_back": Twin(revokes),
    "knows_its_clients": Twin(wants_client, given={"client_id": "the-bench"}),
    "knows_its_clients_and_says_so": Twin(clients_alone),
    "knows_its_clients_and_says_otherwise": Twin(wants_client),
    "offers_nothing": Twin(line=lambda line: "openid-credential-offer://?offer=1"),
    "loses_its_offers": Twin(no_offer),
    "offers_in_a_draft": Twin(offered(credentials=["x"])),
    "explains_at_length": Twin(long_description),
    "offers_ids_twice": Twin(offered(credential_configuration_ids=["vaccination_dc+sd-jwt"] * 2)),
    "appends_its_metadata": appended(METADATA),
    "has_no_metadata": Twin(lambda asked, answer: answer.say({}, 404) if asked.path == METADATA else None),
    "calls_metadata_text": Twin(header("content-type", "text/plain", METADATA)),
    "ends_with_a_slash": Twin(put(METADATA, "credential_issuer", f"{ISSUER}/")),
    "appends_its_servers_metadata": appended(SERVER),
    "lists_no_grants": Twin(put(SERVER, "grant_types_supported")),
    "lists_another_grant": Twin(put(SERVER, "grant_types_supported", ["authorization_code"])),
    "is_another_server": Twin(put(SERVER, "issuer", "http://sandbox.test")),
    "has_no_token_endpoint": Twin(put(SERVER, "token_endpoint")),
    "forgets_the_vct": Twin(put(METADATA, f"{CONFIGURATION}/vct")),
    "writes_the_drafts_format": Twin(put(METADATA, f"{CONFIGURATION}/format", "vc+sd-jwt")),
    "writes_a_format_of_its_own": Twin(put(METADATA, f"{CONFIGURATION}/format", "card")),
    "forgets_binding": Twin(put(METADATA, f"{CONFIGURATION}/cryptographic_binding_methods_supported")),
    "names_no_algorithm": Twin(put(METADATA, f"{CONFIGURATION}/proof_types_supported/jwt", {})),
    "offers_what_it_has_not": Twin(put(METADATA, CONFIGURATION)),
    "has_metadata_of_a_draft": Twin(put(METADATA, "credentials_supported", [])),
    "has_no_credential_endpoint": Twin(put(METADATA, "credential_endpoint")),
    "gives_no_token": Twin(refuses("token", "invalid_grant")),
    "lets_tokens_be_kept": Twin(header("cache-control", "", "token")),
    "gives_another_kind_of_token": Twin(put("token", "token_type", "mac")),
    "counts_the_life_of_a_token_in_words": Twin(put("token", "expires_in", "600")),
    "gives_nonces_with_tokens": Twin(put("token", "c_nonce", "of-a-draft")),
    "lets_nonces_be_kept": Twin(header("cache-control", "max-age=60", "nonce")),
    "gives_one_nonce": Twin(one_nonce),
    "gives_a_short_nonce": Twin(first_nonce_short),
    "guards_its_nonces": Twin(guarded_nonce),
    "gives_nothing": Twin(refuses("credential", "credential_request_denied")),
    "gives_a_bare_credential": Twin(at("credential", bare)),
    "binds_to_another_key": Twin(at("credential", for_another)),
    "signs_wrongly": Twin(at("credential", badly_signed)),
    "gives_three_for_two": Twin(several(3)),
    "binds_two_to_one_key": Twin(several(2)),
    "takes_no_proof": Twin(takes(lambda asked: "proofs" not in asked.body)),
    "takes_any_signature": Twin(takes(is_forged)),
    "takes_any_nonce": Twin(takes(lambda asked: asked.claim("nonce") is not None and not is_forged(asked)
                                  and asked.claim("aud") == ISSUER and asked.proof.header["typ"] != "JWT"
                                  and "kid" not in asked.proof.header and asked.claim("nonce") == MADE_UP)),
    "takes_nonces_twice": Twin(nonces_twice),
    "calls_nonces_proofs": Twin(says("invalid_nonce", "invalid_proof")),
    "needs_no_nonce": Twin(takes(lambda asked: asked.proof is not None and asked.claim("nonce") is None)),
    "takes_any_audience": Twin(takes(lambda asked: asked.claim("aud") == f"{ISSUER}/other")),
    "takes_any_jwt": Twin(takes(lambda asked: asked.proof is not None and asked.proof.header["typ"] == "JWT")),
    "takes_two_names": Twin(takes(lambda asked: asked.proof is not None and {"kid", "jwk"} <= set(asked.proof.header))),
    "lives_in_the_future": Twin(takes(lambda asked: (asked.claim("iat") or 0) > 1785200000)),
    "gives_any_kind": Twin(takes(lambda asked: asked.body.get("credential_configuration_id") == "unheard-of")),
    "gives_any_identifier": Twin(takes(lambda asked: asked.body.get("credential_identifier") == "unheard-of")),
    "speaks_of_types": Twin(says("unknown_credential_configuration", "unsupported_credential_type")),
    "says_invalid_request_to_all": Twin(says("", "invalid_request")),
    "gives_to_anybody": Twin(to_anybody),
    "says_400_without_token": Twin(says("invalid_token", "invalid_request", status=400)),
    "gives_no_challenge": Twin(header("www-authenticate", "", "credential", 401)),
    "takes_tokens_in_addresses": Twin(sends=token_in_address),
    "refuses_what_it_does_not_know": Twin(refuses_members),
    "notes_once": Twin(notes_once),
    "notes_with_words": Twin(notes_with_200),
    "notes_any_event": Twin(notes("invalid_notification_request")),
    "notes_anything": Twin(notes("invalid_notification_id")),
    "tells_no_notification": Twin(at("credential", without_ids)),
    "takes_codes_twice": Twin(codes_twice),
    "calls_used_codes_requests": Twin(says("invalid_grant", "invalid_request", "token")),
    "needs_no_pin": Twin(takes(lambda asked: "tx_code" not in asked.form, "token")),
    "takes_any_pin": Twin(takes_any_pin),
    "takes_unasked_pins": Twin(takes(lambda asked: asked.form.get("tx_code") == "493536", "token")),
    "breaks_at_errors": Twin(breaks),
    "forbids": Twin(forbids),
}  # fmt: skip

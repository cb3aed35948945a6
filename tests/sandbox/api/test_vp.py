"""A border officer in Panama asks a wallet for one claim: it is shown, verified, refused at the second time, and after revocation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwe
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from sandbox.api.authorities import authority_of, places_of
from sandbox.credentials.issuing import Format, Order, issue_credential
from sandbox.credentials.jose import is_signed_by, read_jws
from sandbox.credentials.proofs.contexts import V2
from sandbox.credentials.proofs.secured import with_proof
from sandbox.credentials.sdjwt.presenting import present
from sandbox.credentials.texts import read_json
from sandbox.credentials.vaccination import TYPE, VCT, read_vaccination
from sandbox.trust.folder import TrustFolder
from sandbox.trust.revocations import unrecorded
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.making import HOLDER, STRANGER, did_of, method_of

START = TickingClock().now
AT = START + timedelta(minutes=1)
HOST = "http://sandbox.test"
Json = dict[str, Any]
SDJWT = {"id": "icvp", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}
QUERY: Json = {"credentials": [{**SDJWT, "claims": [{"path": ["vaccine", "product"]}]}]}
LINKED: Json = {
    "credentials": [{"id": "vc", "format": "ldp_vc", "meta": {"type_values": [[TYPE]]}, "claims": [{"path": ["credentialSubject", "batchNumber"], "values": ["A1"]}]}]
}  # fmt: skip


class Panama:
    """A verifier with its wallet: what Chile has issued to the holder."""

    def __init__(self, client: TestClient, folder: Path) -> None:
        self.client = client
        self.trust = TrustFolder(folder / "trust")
        self.trust.init("CL", at=START)
        self.trust.init("PA", at=START)
        self.places = places_of(folder, "CL", unrecorded)
        self.place = self.places.new_place()

    def credential(self, format: Format = "dc+sd-jwt") -> str:
        claims = read_vaccination(CONTENTS["icvp_2025"]).claims
        order = Order(claims, did_of(HOLDER), self.place, START, START + timedelta(days=9))
        return issue_credential(format, order, authority_of(self.trust, "CL", HOST))

    def ask(self, query: Any = QUERY, **wish: Any) -> tuple[Json, Json]:
        """Returns the view of a request, and its parameters as the wallet reads them."""
        reply = self.client.post("/api/requests", json={"query": query, **wish})
        assert reply.status_code == 201, reply.text
        view = dict(reply.json())
        fields = {
            name: values[0] for name, values in parse_qs(urlsplit(view["link"]).query).items()
        }
        if "request_uri" in fields:
            text = self.client.get(fields["request_uri"].removeprefix(HOST)).text
            return view, read_jws(text).payload
        for name in ("dcql_query", "client_metadata"):
            fields[name] = json.loads(fields[name])
        return view, fields

    def show(
        self,
        asked: Json,
        *,
        key: Any = HOLDER,
        wanted: Any = (("vaccine", "product"),),
        **more: Any,
    ) -> str:
        word = {"audience": asked["client_id"], "nonce": asked["nonce"], "at": AT, **more}
        return present(self.credential(), wanted, key, **word)

    def post(self, asked: Json, token: Any, **more: Any) -> Any:
        text = token if isinstance(token, str) else json.dumps(token)
        form = {"vp_token": text, "state": asked["state"], **more}
        return self.client.post(asked["response_uri"].removeprefix(HOST), data=form)

    def answer(self, view: Json, language: str = "en") -> Json:
        headers = {"Accept-Language": language}
        return dict(self.client.get(f"/api/requests/{view['id']}", headers=headers).json())


@pytest.fixture
def panama(tmp_path: Path) -> Iterator[Panama]:
    with a_sandbox(tmp_path) as client:
        yield Panama(client, tmp_path / "sandbox")


def keys_of(answer: Json) -> set[str]:
    """Returns the keys of what is wrong in an answer, without the room."""
    found = [*answer["faults"]]
    shown = [*answer["shown"]]
    for report in shown:
        shown += report["parts"]
        found += [finding for step in report["steps"] for finding in step["findings"]]
    return {
        finding["key"].removeprefix("credentials.")
        for finding in found
        if finding["severity"] == "error"
    }


def test_one_claim_is_asked_for_shown_and_nothing_else(panama: Panama) -> None:
    view, asked = panama.ask()
    assert asked["client_id"] == f"redirect_uri:{asked['response_uri']}"
    assert panama.answer(view) == {"state": "waiting"}
    reply = panama.post(asked, {"icvp": [panama.show(asked)]})
    assert (reply.status_code, reply.json()) == (200, {})
    answer = panama.answer(view)
    assert answer["accepted"], keys_of(answer)
    (shown,) = answer["shown"]
    assert shown["claims"]["vaccine"] == {"product": "YellowFeverProductd2c75a15"}
    assert "name" not in shown["claims"]
    assert shown["verdict"] == "valid"


def test_the_same_answer_is_refused_the_second_time_and_by_another_request(panama: Panama) -> None:
    _, asked = panama.ask()
    token = {"icvp": [panama.show(asked)]}
    assert panama.post(asked, token).status_code == 200
    again = panama.post(asked, token)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_request")
    view, other = panama.ask()
    assert panama.post(other, token).status_code == 200
    answer = panama.answer(view)
    assert not answer["accepted"]
    assert keys_of(answer) == {"other_challenge", "other_domain"}


def test_what_was_taken_back_is_noticed(panama: Panama) -> None:
    panama.places.take_back(panama.place)
    view, asked = panama.ask()
    panama.post(asked, {"icvp": [panama.show(asked)]})
    answer = panama.answer(view, "es")
    assert not answer["accepted"]
    assert keys_of(answer) == {"revoked"}
    texts = [
        finding["text"] for step in answer["shown"][0]["steps"] for finding in step["findings"]
    ]
    assert any(text.startswith("Fue revocada") for text in texts)


@pytest.mark.parametrize("prefix", ["decentralized_identifier", "x509_hash"])
def test_a_signed_request_names_who_asks(prefix: str, panama: Panama) -> None:
    view, asked = panama.ask(prefix=prefix, country="PA")
    assert asked["client_id"].startswith(f"{prefix}:")
    assert asked["aud"] == "https://self-issued.me/v2"
    address = parse_qs(urlsplit(view["link"]).query)["request_uri"][0].removeprefix(HOST)
    reply = panama.client.post(address, data={"wallet_nonce": "w-1"})
    assert reply.headers["content-type"] == "application/oauth-authz-req+jwt"
    jws = read_jws(reply.text)
    assert jws.header["typ"] == "oauth-authz-req+jwt"
    assert jws.payload["wallet_nonce"] == "w-1"
    authority = authority_of(panama.trust, "PA", HOST)
    assert is_signed_by(jws, authority.key.public_key())
    assert panama.post(asked, {"icvp": [panama.show(asked)]}).status_code == 200
    assert panama.answer(view)["accepted"]


def test_an_unsigned_request_has_no_signed_form(panama: Panama) -> None:
    view, _ = panama.ask()
    place = urlsplit(view["picture"]).path.removesuffix("/qr.svg")
    assert panama.client.get(place).status_code == 404
    assert (
        panama.client.get(urlsplit(view["picture"]).path)
        .headers["content-type"]
        .startswith("image/svg")
    )


def test_an_encrypted_answer_is_opened_by_the_key_of_the_request_alone(panama: Panama) -> None:
    view, asked = panama.ask(mode="direct_post.jwt")
    (jwk,) = asked["client_metadata"]["jwks"]["keys"]
    assert "d" not in jwk
    content = {"vp_token": {"icvp": [panama.show(asked)]}, "state": asked["state"]}
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": jwk["kid"]}

    def sealed(key: Any) -> str:
        return jwe.encrypt_compact(
            header, json.dumps(content).encode(), key, algorithms=["ECDH-ES", "A128GCM"]
        )

    for wrong in (sealed(ECKey.generate_key("P-256")), "a.b.c.d.e", ""):
        reply = panama.post(asked, "", response=wrong)
        assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")
    public = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    assert panama.post(asked, "", response=sealed(public)).status_code == 200
    assert panama.answer(view)["accepted"]


def linked_presentation(panama: Panama, asked: Json, key: Any = HOLDER) -> Json:
    document = {
        "@context": [V2],
        "type": ["VerifiablePresentation"],
        "holder": did_of(key),
        "verifiableCredential": [read_json(panama.credential("ldp_vc"))],
    }
    options = {
        "cryptosuite": "ecdsa-rdfc-2019", "verificationMethod": method_of(key), "proofPurpose": "authentication",
        "created": "2026-01-01T00:00:00Z", "challenge": asked["nonce"], "domain": asked["client_id"],
    }  # fmt: skip
    return with_proof(document, key, options)


def test_a_credential_of_w3c_is_shown_within_a_presentation(panama: Panama) -> None:
    view, asked = panama.ask(LINKED)
    assert panama.post(asked, {"vc": [linked_presentation(panama, asked)]}).status_code == 200
    answer = panama.answer(view)
    assert answer["accepted"], (keys_of(answer), answer)
    view, asked = panama.ask(LINKED)
    panama.post(asked, {"vc": [linked_presentation(panama, asked, STRANGER)]})
    assert "not_holder" in keys_of(panama.answer(view))


OTHER_VALUE = {
    "credentials": [{**SDJWT, "claims": [{"path": ["vaccine", "lot"], "values": ["Z9"]}]}]
}
WRONG: dict[str, tuple[Any, Any, str]] = {
    "no holder": (QUERY, lambda panama, asked: panama.credential(), "no_holder"),
    "another holder": (QUERY, lambda panama, asked: panama.show(asked, key=STRANGER), "wrong_holder"),
    "for somebody else": (QUERY, lambda panama, asked: panama.show(asked, audience="redirect_uri:x"), "other_domain"),
    "without prefix": (QUERY, lambda panama, asked: panama.show(asked, audience=asked["response_uri"]), "other_domain"),
    "of an hour ago": (QUERY, lambda panama, asked: panama.show(asked, at=AT - timedelta(hours=1)), "not_fresh"),
    "another claim": (QUERY, lambda panama, asked: panama.show(asked, wanted=[["name"]]), "claim_not_shown"),
    "another value": (OTHER_VALUE, lambda panama, asked: panama.show(asked, wanted=[["vaccine", "lot"]]), "claim_not_shown"),
    "another type": (
        {"credentials": [{**SDJWT, "meta": {"vct_values": ["urn:other"]}}]},
        lambda panama, asked: panama.show(asked),
        "other_type",
    ),
    "another format": (QUERY, lambda panama, asked: linked_presentation(panama, asked), "other_format"),
    "unsigned": (QUERY, lambda panama, asked: {"type": "VerifiableCredential"}, "no_proof"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_as_asked_is_not_accepted(name: str, panama: Panama) -> None:
    query, make, reason = WRONG[name]
    view, asked = panama.ask(query)
    assert panama.post(asked, {"icvp": [make(panama, asked)]}).status_code == 200
    answer = panama.answer(view)
    assert not answer["accepted"]
    assert reason in keys_of(answer)


def test_what_was_not_asked_for_and_what_lacks_is_told(panama: Panama) -> None:
    view, asked = panama.ask()
    panama.post(asked, {"other": [panama.show(asked)]})
    assert {"not_asked", "not_shown"} <= keys_of(panama.answer(view))
    view, asked = panama.ask()
    panama.post(asked, {"icvp": [panama.show(asked), panama.show(asked)]})
    assert "too_many_shown" in keys_of(panama.answer(view))


def test_one_of_several_options_is_enough(panama: Panama) -> None:
    second = {**SDJWT, "id": "second"}
    sets = [{"options": [["icvp"], ["second"]]}, {"options": [["second"]], "required": False}]
    query = {"credentials": [QUERY["credentials"][0], second], "credential_sets": sets}
    view, asked = panama.ask(query)
    panama.post(asked, {"icvp": [panama.show(asked)]})
    assert panama.answer(view)["accepted"]


@pytest.mark.parametrize(
    "token",
    ["text", "", "[]", {}, {"icvp": "x"}, {"icvp": []}, {"icvp": [7]}, {"icvp": ["x"] * 21}],
)
def test_a_token_of_another_form_is_refused_and_the_request_stays(
    token: Any, panama: Panama
) -> None:
    _, asked = panama.ask()
    reply = panama.post(asked, token)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")
    assert panama.post(asked, {"icvp": [panama.show(asked)]}).status_code == 200


def test_an_answer_to_nothing_is_refused(panama: Panama) -> None:
    _, asked = panama.ask()
    assert panama.post({**asked, "state": "other"}, {"icvp": ["x"]}).status_code == 400
    assert (
        panama.post({**asked, "response_uri": "/vp/responses/none"}, {"icvp": ["x"]}).status_code
        == 400
    )
    assert panama.client.get("/api/requests/none").status_code == 404


def test_a_wallet_that_says_no_has_answered(panama: Panama) -> None:
    made, asked = panama.ask()

    def declined(**fields: str) -> int:
        place = asked["response_uri"].removeprefix(HOST)
        return panama.client.post(place, data={"error": "access_denied", **fields}).status_code

    assert declined(state="other") == 400
    assert declined(state=asked["state"]) == 200
    kept = panama.client.get(f"/api/requests/{made['id']}").json()
    assert (kept["state"], kept["error"]) == ("declined", "access_denied")
    assert declined(state=asked["state"]) == 400
    assert panama.post(asked, {"icvp": [panama.show(asked)]}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        None, {}, {"credentials": []}, {"credentials": ["x"]}, {"credentials": [{**SDJWT, "id": "a b"}]},
        {"credentials": [SDJWT, SDJWT]}, {"credentials": [{**SDJWT, "format": "mso_mdoc"}]},
        {"credentials": [{**SDJWT, "meta": {}}]}, {"credentials": [{**SDJWT, "claims": [{"path": []}]}]},
        {"credentials": [{**SDJWT, "claims": [{"path": [-1]}]}]}, {"credentials": [SDJWT], "credential_sets": [{"options": [["x"]]}]},
        {"credentials": [SDJWT], "credential_sets": [{}]}, {"credentials": [{**SDJWT, "claim_sets": "x"}]},
        {"credentials": [{"id": "a", "format": "ldp_vc", "meta": {"type_values": ["x"]}}]},
    ],
)  # fmt: skip
def test_a_query_that_no_wallet_could_answer_is_refused(query: Any, panama: Panama) -> None:
    assert panama.client.post("/api/requests", json={"query": query}).status_code == 400


def test_who_asks_in_an_unknown_way_is_refused(panama: Panama) -> None:
    for wish in (
        {"prefix": "https"},
        {"mode": "fragment"},
        {"prefix": "x509_hash", "country": "PE"},
    ):
        assert panama.client.post("/api/requests", json={"query": QUERY, **wish}).status_code in (
            400,
            404,
        )

"""An issuer over HTTP: a wallet by hand gets its credential, and every wrong request the error that the standard names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.report import Known, by_thumbprint
from sandbox.credentials.verifying import verify
from sandbox.i18n import LANGUAGES
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.making import HOLDER, LARGE, did_of, method_of, reasons
from tests.sandbox.credentials.test_kinds import LINK, SUMMARY

# what is particular to PostgreSQL is held in tests/sandbox/store every day
ON_POSTGRES = [pytest.mark.needs("postgres"), pytest.mark.daily("postgres", share=0.25)]
STORES = ["sqlite", pytest.param("postgres", marks=ON_POSTGRES)]
START = TickingClock().now
HOST = "http://sandbox.test"
ISSUER = f"{HOST}/vci/CL"
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
Json = dict[str, Any]


@pytest.fixture(params=STORES)
def client(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestClient]:
    url = str(request.getfixturevalue("postgres_database")) if request.param == "postgres" else ""
    with a_sandbox(tmp_path, country="CL", database_url=url) as client:
        TrustFolder(tmp_path / "sandbox" / "trust").init("CL", at=START)
        yield client


def offered(client: TestClient, **wish: Any) -> Json:
    reply = client.post(
        "/api/offers", json={"country": "CL", "content": CONTENTS["icvp_2025"], **wish}
    )
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def offer_in(view: Json) -> Json:
    (text,) = parse_qs(urlsplit(view["by_value"]).query)["credential_offer"]
    return dict(json.loads(text))


def redeemed(client: TestClient, view: Json, **changes: Any) -> Any:
    code = offer_in(view)["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": view["pin"], **changes}
    return client.post(
        "/vci/CL/token",
        data={name: value for name, value in form.items() if value not in (None, "")},
    )


def nonce(client: TestClient) -> str:
    reply = client.post("/vci/CL/nonce")
    assert reply.headers["cache-control"] == "no-store"
    return str(reply.json()["c_nonce"])


def proof(
    client: TestClient, key: Any = HOLDER, *, typ: str = "openid4vci-proof+jwt", **changes: Any
) -> str:
    claims = {"aud": ISSUER, "iat": int(START.timestamp()), "nonce": None, **changes}
    claims["nonce"] = claims["nonce"] or nonce(client)
    header = changes.pop("header", None) or {"jwk": to_jwk(key.public_key())}
    claims.pop("header", None)
    return write_jws({"typ": typ, **header}, claims, key)


def asked(client: TestClient, token: str, proofs: Any, **changes: Any) -> Any:
    body = {
        "credential_configuration_id": "vaccination_dc+sd-jwt",
        "proofs": {"jwt": proofs},
        **changes,
    }
    body = {name: value for name, value in body.items() if value is not None}
    return client.post(
        "/vci/CL/credential", json=body, headers={"Authorization": f"Bearer {token}"}
    )


def token_of(client: TestClient, **wish: Any) -> str:
    reply = redeemed(client, offered(client, **wish))
    assert reply.status_code == 200, reply.text
    assert reply.headers["cache-control"] == "no-store"
    return str(reply.json()["access_token"])


def known(client: TestClient, tmp_path: Path) -> Known:
    lists = {
        f"{ISSUER}/status/tokens": client.get("/vci/CL/status/tokens").text,
        f"{ISSUER}/status/bits": client.get("/vci/CL/status/bits").json(),
    }
    return Known(lists, None, by_thumbprint(TrustFolder(tmp_path / "sandbox" / "trust").listed()))


def text_of(credential: Any) -> str:
    return credential if isinstance(credential, str) else json.dumps(credential)


def test_metadata_stands_where_the_standard_says_and_names_itself(client: TestClient) -> None:
    view = client.get("/.well-known/openid-credential-issuer/vci/CL")
    assert view.headers["content-type"] == "application/json"
    metadata = view.json()
    assert metadata.get("credential_issuer") == ISSUER, metadata
    assert metadata["credential_endpoint"] == f"{ISSUER}/credential"
    assert set(metadata["credential_configurations_supported"]) == {
        "vaccination_dc+sd-jwt", "vaccination_ldp_vc", "vaccination_jwt_vc_json",
        "health_link_dc+sd-jwt", "medications_dc+sd-jwt", "summary_dc+sd-jwt",
    }  # fmt: skip
    for configuration in metadata["credential_configurations_supported"].values():
        assert configuration["proof_types_supported"]["jwt"]
        assert {each["locale"] for each in configuration["credential_metadata"]["display"]} == set(
            LANGUAGES
        )
    server = client.get("/.well-known/oauth-authorization-server/vci/CL").json()
    assert server["issuer"] == ISSUER
    assert GRANT in server["grant_types_supported"]
    assert client.get("/.well-known/openid-credential-issuer/vci/PE").status_code == 404
    assert client.get("/vci/../.well-known/x").status_code == 404


def test_an_offer_is_the_same_by_value_by_reference_and_in_its_picture(client: TestClient) -> None:
    view = offered(client)
    (address,) = parse_qs(urlsplit(view["link"]).query)["credential_offer_uri"]
    assert client.get(address.removeprefix(HOST)).json() == offer_in(view)
    assert offer_in(view)["grants"][GRANT]["tx_code"] == {"input_mode": "numeric", "length": 6}
    assert view["left_out"] == ["ndt"]
    assert view["pin"] not in view["by_value"]
    picture = client.get(view["picture"].removeprefix(HOST))
    assert picture.headers["content-type"].startswith("image/svg")
    assert client.get("/vci/CL/offers/none").status_code == 404


@pytest.mark.parametrize("format", ["dc+sd-jwt", "ldp_vc", "jwt_vc_json"])
def test_a_wallet_gets_its_credential_and_it_is_valid_and_its_own(
    format: str, client: TestClient, tmp_path: Path
) -> None:
    token = token_of(client)
    reply = asked(
        client, token, [proof(client)], credential_configuration_id=f"vaccination_{format}"
    )
    assert reply.status_code == 200, reply.text
    (given,) = reply.json()["credentials"]
    report = verify(
        text_of(given["credential"]), known(client, tmp_path), at=START + timedelta(minutes=1)
    )
    assert report.verdict == "valid", reasons(report)
    said = json.dumps(report.claims)
    assert to_jwk(HOLDER.public_key())["x"] in said or "did:jwk:" in said
    for event in ("credential_accepted", "credential_accepted"):
        body = {"notification_id": reply.json()["notification_id"], "event": event}
        noted = client.post(
            "/vci/CL/notification", json=body, headers={"Authorization": f"Bearer {token}"}
        )
        assert noted.status_code == 204


def test_two_keys_get_two_credentials_each_with_its_own_place(client: TestClient) -> None:
    word = nonce(client)
    proofs = [proof(client, key, nonce=word) for key in (HOLDER, LARGE)]
    given = asked(client, token_of(client), proofs).json()["credentials"]
    assert len({each["credential"].split("~")[0] for each in given}) == 2


def test_a_did_that_the_wallet_names_is_the_holder(client: TestClient, tmp_path: Path) -> None:
    text = proof(client, header={"kid": method_of(HOLDER)})
    reply = asked(
        client, token_of(client), [text], credential_configuration_id="vaccination_ldp_vc"
    )
    (given,) = reply.json()["credentials"]
    assert given["credential"]["credentialSubject"]["id"] == did_of(HOLDER)


def error_of(reply: Any) -> str:
    assert reply.status_code in (400, 401), reply.text
    assert reply.json()["error_description"].isascii()
    assert reply.headers["cache-control"] == "no-store"
    return str(reply.json()["error"])


def test_a_code_serves_once(client: TestClient) -> None:
    view = offered(client)
    assert redeemed(client, view).status_code == 200
    assert error_of(redeemed(client, view)) == "invalid_grant"


def test_a_pin_is_asked_for_and_guessed_five_times_at_most(client: TestClient) -> None:
    view = offered(client)
    wrong = "000000" if view["pin"] != "000000" else "000001"
    assert error_of(redeemed(client, view, tx_code=None)) == "invalid_request"
    assert [error_of(redeemed(client, view, tx_code=wrong)) for _ in range(5)] == [
        "invalid_grant"
    ] * 5
    # the right one comes too late
    assert error_of(redeemed(client, view)) == "invalid_grant"
    open_view = offered(client, pin=False)
    assert "tx_code" not in offer_in(open_view)["grants"][GRANT]
    assert error_of(redeemed(client, open_view, tx_code="1")) == "invalid_request"
    assert redeemed(client, open_view).status_code == 200


def test_a_form_that_is_none_or_of_another_grant_is_refused(client: TestClient) -> None:
    view = offered(client)
    assert (
        error_of(redeemed(client, view, grant_type="client_credentials"))
        == "unsupported_grant_type"
    )
    assert error_of(redeemed(client, view, **{"pre-authorized_code": None})) == "invalid_request"
    assert error_of(client.post("/vci/CL/token", json={"grant_type": GRANT})) == "invalid_request"
    twice = f"grant_type={GRANT}&grant_type={GRANT}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert error_of(client.post("/vci/CL/token", content=twice, headers=kind)) == "invalid_request"


PROOFS: dict[str, tuple[Json, str]] = {
    "for the endpoint": ({"aud": f"{ISSUER}/credential"}, "invalid_proof"),
    "for another issuer": ({"aud": "http://sandbox.test/vci/PE"}, "invalid_proof"),
    "of another type": ({"typ": "JWT"}, "invalid_proof"),
    "of tomorrow": ({"iat": int(START.timestamp()) + 86400}, "invalid_proof"),
    "of yesterday": ({"iat": int(START.timestamp()) - 86400}, "invalid_proof"),
    "with a client": ({"iss": "wallet"}, "invalid_proof"),
    "with a nonce of nobody": ({"nonce": "made up"}, "invalid_nonce"),
    "with two keys": ({"header": {"jwk": to_jwk(HOLDER.public_key()), "kid": method_of(HOLDER)}}, "invalid_proof"),
    "with no key": ({"header": {"x": 1}}, "invalid_proof"),
    "with somebody else's key": ({"header": {"jwk": to_jwk(LARGE.public_key())}}, "invalid_proof"),
    "with a DID that has no key": ({"header": {"kid": "did:web:example.org#1"}}, "invalid_proof"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROOFS)
def test_a_wrong_proof_is_refused_with_its_error(name: str, client: TestClient) -> None:
    changes, error = PROOFS[name]
    assert error_of(asked(client, token_of(client), [proof(client, **changes)])) == error


def test_a_nonce_serves_once(client: TestClient) -> None:
    token = token_of(client)
    word = nonce(client)
    assert asked(client, token, [proof(client, nonce=word)]).status_code == 200
    assert error_of(asked(client, token, [proof(client, nonce=word)])) == "invalid_nonce"


@pytest.mark.parametrize(
    ("proofs", "changes", "error"),
    [
        ([], {}, "invalid_proof"),
        (None, {}, "invalid_proof"),
        ("text", {}, "invalid_proof"),
        (["x"] * 6, {}, "invalid_proof"),
        ([7], {}, "invalid_proof"),
        (["a.b.c"], {}, "invalid_proof"),
        ([], {"credential_configuration_id": "other"}, "unknown_credential_configuration"),
        ([], {"credential_configuration_id": None}, "invalid_credential_request"),
        ([], {"credential_identifier": "x"}, "invalid_credential_request"),
        ([], {"credential_identifier": "x", "credential_configuration_id": None}, "unknown_credential_identifier"),
    ],
)  # fmt: skip
def test_a_wrong_request_is_refused_with_its_error(
    proofs: Any, changes: Json, error: str, client: TestClient
) -> None:
    assert error_of(asked(client, token_of(client), proofs, **changes)) == error


def test_members_that_nobody_knows_are_ignored(client: TestClient) -> None:
    assert asked(client, token_of(client), [proof(client)], unheard={"of": 1}).status_code == 200


def test_what_was_not_offered_is_not_given(client: TestClient) -> None:
    token = token_of(client, formats=["ldp_vc"])
    assert error_of(asked(client, token, [proof(client)])) == "invalid_credential_request"


def test_without_a_token_nothing_is_given(client: TestClient) -> None:
    for token in ("", "made-up"):
        reply = asked(client, token, [proof(client)])
        assert error_of(reply) == "invalid_token"
        assert reply.headers["www-authenticate"].startswith("Bearer")
    in_address = client.post(f"/vci/CL/credential?access_token={token_of(client)}", json={})
    assert error_of(in_address) == "invalid_token"


def test_what_cannot_be_offered_is_refused_when_it_is_made(client: TestClient) -> None:
    for wish in (
        {"content": {}},
        {"formats": ["mdoc"]},
        {"days": 0},
        {"days": "x"},
        {"country": "UK"},
    ):
        body = {"country": "CL", "content": CONTENTS["icvp_2025"], **wish}
        assert client.post("/api/offers", json=body).status_code in (400, 404), wish


def test_a_country_without_pki_gets_one_with_its_first_offer(client: TestClient) -> None:
    assert client.get("/.well-known/openid-credential-issuer/vci/BR").status_code == 404
    offered(client, country="BR")
    assert client.get("/.well-known/openid-credential-issuer/vci/BR").status_code == 200


def test_an_offer_ends(client: TestClient) -> None:
    assert error_of(client.post("/vci/CL/notification", json={"event": "x"})) == "invalid_token"
    token = token_of(client)
    headers = {"Authorization": f"Bearer {token}"}
    odd = client.post("/vci/CL/notification", json={"event": "x"}, headers=headers)
    assert error_of(odd) == "invalid_notification_request"
    lost = {"event": "credential_deleted", "notification_id": "none"}
    assert (
        error_of(client.post("/vci/CL/notification", json=lost, headers=headers))
        == "invalid_notification_id"
    )


def test_pages_of_any_origin_may_ask(client: TestClient) -> None:
    assert client.options("/vci/CL/token").headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("wish", "claim"),
    [
        ({"content": CONTENTS["meow"]}, "medications"),
        ({"content": SUMMARY, "kind": "summary"}, "problems"),
        ({"content": LINK}, "link"),
    ],
)
def test_each_kind_is_offered_and_had(
    client: TestClient, tmp_path: Path, wish: Json, claim: str
) -> None:
    view = offered(client, **wish)
    (id,) = offer_in(view)["credential_configuration_ids"]
    token = redeemed(client, view).json()["access_token"]
    reply = asked(client, token, [proof(client)], credential_configuration_id=id)
    assert reply.status_code == 200, reply.text
    report = verify(reply.json()["credentials"][0]["credential"], known(client, tmp_path), at=START)
    assert report.verdict == "valid", reasons(report)
    assert claim in (report.claims or {})
    other = client.post("/api/offers", json={"country": "CL", "formats": ["ldp_vc"], **wish})
    assert (other.status_code, "no_configuration" in other.text) == (400, True)

"""Issuers as drafts 11 to 13 of OpenID4VCI had them: given with a warning, and 1.0 stays as strict as it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.app import create_app
from sandbox.credentials.jose import read_jws, write_jws
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.kinds import KINDS
from sandbox.credentials.vaccination import TYPE
from sandbox.credentials.verifying import verify
from sandbox.settings import Settings
from sandbox.trust.folder import TrustFolder
from tests.sandbox.api.test_vci import CONTENTS, GRANT, HOST, START, error_of, known, nonce
from tests.sandbox.credentials.making import HOLDER, reasons

DRAFTS = [11, 12, 13]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("drafts")


@pytest.fixture(scope="module")
def client(trust: Path) -> Iterator[TestClient]:
    settings = Settings(trust / "sandbox", seed="none", country="CL", graders=0)
    with TestClient(create_app(settings, clock=lambda: START), base_url=HOST) as client:
        for country in ("CL", "PE"):
            TrustFolder(trust / "sandbox" / "trust").init(country, at=START)
        yield client


def place(draft: int) -> str:
    return f"/vci/CL/draft-{draft}"


def offered(client: TestClient, draft: int, **wish: Any) -> Json:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "draft": draft, **wish}
    reply = client.post("/api/offers", json=body)
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def content_of(offer: Json) -> Json:
    (text,) = parse_qs(urlsplit(offer["by_value"]).query)["credential_offer"]
    return dict(json.loads(text))


def token(client: TestClient, draft: int, offer: Json, **changes: Any) -> httpx.Response:
    code = content_of(offer)["grants"][GRANT]["pre-authorized_code"]
    pin = "tx_code" if draft == 13 else "user_pin"
    form = {"grant_type": GRANT, "pre-authorized_code": code, pin: offer["pin"], **changes}
    sent = {name: value for name, value in form.items() if value is not None}
    return client.post(f"{place(draft)}/token", data=sent)


def proof(draft: int, word: str, **changes: Any) -> Json:
    claims = {
        "aud": f"{HOST}{place(draft)}",
        "iat": int(START.timestamp()),
        "nonce": word,
        **changes,
    }
    header = {"typ": "openid4vci-proof+jwt", "jwk": to_jwk(HOLDER.public_key())}
    return {"proof_type": "jwt", "jwt": write_jws(header, claims, HOLDER)}


def kind_of(draft: int, format: str) -> Json:
    types = ["VerifiableCredential", TYPE]
    if format == "vc+sd-jwt":
        return {"vct": KINDS["vaccination"].vct}
    return {"types": types} if draft == 11 else {"credential_definition": {"type": types}}


def asked(
    client: TestClient, draft: int, told: Json, format: str = "vc+sd-jwt", **changes: Any
) -> httpx.Response:
    body = {
        "format": format,
        **kind_of(draft, format),
        "proof": proof(draft, told["c_nonce"]),
        **changes,
    }
    sent = {name: value for name, value in body.items() if value is not None}
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    return client.post(f"{place(draft)}/credential", json=sent, headers=headers)


@pytest.mark.parametrize("format", ["vc+sd-jwt", "jwt_vc_json"])
@pytest.mark.parametrize("draft", DRAFTS)
def test_a_wallet_of_a_draft_gets_its_credential_and_is_warned(
    client: TestClient, trust: Path, draft: int, format: str
) -> None:
    offer = offered(client, draft)
    assert "1.0" in offer["warning"]
    told = token(client, draft, offer)
    assert told.status_code == 200, told.text
    assert told.json()["c_nonce_expires_in"] == 300
    reply = asked(client, draft, told.json(), format)
    assert (reply.status_code, "credentials" in reply.json()) == (200, False)
    got = reply.json()
    assert "1.0" in got["warning"]
    # up to 12 the answer says the format, from 12 on there is a notification
    assert (got.get("format") == format) == (draft < 13)
    assert ("notification_id" in got) == (draft > 11)
    report = verify(got["credential"], known(client, trust), at=START)
    if format == "jwt_vc_json":
        assert report.verdict == "valid", reasons(report)
    else:  # what is verified says the same
        assert (report.verdict, reasons(report)) == ("deviates", {"old_typ"})
        assert read_jws(got["credential"].partition("~")[0]).header["typ"] == "vc+sd-jwt"
    # the nonce of the answer is for the next proof
    again = asked(client, draft, {**told.json(), "c_nonce": got["c_nonce"]}, format)
    assert again.status_code == 200, again.text


@pytest.mark.parametrize("draft", DRAFTS)
def test_offer_and_metadata_are_in_the_words_of_the_draft(client: TestClient, draft: int) -> None:
    content = content_of(offered(client, draft))
    assert content["credential_issuer"] == f"{HOST}{place(draft)}"
    ids = ["vaccination_dc+sd-jwt", "vaccination_jwt_vc_json"]
    assert content["credential_configuration_ids" if draft == 13 else "credentials"] == ids
    grant = content["grants"][GRANT]
    assert ("tx_code" in grant) == (draft == 13)
    assert grant.get("user_pin_required") is (None if draft == 13 else True)
    # behind the path, as drafts had it
    said = client.get(f"{place(draft)}/.well-known/openid-credential-issuer").json()
    assert said == client.get(f"/.well-known/openid-credential-issuer{place(draft)}").json()
    assert said["credential_issuer"] == f"{HOST}{place(draft)}"
    assert "nonce_endpoint" not in said
    assert ("notification_endpoint" in said) == (draft > 11)
    if draft == 11:
        rows = {row["id"]: row for row in said["credentials_supported"]}
    else:
        name = "credential_configurations_supported" if draft == 13 else "credentials_supported"
        rows = said[name]
    assert rows["vaccination_dc+sd-jwt"]["format"] == "vc+sd-jwt"
    old = rows["vaccination_jwt_vc_json"]
    types = old["types"] if draft == 11 else old["credential_definition"]["type"]
    assert TYPE in types
    server = client.get(f"/.well-known/oauth-authorization-server{place(draft)}").json()
    assert server["token_endpoint"] == f"{HOST}{place(draft)}/token"


# what a wallet of draft 13 changes, the error, and the clause of the draft that names it
ASKED: dict[str, tuple[Json, str]] = {
    "no format (7.2)": ({"format": None}, "invalid_credential_request"),
    "a format that is a number (7.2)": ({"format": 7}, "invalid_credential_request"),
    "by the id of 1.0 (7.2)": ({"format": None, "credential_configuration_id": "vaccination_dc+sd-jwt"}, "invalid_credential_request"),
    "the format of 1.0 (A.3.1)": ({"format": "dc+sd-jwt"}, "unsupported_credential_format"),
    "a format that is not here (7.3.1.2)": ({"format": "mso_mdoc"}, "unsupported_credential_format"),
    "Data Integrity (7.3.1.2)": ({"format": "ldp_vc"}, "unsupported_credential_format"),
    "another vct (7.3.1.2)": ({"vct": "urn:other"}, "unsupported_credential_type"),
    "no vct (A.3.2)": ({"vct": None}, "unsupported_credential_type"),
    "a kind that was not offered (7.3.1.2)": ({"vct": KINDS["summary"].vct}, "invalid_credential_request"),
    "no proof (7.2)": ({"proof": None}, "invalid_proof"),
    "a proof as text (7.2.1)": ({"proof": "a.b.c"}, "invalid_proof"),
    "a proof of another type (7.2.1)": ({"proof": {"proof_type": "cwt", "cwt": "x"}}, "invalid_proof"),
    "the proofs of 1.0 (7.2)": ({"proof": None, "proofs": {"jwt": ["a.b.c"]}}, "invalid_proof"),
    "a nonce of nobody (7.3.1.2)": ({"proof": proof(13, "made-up")}, "invalid_proof"),
    "a proof for 1.0 (7.2.1.1)": ({"proof": proof(13, "made-up", aud=f"{HOST}/vci/CL")}, "invalid_proof"),
}  # fmt: skip


@pytest.mark.parametrize("name", ASKED)
def test_what_is_wrong_in_a_draft_too_is_refused_in_its_words(
    name: str, client: TestClient
) -> None:
    changes, error = ASKED[name]
    told = token(client, 13, offered(client, 13)).json()
    reply = asked(client, 13, told, **changes)
    assert (reply.status_code, error_of(reply)) == (400, error)
    # a new nonce comes with it (draft 13, 7.3.2)
    assert ("c_nonce" in reply.json()) == (error == "invalid_proof")
    if error == "invalid_proof":
        right = asked(client, 13, {**told, "c_nonce": reply.json()["c_nonce"]})
        assert right.status_code == 200, right.text


def test_the_pin_goes_by_the_name_that_the_draft_gave_it(client: TestClient) -> None:
    offer = offered(client, 11)
    wrong = "000000" if offer["pin"] != "000000" else "000001"
    assert error_of(token(client, 11, offer, user_pin=None)) == "invalid_request"
    named = token(client, 11, offer, user_pin=None, tx_code=offer["pin"])
    assert error_of(named) == "invalid_request"
    assert error_of(token(client, 11, offer, user_pin=wrong)) == "invalid_grant"
    # a wallet that sends both names is understood by the one that counts
    assert token(client, 11, offer, tx_code=wrong).status_code == 200
    later = offered(client, 13)
    swapped = token(client, 13, later, tx_code=None, user_pin=later["pin"])
    assert error_of(swapped) == "invalid_request"


def test_the_issuer_of_1_0_takes_nothing_that_is_of_a_draft(client: TestClient) -> None:
    offer = offered(client, 13)
    told = token(client, 13, offer).json()
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    final = {
        "credential_configuration_id": "vaccination_dc+sd-jwt",
        "proofs": {"jwt": [proof(13, nonce(client), aud=f"{HOST}/vci/CL")["jwt"]]},
    }
    assert (
        error_of(client.post("/vci/CL/credential", json=final, headers=headers)) == "invalid_token"
    )
    old = {"format": "vc+sd-jwt", "vct": KINDS["vaccination"].vct, "proof": proof(13, "x")}
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "pin": False}
    own = client.post("/api/offers", json=body).json()
    form = {
        "grant_type": GRANT,
        "pre-authorized_code": content_of(own)["grants"][GRANT]["pre-authorized_code"],
    }
    # a code of one issuer is none of another's: of the draft's, or of another country
    for path in ("/vci/CL/draft-13/token", "/vci/PE/token"):
        assert error_of(client.post(path, data=form)) == "invalid_grant", path
    mine = client.post("/vci/CL/token", data=form).json()
    assert "c_nonce" not in mine
    headers = {"Authorization": f"Bearer {mine['access_token']}"}
    refused = client.post("/vci/CL/credential", json=old, headers=headers)
    assert error_of(refused) == "invalid_credential_request"
    foreign = {**final, "proofs": {"jwt": [proof(13, nonce(client), aud=f"{HOST}/vci/PE")["jwt"]]}}
    taken = client.post("/vci/PE/credential", json=foreign, headers=headers)
    assert error_of(taken) == "invalid_token"


def test_what_drafts_are_not_given_is_refused_when_it_is_offered(client: TestClient) -> None:
    body = {"country": "CL", "content": CONTENTS["icvp_2025"], "draft": 13}
    for wish in (
        {"grant": "authorization_code"}, {"ready_after": 5}, {"formats": ["ldp_vc"]}, {"draft": 10},
        {"draft": 14}, {"draft": "13"}, {"draft": True},
    ):  # fmt: skip
        assert client.post("/api/offers", json={**body, **wish}).status_code == 400, wish
    assert client.get("/vci/CL/draft-14/.well-known/openid-credential-issuer").status_code == 404
    assert client.post("/vci/CL/draft-14/token", data={"grant_type": GRANT}).status_code == 404
    assert client.get("/vci/ZZ/draft-13/.well-known/openid-credential-issuer").status_code == 404


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_picture_and_the_reference_lead_to_the_offer(client: TestClient, draft: int) -> None:
    offer = offered(client, draft)
    (address,) = parse_qs(urlsplit(offer["link"]).query)["credential_offer_uri"]
    assert client.get(address.removeprefix(HOST)).json() == content_of(offer)
    assert client.get(offer["picture"].removeprefix(HOST)).text.startswith("<svg")

"""The region's wallet service: what a backend sends becomes an offer in its own words, and a wallet gets the credential."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.credentials.sdjwt.presenting import read_sdjwt, select
from sandbox.event.people import People, Person
from sandbox.event.tokens import Tokens
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.trust.folder import TrustFolder
from tests.conftest import TickingClock, a_sandbox
from tests.sandbox.api.test_vci import GRANT, HOST, START, asked, client, proof  # noqa: F401
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.test_kinds import LINK

PLACE = "/vci/CL/credentials/a-person"
RAW = base64.b64encode(b"HC1:6BF").decode()
SENT: dict[str, Any] = {
    "ICVP": {"1": "CL", "-260": {"-6": CONTENTS["icvp_2025"]}},
    "MEOW": {"1": "CL", "-260": {"-7": CONTENTS["meow"]}},
    "VerifiableHealthLink": {"-260": {"5": [{"u": LINK}]}},
}
CONFIGURATIONS = {
    "ICVP": "vaccination_dc+sd-jwt",
    "MEOW": "medications_dc+sd-jwt",
    "VerifiableHealthLink": "health_link_dc+sd-jwt",
}


@pytest.mark.parametrize("type", SENT)
@pytest.mark.parametrize("has_pin", [True, False])
def test_what_the_app_sends_becomes_a_credential(
    client: TestClient,  # noqa: F811
    type: str,
    has_pin: bool,
) -> None:
    body = {"claims": SENT[type], "credentialType": type, "pinRequired": has_pin, "raw": RAW}
    reply = client.post(PLACE, json=body, headers={"x-api-key": "any"})
    assert reply.status_code == 200, reply.text
    made = reply.json()
    members = {"preAuthorizedCode", "qrUrl", "coUrl", "location"}
    assert set(made) == members | ({"pin"} if has_pin else set())
    offer = client.get(made["coUrl"].removeprefix(HOST)).json()
    assert offer["credential_configuration_ids"] == [CONFIGURATIONS[type]]
    assert offer["grants"][GRANT]["pre-authorized_code"] == made["preAuthorizedCode"]
    assert made["location"].startswith("openid-credential-offer://?credential_offer_uri=")
    form = {"grant_type": GRANT, "pre-authorized_code": made["preAuthorizedCode"]}
    form |= {"tx_code": made["pin"]} if has_pin else {}
    token = client.post("/vci/CL/token", data=form).json()["access_token"]
    got = asked(
        client, token, [proof(client)], credential_configuration_id=CONFIGURATIONS[type]
    ).json()
    text = got["credentials"][0]["credential"]
    assert read_sdjwt(text).opened().claims["raw"] == RAW
    assert "raw" not in read_sdjwt(select(text, [])).opened().claims


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"credentialType": "Passport"}, "no_kind"),
        ({"claims": {}}, "no_vaccination"),
        ({"raw": "A" * 8001}, "long_raw"),
    ],
)
def test_what_is_no_certificate_is_refused(
    client: TestClient,  # noqa: F811
    change: dict[str, Any],
    key: str,
) -> None:
    body = {"claims": SENT["ICVP"], "credentialType": "ICVP", **change}
    reply = client.post(PLACE, json=body)
    assert reply.status_code == 400
    assert f"credentials.{key}" in reply.text


def test_where_people_are_known_the_key_is_a_token_of_a_team_that_writes(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, country="CL") as server:
        TrustFolder(tmp_path / "sandbox" / "trust").init("CL", at=START)
        partitions = Partitions(tmp_path / "sandbox")
        store = RunStore(partitions.main)
        clock = TickingClock()
        people = People(store, clock=clock)
        people.add(Person("Inés", "facilitator"))
        people.add(Person("Ana", "participant", "Chile"))
        tokens = Tokens(store, people, clock=clock)
        secrets = {
            scope: tokens.make("Chile", scope, scope=scope)[1] for scope in ("read", "write")
        }
        partitions.close()
        body = {"claims": SENT["MEOW"], "credentialType": "MEOW"}

        def status(key: str) -> int:
            headers = {"x-api-key": key} if key else {}
            return int(server.post(PLACE, json=body, headers=headers).status_code)

        assert (status(""), status("guessed")) == (401, 401)
        assert (status(secrets["read"]), status(secrets["write"])) == (403, 200)

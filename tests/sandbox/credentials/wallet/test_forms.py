"""A wallet receives and shows credentials of W3C: whole, signed by their holder for one verifier, and for nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.keys import to_jwk
from sandbox.credentials.report import Asked
from sandbox.credentials.texts import to_base64url, write_compact
from sandbox.credentials.verifying import verify
from sandbox.credentials.wallet.answering import name_of, shares_of, tokens_of
from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.credentials.wallet.forms import can_show, chosen, form_of_text, is_bound_to, key_header
from sandbox.credentials.wallet.kept import new_key
from sandbox.credentials.wallet.requests import Asking
from sandbox.pages.wallet_views import consent_view, credential_view
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS
from tests.sandbox.credentials.wallet.test_wallet import AT, World, refused

LINKED, JWT = "ldp_vc", "jwt_vc_json"
NAME = CONTENTS["icvp_2025"]["n"]
TYPES = [["VerifiableCredential", "VaccinationCertificate"]]


def query_of(form: str, *claims: list[str]) -> Any:
    item: dict[str, Any] = {"id": "card", "format": form, "meta": {"type_values": TYPES}}
    if claims:
        item["claims"] = [{"path": path} for path in claims]
    return {"credentials": [item]}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with a_sandbox(tmp_path) as client:
        world = World(client, tmp_path / "sandbox")
        yield world
        world.partitions.close()


@pytest.fixture(params=[LINKED, JWT])
def holder(request: pytest.FixtureRequest, world: World) -> World:
    """A world whose wallet has a credential of W3C."""
    offer = world.offer(formats=[request.param])
    (received,) = world.receive(offer["link"], offer["pin"])
    assert (received.report.verdict, form_of_text(received.text)) == ("valid", request.param)
    world.calls.clear()
    return world


def form_in(world: World) -> str:
    return form_of_text(world.wallet.held(AT)[0].text)


@pytest.mark.parametrize("mode", ["direct_post", "direct_post.jwt"])
def test_it_is_shown_whole_and_its_holder_signs_for_who_asks(mode: str, holder: World) -> None:
    asked = holder.ask(
        query_of(form_in(holder), ["credentialSubject", "batchNumber"]),
        prefix="x509_hash", country="PA", mode=mode,
    )  # fmt: skip
    (share,) = holder.show(asked["link"])
    assert (share.is_whole, share.stays, share.always) == (True, (), ())
    assert "credentialSubject.recipient.name" in [name_of(path) for path, _ in share.leaves]
    outcome = holder.outcome(asked)
    assert outcome["accepted"], outcome
    (row,) = holder.wallet.history()
    assert {"name", "vaccine.lot", "credential.issuer"} <= set(row["claims"])


def test_the_consent_of_one_claim_is_not_that_of_the_whole(holder: World) -> None:
    asked = holder.ask(query_of(form_in(holder)))
    (share,) = shares_of(holder.read(asked["link"]), holder.wallet.held(AT))
    one = {("card", path) for path, _ in share.leaves if path[-1] == "batchNumber"}
    assert one
    assert refused(lambda: holder.show(asked["link"], one)) == "wallet.more_than_allowed"
    assert holder.outcome(asked) == {"state": "waiting"}


def test_it_is_read_in_the_words_of_every_credential(holder: World) -> None:
    (row,) = holder.wallet.credentials()
    view = credential_view(row, holder.judge(row["text"]), "en")
    assert NAME in view["title"]
    assert ("Name", NAME) in view["claims"]
    assert view["words"].person == NAME
    asking = holder.read(holder.ask(query_of(form_in(holder)))["link"])
    shares = shares_of(asking, holder.wallet.held(AT))
    (query,) = consent_view(asking, [shares], "en")["queries"]
    (choice,) = query["choices"]
    assert choice["is_whole"]
    assert ("Name", NAME) in choice["leaves"]
    assert not any(label.startswith("credential.") for label, _ in choice["leaves"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"nonce": "of-another-request"}, "other_challenge"), ({"audience": "x"}, "other_domain")],
)
def test_what_was_shown_is_for_one_request_of_one_verifier(
    changes: Any, reason: str, holder: World
) -> None:
    asking = holder.read(holder.ask(query_of(form_in(holder)))["link"])
    shares = shares_of(asking, holder.wallet.held(AT))
    ((shown,),) = tokens_of(asking, shares, at=AT).values()
    text = shown if isinstance(shown, str) else write_compact(shown).decode()
    right = {"audience": asking.client_id, "nonce": asking.fields["nonce"]}
    assert verify(text, holder.known, at=AT, asked=Asked(**right)).verdict == "valid"
    report = verify(text, holder.known, at=AT, asked=Asked(**{**right, **changes}))
    assert [each.key for each in report.step("holder").findings] == [f"credentials.{reason}"]


def test_one_bound_to_another_key_is_refused(holder: World) -> None:
    (others,) = (held.text for held in holder.wallet.held(AT))
    form = form_in(holder)
    offer = holder.offer(formats=[form])

    def swapped(call: Call, reply: Reply) -> Reply:
        if not call.address.endswith("/credential"):
            return reply
        credential: Any = json.loads(others) if form == LINKED else others
        content = {**reply.json, "credentials": [{"credential": credential}]}
        return Reply(200, json.dumps(content).encode())

    holder.change = swapped
    assert refused(lambda: holder.receive(offer["link"], offer["pin"])) == "wallet.other_key"


def test_of_several_forms_of_an_offer_what_can_be_held_back_is_received(world: World) -> None:
    offer = world.offer()
    (received,) = world.receive(offer["link"], offer["pin"])
    assert form_of_text(received.text) == "dc+sd-jwt"
    kinds = {"a": {"format": JWT}, "b": {"format": LINKED}, "c": "none", "d": {"format": "x"}}
    metadata = {"credential_configurations_supported": kinds}
    assert chosen(("a", "b", "c", "d", "e"), metadata) == [("b", {"format": LINKED})]
    assert chosen(("c", "d"), metadata) == chosen(("a",), {}) == []


def test_a_key_is_named_as_the_issuer_can_bind_it() -> None:
    key = new_key()
    jwk = to_jwk(key.public_key())
    did = f"did:jwk:{to_base64url(write_compact(jwk))}"
    for methods, expected in (
        (["jwk", "did:key"], {"jwk": jwk}),
        (None, {"jwk": jwk}),
        (["did:web"], {"jwk": jwk}),
        (["did:jwk"], {"kid": f"{did}#0"}),
    ):
        assert key_header({"cryptographic_binding_methods_supported": methods}, key) == expected
    named = key_header({"cryptographic_binding_methods_supported": ["did:jwk", "did:key"]}, key)
    assert named["kid"].startswith("did:key:zDn")
    subject = {"credentialSubject": {"id": named["kid"].partition("#")[0]}}
    assert is_bound_to(subject, key)
    assert is_bound_to({"credentialSubject": {"name": "whoever has it"}}, key)
    for other in ({"credentialSubject": {"id": "did:example:1"}}, {}, {"cnf": {"jwk": {}}}):
        assert not is_bound_to(other, key)
    assert not is_bound_to(subject, new_key())


def test_what_is_bound_to_a_registry_or_signed_by_no_suite_is_not_shown() -> None:
    key = new_key()
    ledger = {"credentialSubject": {"id": "did:lac1:1"}}
    assert not can_show(LINKED, ledger, key)
    bearer: Any = {"credentialSubject": {}}
    assert can_show(LINKED, bearer, key)
    other = ec.generate_private_key(ec.SECP256K1())
    assert (can_show(LINKED, bearer, other), can_show(JWT, bearer, other)) == (False, True)


def test_a_type_that_nobody_asks_for_does_not_fit(holder: World) -> None:
    query = query_of(form_in(holder))
    query["credentials"][0]["meta"] = {"type_values": [["DrivingLicence"]]}
    asking = Asking({"dcql_query": query}, "")
    assert refused(lambda: shares_of(asking, holder.wallet.held(AT))) == "wallet.nothing_fits"

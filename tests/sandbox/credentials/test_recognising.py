"""What a text is by its looks, and what a link says of itself before anything is asked for."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest

from sandbox.credentials.recognising import kind_of_text, read_link
from sandbox.credentials.sdjwt.presenting import present
from tests.sandbox.credentials.making import AT, HOLDER, OLD_CREDENTIAL, jwt, sdjwt
from tests.sandbox.credentials.making import signed as linked

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
ISSUER = "http://127.0.0.1:8400/vci/CL"
ANSWER_AT = "http://127.0.0.1:8400/vp/responses/x"
OFFER = {
    "credential_issuer": ISSUER,
    "credential_configuration_ids": ["vaccination_dc+sd-jwt"],
    "grants": {GRANT: {"pre-authorized_code": "secret-code", "tx_code": {}}},
}
QUERY = {
    "credentials": [
        {
            "id": "shot",
            "format": "dc+sd-jwt",
            "meta": {"vct_values": ["v"]},
            "claims": [{"path": ["name"]}, {"path": ["vaccine", "date"]}],
        }
    ]
}
REQUEST = {
    "client_id": f"redirect_uri:{ANSWER_AT}",
    "response_uri": ANSWER_AT,
    "response_type": "vp_token",
    "response_mode": "direct_post",
    "nonce": "n",
    "dcql_query": json.dumps(QUERY),
}


def offer_link(offer: object = OFFER, scheme: str = "openid-credential-offer") -> str:
    return f"{scheme}://?credential_offer={quote(json.dumps(offer), safe='')}"


def request_link(**changed: str) -> str:
    fields = {name: value for name, value in {**REQUEST, **changed}.items() if value}
    return f"openid4vp://?{urlencode(fields)}"


def shown() -> str:
    return present(sdjwt(), [["name"]], HOLDER, audience="a", nonce="n", at=AT)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (sdjwt(), "credential"),
        (f"\n{sdjwt()}  ", "credential"),
        (shown(), "presentation"),
        (json.dumps(linked()), "credential"),
        (json.dumps({"type": ["VerifiablePresentation"], "proof": {}}), "presentation"),
        (json.dumps({**linked(), "credentialSubject": {"resourceType": "Bundle"}}), "credential"),
        (jwt(), "credential"),
        (jwt({"vc": OLD_CREDENTIAL, "iss": "did:key:x"}, typ="JWT"), "credential"),
        (offer_link(), "offer"),
        (offer_link(scheme="OPENID-CREDENTIAL-OFFER"), "offer"),
        (offer_link(scheme="haip-vci"), "offer"),
        ("https://wallet.example/add?credential_offer_uri=https%3A%2F%2Fi.example", "offer"),
        (request_link(), "request"),
        ("https://wallet.example/ask?client_id=x&request_uri=https%3A%2F%2Fv.example", "request"),
    ],
)
def test_each_kind_is_known_by_its_looks(text: str, kind: str) -> None:
    assert kind_of_text(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"resourceType": "Patient"}',
        json.dumps({"resourceType": "Basic", "type": ["VerifiableCredential"]}),
        json.dumps({"resourceType": "Binary", "data": json.dumps(linked())}),
        json.dumps({"name": "VerifiableCredential"}),
        '{"type": "VerifiableCredential"',  # cut off
        "<Patient/>",
        "HC1:NCFOXN%TS3DH3ZSUZK+.V0ETD%65NL-AH",
        "shlink:/eyJ1cmwiOiJ4In0",
        "eyJhbGciOiJFUzI1NiJ9.eyJhIjoxfQ.AAAA",  # a JWT of something else
        "https://wallet.example/ask?client_id=x",
        "https://[",
        "a ~ tilde ~ in a text",
    ],
)
def test_what_is_none_of_these_stays_what_it_is(text: str) -> None:
    assert kind_of_text(text) is None


def test_an_offer_says_who_offers_what_and_not_its_code() -> None:
    linked_offer = read_link(offer_link(), at=AT)
    facts = {fact.name: fact.value for fact in linked_offer.facts}
    assert facts == {
        "issuer": ISSUER,
        "configurations": "vaccination_dc+sd-jwt",
        "pin": "yes",
    }
    assert linked_offer.fault is None


def test_an_offer_by_reference_tells_the_address_and_asks_nobody() -> None:
    link = "openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fi.example%2Fo%2F1"
    (fact,) = read_link(link, at=AT).facts
    assert (fact.name, fact.value) == ("address", "https://i.example/o/1")


def test_a_request_says_who_asks_for_which_claims_and_where_the_answer_goes() -> None:
    facts = {fact.name: fact.value for fact in read_link(request_link(), at=AT).facts}
    assert facts == {
        "verifier": REQUEST["client_id"],
        "claims": "name, vaccine.date",
        "answer_at": ANSWER_AT,
    }


def test_a_signed_request_is_not_fetched_and_not_called_wrong() -> None:
    who = "decentralized_identifier:did:web:v.example"
    link = f"openid4vp://?client_id={quote(who)}&request_uri=https%3A%2F%2Fv.example%2Fr"
    read = read_link(link, at=AT)
    assert [fact.name for fact in read.facts] == ["verifier", "address"]
    by_value = read_link(f"openid4vp://?client_id={quote(who)}&request=eyJ.e.x", at=AT)
    assert (by_value.fault, [fact.name for fact in by_value.facts]) == (None, ["verifier"])


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("openid-credential-offer://", "wallet.no_offer"),
        (offer_link({"credential_issuer": ISSUER}), "wallet.no_offer"),
        (request_link(nonce=""), "wallet.no_request"),
        (request_link(client_id="lima"), "wallet.unknown_prefix"),
        (request_link(response_uri="https://elsewhere.example"), "wallet.other_client"),
    ],
)
def test_a_link_that_cannot_be_right_says_why(link: str, key: str) -> None:
    fault = read_link(link, at=AT).fault
    assert fault is not None
    assert fault.key == key

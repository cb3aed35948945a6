"""Offers, metadata, proofs, queries and requests with what their clauses make of them, decided before they were tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.asymmetric import ec

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import PrivateKey, to_jwk
from sandbox.credentials.texts import to_base64url
from sandbox.credentials.vci.authorizing import AUTHORIZATION
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.wallet.calling import Call, Reply
from tests.sandbox.certificates.making import chile
from tests.sandbox.credentials.making import (
    AT,
    EDWARDS,
    HOLDER,
    ISSUER,
    LARGE,
    STRANGER,
    changed,
    did_of,
    method_of,
)

Json = dict[str, Any]
AT_ISSUER = "https://issuer.example/cards"
METADATA = "https://issuer.example/.well-known/openid-credential-issuer/cards"
SERVER = "https://issuer.example/.well-known/oauth-authorization-server/cards"
NOW = int(AT.timestamp())


def answering(places: Mapping[str, Any]) -> Callable[[Call], Reply]:
    """A network of some addresses; whatever else is asked is not there."""

    def send(call: Call) -> Reply:
        value = places.get(call.address)
        if value is None:
            return Reply(404, b"")
        return Reply(200, value.encode() if isinstance(value, str) else json.dumps(value).encode())

    return send


def offer(**changes: Any) -> Json:
    right = {
        "credential_issuer": AT_ISSUER,
        "credential_configuration_ids": ["card"],
        "grants": {GRANT: {"pre-authorized_code": "of-chance"}},
    }
    return changed(right, **changes)


def code(**changes: Any) -> Json:
    return offer(grants={GRANT: changed({"pre-authorized_code": "of-chance"}, **changes)})


def link(content: Any, scheme: str = "openid-credential-offer://") -> str:
    text = content if isinstance(content, str) else json.dumps(content)
    return f"{scheme}?credential_offer={quote(text)}"


PLACE = "https://issuer.example/offers/1"
BY_REFERENCE = f"openid-credential-offer://?credential_offer_uri={quote(PLACE, safe='')}"
# the link, and what a wallet makes of it: `code`, `code and PIN`, `browser`, or by which sentence it refuses
OFFERS: dict[str, tuple[str, str]] = {
    "by value (OpenID4VCI 1.0 4.1.2)": (link(offer()), "code"),
    "by reference (4.1.3)": (BY_REFERENCE, "code"),
    "by a link of the web (4.1)": (link(offer(), "https://wallet.example/"), "code"),
    "blanks as plus signs (4.1.2, form encoding)": (f"openid-credential-offer://?{urlencode({'credential_offer': json.dumps(offer())})}", "code"),
    "by value and by reference (4.1)": (f"{link(offer())}&credential_offer_uri={quote(PLACE)}", "wallet.no_offer"),
    "by value twice (RFC 6749 3.1)": (f"{link(offer())}&credential_offer={{}}", "wallet.no_offer"),
    "by reference to nothing (4.1.3)": ("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2F2", "wallet.refused_there"),
    "by reference to a file (4.1.3: https)": ("openid-credential-offer://?credential_offer_uri=file%3A%2F%2F%2Fetc%2Fpasswd", "wallet.bad_address"),
    "no JSON (4.1.1)": (link("card"), "wallet.no_offer"),
    "a list (4.1.1)": (link([offer()]), "wallet.no_offer"),
    "a name twice (RFC 8259 4)": (link('{"credential_issuer": "https://a.example", ' + json.dumps(offer())[1:]), "wallet.no_offer"),
    "what nobody knows beside (4.1.1)": (link(offer(x_more={"a": 1})), "code"),
    "no issuer (4.1.1)": (link(offer(credential_issuer=None)), "wallet.no_offer"),
    "an issuer that is a number (4.1.1)": (link(offer(credential_issuer=7)), "wallet.no_offer"),
    "an issuer with a query (12.2.1)": (link(offer(credential_issuer=f"{AT_ISSUER}?a=1")), "wallet.no_offer"),
    "an issuer with a fragment (12.2.1)": (link(offer(credential_issuer=f"{AT_ISSUER}#a")), "wallet.no_offer"),
    "an issuer that is a script (12.2.1)": (link(offer(credential_issuer="javascript:alert(1)")), "wallet.no_offer"),
    "an issuer without host (12.2.1)": (link(offer(credential_issuer="https:///cards")), "wallet.no_offer"),
    "no configuration (4.1.1: not empty)": (link(offer(credential_configuration_ids=[])), "wallet.no_offer"),
    "configurations that are one text (4.1.1)": (link(offer(credential_configuration_ids="card")), "wallet.no_offer"),
    "a configuration that is a number (4.1.1)": (link(offer(credential_configuration_ids=["card", 7])), "wallet.no_offer"),
    "a configuration twice (4.1.1: unique)": (link(offer(credential_configuration_ids=["card", "card"])), "wallet.no_offer"),
    "no code (4.1.1)": (link(code(**{"pre-authorized_code": None})), "wallet.no_offer"),
    "an empty code (4.1.1)": (link(code(**{"pre-authorized_code": ""})), "wallet.no_offer"),
    "an empty object of a PIN (4.1.1)": (link(code(tx_code={})), "code and PIN"),
    "a PIN of letters (4.1.1)": (link(code(tx_code={"input_mode": "text", "length": 4})), "code and PIN"),
    "a PIN that is true (4.1.1: object)": (link(code(tx_code=True)), "wallet.no_offer"),
    "a PIN that is text (4.1.1: object)": (link(code(tx_code="4711")), "wallet.no_offer"),
    "a grant of nobody (4.1.1)": (link(offer(grants={"urn:x": {}})), "wallet.no_offer"),
    "a grant of nobody beside a right one (4.1.1)": (link(offer(grants={**code()["grants"], "urn:x": {}})), "code"),
    "by browser (4.1.1)": (link(offer(grants={AUTHORIZATION: {"issuer_state": "s"}})), "browser"),
    "by browser with a state that is a number (4.1.1: string)": (link(offer(grants={AUTHORIZATION: {"issuer_state": 7}})), "wallet.no_offer"),
    "by either way (4.1.1)": (link(offer(grants={**code()["grants"], AUTHORIZATION: {}})), "code"),
    "no grants (4.1.1)": (link(offer(grants=None)), "browser"),
    "grants that are a list (4.1.1)": (link(offer(grants=[GRANT])), "wallet.no_offer"),
}  # fmt: skip

CARD: Json = {
    "format": "dc+sd-jwt",
    "vct": "urn:test:card",
    "cryptographic_binding_methods_supported": ["jwk"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
}


def metadata(card: Json | None = None, **changes: Any) -> Json:
    right = {
        "credential_issuer": AT_ISSUER,
        "credential_endpoint": f"{AT_ISSUER}/credential",
        "nonce_endpoint": f"{AT_ISSUER}/nonce",
        "credential_configurations_supported": {"card": card or CARD},
    }
    return changed(right, **changes)


def server(**changes: Any) -> Json:
    return changed({"issuer": AT_ISSUER, "token_endpoint": f"{AT_ISSUER}/token"}, **changes)


def of_other(name: str) -> Json:
    """A network in which another server is asked."""
    place = "https://other.example/.well-known/oauth-authorization-server"
    return {
        METADATA: metadata(authorization_servers=[AT_ISSUER, "https://other.example"]),
        place: server(issuer=name),
    }


PROVEN = {"proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES384"]}}}
# what the addresses say, and at which address the code is redeemed, or by which sentence the wallet refuses before
ISSUERS: dict[str, tuple[Json, str]] = {
    "as it should be (12.2)": ({METADATA: metadata(), SERVER: server()}, f"{AT_ISSUER}/token"),
    "what nobody knows beside (12.2.4)": ({METADATA: metadata(x=1), SERVER: server(x=1)}, f"{AT_ISSUER}/token"),
    "a slash at its end (12.2.2: identical)": ({METADATA: metadata(credential_issuer=f"{AT_ISSUER}/"), SERVER: server()}, "wallet.other_issuer"),
    "capitals in the host (12.2.2: case sensitive)": (
        {METADATA: metadata(credential_issuer=AT_ISSUER.replace("issuer", "Issuer")), SERVER: server()}, "wallet.other_issuer"),
    "no name (12.2.4)": ({METADATA: metadata(credential_issuer=None), SERVER: server()}, "wallet.other_issuer"),
    "no metadata (12.2.2)": ({SERVER: server()}, "wallet.refused_there"),
    "metadata behind the path (12.2.2)": ({f"{AT_ISSUER}/.well-known/openid-credential-issuer": metadata(), SERVER: server()}, "wallet.refused_there"),
    "metadata that are a list (12.2.3)": ({METADATA: [metadata()], SERVER: server()}, "wallet.refused_there"),
    "a server of another name (RFC 8414 3.3)": ({METADATA: metadata(), SERVER: server(issuer="https://issuer.example")}, "wallet.other_issuer"),
    "no server (RFC 8414 3)": ({METADATA: metadata()}, "wallet.refused_there"),
    "no token endpoint (RFC 8414 2)": ({METADATA: metadata(), SERVER: server(token_endpoint=None)}, "wallet.bad_address"),
    "another server, which the offer does not name: the first (12.2.4)": (
        {**of_other("https://other.example"), SERVER: server()}, f"{AT_ISSUER}/token"),
    "what is offered is not there (4.1.1)": ({METADATA: metadata(credential_configurations_supported={}), SERVER: server()}, "wallet.no_format"),
    "a form that nobody reads here (A.2)": ({METADATA: metadata({**CARD, "format": "mso_mdoc"}), SERVER: server()}, "wallet.no_format"),
    "keys by attestation alone (F.3)": (
        {METADATA: metadata({**CARD, "proof_types_supported": {"attestation": {}}}), SERVER: server()}, "wallet.no_format"),
    "keys of another curve alone (12.2.4)": ({METADATA: metadata({**CARD, **PROVEN}), SERVER: server()}, "wallet.no_format"),
}  # fmt: skip


def proof(key: PrivateKey = HOLDER, header: Json | None = None, **changes: Any) -> str:
    payload = changed({"aud": AT_ISSUER, "iat": NOW, "nonce": "n"}, **changes)
    shown = {"typ": "openid4vci-proof+jwt", "jwk": to_jwk(key.public_key()), **(header or {})}
    return write_jws(changed(shown), payload, key)


K1 = ec.derive_private_key(7_300_001, ec.SECP256K1())
JWK = to_jwk(HOLDER.public_key())
SECRET = to_base64url(HOLDER.private_numbers().private_value.to_bytes(32))
# a proof, and whether it is taken; all that is refused is `invalid_proof`
PROOFS: dict[str, tuple[Callable[[], Any], bool]] = {
    "of P-256 (F.1)": (proof, True),
    "of P-384 (F.1)": (lambda: proof(LARGE), True),
    "of Ed25519 (F.1)": (lambda: proof(EDWARDS), True),
    "of a curve that the metadata do not name (F.4)": (lambda: proof(K1), False),
    "by DID (F.1)": (lambda: proof(header={"jwk": None, "kid": method_of(HOLDER)}), True),
    "by a DID that would have to be fetched (F.1)": (lambda: proof(header={"jwk": None, "kid": "did:web:wallet.example#1"}), False),
    "by the DID of another (F.4)": (lambda: proof(header={"jwk": None, "kid": method_of(STRANGER)}), False),
    "by a key with its private part (F.4)": (lambda: proof(header={"jwk": {**JWK, "d": SECRET}}), False),
    "by a key that is a word (F.4)": (lambda: proof(header={"jwk": {"kty": "oct", "k": "AA"}}), False),
    "by a key that is text (F.1)": (lambda: proof(header={"jwk": json.dumps(JWK)}), False),
    "signed by nobody (F.4)": (lambda: proof(header={"alg": "none"}), False),
    "the algorithm of another key (RFC 7518 3.4)": (lambda: proof(header={"alg": "ES384"}), False),
    "with a word that both know (F.4: asymmetric)": (lambda: proof(header={"alg": "HS256"}), False),
    "what must be understood (RFC 7515 4.1.11)": (lambda: proof(header={"crit": ["exp"], "exp": 1}), False),
    "its audience in a list (F.1: string)": (lambda: proof(aud=[AT_ISSUER]), False),
    "no audience (F.1)": (lambda: proof(aud=None), False),
    "no time (F.1)": (lambda: proof(iat=None), False),
    "its time as text (RFC 7519 2)": (lambda: proof(iat=str(NOW)), False),
    "its time with a fraction (RFC 7519 2)": (lambda: proof(iat=NOW + 0.5), True),
    "of an hour ago (F.4)": (lambda: proof(iat=NOW - 3600), False),
    "over by its own word (RFC 7519 4.1.4)": (lambda: proof(exp=NOW - 120), False),
    "not yet by its own word (RFC 7519 4.1.5)": (lambda: proof(nbf=NOW + 120), False),
    "in force by its own word (RFC 7519 4.1.4)": (lambda: proof(exp=NOW + 120, nbf=NOW - 9), True),
    "a nonce that is a number (F.1: string)": (lambda: proof(nonce=7), False),
    "in the name of somebody although nobody is known (F.1)": (lambda: proof(iss="wallet"), False),
    "members that nobody knows (F.1)": (lambda: proof(more=1), True),
    "an object (8.2.1: JWT)": (lambda: {"jwt": proof()}, False),
    "blanks around it (RFC 7515 7.1)": (lambda: f" {proof()}", False),
}  # fmt: skip

ITEM: Json = {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:test:card"]}}


def query(**changes: Any) -> Json:
    return {"credentials": [changed(ITEM, **changes)]}


def claim(**changes: Any) -> Json:
    return query(claims=[changed({"path": ["name"]}, **changes)])


def sets(*rows: Any) -> Json:
    return {**query(), "credential_sets": list(rows)}


# a query, and whether it is one (OpenID4VP 1.0 6, 7)
QUERIES: dict[str, tuple[Any, bool]] = {
    "the least (6.1)": (query(), True),
    "what nobody knows beside (6)": ({**query(x=1), "y": 2}, True),
    "an id with a point (6.1)": (query(id="a.b"), False),
    "an empty id (6.1)": (query(id=""), False),
    "no meta (6.1)": (query(meta=None), False),
    "meta of another form (B.3.5)": (query(meta={"type_values": [["A"]]}), False),
    "no type among its values (B.3.5)": (query(meta={"vct_values": []}), False),
    "several of one query (6.1)": (query(multiple=True), True),
    "several, as text (6.1: boolean)": (query(multiple="true"), False),
    "the holder need not sign (6.1)": (query(require_cryptographic_holder_binding=False), True),
    "the holder's signature, as text (6.1: boolean)": (query(require_cryptographic_holder_binding="no"), False),
    "authorities (6.1.1)": (query(trusted_authorities=[{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}]), True),
    "no authority in the list (6.1: not empty)": (query(trusted_authorities=[]), False),
    "an authority without values (6.1.1)": (query(trusted_authorities=[{"type": "aki"}]), False),
    "an authority with no value (6.1.1: not empty)": (query(trusted_authorities=[{"type": "aki", "values": []}]), False),
    "an authority without a type (6.1.1)": (query(trusted_authorities=[{"values": ["a"]}]), False),
    "every element of a list (7)": (claim(path=["nations", None]), True),
    "an element of a list (7)": (claim(path=["nations", 0]), True),
    "an element below zero (7)": (claim(path=["nations", -1]), False),
    "half an element (7)": (claim(path=["nations", 0.5]), False),
    "true as a step (7)": (claim(path=["nations", True]), False),
    "no step (7: not empty)": (claim(path=[]), False),
    "no path (6.3)": (claim(path=None), False),
    "values of three kinds (6.3)": (claim(values=["a", 1, True]), True),
    "no value (6.3: not empty)": (claim(values=[]), False),
    "an object as value (6.3)": (claim(values=[{}]), False),
    "a set of claims without ids (6.1)": (query(claims=[{"path": ["a"]}], claim_sets=[["a"]]), False),
    "a set of claims of nobody (6.1)": (query(claims=[{"id": "a", "path": ["a"]}], claim_sets=[["b"]]), False),
    "sets of claims without claims (6.1)": (query(claim_sets=[["a"]]), False),
    # argued as none at first; who asks must not, and a wallet is to overlook it
    "two claims of one path (6.3)": (query(claims=[{"path": ["name"]}, {"path": ["name"]}]), True),
    "a set of one query (6.2)": (sets({"options": [["a"]]}), True),
    "a set for a purpose (6.2)": (sets({"options": [["a"]], "purpose": "travel"}), True),
    "a set of nobody (6.2)": (sets({"options": [["b"]]}), False),
    "an empty option (6.2)": (sets({"options": [[]]}), False),
    "no option (6.2: not empty)": (sets({"options": []}), False),
    "no set (6: not empty)": (sets(), False),
    "required as text (6.2)": (sets({"options": [["a"]], "required": "no"}), False),
}  # fmt: skip

ANSWERED = "https://verifier.example/answers/1"
ASKED_AT = "https://verifier.example/requests/1"
VERIFIER_DID = did_of(ISSUER)


def request(**changes: Any) -> Json:
    right = {
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "client_id": f"redirect_uri:{ANSWERED}",
        "response_uri": ANSWERED,
        "nonce": "of-chance",
        "state": "s",
        "dcql_query": query(),
    }
    return changed(right, **changes)


def asked(**changes: Any) -> tuple[str, Json]:
    """A request by value."""
    fields = {
        name: part if isinstance(part, str) else json.dumps(part)
        for name, part in request(**changes).items()
    }
    return f"openid4vp://?{urlencode(fields)}", {}


DID_CLIENT = f"decentralized_identifier:{VERIFIER_DID}"


def signed_by(
    key: PrivateKey = ISSUER, header: Json | None = None, client: str = DID_CLIENT, **changes: Any
) -> tuple[str, Json]:
    """A request by reference, signed."""
    payload = {**request(), "client_id": client, "aud": "https://self-issued.me/v2", "iat": NOW}
    shown = {"typ": "oauth-authz-req+jwt", "kid": method_of(ISSUER), **(header or {})}
    text = write_jws(changed(shown), changed(payload, **changes), key)
    fields = {"client_id": client, "request_uri": ASKED_AT}
    return f"openid4vp://?{urlencode(fields)}", {ASKED_AT: text}


def by_certificate(hash: str = "", **changes: Any) -> tuple[str, Json]:
    """A request signed by whom a certificate names."""
    import base64
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding

    pair = chile().dsc[0]
    der = pair.certificate.public_bytes(Encoding.DER)
    client = f"x509_hash:{hash or to_base64url(hashlib.sha256(der).digest())}"
    header = {"kid": None, "x5c": [base64.b64encode(der).decode()]}
    return signed_by(pair.key, header, client, **changes)


# a request with what its addresses say, and `asks`, or by which sentence the wallet refuses
REQUESTS: dict[str, tuple[Callable[[], tuple[str, Json]], str]] = {
    "by its address (OpenID4VP 1.0 5.9.3)": (asked, "asks"),
    "without a state (5.3: not needed where the holder signs)": (lambda: asked(state=None), "asks"),
    "what nobody knows beside (5)": (lambda: asked(x_more="1"), "asks"),
    "what vouches for the verifier, and nobody knows (5.11)": (lambda: asked(verifier_info=[{"format": "x", "data": "y"}]), "asks"),
    "another address than its name (5.9.3)": (lambda: asked(response_uri="https://other.example/"), "wallet.other_client"),
    "no address (8.2)": (lambda: asked(response_uri=None), "wallet.no_request"),
    "no nonce (5.2)": (lambda: asked(nonce=None), "wallet.no_request"),
    "a nonce with blanks (5.2: URL safe)": (lambda: asked(nonce="a b"), "wallet.no_request"),
    "a nonce with quotes (5.2: URL safe)": (lambda: asked(nonce='a"b'), "wallet.no_request"),
    "no query (5.1)": (lambda: asked(dcql_query=None), "credentials.bad_query"),
    "a scope beside the query (5.1: one of both)": (lambda: asked(scope="com.example.card"), "wallet.no_request"),
    "a query that is no JSON (5.1)": (lambda: asked(dcql_query="card"), "wallet.no_request"),
    "metadata that are a list (5.1: object)": (lambda: asked(client_metadata=[]), "wallet.no_request"),
    "an id token beside (8)": (lambda: asked(response_type="vp_token id_token"), "wallet.no_request"),
    "an answer in the fragment (8.2)": (lambda: asked(response_mode="fragment"), "wallet.no_request"),
    "an address of the web and of a redirect (8.2)": (lambda: asked(redirect_uri=ANSWERED), "wallet.no_request"),
    "what is to be agreed to (5.1)": (lambda: asked(transaction_data=["e30"]), "wallet.unknown_transaction"),
    "no prefix (5.9.2)": (lambda: asked(client_id="verifier"), "wallet.unknown_prefix"),
    "a prefix of nobody (5.9.3)": (lambda: asked(client_id="x509_san_uri:https://verifier.example"), "wallet.unknown_prefix"),
    "a host in a certificate, which is not read here (5.9.3)": (lambda: asked(client_id="x509_san_dns:verifier.example"), "wallet.unknown_prefix"),
    "a federation (5.9.3)": (lambda: asked(client_id="openid_federation:https://verifier.example"), "wallet.unknown_prefix"),
    "signed in the name of an address (5.9.3)": (lambda: (f"{asked()[0]}&request=a.b.c", {}), "wallet.signed_redirect"),
    "by a DID (5.9.3)": (signed_by, "asks"),
    "by the DID of another (5.9.3)": (lambda: signed_by(header={"kid": method_of(STRANGER)}), "wallet.bad_signature"),
    "signed by another (5.9.3)": (lambda: signed_by(STRANGER), "wallet.bad_signature"),
    "another client in what is signed (5.10.1)": (lambda: signed_by(client_id="decentralized_identifier:did:web:x"), "wallet.other_client"),
    "no client in what is signed (5.10.1)": (lambda: signed_by(client_id=None), "wallet.other_client"),
    "for another audience (5.8)": (lambda: signed_by(aud="https://wallet.example"), "wallet.other_audience"),
    "no audience (5.8)": (lambda: signed_by(aud=None), "wallet.other_audience"),
    "typ of another JWT (5)": (lambda: signed_by(header={"typ": "JWT"}), "wallet.request_typ"),
    "over at this second (RFC 7519 4.1.4: on or after)": (lambda: signed_by(exp=NOW), "wallet.request_over"),
    "over (RFC 7519 4.1.4)": (lambda: signed_by(exp=NOW - 120), "wallet.request_over"),
    "not yet (RFC 7519 4.1.5)": (lambda: signed_by(nbf=NOW + 600), "wallet.request_early"),
    "its own issuer, which is not read (5)": (lambda: signed_by(iss="anybody"), "asks"),
    "by a certificate (5.9.3)": (by_certificate, "asks"),
    "by another certificate than its name (5.9.3)": (lambda: by_certificate(to_base64url(bytes(32))), "wallet.other_signer"),
    "by a way of nobody (5.10: invalid_request_uri_method)": (lambda: (f"{signed_by()[0]}&request_uri_method=put", signed_by()[1]), "wallet.no_request"),
    "a reference that is not there (5.10)": (lambda: (signed_by()[0], {}), "wallet.refused_there"),
    "a reference to what nobody has signed (5.10)": (lambda: (signed_by()[0], {ASKED_AT: json.dumps(request())}), "wallet.not_signed"),
}  # fmt: skip

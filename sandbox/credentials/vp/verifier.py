"""A verifier: requests for presentations, and what came back (OpenID4VP 1.0, `direct_post` and
`direct_post.jwt`).

A request takes one answer.  Nothing of what is shown is kept but what was asked for, and that until
a day later.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from sandbox.credentials.issuing import Authority
from sandbox.credentials.jose import write_jws
from sandbox.credentials.keeping import Keeping
from sandbox.credentials.proofs.suites import SUITES
from sandbox.credentials.report import Asked, Report
from sandbox.credentials.texts import Json, read_object, to_base64url, write_compact
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.credentials.vp.dcql import check_query, judge_answer
from sandbox.findings import Finding
from sandbox.limits import CREDENTIAL_CHARACTERS, PRESENTED_CREDENTIALS

Prefix = Literal["redirect_uri", "decentralized_identifier", "x509_hash"]
Mode = Literal["direct_post", "direct_post.jwt"]
SCHEME = "openid4vp://?"
AUDIENCE = "https://self-issued.me/v2"
TYP = "oauth-authz-req+jwt"
REQUEST_LIFE = timedelta(minutes=15)
ANSWER_LIFE = timedelta(days=1)
ENCRYPTIONS = ["A128GCM", "A256GCM"]
GOOD = ("valid", "deviates")
Verify = Callable[[str, Asked], Report]


@dataclass(frozen=True, slots=True)
class Made:
    """A request that was made: its id in addresses, the secret by which its answer is read, and the
    link for a wallet.
    """

    id: str
    secret: str
    link: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an answer comes to: the reports by the ids of the query, and where it is not what was
    asked for.
    """

    reports: Mapping[str, list[Report]]
    faults: list[Finding]

    @property
    def is_accepted(self) -> bool:
        """Tells whether all that was asked for is there and valid."""
        reports = [report for each in self.reports.values() for report in each]
        return not self.faults and bool(reports) and all(each.verdict in GOOD for each in reports)


class Verifier:
    """The verifier of a sandbox, at one address."""

    def __init__(self, kept: Keeping, address: str) -> None:
        self._kept = kept
        self._address = address

    def ask(
        self, query: Any, *, prefix: Prefix, mode: Mode, authority: Authority | None = None
    ) -> Made:
        """Makes a request.

        Args:
            query: In DCQL.
            prefix: How the verifier names itself; all but `redirect_uri` sign the request.
            mode: Whether the answer is encrypted to a key of this request.
            authority: Whose key signs the request.

        Raises:
            BadRequest: The query is none.
        """
        check_query(query)
        id, secret = secrets.token_urlsafe(16), secrets.token_urlsafe(24)
        answer_at = f"{self._address}/responses/{id}"
        client_id = _client_id(prefix, answer_at, authority)
        key = ECKey.generate_key("P-256") if mode == "direct_post.jwt" else None
        request = {
            "response_type": "vp_token",
            "response_mode": mode,
            "client_id": client_id,
            "response_uri": answer_at,
            "nonce": secrets.token_urlsafe(24),
            "state": secrets.token_urlsafe(16),
            "dcql_query": query,
            "client_metadata": _client_metadata(key, kid=id),
        }
        kept: Json = {"request": request, "secret": secret, "prefix": prefix}
        kept["country"] = authority.country if authority and prefix != "redirect_uri" else ""
        if key is not None:
            kept["key"] = key.as_dict(private=True)
        self._kept.keep("answer", secret, {"state": "waiting", "request": id}, ANSWER_LIFE)
        link = _link(request, f"{self._address}/requests/{id}", prefix)
        self._kept.keep("request", id, {**kept, "link": link}, REQUEST_LIFE)
        return Made(id, secret, link, client_id)

    def request_object(
        self, id: str, authority: Authority, *, wallet_nonce: str = ""
    ) -> str | None:
        """Returns the signed request; None where there is none, or it is never signed.

        Args:
            id: That of its address.
            authority: Whose key signs.
            wallet_nonce: What the wallet sent against replays, to be signed with it.
        """
        kept = self._kept.read("request", id)
        if kept is None or kept["prefix"] == "redirect_uri":
            return None
        payload = {
            "aud": AUDIENCE,
            "iat": int(self._kept.clock().timestamp()),
            **kept["request"],
            **({"wallet_nonce": wallet_nonce[:200]} if wallet_nonce else {}),
        }
        is_x509 = kept["prefix"] == "x509_hash"
        header = {"x5c": authority.x5c} if is_x509 else {"kid": authority.method}
        return write_jws({"typ": TYP, **header}, payload, authority.key)

    def link_of(self, id: str) -> str:
        """Returns the link of a request that waits; empty for none."""
        kept = self._kept.read("request", id)
        return str(kept["link"]) if kept else ""

    def country_of(self, id: str) -> str:
        """Returns whose key signs a request that waits; empty for none, and one that is never
        signed.
        """
        kept = self._kept.read("request", id)
        return str(kept["country"]) if kept else ""

    def receive(self, id: str, form: Mapping[str, str], verify: Verify) -> tuple[Outcome, str]:
        """Returns what an answer comes to, and the secret under which it is to be kept.

        Args:
            id: The request's.
            form: The fields that came.
            verify: Verifies one presentation.

        Raises:
            OAuthRefusal: There is no such request, it was answered, or this is no answer to it.
        """
        kept = self._kept.read("request", id)
        if kept is None:
            raise OAuthRefusal("invalid_request", "no_request")
        request = kept["request"]
        answered = _opened(form, kept)
        if answered.get("state") != request["state"]:
            raise OAuthRefusal("invalid_request", "other_state")
        shown = _tokens(answered.get("vp_token"))
        # taken before anything is verified: of two that come at once one is late
        if not self._kept.take("request", id):
            raise OAuthRefusal("invalid_request", "no_request")
        asked = Asked(request["client_id"], request["nonce"])
        reports = {name: [verify(text, asked) for text in texts] for name, texts in shown.items()}
        return Outcome(reports, judge_answer(request["dcql_query"], reports)), kept["secret"]

    def decline(self, id: str, form: Mapping[str, str]) -> None:
        """Keeps that a wallet shows nothing (OpenID4VP 1.0 8.5): the request is answered by that.

        Args:
            id: The request's.
            form: The fields that came, with `error`.

        Raises:
            OAuthRefusal: There is no such request, it was answered, or this is no answer to it.
        """
        kept = self._kept.read("request", id)
        if kept is not None and form.get("state") != kept["request"]["state"]:
            raise OAuthRefusal("invalid_request", "other_state")
        if kept is None or not self._kept.take("request", id):
            raise OAuthRefusal("invalid_request", "no_request")
        self.keep(kept["secret"], {"state": "declined", "error": form["error"][:80]})

    def keep(self, secret: str, answer: Json) -> None:
        """Keeps what an answer came to, for whoever has the secret of its request."""
        self._kept.keep("answer", secret, answer, ANSWER_LIFE)

    def answer(self, secret: str) -> Json | None:
        """Returns what was kept; `{"state": "waiting"}` until a wallet has answered."""
        kept = self._kept.read("answer", secret)
        # the id in addresses is for wallets, and says nothing to whoever reads the answer
        return kept and {name: part for name, part in kept.items() if name != "request"}

    def link_for(self, secret: str) -> str:
        """Returns the link of a request to whoever reads its answer.

        Args:
            secret: That of its answer.

        Returns:
            The link; empty once it was answered or is over.
        """
        kept = self._kept.read("answer", secret) or {}
        return self.link_of(str(kept.get("request", "")))


def _link(request: Json, address: str, prefix: Prefix) -> str:
    """Returns the link of a request: by value, or by reference where it is signed."""
    if prefix == "redirect_uri":
        # never signed: who answers at the address is who asks (OpenID4VP 1.0 5.9.3)
        return SCHEME + urlencode({name: _text(part) for name, part in request.items()})
    return SCHEME + urlencode({"client_id": request["client_id"], "request_uri": address})


def _client_id(prefix: Prefix, answer_at: str, authority: Authority | None) -> str:
    if prefix == "redirect_uri" or authority is None:
        return f"redirect_uri:{answer_at}"
    if prefix == "x509_hash":
        digest = hashlib.sha256(authority.certificate.public_bytes(Encoding.DER)).digest()
        return f"x509_hash:{to_base64url(digest)}"
    return f"decentralized_identifier:{authority.did}"


def _client_metadata(key: ECKey | None, *, kid: str) -> Json:
    algorithms = ["ES256", "ES384"]
    metadata: Json = {
        "vp_formats_supported": {
            "dc+sd-jwt": {
                "sd-jwt_alg_values": [*algorithms, "EdDSA"],
                "kb-jwt_alg_values": [*algorithms, "EdDSA"],
            },
            "ldp_vc": {
                "proof_type_values": ["DataIntegrityProof"],
                "cryptosuite_values": list(SUITES),
            },
            "jwt_vc_json": {"alg_values": [*algorithms, "EdDSA"]},
        }
    }
    if key is not None:
        public = {**key.as_dict(private=False), "use": "enc", "alg": "ECDH-ES", "kid": kid}
        metadata["jwks"] = {"keys": [public]}
        metadata["encrypted_response_enc_values_supported"] = ENCRYPTIONS
    return metadata


def _opened(form: Mapping[str, str], kept: Json) -> Json:
    """Returns the fields of an answer, also of an encrypted one (OpenID4VP 1.0 8.3).

    Raises:
        OAuthRefusal: The wallet has not encrypted to the key of this request.
    """
    if "key" not in kept:
        return dict(form)
    text = form.get("response", "")
    if len(text) > 2 * CREDENTIAL_CHARACTERS:
        raise OAuthRefusal("invalid_request", "not_encrypted")
    try:
        key = ECKey.import_key(kept["key"])
        opened = jwe.decrypt_compact(text, key, algorithms=["ECDH-ES", *ENCRYPTIONS])
        return read_object(opened.plaintext or b"")
    except (JoseError, ValueError, TypeError):
        raise OAuthRefusal("invalid_request", "not_encrypted") from None


def _tokens(token: Any) -> dict[str, list[str]]:
    """Returns what is shown, by the ids of the query.

    Raises:
        OAuthRefusal: It is no object with a list for each id (OpenID4VP 1.0 8.1).
    """
    try:
        shown = read_object(token) if isinstance(token, str) else token
    except ValueError:
        shown = None
    if not isinstance(shown, dict) or not shown:
        raise OAuthRefusal("invalid_request", "no_vp_token")
    tokens: dict[str, list[str]] = {}
    for id, values in shown.items():
        is_list = isinstance(values, list) and 0 < len(values) <= PRESENTED_CREDENTIALS
        if not is_list or not all(isinstance(value, (str, dict)) for value in values):
            raise OAuthRefusal("invalid_request", "no_vp_token")
        tokens[id] = [
            value if isinstance(value, str) else write_compact(value).decode() for value in values
        ]
    return tokens


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))

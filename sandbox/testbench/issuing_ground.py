"""The ground on which wallets receive: an issuer for each way in which an issuer can be right or
wrong, below the address of an inbox.

Nothing is kept: codes, tokens and nonces follow from the name of the inbox, which cannot be
guessed; what came before is told by its log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote

from cryptography.hazmat.primitives.serialization import Encoding

from sandbox.credentials.issuing import holder_key
from sandbox.credentials.keys import to_jwk
from sandbox.credentials.sdjwt.issuing import issue
from sandbox.credentials.texts import Json, read_json, write_compact
from sandbox.credentials.vaccination import DISCLOSABLE, VCT
from sandbox.credentials.vci.metadata import GRANT
from sandbox.credentials.vci.proofs import read_proof
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.errors import NotFound
from sandbox.i18n import say
from sandbox.testbench.holder_ground import changed_letter
from sandbox.testbench.inbox import OfferReply, OfferRequest, json_reply

OFFER = "openid-credential-offer://?credential_offer_uri="
CONFIGURATION = "vaccination"
DEFERRED_SECONDS = 5
FRESH = timedelta(minutes=10)
LONG = timedelta(days=30)
HEXADECIMAL = re.compile(r"[0-9a-f]{1,16}")
BITS = 32  # hexadecimal digits of what nobody guesses
# A member that no standard has: whoever reads an answer passes over it (OpenID4VCI 1.0 12.2.4).
STRANGE: Json = {"x_strange": {"of": ["the", "bench"]}}
CLAIMS: Json = {
    "name": "Clara Ensayo",
    "birthdate": "1984-02-29",
    "nationality": ["CL", "PA"],
    "vaccine": {"product": "YellowFeverProduct1", "date": "2026-01-02", "lot": "E-1"},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """How one issuer differs from the plain one, and whether what comes of it is to be kept."""

    is_right: bool = True
    has_pin: bool = False
    refuses_first_nonce: bool = False
    is_deferred: bool = False
    has_strange_members: bool = False
    says_other_name: bool = False
    has_other_key: bool = False
    has_bad_signature: bool = False


KINDS: dict[str, Kind] = {
    "plain": Kind(),
    "pin": Kind(has_pin=True),
    "stale": Kind(refuses_first_nonce=True),
    "deferred": Kind(is_deferred=True),
    "strange": Kind(has_strange_members=True),
    "other_name": Kind(is_right=False, says_other_name=True),
    "other_key": Kind(is_right=False, has_other_key=True),
    "bad_signature": Kind(is_right=False, has_bad_signature=True),
}


def order_of(inbox: str) -> tuple[str, ...]:
    """Returns in which order an inbox has its offers: one that cannot be guessed from another's."""
    return tuple(sorted(KINDS, key=lambda kind: secret_of(inbox, kind, "order")))


def secret_of(inbox: str, kind: str, what: str) -> str:
    """Returns a word that only who knows the inbox could make.

    Args:
        inbox: Its name.
        kind: A name of KINDS.
        what: For what the word is.
    """
    return hashlib.sha256("\0".join((inbox, kind, what)).encode()).hexdigest()[:BITS]


def pin_of(inbox: str) -> str:
    """Returns the PIN of the offer that has one."""
    return f"{int(secret_of(inbox, 'pin', 'pin')[:8], 16) % 10_000:04}"


def nonce_at(inbox: str, kind: str, at: datetime) -> str:
    """Returns the nonce of a moment, by which it is known as ours again."""
    moment = f"{int(at.timestamp() * 1000):x}"
    return f"{moment}.{secret_of(inbox, kind, moment)}"


def is_nonce(inbox: str, kind: str, nonce: object) -> bool:
    """Tells whether a nonce was given out by the issuer of a kind, whenever that was.

    Args:
        inbox: The name of the inbox.
        kind: A name of KINDS.
        nonce: As it stands in a proof.
    """
    moment, _, secret = str(nonce).partition(".")
    if not HEXADECIMAL.fullmatch(moment) or not secret.isascii():
        return False
    return hmac.compare_digest(secret, secret_of(inbox, kind, moment))


def offers(request: OfferRequest) -> OfferReply:
    """Answers with a link for each kind.

    Args:
        request: Whose inbox says in which order.
    """
    rows = []
    for number, kind in enumerate(order_of(request.inbox), start=1):
        pin = {"pin": pin_of(request.inbox)} if KINDS[kind].has_pin else {}
        picture = f"{request.base}/qr/{number}.svg"
        rows.append({"number": number, "link": link_of(request, kind), "picture": picture, **pin})
    return json_reply({"offers": rows})


def picture(request: OfferRequest) -> OfferReply:
    """Answers with the link of a number as QR code.

    Args:
        request: Its place is `qr/NUMBER.svg`.

    Raises:
        NotFound: There is no such number.
    """
    from sandbox.certificates.qr import svg_of

    number = request.place.removeprefix("qr/").removesuffix(".svg")
    if number not in {str(place) for place in range(1, len(KINDS) + 1)}:
        raise NotFound("sharing.no_link", where=request.place)
    link = link_of(request, order_of(request.inbox)[int(number) - 1])
    return OfferReply(svg_of(link).encode(), "image/svg+xml")


def answer(request: OfferRequest) -> OfferReply:
    """Answers as the issuer of a kind, or as its authorization server.

    Args:
        request: Its place begins with `i/KIND` or `a/KIND`, behind what is well known of it.

    Raises:
        NotFound: No issuer has such a place.
    """
    place = request.place
    known = place.startswith(".well-known/")
    name = place.split("/")[1] if known else ""
    role, _, rest = (place.split("/", 2)[2] if known else place).partition("/")
    kind, _, act = rest.partition("/")
    doing = ACTS.get((request.method, role, name or act))
    if kind not in KINDS or doing is None:
        raise NotFound("sharing.no_link", where=place)
    try:
        return doing(request, kind)
    except OAuthRefusal as refusal:
        status = 401 if refusal.error == "invalid_token" else 400
        said = say(f"credentials.{refusal.reason}.text", "en", **refusal.params)
        return json_reply({"error": refusal.error, "error_description": in_ascii(said)}, status)


def in_ascii(text: str) -> str:
    """Returns a sentence in the letters that an `error_description` may have (RFC 6749 5.2).

    Args:
        text: With whatever a wallet has sent.
    """
    return text.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")


def link_of(request: OfferRequest, kind: str) -> str:
    """Returns the link of an offer.

    Args:
        request: Any of the inbox.
        kind: A name of KINDS.
    """
    return OFFER + quote(f"{_issuer(request, kind)}/offer", safe="")


def _issuer(request: OfferRequest, kind: str) -> str:
    return f"{request.base}/i/{kind}"


def _offer(request: OfferRequest, kind: str) -> OfferReply:
    grant: Json = {"pre-authorized_code": secret_of(request.inbox, kind, "code")}
    if KINDS[kind].has_pin:
        # an object without members asks for a PIN too (OpenID4VCI 1.0 4.1.1)
        grant["tx_code"] = {}
    content = {
        "credential_issuer": _issuer(request, kind),
        "credential_configuration_ids": [CONFIGURATION],
        "grants": {GRANT: grant},
    }
    return _told(kind, content)


def _metadata(request: OfferRequest, kind: str) -> OfferReply:
    issuer = _issuer(request, kind)
    content: Json = {
        "credential_issuer": f"{issuer}-of-others" if KINDS[kind].says_other_name else issuer,
        # one of its own, so that its metadata has another place than the issuer's
        "authorization_servers": [f"{request.base}/a/{kind}"],
        "credential_endpoint": f"{issuer}/credential",
        "nonce_endpoint": f"{issuer}/nonce",
        "notification_endpoint": f"{issuer}/notification",
        "credential_configurations_supported": {
            CONFIGURATION: {
                "format": "dc+sd-jwt",
                "vct": VCT,
                "cryptographic_binding_methods_supported": ["jwk", "did:key", "did:jwk"],
                "credential_signing_alg_values_supported": ["ES256"],
                "proof_types_supported": {
                    "jwt": {"proof_signing_alg_values_supported": ["ES256", "ES384", "EdDSA"]}
                },
            }
        },
    }
    if KINDS[kind].is_deferred:
        content["deferred_credential_endpoint"] = f"{issuer}/deferred"
    return _told(kind, content)


def _server(request: OfferRequest, kind: str) -> OfferReply:
    server = f"{request.base}/a/{kind}"
    content = {
        "issuer": server,
        "token_endpoint": f"{server}/token",
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }
    return _told(kind, content)


def _token(request: OfferRequest, kind: str) -> OfferReply:
    form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    if form.get("grant_type") != GRANT:
        shown = {"expected": GRANT, "found": form.get("grant_type", "–")[:80]}
        raise OAuthRefusal("unsupported_grant_type", "grant_type", **shown)
    if form.get("pre-authorized_code") != secret_of(request.inbox, kind, "code"):
        raise OAuthRefusal("invalid_grant", "bad_code")
    if KINDS[kind].has_pin != ("tx_code" in form):
        reason = "pin_missing" if KINDS[kind].has_pin else "pin_unexpected"
        raise OAuthRefusal("invalid_request", reason)
    if KINDS[kind].has_pin and form["tx_code"] != pin_of(request.inbox):
        raise OAuthRefusal("invalid_grant", "bad_pin")
    token = secret_of(request.inbox, kind, "token")
    return _told(kind, {"access_token": token, "token_type": "Bearer", "expires_in": 600})


def _nonce(request: OfferRequest, kind: str) -> OfferReply:
    return _told(kind, {"c_nonce": nonce_at(request.inbox, kind, request.services.clock())})


def _credential(request: OfferRequest, kind: str) -> OfferReply:
    _check_token(request, kind)
    holder = _holder(request, kind)
    asked_before = f"POST i/{kind}/credential" in request.came
    if KINDS[kind].refuses_first_nonce and not asked_before:
        raise OAuthRefusal("invalid_nonce", "bad_nonce")
    at = request.services.clock()
    if KINDS[kind].is_deferred:
        # who is waited for stands in the transaction itself
        begun = write_compact([int(at.timestamp()), holder])
        transaction = base64.urlsafe_b64encode(begun).decode()
        waits = {"transaction_id": transaction, "interval": DEFERRED_SECONDS}
        return json_reply(waits, 202)
    return _issued(request, kind, holder)


def _deferred(request: OfferRequest, kind: str) -> OfferReply:
    _check_token(request, kind)
    try:
        transaction = str(read_json(request.body)["transaction_id"])
        begun, holder = read_json(base64.urlsafe_b64decode(transaction))
        since = request.services.clock() - datetime.fromtimestamp(begun, UTC)
    except (ValueError, LookupError, TypeError, OverflowError):
        raise OAuthRefusal("invalid_credential_request", "no_object") from None
    if since < timedelta(seconds=DEFERRED_SECONDS):
        waits = {"transaction_id": transaction, "interval": DEFERRED_SECONDS}
        return json_reply(waits, 202)
    return _issued(request, kind, str(holder))


def _notification(request: OfferRequest, kind: str) -> OfferReply:
    _check_token(request, kind)
    return OfferReply(b"", status=204)


def _check_token(request: OfferRequest, kind: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if (scheme.lower(), token.strip()) != ("bearer", secret_of(request.inbox, kind, "token")):
        raise OAuthRefusal("invalid_token", "bad_token")


def _holder(request: OfferRequest, kind: str) -> str:
    """Returns the DID of the key that a request proves; raises OAuthRefusal."""
    text = proof_in(request.body)
    if text is None:
        raise OAuthRefusal("invalid_proof", "no_proofs", expected="1")
    at = request.services.clock()
    proof = read_proof(text, issuer=_issuer(request, kind), at=at)
    moment = proof.nonce.partition(".")[0]
    if not is_nonce(request.inbox, kind, proof.nonce) or _is_over(moment, at):
        raise OAuthRefusal("invalid_nonce", "bad_nonce")
    return proof.holder


def proof_in(body: bytes) -> str | None:
    """Returns the first proof of a credential request; None where it has none in `proofs.jwt`."""
    try:
        text = read_json(body)["proofs"]["jwt"][0]
    except (ValueError, LookupError, TypeError):
        return None
    return text if isinstance(text, str) else None


def _is_over(moment: str, at: datetime) -> bool:
    return at.timestamp() * 1000 - int(moment, 16) > FRESH.total_seconds() * 1000


def _issued(request: OfferRequest, kind: str, holder: str) -> OfferReply:
    from sandbox.testbench.holder_ground import derived

    key = holder_key(holder)
    if KINDS[kind].has_other_key:
        key = derived(f"stranger {request.inbox}").public_key()
    at = request.services.clock()
    claims = {
        **CLAIMS,
        "iat": int(at.timestamp()),
        "exp": int((at + LONG).timestamp()),
        "vct": VCT,
        "cnf": {"jwk": to_jwk(key)},
    }
    text = issue(claims, DISCLOSABLE, *signer_of(request))
    if KINDS[kind].has_bad_signature:
        text = changed_letter(text)
    id = secret_of(request.inbox, kind, "notification")
    return _told(kind, {"credentials": [{"credential": text}], "notification_id": id})


def signer_of(request: OfferRequest) -> tuple[Any, Json]:
    """Returns who signs below an inbox.

    Args:
        request: Any of its requests.

    Returns: The key of this country's signer of documents, and the header that names it.
    """
    from sandbox.certificates.keys import kid_of

    services = request.services
    trust = services.trust()
    signer = trust.signer(services.country, at=services.clock())
    pairs = trust.pki(services.country).dsc
    pair = next(pair for pair in pairs if kid_of(pair.certificate) == signer.kid)
    der = pair.certificate.public_bytes(Encoding.DER)
    return pair.key, {"x5c": [base64.b64encode(der).decode()]}


def _told(kind: str, content: Mapping[str, Any]) -> OfferReply:
    return json_reply({**content, **(STRANGE if KINDS[kind].has_strange_members else {})})


Act = Callable[[OfferRequest, str], OfferReply]
ACTS: Mapping[tuple[str, str, str], Act] = {
    ("GET", "i", "openid-credential-issuer"): _metadata,
    ("GET", "a", "oauth-authorization-server"): _server,
    ("GET", "i", "offer"): _offer,
    ("POST", "a", "token"): _token,
    ("POST", "i", "nonce"): _nonce,
    ("POST", "i", "credential"): _credential,
    ("POST", "i", "deferred"): _deferred,
    ("POST", "i", "notification"): _notification,
}

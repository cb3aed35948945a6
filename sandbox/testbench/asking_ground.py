"""The ground on which wallets show: a verifier for each way in which a request can be right or
wrong, below the address of an inbox, and the credential that they ask for.

Nothing is kept: nonces follow from the name of the inbox, which cannot be guessed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sandbox.certificates.steps import StepName
from sandbox.certificates.unpacking import from_base64
from sandbox.credentials.jose import write_jws
from sandbox.credentials.report import Asked, Known
from sandbox.credentials.sdjwt.presenting import read_sdjwt
from sandbox.credentials.texts import Json, read_object, to_base64url, write_compact
from sandbox.credentials.vaccination import VCT
from sandbox.credentials.verifying import verify
from sandbox.credentials.vp.dcql import judge_answer
from sandbox.credentials.vp.verifier import AUDIENCE, SCHEME, TYP
from sandbox.errors import NotFound
from sandbox.sentences import text_of
from sandbox.testbench.holder_ground import STRANGE_TYPE
from sandbox.testbench.inbox import OfferReply, OfferRequest, json_reply
from sandbox.testbench.issuing_ground import in_ascii, secret_of, signer_of
from sandbox.testbench.issuing_ground import link_of as link_of_offer

JWT = "application/oauth-authz-req+jwt"
ALGORITHMS = ["ES256", "ES384", "EdDSA"]
PRODUCT: list[Any] = [["vaccine", "product"]]
# What is wrong where one of these steps failed; whom to believe is no matter of the wallet's.
FATAL: tuple[StepName, ...] = ("form", "disclosures", "signature", "holder", "validity")


@dataclass(frozen=True, slots=True)
class Kind:
    """How one request differs from the right one.

    `more` are members beside the usual, `without` those that are missing; `type` and `claims` are
    what is asked for, `optional` a type that is asked for as one may please.
    """

    is_signed: bool = False
    is_posted: bool = False
    prefix: str = "redirect_uri:"
    has_other_client: bool = False
    has_bad_signature: bool = False
    without: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    type: str = VCT
    claims: tuple[Any, ...] = tuple(PRODUCT)
    optional: str = ""


TRANSACTION = to_base64url(write_compact({"type": "urn:example:none", "credential_ids": ["card"]}))
KINDS: dict[str, Kind] = {
    "no_nonce": Kind(without="nonce"),
    "other_client": Kind(is_signed=True, has_other_client=True),
    "bad_signature": Kind(is_signed=True, has_bad_signature=True),
    "unknown_prefix": Kind(prefix="x_unknown:"),
    "redirect": Kind(more={"redirect_uri": "https://verifier.example/cb"}),
    "right": Kind(),
    "no_claims": Kind(claims=()),
    "optional": Kind(optional=STRANGE_TYPE),
    "lacking": Kind(type=STRANGE_TYPE),
    "transaction": Kind(more={"transaction_data": [TRANSACTION]}),
    "by_post": Kind(is_signed=True, is_posted=True),
    "paths": Kind(claims=(["nationality", None], ["nationality", 0])),
}


def order_of(inbox: str) -> tuple[str, ...]:
    """Returns in which order an inbox has its requests.

    Args:
        inbox: Its name; the order cannot be guessed from another's.
    """
    return tuple(sorted(KINDS, key=lambda kind: secret_of(inbox, kind, "order of requests")))


def query_of(kind: str) -> Json:
    """Returns what the request of a kind asks for, in DCQL.

    Args:
        kind: A name of KINDS.
    """
    made = KINDS[kind]
    item: Json = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [made.type]}}
    if made.claims:
        item["claims"] = [{"path": path} for path in made.claims]
    if not made.optional:
        return {"credentials": [item]}
    other = {"id": "other", "format": "dc+sd-jwt", "meta": {"vct_values": [made.optional]}}
    sets = [{"options": [["card"]]}, {"options": [["other"]], "required": False}]
    return {"credentials": [item, other], "credential_sets": sets}


def requests(request: OfferRequest) -> OfferReply:
    """Answers with the offer of the credential, and a link for each kind.

    Args:
        request: Whose inbox says in which order.
    """
    rows = [
        {
            "number": number,
            "link": _link(request, kind),
            "picture": f"{request.base}/qr/{number}.svg",
        }
        for number, kind in enumerate(order_of(request.inbox), start=1)
    ]
    offer = {"link": link_of_offer(request, "plain"), "picture": f"{request.base}/qr/0.svg"}
    return json_reply({"offer": offer, "requests": rows})


def picture(request: OfferRequest) -> OfferReply:
    """Answers with the link of a number as QR code, that of the offer for 0.

    Args:
        request: Its place is `qr/NUMBER.svg`.

    Raises:
        NotFound: There is no such number.
    """
    from sandbox.certificates.qr import svg_of

    number = request.place.removeprefix("qr/").removesuffix(".svg")
    links = [link_of_offer(request, "plain")]
    links += [_link(request, kind) for kind in order_of(request.inbox)]
    if number not in map(str, range(len(links))):
        raise NotFound("sharing.no_link", where=request.place)
    return OfferReply(svg_of(links[int(number)]).encode(), "image/svg+xml")


def answer(request: OfferRequest) -> OfferReply:
    """Answers as the verifier of a kind: with its request, or to what is shown.

    Args:
        request: Its place is `r/KIND/request` or `r/KIND/response`.

    Raises:
        NotFound: There is no such kind, or its request stands in its link.
    """
    _, kind, act = request.place.split("/")
    is_there = kind in KINDS and (act == "response" or KINDS[kind].is_signed)
    if not is_there or (act == "response" and request.method != "POST"):
        raise NotFound("sharing.no_link", where=request.place)
    return _received(request, kind) if act == "response" else _signed(request, kind)


def _link(request: OfferRequest, kind: str) -> str:
    made = KINDS[kind]
    if not made.is_signed:
        fields = _fields(request, kind)
        texts = {name: _text(value) for name, value in fields.items()}
        return SCHEME + urlencode(texts)
    fields = {"client_id": _client_id(request, kind)}
    fields["request_uri"] = f"{request.base}/r/{kind}/request"
    if made.is_posted:
        fields["request_uri_method"] = "post"
    return SCHEME + urlencode(fields)


def _fields(request: OfferRequest, kind: str) -> Json:
    made = KINDS[kind]
    fields = {
        "response_type": "vp_token",
        "response_mode": "direct_post",
        "client_id": _client_id(request, kind),
        "response_uri": f"{request.base}/r/{kind}/response",
        "nonce": secret_of(request.inbox, kind, "nonce"),
        "state": secret_of(request.inbox, kind, "state"),
        "dcql_query": query_of(kind),
        "client_metadata": {
            "vp_formats_supported": {
                "dc+sd-jwt": {"sd-jwt_alg_values": ALGORITHMS, "kb-jwt_alg_values": ALGORITHMS}
            }
        },
        **made.more,
    }
    fields.pop(made.without, None)
    return fields


def _client_id(request: OfferRequest, kind: str) -> str:
    if not KINDS[kind].is_signed:
        return f"{KINDS[kind].prefix}{request.base}/r/{kind}/response"
    _, header = signer_of(request)
    return f"x509_hash:{_hash(from_base64(header['x5c'][0]))}"


def _hash(content: bytes) -> str:
    return to_base64url(hashlib.sha256(content).digest())


def _signed(request: OfferRequest, kind: str) -> OfferReply:
    made = KINDS[kind]
    key, header = signer_of(request)
    fields = _fields(request, kind)
    nonce = _form(request.body).get("wallet_nonce", "")
    if made.has_other_client:
        fields["client_id"] = f"x509_hash:{_hash(b'somebody else')}"
    payload = {
        "aud": AUDIENCE,
        "iat": int(request.services.clock().timestamp()),
        **fields,
        **({"wallet_nonce": nonce[:200]} if nonce else {}),
    }
    text = write_jws({"typ": TYP, **header}, payload, key)
    if made.has_bad_signature:
        letter = "A" if text[-20] != "A" else "B"
        text = f"{text[:-20]}{letter}{text[-19:]}"
    return OfferReply(text.encode(), JWT)


def _received(request: OfferRequest, kind: str) -> OfferReply:
    """Answers what a wallet sends; who has asked knows by which address and nonce it is judged."""
    form = _form(request.body)
    if "error" in form:
        return json_reply({})
    fault = _fault(request, kind, form)
    if not fault:
        return json_reply({})
    return json_reply({"error": "invalid_request", "error_description": in_ascii(fault)}, 400)


def _fault(request: OfferRequest, kind: str, form: Mapping[str, str]) -> str:
    """Returns what is wrong in an answer, in English; empty for nothing."""
    fields = _fields(request, kind)
    if form.get("state") != fields["state"]:
        return "state"
    tokens = tokens_in(form)
    if not tokens:
        return "vp_token"
    asked = Asked(fields["client_id"], fields.get("nonce", ""))
    at = request.services.clock()
    reports = {
        id: [verify(text, Known(), at=at, asked=asked) for text in texts]
        for id, texts in tokens.items()
    }
    faults = judge_answer(query_of(kind), reports)
    for report in (report for each in reports.values() for report in each):
        steps = [report.step(name) for name in FATAL]
        faults += [fault for step in steps if step.status == "fail" for fault in step.findings]
    return " ".join(text_of(fault, "en") for fault in faults)[:400]


def tokens_in(form: Mapping[str, str]) -> dict[str, list[str]]:
    """Returns what is shown, by the ids of the query.

    Args:
        form: The fields that came.

    Returns: Empty where it is no object with a list of texts for each id (OpenID4VP 1.0 8.1).
    """
    try:
        tokens = read_object(form.get("vp_token", ""))
    except ValueError:
        return {}
    are_lists = all(
        isinstance(texts, list) and texts and all(isinstance(text, str) for text in texts)
        for texts in tokens.values()
    )
    return tokens if are_lists else {}


def shown_in(form: Mapping[str, str]) -> dict[str, Json]:
    """Returns the claims that leave, by the ids of the query; of a text that is no SD-JWT none.

    Args:
        form: The fields that came.
    """
    shown: dict[str, Json] = {}
    for id, texts in tokens_in(form).items():
        for text in texts:
            try:
                shown.setdefault(id, {}).update(read_sdjwt(text).opened().claims)
            except ValueError:
                shown.setdefault(id, {})
    return shown


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else write_compact(value).decode()

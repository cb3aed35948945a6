"""What the routes of offers and requests take and give."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict


class OfferBody(TypedDict):
    """What a country offers to a wallet: ICVP, DDCC core data, an Immunization or a Bundle with
    one; a health link as text; a medication overview; or, where `kind` says so, the medicines or
    an extract of a patient summary.  `days` is how long the credential is to be in force,
    `ready_after` how many seconds behind the wallet's request it is ready.  By `grant` its holder
    agrees in a browser, and proves there by the PIN who they are.  `draft` offers it as a draft of
    OpenID4VCI had it.
    """

    country: str
    content: dict[str, object] | list[object] | str
    kind: NotRequired[Literal["vaccination", "health_link", "medications", "summary"]]
    formats: NotRequired[list[Literal["dc+sd-jwt", "ldp_vc", "jwt_vc_json"]]]
    pin: NotRequired[bool]
    days: NotRequired[int]
    ready_after: NotRequired[int]
    grant: NotRequired[Literal["pre-authorized_code", "authorization_code"]]
    draft: NotRequired[Literal[0, 11, 12, 13]]


class OfferView(TypedDict):
    """An offer: its link, by reference and by value, the picture of it, the PIN that goes another
    way, and what of the content the credential does not say; a warning where it is of a draft.
    """

    id: str
    link: str
    by_value: str
    picture: str
    pin: str
    left_out: list[str]
    warning: NotRequired[str]


class RequestBody(TypedDict):
    """What a verifier asks for, in DCQL; `country` signs where the prefix wants a signature."""

    query: dict[str, object]
    prefix: NotRequired[Literal["redirect_uri", "decentralized_identifier", "x509_hash"]]
    mode: NotRequired[Literal["direct_post", "direct_post.jwt"]]
    country: NotRequired[str]


class RequestView(TypedDict):
    """A request: `id` reads its answer, and is for the verifier alone."""

    id: str
    link: str
    picture: str
    client_id: str


class AnswerView(TypedDict):
    """What a wallet has shown: `accepted` where all that was asked for is there and valid, else
    `faults` and the findings of each credential say why; `error` why it shows nothing.
    """

    state: Literal["waiting", "answered", "declined"]
    error: NotRequired[str]
    accepted: NotRequired[bool]
    faults: NotRequired[list[dict[str, object]]]
    shown: NotRequired[list[dict[str, object]]]

"""The issuer of SMART Health Cards of this sandbox: cards of a summary that is sent, and what
verifiers fetch.

POST /api/cards                  cards of the vaccinations and laboratory results in a Bundle
GET  /.well-known/jwks.json      the keys, for whoever verifies
GET  /.well-known/crl/KID.json   what was taken back of a key
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import (
    TYPE_CHECKING,
    NotRequired,  # typing's own cannot be described before Python 3.12
)

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import (
    TypedDict,
)

from sandbox.api.asking import answer, answering, list_in, object_of, writer_of
from sandbox.api.links import ANYWHERE, trust_of
from sandbox.clock import utc_now
from sandbox.errors import BadRequest, NotFound
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of
from sandbox.workers import JUDGING, Pool

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.trust.cards import IssuedCard

CLAUSE = "SMART Health Cards 1.4 revocation"


class CardsBody(TypedDict):
    """A Bundle about one patient, and which types of cards are wanted; all where none is named."""

    content: dict[str, object]
    types: NotRequired[list[str]]


class CardsView(TypedDict):
    """Cards as a `.smart-health-card` file has them, and what the QR code of each says; empty for
    one that is too large for a code.
    """

    verifiableCredential: list[str]
    codes: list[str]


async def make(request: Request) -> Response:
    """POST /api/cards: {content: a Bundle such as a summary, types}."""
    from sandbox.certificates.shc_signing import digits_of

    await writer_of(request)
    body = await object_of(request)
    cards = await made_cards(request, body.get("content"), list_in(body, "types"))
    view: CardsView = {
        "verifiableCredential": [card.jws for card in cards],
        "codes": [digits_of(card.jws) for card in cards],
    }
    return answer(view, 201)


async def made_cards(request: Request, content: object, types: Sequence[str]) -> list[IssuedCard]:
    """Returns cards of a summary, kept by what they can be taken back.

    Args:
        request: Of whoever may write.
        content: A Bundle about one patient.
        types: Which cards are wanted; all where none is named.

    Raises:
        BadRequest: It is no such Bundle, or has nothing for a card.
        CardRefused: A card would be wrong; none is signed.
    """
    from sandbox.certificates.shc_making import record_of
    from sandbox.trust.cards import cards_of, issuer_address

    record = record_of(content)
    if record is None:
        raise BadRequest("certificates.no_record", where="content")
    trust = trust_of(request)
    workers: Pool = request.app.state.workers
    issuer = issuer_address(address_of(request))
    cards: list[IssuedCard] = await workers.later(
        JUDGING, cards_of, record, list(types), trust.folder, issuer, utc_now()
    )
    if not cards:
        raise BadRequest("certificates.nothing_for_cards", where="content")
    await run_in_threadpool(trust.keep_issued, *(card.handle for card in cards))
    return cards


async def keys(request: Request) -> Response:
    """GET /.well-known/jwks.json: the keys of this issuer."""
    found = await run_in_threadpool(trust_of(request).cards.keys)
    return answer({"keys": found}, headers=ANYWHERE)


async def revoked(request: Request) -> Response:
    """GET /.well-known/crl/{kid}.json: the cards of a key that were taken back."""
    kid = request.path_params["kid"]
    listed = await run_in_threadpool(trust_of(request).cards.revocation_list, kid)
    if listed is None:
        raise NotFound("certificates.no_card_key", where="kid", clause=CLAUSE, found=kid[:60])
    return answer(listed, headers=ANYWHERE)


def card_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/api/cards", answering(make), methods=["POST"]),
        Route("/.well-known/jwks.json", answering(keys)),
        Route("/.well-known/crl/{kid}.json", answering(revoked)),
    ]

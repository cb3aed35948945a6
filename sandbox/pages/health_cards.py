"""Issues SMART Health Cards of a patient's summary, or of a document that is pasted: each as a
code, a text and a file, with how a verifier reads it.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import writer_of
from sandbox.api.cards import made_cards
from sandbox.api.links import trust_of
from sandbox.fhir.json import parse_json, write_json
from sandbox.limits import LINK_FORM_BYTES
from sandbox.pages.certificates import judged_text, workers_of
from sandbox.pages.home import page_language
from sandbox.pages.sharing import content_of, patients_of
from sandbox.pages.working import form_of, working_page
from sandbox.pages.working import shown as page
from sandbox.threads import run_in_threadpool
from sandbox.workers import DECODING

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.trust.cards import IssuedCard

FILE = "application/smart-health-card"


async def look(request: Request) -> Response:
    """GET /cards: of whom, or of which document."""
    patients = await run_in_threadpool(patients_of, request.app.state.services)
    chosen = request.query_params.get("patient", "")
    return await working_page(request, "cards.html", patients=patients, patient=chosen)


async def make(request: Request) -> Response:
    """POST /cards: signs the cards, and shows each as its verifier reads it."""
    me = await writer_of(request)
    form = await form_of(request, most=LINK_FORM_BYTES)
    content = parse_json(await run_in_threadpool(content_of, request, form))
    cards = await made_cards(request, content, [])
    views = [await _view(request, card) for card in cards]
    file = write_json({"verifiableCredential": [card.jws for card in cards]})
    whole = f"data:{FILE};base64,{base64.b64encode(file).decode()}"
    return await working_page(request, "cards_made.html", me=me, cards=views, file=whole)


def health_card_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/cards", page(look)),
        Route("/cards", page(make, form=look), methods=["POST"]),
    ]


async def _view(request: Request, card: IssuedCard) -> dict[str, Any]:
    """Returns a card with its code, and as it is read by whoever gets it."""
    from sandbox.certificates.qr import svg_of
    from sandbox.certificates.shc_signing import QR_LEVEL, digits_of

    digits = digits_of(card.jws)
    folder = trust_of(request).folder
    language = page_language(request)
    # a card that is too large for a code is read from its file
    text = digits or card.jws
    (read,) = await workers_of(request).later(DECODING, judged_text, text, folder, language)
    qr = await run_in_threadpool(svg_of, digits, level=QR_LEVEL) if digits else ""
    return {**read, "qr": qr, "text": text, "handle": card.handle}

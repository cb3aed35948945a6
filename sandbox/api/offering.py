"""Lets an inbox answer by itself where its track offers something beside FHIR, such as a link to
open.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

from sandbox.api.links import links_of, refusal_of, trust_of
from sandbox.errors import SandboxError
from sandbox.event.run import Run
from sandbox.testbench.inbox import OfferReply, OfferRequest, OfferServices, json_reply
from sandbox.web.requests import language_of


def offered(request: Request, run: Run, body: bytes, *, place: str, base: str) -> OfferReply | None:
    """Returns what an inbox answers at a place by itself; None where the bundled server answers.

    `base` is the address of the inbox as the client sees it.
    """
    offer = next((offer for offer in run.track.offers if offer.has_place(place)), None)
    if offer is None:
        return None
    services = request.app.state.services
    asked = OfferRequest(
        request.method,
        place,
        body,
        # a DID document is named for its host
        host=urlsplit(base).netloc,
        inbox=run.inbox,
        base=base,
        services=OfferServices(
            services.clock,
            services.country,
            # asked for when an offer needs them: opening the folder loads what reads keys
            trust=lambda: trust_of(request),
            links=lambda: links_of(request),
        ),
        headers=dict(request.headers),
        came=tuple(f"{before.method} {before.place}" for before in run.captured),
    )
    try:
        return offer.answer(asked)
    except SandboxError as error:
        return json_reply(refusal_of(error, language_of(request)), error.status)

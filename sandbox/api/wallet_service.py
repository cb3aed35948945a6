"""The wallet service of the region's app (RACSEL 2025): what a backend sends of a health
certificate that it has read becomes an offer for a wallet.

POST /vci/CL/credentials/ID   header x-api-key; {claims, credentialType, pinRequired, raw}
                              → {preAuthorizedCode, qrUrl, coUrl, location}
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, object_of, run_service_of, text_in
from sandbox.api.authorities import issuer_address
from sandbox.api.bearers import bearer_of_key
from sandbox.api.vci import country_of, issuer_of
from sandbox.errors import BadRequest, Forbidden, Unauthorized
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

KEY = "x-api-key"
TYPES = {"ICVP": "vaccination", "MEOW": "medications", "VerifiableHealthLink": "health_link"}
HCERT = "-260"
MOST_RAW = 8000


async def offer_of_app(request: Request) -> Response:
    """POST /vci/CL/credentials/ID: an offer as the region's app expects it, of an SD-JWT."""
    await _check_key(request)
    body = await object_of(request)
    type = text_in(body, "credentialType")
    if type not in TYPES:
        names = {"found": type[:40], "known": ", ".join(TYPES)}
        raise BadRequest("credentials.no_kind", where="credentialType", **names)
    raw = str(body.get("raw") or "")
    if len(raw) > MOST_RAW:
        raise BadRequest("credentials.long_raw", where="raw", found=str(len(raw)))

    def made() -> dict[str, Any]:
        from sandbox.credentials.vci.issuer import OfferOptions

        country = country_of(request)
        has_pin = body.get("pinRequired") is True
        options = OfferOptions(("dc+sd-jwt",), TYPES[type], has_pin=has_pin, raw=raw)
        offer = issuer_of(request).offer(_content_in(body.get("claims")), options)
        place = f"{issuer_address(address_of(request), country)}/offers/{offer.id}"
        reply = {
            "preAuthorizedCode": offer.code,
            "qrUrl": f"{place}/qr.svg",
            "coUrl": place,
            "location": offer.by_reference,
        }
        # whoever asked has to tell it to the holder
        return {**reply, "pin": offer.pin} if has_pin else reply

    return answer(await run_in_threadpool(made))


def _content_in(claims: Any) -> Any:
    """Returns what a health certificate holds, from its claims with their numbers as text (CWT)."""
    held = claims.get(HCERT) if isinstance(claims, dict) else None
    if isinstance(held, dict) and len(held) == 1:
        return next(iter(held.values()))
    return claims


async def _check_key(request: Request) -> None:
    """Refuses who has no key, where people are known: the token of a team that writes.

    Raises:
        Unauthorized: There is none, or it is no token.
        Forbidden: It is for reading.
    """
    service = run_service_of(request)
    if await run_in_threadpool(lambda: service.people.is_open):
        return
    bearer = await run_in_threadpool(bearer_of_key, request, service)
    if bearer is None:
        raise Unauthorized("people.unknown", where=KEY)
    if bearer.scope == "read":
        raise Forbidden("tokens.read_only", where=KEY)


def wallet_service_routes() -> list[Route]:
    """Returns the routes."""
    path = "/vci/{country}/credentials/{identifier}"
    return [Route(path, answering(offer_of_app), methods=["POST"])]

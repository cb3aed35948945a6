"""Issuers of credentials for wallets that speak a draft of OpenID4VCI, each an issuer of its own.

GET  /vci/CL/draft-13/.well-known/openid-credential-issuer   metadata, behind the path as drafts had
                                                             it; inserted after the host as well
GET  /vci/CL/draft-13/.well-known/oauth-authorization-server
GET  /vci/CL/draft-13/offers/ID[/qr.svg]
POST /vci/CL/draft-13/token, credential, notification
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer
from sandbox.api.authorities import issuer_address
from sandbox.api.oauth import bearer_token, for_wallets, form_of, json_of
from sandbox.api.vci import (
    country_of,
    draft_of,
    issuer_of,
    notification,
    offered,
    picture,
    preflight,
)
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.vci.drafts import DraftDesk


async def metadata(request: Request) -> Response:
    """GET …/openid-credential-issuer: what can be had, and where, in the words of the draft."""
    from sandbox.credentials.vci.drafts import metadata_of_draft

    country = await run_in_threadpool(country_of, request)
    return answer(metadata_of_draft(_address(request), country, draft_of(request)))


async def server_metadata(request: Request) -> Response:
    """GET …/oauth-authorization-server: where tokens are had."""
    from sandbox.credentials.vci.drafts import server_metadata_of_draft

    await run_in_threadpool(country_of, request)
    return answer(server_metadata_of_draft(_address(request)))


async def token(request: Request) -> Response:
    """POST …/token: an access token for a pre-authorised code, and a nonce."""
    form = await form_of(request)
    return answer(await run_in_threadpool(lambda: _desk(request).token(form)))


async def credential(request: Request) -> Response:
    """POST …/credential: a credential for the key that is proven."""
    secret = bearer_token(request)
    body = await json_of(request)
    return answer(await run_in_threadpool(lambda: _desk(request).credential(secret, body)))


def draft_routes() -> list[Route]:
    """Returns the routes."""
    doors = (
        ("GET", "/vci/{country}/draft-{draft:int}/.well-known/openid-credential-issuer", metadata),
        ("GET", "/.well-known/openid-credential-issuer/vci/{country}/draft-{draft:int}", metadata),
        (
            "GET",
            "/vci/{country}/draft-{draft:int}/.well-known/oauth-authorization-server",
            server_metadata,
        ),
        (
            "GET",
            "/.well-known/oauth-authorization-server/vci/{country}/draft-{draft:int}",
            server_metadata,
        ),
        ("GET", "/vci/{country}/draft-{draft:int}/offers/{id}", offered),
        ("GET", "/vci/{country}/draft-{draft:int}/offers/{id}/qr.svg", picture),
        ("POST", "/vci/{country}/draft-{draft:int}/token", token),
        ("POST", "/vci/{country}/draft-{draft:int}/credential", credential),
        ("POST", "/vci/{country}/draft-{draft:int}/notification", notification),
    )
    return [
        *(Route(path, for_wallets(work), methods=[method]) for method, path, work in doors),
        *(Route(path, for_wallets(preflight), methods=["OPTIONS"]) for _, path, _ in doors),
    ]


def _address(request: Request) -> str:
    return issuer_address(address_of(request), country_of(request), draft_of(request))


def _desk(request: Request) -> DraftDesk:
    from sandbox.credentials.vci.drafts import DraftDesk

    return DraftDesk(issuer_of(request), draft_of(request))

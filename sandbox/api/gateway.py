"""The gateway of the trust network over HTTPS with client certificates (DCC Gateway 1.10.0, WHO's
additions).

GET    /trustList[/TYPE[/COUNTRY]]      AUTHENTICATION, UPLOAD, CSCA, DSC
GET    /trustList/certificate           the same, chosen by group, country and domain
GET    /trustList/issuers, /references  issuers of health cards, services of participants
GET    /rules/COUNTRY                   the rules of a country, each as CMS
GET    /valuesets[/ID]                  value sets of the rules
GET    /revocation-list[/BATCH]         what was revoked here, in batches
GET    /countrylist                     the countries
POST   /signerCertificate               a signer as CMS; DELETE takes it back
POST   /signerCertificate/delete        the same for clients that send no body with DELETE
POST   /trustedCertificate              {cms, kid, group, domain}
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.api.acting import comes_in
from sandbox.api.asking import answer
from sandbox.clock import Clock
from sandbox.errors import BadRequest, Forbidden, SandboxError, UnsupportedMediaType
from sandbox.fhir.json import member, parse_json
from sandbox.limits import GATEWAY_BYTES
from sandbox.sentences import fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.trust.gateway import CLAUSE, Gateway
from sandbox.trust.onboarding import DOMAINS
from sandbox.web.requests import body_of, language_of

PEER = "peer_certificate"
# The onboarding folders and the gateway's own list have different words for the same usages.
GROUPS = {
    "DSC": "DSC",
    "SCA": "CSCA",
    "CSCA": "CSCA",
    "UP": "UPLOAD",
    "UPLOAD": "UPLOAD",
    "TLS": "AUTHENTICATION",
}
CMS_TYPES = ("application/cms", "application/cms-text")
Endpoint = Callable[[Request], Awaitable[Response]]


class PeerProtocol(H11Protocol):
    """HTTP that keeps the client certificate of its connection for the application, which cannot
    see the connection.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower there
        """Notes the certificate of whoever connects."""
        super().connection_made(transport)
        # ASGI has an extension for it (TLS), which uvicorn does not offer
        tls = transport.get_extra_info("ssl_object")
        self.app_state = {
            **self.app_state,
            PEER: tls.getpeercert(binary_form=True) if tls else None,
        }


async def trust_list(request: Request) -> Response:
    """GET /trustList[/TYPE[/COUNTRY]]."""
    type, country = (request.path_params.get(name, "") for name in ("type", "country"))
    return await _listed(request, type, country)


async def chosen(request: Request) -> Response:
    """GET /trustList/certificate?group=&country=&domain=."""
    query = request.query_params
    group = query.get("group", "")
    return await _listed(
        request, GROUPS.get(group, group), query.get("country", ""), domain=query.get("domain", "")
    )


async def countries(request: Request) -> Response:
    """GET /countrylist."""
    keys = await run_in_threadpool(_gateway(request).listed)
    return answer(sorted({key.country for key in keys}))


async def issuers(request: Request) -> Response:
    """GET /trustList/issuers: who signs health cards, and where its keys are."""
    return answer(await run_in_threadpool(_gateway(request).published.issuers))


async def references(request: Request) -> Response:
    """GET /trustList/references: the services that participants name."""
    return answer(await run_in_threadpool(_gateway(request).published.references))


async def rules(request: Request) -> Response:
    """GET /rules/COUNTRY: the rules of a country, each signed."""
    published = _gateway(request).published
    country = request.path_params["country"]
    now = request.app.state.clock()
    return answer(await run_in_threadpool(lambda: published.rules(country, at=now)))


async def value_sets(request: Request) -> Response:
    """GET /valuesets: the ids of the value sets."""
    return answer(list(await run_in_threadpool(_gateway(request).published.value_sets)))


async def value_set(request: Request) -> Response:
    """GET /valuesets/ID."""
    published = _gateway(request).published
    id = request.path_params["id"]
    return answer(await run_in_threadpool(lambda: published.value_set(id)))


async def batches(request: Request) -> Response:
    """GET /revocation-list: the batches of what was revoked; 204 for none."""
    from sandbox.trust.published import listing

    found = await run_in_threadpool(_gateway(request).published.batches)
    return answer(listing(found, at=request.app.state.clock())) if found else Response(None, 204)


async def batch(request: Request) -> Response:
    """GET /revocation-list/BATCH: one of them, as CMS."""
    published = _gateway(request).published
    id = request.path_params["id"]
    now = request.app.state.clock()
    content = await run_in_threadpool(lambda: published.batch(id, at=now))
    return Response(content, media_type="application/cms-text")


async def upload(request: Request) -> Response:
    """POST /signerCertificate: a signer as CMS."""
    return await _uploaded(request, await _cms_in(request))


async def upload_trusted(request: Request) -> Response:
    """POST /trustedCertificate: {cms, kid, group, domain}."""
    body = parse_json(await body_of(request, limit=GATEWAY_BYTES))
    cms, group, domain = (member(body, name) for name in ("cms", "group", "domain"))
    # of the other groups a country has what was handed in at its onboarding
    if not isinstance(cms, str) or group not in ("DSC", None):
        place = "group" if isinstance(cms, str) else "cms"
        raise BadRequest(
            "sharing.bad_json", where=place, place=place, expected="{cms, kid, group: DSC, domain}"
        )
    if domain is not None and domain not in DOMAINS:
        raise BadRequest(
            "sharing.bad_json", where="domain", place="domain", expected=", ".join(DOMAINS)
        )
    return await _uploaded(request, cms.encode(), domain=domain or "")


async def delete(request: Request) -> Response:
    """DELETE /signerCertificate, POST /signerCertificate/delete: the same CMS."""
    cms = await _cms_in(request)
    await run_in_threadpool(lambda: _gateway(request).delete(request.state.country, cms))
    return Response(status_code=204)


async def _cms_in(request: Request) -> bytes:
    """Returns the CMS that is the body.

    Raises:
        UnsupportedMediaType: It is said to be something else, which other gateways refuse.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in CMS_TYPES:
        raise UnsupportedMediaType(
            "gateway.other_type",
            where="Content-Type",
            clause=CLAUSE,
            found=kind[:80],
            expected=" | ".join(CMS_TYPES),
        )
    return await body_of(request, limit=GATEWAY_BYTES)


def gateway_app(gateway: Gateway, clock: Clock) -> Starlette:
    """Returns the application; each request is answered for the country of its client
    certificate.
    """
    routes = [
        Route("/trustList", _for_participants(trust_list)),
        Route("/trustList/certificate", _for_participants(chosen)),
        Route("/trustList/issuers", _for_participants(issuers)),
        Route("/trustList/references", _for_participants(references)),
        Route("/rules/{country}", _for_participants(rules)),
        Route("/valuesets", _for_participants(value_sets)),
        Route("/valuesets/{id}", _for_participants(value_set)),
        Route("/revocation-list", _for_participants(batches)),
        Route("/revocation-list/{id}", _for_participants(batch)),
        Route("/trustList/{type}", _for_participants(trust_list)),
        Route("/trustList/{type}/{country}", _for_participants(trust_list)),
        Route("/countrylist", _for_participants(countries)),
        Route("/signerCertificate", _for_participants(upload), methods=["POST"]),
        Route("/signerCertificate", _for_participants(delete), methods=["DELETE"]),
        Route("/signerCertificate/delete", _for_participants(delete), methods=["POST"]),
        Route("/trustedCertificate", _for_participants(upload_trusted), methods=["POST"]),
    ]
    app = Starlette(routes=routes)
    app.state.gateway = gateway
    app.state.clock = clock
    return app


def _gateway(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway


async def _listed(request: Request, type: str, country: str, *, domain: str = "") -> Response:
    keys = await run_in_threadpool(lambda: _gateway(request).listed(type=type, country=country))
    return answer([key.as_item() for key in keys if domain in ("", key.domain)])


async def _uploaded(request: Request, cms: bytes, *, domain: str = "") -> Response:
    gateway = _gateway(request)
    country = request.state.country
    now = request.app.state.clock()
    kid = await run_in_threadpool(lambda: gateway.upload(country, cms, at=now, domain=domain))
    return answer({"kid": kid}, 201)


def _for_participants(work: Endpoint) -> Endpoint:
    """Returns an endpoint that knows which country asks, and whose errors are those of the
    interface, explained.
    """

    async def endpoint(request: Request) -> Response:
        try:
            # the command's listener lets nobody in without one; another may
            peer = getattr(request.state, PEER, None)
            if not isinstance(peer, bytes):
                raise Forbidden("gateway.nobody", where="client certificate")
            request.state.country = await run_in_threadpool(_gateway(request).who, peer)
            comes_in(request, "api", who=request.state.country)
            return await work(request)
        except SandboxError as error:
            language = language_of(request)
            problems: list[dict[str, Any]] = [
                {
                    "code": finding.key,
                    "problem": text_of(finding, language),
                    "details": fix_of(finding, language),
                    "where": finding.where,
                }
                for finding in error.as_findings()
            ]
            # the interface has room for one problem: the rest stands beside it
            return answer({**problems[0], "all": problems}, error.status)

    return endpoint

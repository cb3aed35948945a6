"""The trust list of this sandbox under the published paths: DID documents with keys, or with the
names of others.

/v2/trustlist[/DOMAIN[/PARTICIPANT[/USAGE]]]/did.json       `-` for any
/v2/trustlist-ref[/DOMAIN[/PARTICIPANT]]/did.json
/v2/signing/did.json                                        by what the lists are proven
"""

from __future__ import annotations

import base64
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering
from sandbox.api.links import trust_of
from sandbox.clock import fhir_instant, utc_now
from sandbox.countries import participant_of
from sandbox.errors import NotFound
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what reads keys is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.keys import TrustedKey
    from sandbox.trust.pki import Pair

ANY = "-"
MAKING = threading.Lock()
LEVELS = ("domain", "participant", "usage")
SIGNING = "v2/signing"


async def embedded(request: Request) -> Response:
    """GET /v2/trustlist/…/did.json: the keys of a domain, participant and usage."""
    from sandbox.trust.documents import document_of

    asked = [request.path_params.get(name, ANY) for name in LEVELS]
    keys = [key for key in await _listed(request) if _is_asked(key, asked)]
    # the list of all is there even when nobody is listed; one of a country that has none is not
    if not keys and asked != [ANY] * len(LEVELS):
        raise NotFound("trust.no_list", where="path", asked="/".join(asked))
    path = "/".join(["v2", "trustlist", *_named(request)])
    document = document_of(keys, host=_host(request), path=path)
    return answer(await run_in_threadpool(_proven, request, document) if keys else document)


async def signing(request: Request) -> Response:
    """GET /v2/signing/did.json: the key by which the lists are proven."""
    from sandbox.trust.documents import document_of

    key = await run_in_threadpool(lambda: _publisher(request).certificate)
    return answer(document_of([_trusted(key)], host=_host(request), path=SIGNING))


async def referring(request: Request) -> Response:
    """GET /v2/trustlist-ref/…/did.json: the names of the documents one level below."""
    from sandbox.trust.documents import references_of

    named = _named(request)
    keys = await _listed(request)
    below: set[str] = set()
    for key in keys:
        words = [key.domain, participant_of(key.country), key.usage]
        if all(mine in (ANY, word) for mine, word in zip(named, words, strict=False)):
            # below the last level stand keys, and nothing more to refer to
            is_last = len(named) + 1 == len(LEVELS)
            kind = "trustlist" if is_last else "trustlist-ref"
            below.add("/".join(["v2", kind, *named, words[len(named)]]))
    if named and not below:
        raise NotFound("trust.no_list", where="path", asked="/".join(named))
    path = "/".join(["v2", "trustlist-ref", *named])
    return answer(references_of(sorted(below), host=_host(request), path=path))


def trustlist_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/v2/signing/did.json", answering(signing)),
        Route("/v2/trustlist/did.json", answering(embedded)),
        Route("/v2/trustlist-ref/did.json", answering(referring)),
        Route("/v2/trustlist/{domain}/did.json", answering(embedded)),
        Route("/v2/trustlist-ref/{domain}/did.json", answering(referring)),
        Route("/v2/trustlist/{domain}/{participant}/did.json", answering(embedded)),
        Route("/v2/trustlist-ref/{domain}/{participant}/did.json", answering(referring)),
        Route("/v2/trustlist/{domain}/{participant}/{usage}/did.json", answering(embedded)),
    ]


async def _listed(request: Request) -> list[TrustedKey]:
    trust = trust_of(request)
    return await run_in_threadpool(lambda: [*trust.listed(), *trust.authorities()])


def _proven(request: Request, document: dict[str, Any]) -> dict[str, Any]:
    """Returns a list with the proof of this server, by the key of its gateway."""
    from sandbox.certificates.keys import kid_of
    from sandbox.trust.proofs import prove

    pair = _publisher(request)
    kid = base64.b64encode(kid_of(pair.certificate)).decode()
    method = f"did:web:{_host(request).replace(':', '%3A')}:{SIGNING.replace('/', ':')}#{kid}"
    return prove(document, pair.key, method=method, created=fhir_instant(utc_now()))


def _publisher(request: Request) -> Pair:
    from sandbox.trust.gateway import anchor_of
    from sandbox.trust.pki import new_anchor

    place = trust_of(request).folder / "gateway" / "anchor"
    # two that ask at once would else make two keys, of which files mix
    with MAKING:
        return anchor_of(place, lambda: new_anchor(at=utc_now()))


def _trusted(certificate: Any) -> TrustedKey:
    from sandbox.certificates.keys import trusted

    return trusted(certificate)


def _is_asked(key: TrustedKey, asked: list[str]) -> bool:
    words = (key.domain, participant_of(key.country), key.usage)
    return all(wanted in (ANY, word) for wanted, word in zip(asked, words, strict=True))


def _named(request: Request) -> list[str]:
    return [request.path_params[name] for name in LEVELS if name in request.path_params]


def _host(request: Request) -> str:
    return urlsplit(address_of(request)).netloc

"""The committee of the network of 2023 (LACPass-chain-of-trust) and the verifier of its trusted
list (LACPass-trusted-list), below /lacchain.

POST committee/api/v1/public-directory/add-type{1,2,3}-member    GET …/get-manager
POST committee/api/v1/chain-of-trust/add-or-update-member        GET …/get-manager
POST trusted-list/api/v1/certificates/verify-b45                 text/plain → {isValid, …}
GET  trusted-list/api/v1/public-key/get-all?page=&results_per_page=

Not of 2023, when these took another program or nobody at all:
POST CL/revocations {did, digest}, CL/deactivations {did}
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, number_of, person_of, writer_of
from sandbox.api.lacchain import (
    component_of,
    json_of,
    lacchain_routes,
    network_of,
    not_here,
    text_of,
    transaction,
)
from sandbox.api.links import trust_of
from sandbox.countries import participant_of
from sandbox.event.rights import allow
from sandbox.fhir.json import member, parse_json
from sandbox.limits import FORM_BYTES, PICTURE_BYTES
from sandbox.threads import run_in_threadpool
from sandbox.web.multipart import TYPE, read_multipart
from sandbox.web.requests import address_of, body_of
from sandbox.workers import DECODING, Pool

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.lacchain.chain import Block

PAGE = 100


async def add_member(request: Request) -> Response:
    """POST …/public-directory/add-typeN-member {identificationData, expires, validDays}; type 2 as
    a form with `data` and `caCert`.
    """
    allow(await person_of(request), "manage_event")
    header = request.headers.get("content-type", "")
    authority = ""
    if header.startswith(TYPE):
        form = read_multipart(header, await body_of(request, limit=FORM_BYTES))
        body: Any = parse_json(form.fields.get("data", "{}").encode())
        file = form.files.get("caCert")
        authority = file.content.decode("ascii", "replace") if file else ""
    else:
        body = await json_of(request)
    kind = request.path_params["kind"]
    data = {"version": "1", "type": kind, "identificationData": member(body, "identificationData")}
    if kind == "2":
        data["certificateAuthority"] = authority
    days = member(body, "validDays") if member(body, "expires") is not False else None
    block = await run_in_threadpool(lambda: network_of(request).list_member(data, valid_days=days))
    return answer(transaction(block))


async def add_link(request: Request) -> Response:
    """POST …/chain-of-trust/add-or-update-member {memberEntityAddress, entityDid, validDays}."""
    allow(await person_of(request), "manage_event")
    body = await json_of(request)
    account, did = text_of(body, "memberEntityAddress"), text_of(body, "entityDid")
    days = member(body, "validDays")
    block = await run_in_threadpool(
        lambda: network_of(request).vouch(account, did, valid_days=days)
    )
    return answer(transaction(block))


async def manager(request: Request) -> Response:
    """GET …/get-manager: the account that manages directory and chain of trust."""

    def known() -> dict[str, str]:
        root = network_of(request).root
        return {"entityDid": root.did, "managerDid": root.did, "managerAddress": root.address}

    await person_of(request)
    return answer(await run_in_threadpool(known))


async def verify(request: Request) -> Response:
    """POST …/certificates/verify-b45: whether a certificate is valid, and what it holds."""
    await person_of(request)
    text = (await body_of(request, limit=PICTURE_BYTES)).decode("utf-8", "replace").strip()
    workers: Pool = request.app.state.workers
    return answer(await workers.later(DECODING, judged, text, trust_of(request).folder))


async def keys(request: Request) -> Response:
    """GET …/public-key/get-all: the keys that are believed, by page from 1."""
    query = request.query_params
    page = max(1, number_of(query.get("page", "1")))
    size = min(PAGE, max(1, number_of(query.get("results_per_page", str(PAGE)))))
    address = address_of(request)

    def listed() -> list[dict[str, Any]]:
        from sandbox.credentials.keys import PublicKey, to_jwk

        known = trust_of(request).listed()
        rows = [
            {
                "url": f"{address}/v2/trustlist/-/{participant_of(key.country)}/DSC/did.json",
                "country": participant_of(key.country),
                "jwk": to_jwk(key.key),
            }
            for key in known
            if isinstance(key.key, PublicKey)
        ]
        return rows[(page - 1) * size : page * size]

    return answer({"keys": await run_in_threadpool(listed)})


async def revoke(request: Request) -> Response:
    """POST /lacchain/CL/revocations {did, digest}: takes a credential back."""
    await writer_of(request)
    body = await json_of(request)
    did, digest = text_of(body, "did"), text_of(body, "digest")

    def revoked() -> Block:
        return component_of(request).revoke(did, digest)

    return answer(transaction(await run_in_threadpool(revoked)))


async def deactivate(request: Request) -> Response:
    """POST /lacchain/CL/deactivations {did}: ends a DID for good."""
    await writer_of(request)
    did = text_of(await json_of(request), "did")
    block = await run_in_threadpool(lambda: component_of(request).deactivate(did))
    return answer(transaction(block))


def committee_routes() -> list[Route]:
    """Returns the routes of all of LACChain, those of a ministry behind the committee's."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    posted = {
        "/lacchain/committee/api/v1/public-directory/add-type{kind}-member": add_member,
        "/lacchain/committee/api/v1/chain-of-trust/add-or-update-member": add_link,
        "/lacchain/trusted-list/api/v1/certificates/verify-b45": verify,
        "/lacchain/{country}/revocations": revoke,
        "/lacchain/{country}/deactivations": deactivate,
    }
    got = {
        "/lacchain/committee/api/v1/public-directory/get-manager": manager,
        "/lacchain/committee/api/v1/chain-of-trust/get-manager": manager,
        "/lacchain/trusted-list/api/v1/public-key/get-all": keys,
    }
    return [
        *(Route(path, answering(work), methods=["POST"]) for path, work in posted.items()),
        *(Route(path, answering(work)) for path, work in got.items()),
        Route("/lacchain/committee/api/v1/{rest:path}", answering(not_here), methods=methods),
        Route("/lacchain/trusted-list/api/v1/{rest:path}", answering(not_here), methods=methods),
        *lacchain_routes(),
    ]


def judged(text: str, folder: Path) -> dict[str, Any]:
    """Judges a certificate by the keys in a folder; the job of a worker.

    Returns:
        What the verifier of 2023 answered: whether it is valid, and what it holds.
    """
    from sandbox.certificates.judging import judge
    from sandbox.trust.folder import TrustFolder

    trust = TrustFolder(folder)
    certificates = judge(
        text, trust.trust(), trust.issuers(), at=datetime.now(UTC), revoked=trust.revoked()
    )
    known = certificates[0] if certificates else None
    is_valid = known is not None and known.verdict in ("valid", "deviates")
    return {"isValid": is_valid, "ddccCoreDataSet": known.content if known and is_valid else None}

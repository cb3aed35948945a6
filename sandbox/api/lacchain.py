"""LACChain as the wallets of 2023 met it, offline.

A ministry's component (LACPass-client), below /lacchain/CL/api/v1:
POST   did/lac1                                    GET did/lac1/controller/DID, decode/DID
POST   did/lac1/attribute/add/jwk-from-x509certificate
DELETE did/lac1/attribute/revoke/jwk-from-x509certificate
POST   manager                                     GET manager/DID
POST   verifiable-credential/ddcc/send

Below /lacchain, and below /lacchain/CL for a system with one base:
GET, POST chain        the blocks, and a transaction signed by its account
GET    resolver/DID    with versionId, versionTime or forTime
GET    mailbox/did     GET, POST mailbox/vc with the header `token`
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, number_of, writer_of
from sandbox.api.authorities import authority_of
from sandbox.api.links import trust_of
from sandbox.countries import is_country
from sandbox.errors import BadRequest, NotFound, NotImplementedHere
from sandbox.fhir.json import member, parse_json
from sandbox.limits import FORM_BYTES
from sandbox.threads import run_in_threadpool
from sandbox.web.multipart import File, read_multipart
from sandbox.web.requests import address_of, body_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.lacchain.chain import Block
    from sandbox.credentials.lacchain.component import Component
    from sandbox.credentials.lacchain.mailbox import Mailbox
    from sandbox.credentials.lacchain.network import Network

Endpoint = Callable[[Request], Awaitable[Response]]


async def make_did(request: Request) -> Response:
    """POST …/did/lac1: a DID for the ministry; nothing is written to the chain."""
    await writer_of(request)
    return answer({"did": await run_in_threadpool(lambda: component_of(request).new_did())})


async def controller(request: Request) -> Response:
    """GET …/did/lac1/controller/DID: the account that controls it."""
    did = request.path_params["did"]
    account = await run_in_threadpool(lambda: component_of(request).controller(did))
    return answer({"controller": account})


async def decode(request: Request) -> Response:
    """GET …/did/lac1/decode/DID: what the DID says of itself."""
    did = request.path_params["did"]
    return answer(await run_in_threadpool(lambda: component_of(request).decoded(did)))


async def add_certificate(request: Request) -> Response:
    """POST …/attribute/add/jwk-from-x509certificate: the key of a certificate for a DID."""
    await writer_of(request)
    data, file = await _certificate_in(request)
    did, relation = text_of(data, "did"), text_of(data, "relation")

    def added() -> Block:
        return component_of(request).add_certificate(did, relation, file.content)

    return answer(transaction(await run_in_threadpool(added)))


async def revoke_certificate(request: Request) -> Response:
    """DELETE …/attribute/revoke/jwk-from-x509certificate: the same key taken out, also for the
    past.
    """
    await writer_of(request)
    data, file = await _certificate_in(request)
    did, relation = text_of(data, "did"), text_of(data, "relation")
    days = member(data, "backwardRevocationDays")
    is_compromised = member(data, "compromised") is True

    def revoked() -> Block:
        return component_of(request).revoke_certificate(
            did, relation, file.content, days=days or 0, compromised=is_compromised
        )

    return answer(transaction(await run_in_threadpool(revoked)))


async def make_manager(request: Request) -> Response:
    """POST …/manager {did, validDays}: the account that acts for a DID in the chain of trust."""
    await writer_of(request)
    body = await json_of(request)
    did, days = text_of(body, "did"), member(body, "validDays")
    made = await run_in_threadpool(lambda: component_of(request).new_manager(did, days))
    return answer(made)


async def manager(request: Request) -> Response:
    """GET …/manager/DID: the account that acts for it."""
    did = request.path_params["did"]
    return answer(await run_in_threadpool(lambda: component_of(request).manager(did)))


async def send(request: Request) -> Response:
    """POST …/verifiable-credential/ddcc/send {bundle, issuerDid, receiverDid}."""
    await writer_of(request)
    body = await json_of(request)
    issuer, receiver = text_of(body, "issuerDid"), text_of(body, "receiverDid")
    bundle = member(body, "bundle")
    sent = await run_in_threadpool(lambda: component_of(request).send(bundle, issuer, receiver))
    return answer({"deliveryId": sent.delivery, "txHash": sent.transaction})


async def not_here(request: Request) -> Response:
    """Everything else below the component: an honest 501."""
    raise NotImplementedHere("lacchain.not_here", where="path", path=request.url.path[:200])


async def blocks(request: Request) -> Response:
    """GET …/chain?after=N: the blocks, all or those behind one."""
    after = number_of(request.query_params.get("after", "0"))
    every = await run_in_threadpool(lambda: network_of(request).chain.blocks())
    return answer([block.as_json() for block in every if block.number > after])


async def transact(request: Request) -> Response:
    """POST …/chain: a transaction as JWS of its account; the account itself says who it is."""
    await writer_of(request)
    text = (await body_of(request, limit=FORM_BYTES)).decode("ascii", "replace").strip()

    def carried_out() -> Block:
        from sandbox.credentials.lacchain.signed import read_transaction

        call, nonce = read_transaction(text)
        return network_of(request).chain.transact(call, nonce=nonce)

    return answer((await run_in_threadpool(carried_out)).as_json(), 201)


async def resolve(request: Request) -> Response:
    """GET …/resolver/DID: its document as of now, of a block, or of a moment."""

    def resolved() -> dict[str, Any]:
        from sandbox.credentials.lacchain.resolving import read_query, resolve_did

        chain = network_of(request).chain
        query = read_query(request.query_params)
        now = int(chain.clock().timestamp())
        return resolve_did(request.path_params["did"], chain.blocks(), query, now=now)

    result = await run_in_threadpool(resolved)
    # DID Resolution 0.3 7.1: the HTTP binding
    statuses = {"invalidDid": 400, "notFound": 404}
    error = result["didResolutionMetadata"].get("error", "")
    return answer(result, statuses.get(error, 200))


async def mailbox_did(request: Request) -> Response:
    """GET …/mailbox/did: whom envelopes for the mailbox are encrypted to."""
    return answer({"did": await run_in_threadpool(lambda: mailbox_of(request).did)})


async def deliver(request: Request) -> Response:
    """POST …/mailbox/vc: an envelope; answers the id of its delivery."""
    await writer_of(request)
    token = request.headers.get("token", "")
    letter = parse_json(await body_of(request, limit=FORM_BYTES))
    return answer(await run_in_threadpool(lambda: mailbox_of(request).deliver(token, letter)))


async def collect(request: Request) -> Response:
    """GET …/mailbox/vc: the letters for whom the token proves."""
    token = request.headers.get("token", "")
    return answer(await run_in_threadpool(lambda: mailbox_of(request).collect(token)))


def lacchain_routes() -> list[Route]:
    """Returns the routes."""
    shared: tuple[tuple[str, str, Endpoint], ...] = (
        ("GET", "/chain", blocks),
        ("POST", "/chain", transact),
        ("GET", "/resolver/{did}", resolve),
        ("GET", "/mailbox/did", mailbox_did),
        ("GET", "/mailbox/vc", collect),
        ("POST", "/mailbox/vc", deliver),
    )
    own: tuple[tuple[str, str, Endpoint], ...] = (
        ("POST", "/lacchain/{country}/api/v1/did/lac1", make_did),
        ("GET", "/lacchain/{country}/api/v1/did/lac1/controller/{did}", controller),
        ("GET", "/lacchain/{country}/api/v1/did/lac1/decode/{did}", decode),
        (
            "POST",
            "/lacchain/{country}/api/v1/did/lac1/attribute/add/jwk-from-x509certificate",
            add_certificate,
        ),
        (
            "DELETE",
            "/lacchain/{country}/api/v1/did/lac1/attribute/revoke/jwk-from-x509certificate",
            revoke_certificate,
        ),
        ("POST", "/lacchain/{country}/api/v1/manager", make_manager),
        ("GET", "/lacchain/{country}/api/v1/manager/{did}", manager),
        ("POST", "/lacchain/{country}/api/v1/verifiable-credential/ddcc/send", send),
    )
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        *(
            Route(f"/lacchain{ministry}{path}", answering(work), methods=[method])
            for ministry in ("", "/{country:str}")
            for method, path, work in shared
        ),
        *(Route(path, answering(work), methods=[method]) for method, path, work in own),
        Route("/lacchain/{country}/api/v1/{rest:path}", answering(not_here), methods=methods),
    ]


def network_of(request: Request) -> Network:
    """Returns the network of this sandbox."""
    from sandbox.credentials.lacchain.opening import network_in

    state = request.app.state
    return network_in(state.database, state.settings.data, state.services.clock)


def mailbox_of(request: Request) -> Mailbox:
    """Returns the mailbox of this sandbox."""
    from sandbox.credentials.lacchain.opening import mailbox_in

    return mailbox_in(request.app.state.database, network_of(request))


def component_of(request: Request) -> Component:
    """Returns the component of the ministry in a path; raises NotFound for no country.

    Args:
        request: Has the country in its path.
    """
    from sandbox.credentials.lacchain.component import Component

    country = str(request.path_params["country"])
    if not is_country(country):
        raise NotFound("trust.no_country", where="country", country=country[:20], known="CL, PE …")
    network = network_of(request)
    trust = trust_of(request)

    def signing() -> Any:
        # a country without PKI gets one, as where it signs health certificates
        trust.signer(country, at=network.chain.clock())
        return authority_of(trust, country, address_of(request))

    faults = request.app.state.settings.faults
    return Component(network, mailbox_of(request), network.ring_of(country), signing, faults)


async def json_of(request: Request) -> dict[str, Any]:
    """Returns the JSON object that was sent, whatever its type says; raises BadRequest."""
    body = parse_json(await body_of(request, limit=FORM_BYTES))
    if not isinstance(body, dict):
        raise BadRequest("testbench.bad_request", where="body", name="body")
    return body


async def _certificate_in(request: Request) -> tuple[dict[str, Any], File]:
    """Returns the data and the certificate of a form."""
    header = request.headers.get("content-type", "")
    form = read_multipart(header, await body_of(request, limit=FORM_BYTES))
    data = parse_json(form.fields.get("data", "{}").encode())
    if "x509Cert" not in form.files or not isinstance(data, dict):
        raise BadRequest("testbench.bad_request", where="x509Cert", name="x509Cert")
    return data, form.files["x509Cert"]


def text_of(body: Any, name: str) -> str:
    """Returns a text of a body; raises BadRequest.

    Args:
        body: The object that was sent.
        name: Of the member.
    """
    value = member(body, name)
    if not isinstance(value, str) or not value:
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return value


def transaction(block: Block) -> dict[str, Any]:
    """Returns what is answered of a transaction."""
    return {"txHash": block.transaction_hash, "blockNumber": block.number}

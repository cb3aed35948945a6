"""The event's certificate services: the DDCC and ICVP mediators (port 4321 there), and operations
of the IPS mediator.

    /ddcc, /icvp                             a batch of health events
    /ddcc/QuestionnaireResponse/$generate…   one of them
    /ddcc/Bundle/$generate…, /ddcc/submitIPS a summary
    /ddcc/Bundle/$signValidation             is this document signed by a key of the trust list?
    /mediator/fhir/Bundle/{id}/$ddcc …       the certificate of one dose in a stored summary
    /mediator/fhir/Bundle/{id}/$meow         the code of the medicines in a stored document
    /mediator/verify/{id}                    the signature of a stored document

Answers are bare FHIR, as the originals give it when they stand alone.  What a summary does not say
is asked for, never taken from a template.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.errors import InvalidResource, NotImplementedHere, PreconditionFailed
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.lacpass.answering import answering
from sandbox.lacpass.health_certificates import generate, source_of, stored_certificate
from sandbox.lacpass.signing import Issuer, overview
from sandbox.limits import MEDIATOR_BYTES
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.bundles import process_bundle
from sandbox.server.interactions.reading import read
from sandbox.server.interactions.search import search
from sandbox.server.operation_input import Input, read_input
from sandbox.server.partitions import Tenants
from sandbox.server.writing import check_resource
from sandbox.settings import Settings
from sandbox.threads import run_in_threadpool
from sandbox.web.replies import fhir_response
from sandbox.web.requests import body_of, fhir_base_of, language_of
from sandbox.workers import DECODING

CLAUSE = "DDCC 1.0.0 transactions"
OVERVIEW = "RACSEL 2026 $meow"
GENERATE = "QuestionnaireResponse/$generateHealthCertificate"
FORMS = {"$ddcc": "ddcc_vs", "$icvp": "icvp", "$dvc": "dvc"}
Work = Callable[[Call, Services, Request], Reply]


def certificate_routes(tenants: Tenants, settings: Settings) -> list[Route]:
    """Returns the routes of the certificate services, for the main data and for each team's
    space.
    """

    routes: list[Route] = []
    for mediator in ("/ddcc", "/icvp"):
        routes += _both_spaces(tenants, mediator, _events)
        routes += _both_spaces(
            tenants, f"{mediator}/QuestionnaireResponse/$generateHealthCertificate", _generate
        )
        # the same operation of a summary, as the server at `/fhir` has it
        routes += _both_spaces(tenants, f"{mediator}/Bundle/$generateHealthCertificate", _generate)
        routes += _both_spaces(tenants, f"{mediator}/submitIPS", _generate)
        routes += _both_spaces(tenants, f"{mediator}/Bundle/$signValidation", _sign_validation)
        routes += _both_spaces(tenants, f"{mediator}/List", _searching("List"), "GET")
        reference = f"{mediator}/DocumentReference/{{id}}"
        routes += _both_spaces(tenants, reference, _reading("DocumentReference"), "GET")
    routes += _both_spaces(tenants, "/mediator/fhir/Bundle/{id}/$ddcc", _certificate, "GET")
    routes += _both_spaces(tenants, "/mediator/fhir/Bundle/{id}/$icvp", _certificate, "GET")
    routes += _both_spaces(tenants, "/mediator/fhir/Bundle/{id}/$dvc", _certificate, "GET")
    routes += _both_spaces(tenants, "/mediator/fhir/Bundle/{id}/$meow", _overview, "GET")
    return routes + _both_spaces(tenants, "/mediator/verify/{id}", _verify, "GET")


def _both_spaces(tenants: Tenants, path: str, work: Work, method: str = "POST") -> list[Route]:
    """Returns the routes of one piece of work: for the main data, and for a team's space."""

    async def endpoint(request: Request) -> Response:
        team = request.path_params.get("team", "")
        content = await body_of(request, limit=MEDIATOR_BYTES) if method == "POST" else b""
        language = language_of(request)
        base = fhir_base_of(request, team=team)
        query = tuple(request.query_params.multi_items())

        def carry_out() -> Reply:
            body = parse_json(content) if content else None
            return work(Call(base, language, query=query, body=body), tenants.of(team), request)

        # signing and the database block: not on the event loop
        return _response(await run_in_threadpool(carry_out))

    return [
        Route(f"{space}{path}", answering(endpoint), methods=[method])
        for space in ("", "/t/{team}")
    ]


def _response(reply: Reply) -> Response:
    if isinstance(reply.body, bytes):
        return Response(
            reply.body,
            reply.status,
            media_type="application/fhir+json",
            headers=dict(reply.headers),
        )
    body: Any = reply.body
    # `verify` answers with an object that is no resource, as the original does
    if isinstance(body, dict) and "resourceType" not in body:
        return JSONResponse(body, reply.status)
    return fhir_response(body, reply.status)


def _events(call: Call, services: Services, _: Request) -> Reply:
    """Submit Health Event: a batch in which each entry asks for a certificate."""
    bundle = check_resource(call.body, "Bundle")
    entries = as_list(bundle.get("entry"))
    if bundle.get("type") != "batch" or not entries:
        kind = str(bundle.get("type", "–")) if entries else "0"
        raise InvalidResource("ddcc.no_generation", where="Bundle.entry", clause=CLAUSE, found=kind)
    for index, entry in enumerate(entries):
        request = member(entry, "request")
        asked = f"{member(request, 'method')} {member(request, 'url')}"
        if asked != f"POST {GENERATE}":
            where = f"Bundle.entry[{index}].request"
            raise InvalidResource("ddcc.no_generation", where=where, clause=CLAUSE, found=asked)
    return process_bundle(call, services)


def _generate(call: Call, services: Services, _: Request) -> Reply:
    return generate(call, services)


def _certificate(call: Call, services: Services, request: Request) -> Reply:
    """Certifies one dose of a stored summary, in the form that the operation names."""
    document = _stored(call, services, request)
    given = Input({name: [value] for name, value in call.query})
    form = FORMS[request.url.path.rpartition("/")[2]]
    # 201 as an operation that stores; the original answers this GET with 200
    source = source_of(document, given, form=form)
    return replace(stored_certificate(source, call, services), status=200)


def _overview(call: Call, services: Services, request: Request) -> Reply:
    """Signs the medicines of a stored document, or the one of `medicationStatementId`."""
    if services.trust is None:
        raise NotImplementedHere("trust.no_signer", where="$meow", clause=OVERVIEW)
    document = _stored(call, services, request)
    now = services.clock()
    trust = services.trust()
    trust.signer(services.country, at=now)  # here, since a worker has no audit log to tell of a PKI
    statement = Input({name: [value] for name, value in call.query}).text("medicationStatementId")
    issuer = Issuer(trust.folder, services.country, call.base)
    reference, handles = services.workers.run(DECODING, overview, document, statement, issuer, now)
    trust.keep_issued(*handles)
    return Reply(200, reference)


def _sign_validation(call: Call, services: Services, _: Request) -> Reply:
    document = read_input(call).first("resource") or read_input(call).first("bundle")
    outcome = _outcome(check_resource(document, "Bundle"), services)
    if outcome == "not_signed":
        raise PreconditionFailed(
            "ddcc.not_signed", where="Bundle.signature", clause="DDCC 1.0.0 DDCCDocumentSigned"
        )
    result: Json = {"name": "result", "valueBoolean": outcome == "signed"}
    reason: Json = {"name": "reason", "valueCode": outcome}
    return Reply(200, {"resourceType": "Parameters", "parameter": [result, reason]})


def _verify(call: Call, services: Services, request: Request) -> Reply:
    outcome = _outcome(_stored(call, services, request), services)
    return Reply(200, {"verified": outcome == "signed", "reason": outcome})


def _outcome(document: Json, services: Services) -> str:
    from sandbox.ddcc.signature import check_signature

    keys = services.trust().listed() if services.trust else []
    return check_signature(document, keys)[0]


def _stored(call: Call, services: Services, request: Request) -> Json:
    """Returns the document that the path names.

    Raises:
        NotFound: The server has none of that id.
    """
    body = read(replace(call, type="Bundle", id=request.path_params["id"], query=()), services).body
    document: Json = parse_json(body) if isinstance(body, bytes) else {}
    return document


def _searching(type: str) -> Work:
    return lambda call, services, _: search(replace(call, type=type), services)


def _reading(type: str) -> Work:
    return lambda call, services, request: read(
        replace(call, type=type, id=request.path_params["id"]), services
    )

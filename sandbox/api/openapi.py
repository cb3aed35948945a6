"""The OpenAPI description of the JSON API: what each route takes and gives, made of the types in
shapes.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox import __version__
from sandbox.api import (
    access_shapes,
    cards,
    certificates,
    joining,
    shapes,
    wallet_shapes,
)
from sandbox.api.asking import answer, answering
from sandbox.api.conducting import ACTS as DECISIONS
from sandbox.api.desk_operations import DESK_OPERATIONS
from sandbox.api.event_operations import EVENT_OPERATIONS
from sandbox.api.examples import EXAMPLES
from sandbox.api.listing import LISTED, NARROWED
from sandbox.api.notice_operations import NOTICE_OPERATIONS, WEBHOOKS
from sandbox.api.operation import Operation as Operation
from sandbox.api.running_operations import RUNNING_OPERATIONS
from sandbox.api.upload_examples import upload_example
from sandbox.api.validations import FHIR_JSON, JUDGED_TYPES
from sandbox.api.webhook_description import webhooks_of
from sandbox.course.overview import Grade, Lesson
from sandbox.event.allowances import Allowance
from sandbox.event.instance_acts import LINES
from sandbox.event.reports import REPORTS
from sandbox.event.requests import REQUESTS
from sandbox.event.reviews import ACTS
from sandbox.i18n import Language, say
from sandbox.store.audit import Entry
from sandbox.store.jobs import Job
from sandbox.web.problems import PROBLEM
from sandbox.web.requests import language_of

JSON = "application/json"
EVENTS = "text/event-stream"
COMES_BACK = ("Last-Event-ID",)
"""Who comes back to a stream says which event they had last (WHATWG HTML 9.2.3)."""
LIST = {"type": "array", "items": {"type": "string"}}


OPERATIONS = (
    Operation("GET", "/api/tracks", "api.list_tracks", list[shapes.TrackView]),
    Operation("GET", "/api/systems", "api.list_systems", list[shapes.SystemView]),
    Operation(
        "POST", "/api/systems", "api.register_system", shapes.SystemView, shapes.SystemBody, 201
    ),
    *RUNNING_OPERATIONS,
    *NOTICE_OPERATIONS,
    Operation("GET", "/api/systems/{system}/access", "api.read_access", access_shapes.AccessView),
    Operation(
        "POST",
        "/api/systems/{system}/access",
        "api.seal_access",
        access_shapes.AccessView,
        access_shapes.AccessBody,
    ),
    Operation(
        "POST", "/api/systems/{system}/access/remove", "api.remove_access", access_shapes.AccessView
    ),
    Operation(
        "POST", "/api/systems/{system}/access/try", "api.try_access", access_shapes.TrialView
    ),
    Operation("GET", "/api/systems/{system}/agent", "api.read_agent", access_shapes.AgentView),
    Operation(
        "POST",
        "/api/systems/{system}/agent/next",
        "api.fetch_asked",
        access_shapes.AskedView,
        access_shapes.ListeningBody,
    ),
    Operation(
        "POST",
        "/api/systems/{system}/agent/answers/{id}",
        "api.bring_answer",
        access_shapes.BroughtView,
        access_shapes.BroughtBody,
    ),
    Operation(
        "POST",
        "/api/systems/{system}/agent/submissions",
        "api.bring_submission",
        access_shapes.SubmissionView,
        access_shapes.SubmissionBody,
    ),
    Operation("GET", "/api/matrix", "api.matrix", list[shapes.CellView], query=LISTED),
    Operation("GET", "/api/matrix.csv", "api.matrix_csv", "text/csv", query=LISTED),
    Operation("GET", "/api/report", "api.report_all", shapes.ReportView, query=NARROWED),
    Operation("GET", "/api/events", "api.follow_all", EVENTS, query=("after",), headers=COMES_BACK),
    Operation("GET", "/api/runs", "api.list_runs", list[shapes.RunView], query=("mine", *LISTED)),
    Operation(
        "POST",
        "/api/runs",
        "api.start_run",
        shapes.RunView,
        shapes.RunBody,
        201,
        headers=("Idempotency-Key",),
    ),
    Operation("GET", "/api/runs/{run}", "api.read_run", shapes.RunView),
    Operation("POST", "/api/runs/{run}/cancel", "api.cancel_run", shapes.RunView),
    Operation("POST", "/api/runs/{run}/finish", "api.finish_run", shapes.RunView),
    Operation("POST", "/api/runs/{run}/recheck", "api.recheck_run", shapes.RecheckView),
    Operation(
        "GET",
        "/api/runs/{run}/events",
        "api.read_log",
        list[shapes.EventView],
        query=("after",),
        headers=COMES_BACK,
    ),
    Operation(
        "GET", "/api/runs/{run}/exchanges/{number}", "api.read_exchange", shapes.ExchangeView
    ),
    Operation(
        "GET",
        "/api/runs/{run}/notebook/{test}",
        "api.open_notebook",
        "application/x-ipynb+json",
        query=("lang",),
    ),
    Operation("GET", "/api/runs/{run}/report/{report}", "api.report", "*/*"),
    Operation(
        "POST", "/api/runs/{run}/review/{act}", "api.review", shapes.RunView, shapes.ReviewBody
    ),
    Operation("GET", "/api/queue", "api.queue", list[shapes.RunView], query=LISTED),
    *EVENT_OPERATIONS,
    *DESK_OPERATIONS,
    Operation("POST", "/api/enter", "api.enter", joining.EnteredView, joining.EnterBody, 201),
    Operation("GET", "/api/me", "api.me", joining.PersonView),
    Operation("GET", "/api/people", "api.list_people", list[joining.PersonView]),
    Operation(
        "POST",
        "/api/people",
        "api.add_person",
        joining.EnteringView,
        joining.PersonBody,
        201,
    ),
    Operation(
        "POST",
        "/api/people/{id}/contact",
        "api.make_contact",
        joining.PersonView,
        joining.ContactBody,
    ),
    Operation("POST", "/api/people/{id}/remove", "api.remove_person", joining.PersonView),
    Operation("GET", "/api/invitations", "api.list_invitations", list[joining.InvitationView]),
    Operation(
        "POST",
        "/api/invitations",
        "api.invite",
        joining.InvitingView,
        joining.InvitationBody,
        201,
    ),
    Operation(
        "POST",
        "/api/invitations/{id}/revoke",
        "api.revoke_invitation",
        joining.InvitationView,
    ),
    Operation("GET", "/api/sessions", "api.list_sessions", list[joining.SessionView]),
    Operation("POST", "/api/sessions/{id}/end", "api.end_session", joining.SessionName),
    Operation("GET", "/api/teams/{team}/tokens", "api.list_tokens", list[shapes.TokenView]),
    Operation(
        "POST",
        "/api/teams/{team}/tokens",
        "api.make_token",
        shapes.MadeTokenView,
        shapes.TokenBody,
        201,
    ),
    Operation("POST", "/api/tokens/{id}/revoke", "api.revoke_token", shapes.TokenView),
    Operation(
        "POST",
        "/api/spaces/{space}/owner",
        "api.give_space",
        shapes.OwnerView,
        shapes.OwnerBody,
    ),
    Operation("GET", "/api/allowances", "api.list_allowances", list[Allowance]),
    Operation("POST", "/api/allowances", "api.allow", Allowance, shapes.AllowanceBody, 201),
    Operation("POST", "/api/allowances/end", "api.end_allowance", Allowance, shapes.AllowanceName),
    Operation("GET", "/api/audit", "api.audit", list[Entry], query=("before",)),
    Operation("GET", "/api/jobs", "api.list_jobs", list[Job]),
    Operation("GET", "/api/presets", "api.list_presets", list[shapes.PresetView]),
    Operation("POST", "/api/peers", "api.pair_up", list[shapes.RunView], status=201),
    Operation("GET", "/api/lessons", "api.list_lessons", list[Lesson]),
    Operation("GET", "/api/grades", "api.list_grades", list[Grade]),
    Operation("POST", "/api/links", "api.make_link", shapes.LinkView, shapes.LinkBody, 201),
    Operation(
        "POST", "/api/links/{id}/withdraw", "api.withdraw_link", shapes.LinkName, shapes.LinkSecret
    ),
    Operation(
        "POST",
        "/api/offers",
        "api.make_offer",
        wallet_shapes.OfferView,
        wallet_shapes.OfferBody,
        201,
    ),
    Operation(
        "POST",
        "/api/requests",
        "api.make_request",
        wallet_shapes.RequestView,
        wallet_shapes.RequestBody,
        201,
    ),
    Operation("GET", "/api/requests/{id}", "api.read_request", wallet_shapes.AnswerView),
    Operation(
        "POST",
        "/api/validations",
        "api.validate",
        shapes.ValidationView,
        JUDGED_TYPES,
        query=("ruleset", "language"),
        lists=("profile",),
    ),
    Operation(
        "POST",
        "/api/certificates",
        "api.judge_certificate",
        list[certificates.CertificateView],
        certificates.CERTIFICATE_TYPES,
    ),
    Operation("POST", "/api/cards", "api.make_cards", cards.CardsView, cards.CardsBody, 201),
    Operation("GET", "/api/openapi.json", "api.describe", dict[str, object]),
)
# what a place in a path can be, where that is counted: a generated client offers it
KNOWN_WORDS: dict[str, dict[str, list[str]]] = {
    "api.report": {"report": [*REPORTS, *REQUESTS, "evidence"]},
    "api.review": {"act": list(ACTS)},
    "api.move_instance": {"act": list(LINES)},
    "api.decide_results": {"decision": list(DECISIONS)},
}


async def describe(request: Request) -> Response:
    """GET /api/openapi.json: this description."""
    return answer(description(language_of(request)))


def describing_routes() -> list[Route]:
    """Returns the route of the description."""
    return [Route("/api/openapi.json", answering(describe))]


def description(language: Language) -> dict[str, Any]:
    """Returns the description (OpenAPI 3.1) with its sentences in a language; paths begin at the
    root of the server.
    """
    schemas, components = _schemas()
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        described = _operation(operation, schemas, language)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    components["Document"] = {"type": "object"}
    problem = {PROBLEM: {"schema": schemas["problem"]}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": say("api.title", language),
            "version": __version__,
            "description": say("api.about", language),
        },
        "tags": [{"name": name} for name in sorted({_tag(operation) for operation in OPERATIONS})],
        "paths": paths,
        "webhooks": webhooks_of(schemas, language),
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {
                "Refused": {"description": say("api.refused", language), "content": problem}
            },
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer"}},
        },
        # the empty one: before people are known nobody has a session
        "security": [{"session": []}, {}],
    }


def _operation(
    operation: Operation, schemas: Mapping[str, Any], language: Language
) -> dict[str, Any]:
    content: dict[str, Any] = {JSON: {"schema": schemas.get(f"{operation.name} gives")}}
    if isinstance(operation.gives, str):
        content = {operation.gives: _document(operation.gives)}
    # the same address streams to who asks for events
    if operation.name == "api.read_log":
        content[EVENTS] = _document(EVENTS)
    if operation.name == "api.validate":
        content[FHIR_JSON] = _document(FHIR_JSON)
    described: dict[str, Any] = {
        "operationId": operation.name.partition(".")[2],
        "tags": [_tag(operation)],
        "summary": say(operation.name, language),
        "parameters": _parameters(operation),
        "responses": {
            str(operation.status): {
                "description": say("api.done", language),
                "content": content,
                **_paging(operation, language),
            },
            "default": {"$ref": "#/components/responses/Refused"},
        },
    }
    if operation.takes is not None:
        described["requestBody"] = {"required": True, "content": _taken(operation, schemas)}
    return described


def _taken(operation: Operation, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what an operation takes, with an example."""
    if isinstance(operation.takes, tuple):
        return {
            kind: {**_document(kind), **upload_example(operation.name, kind)}
            for kind in operation.takes
        }
    taken = {"schema": schemas[f"{operation.name} takes"]}
    if operation.name in EXAMPLES:
        taken["example"] = EXAMPLES[operation.name]
    return {JSON: taken}


def _document(kind: str) -> dict[str, Any]:
    """Returns the schema of a document: an object, text, or bytes; generated clients need one."""
    if kind.endswith("json"):
        return {"schema": {"$ref": "#/components/schemas/Document"}}
    is_text = kind.startswith("text/")
    return {"schema": {"type": "string"} if is_text else {"type": "string", "format": "binary"}}


def _tag(operation: Operation) -> str:
    """Returns what an operation is about: the first word of its path."""
    return operation.path.split("/")[2].partition(".")[0]


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    """Returns what is given in the path, the query and the headers."""
    text = {"type": "string"}
    return [
        *(_place(name, operation) for name in re.findall(r"\{(\w+)\}", operation.path)),
        *({"name": name, "in": "query", "schema": text} for name in operation.query),
        *(
            {"name": name, "in": "query", "schema": LIST, "explode": True}
            for name in operation.lists
        ),
        *({"name": name, "in": "header", "schema": text} for name in operation.headers),
    ]


def _paging(operation: Operation, language: Language) -> dict[str, Any]:
    """Returns the headers of a list that is given by page."""
    if "cursor" not in operation.query:
        return {}
    count = {"description": say("api.total", language), "schema": {"type": "integer"}}
    link = {"description": say("api.next", language), "schema": {"type": "string"}}
    return {"headers": {"X-Total-Count": count, "Link": link}}


def _place(name: str, operation: Operation) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"} if name == "number" else {"type": "string"}
    if words := KNOWN_WORDS.get(operation.name, {}).get(name):
        schema["enum"] = words
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _schemas() -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the JSON Schema of all that is taken or given, by operation, and those that they
    refer to.  All at once: two types of one name must not take each other's place.
    """
    from pydantic import TypeAdapter  # only here: it is slow to import

    types = {"problem": shapes.Problem}
    types |= {f"webhook {type}": data for type, data in WEBHOOKS.items()}
    for operation in OPERATIONS:
        if not isinstance(operation.gives, str):
            types[f"{operation.name} gives"] = operation.gives
        if operation.takes is not None and not isinstance(operation.takes, tuple):
            types[f"{operation.name} takes"] = operation.takes
    asked = [(name, "validation", TypeAdapter(type)) for name, type in types.items()]
    template = "#/components/schemas/{model}"
    # OpenAPI wants them side by side in components, not inside one another
    schemas, held = TypeAdapter.json_schemas(asked, ref_template=template)  # type: ignore[arg-type]  # "validation" is one of two words
    return {name: schema for (name, _), schema in schemas.items()}, held.get("$defs", {})

"""Routes about test instances: what teams do together by the plan of an event, and what monitors
decide of it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    number_of,
    object_of,
    person_of,
    run_service_of,
    text_in,
    texts_in,
    writer_of,
)
from sandbox.api.instance_views import Reader, instance_view, row_view
from sandbox.api.listing import PAGED, USUAL, told
from sandbox.errors import BadRequest
from sandbox.event.additions import Addition
from sandbox.event.identity import Person
from sandbox.event.instance import Instance
from sandbox.event.instance_acts import Words
from sandbox.event.instances import Instances
from sandbox.event.overruling import Ruling
from sandbox.event.partners import Chosen
from sandbox.event.rights import allow
from sandbox.event.submitting import acted
from sandbox.event.systems import all_systems, versions_of
from sandbox.event.throughs import Throughs
from sandbox.limits import ATTACHMENT_BYTES, HANDED_IN_BYTES
from sandbox.store.instances import Wanted
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import body_of, language_of

FILTERS = ("test", "track", "system", "country", "team", "monitor")
LISTED = ("event", "state", *FILTERS, *PAGED)
"""What may be asked of a list of instances."""


async def instances(request: Request) -> Response:
    """GET /api/instances: those of an event, the newest first, by state, test, track, system,
    country or team; POST starts one (event, test, system, role; partner, partner_role).
    """
    person = await person_of(request)
    all_instances = instances_of(request)
    if request.method == "POST":
        body = await object_of(request)
        start = partial(
            all_instances.start,
            text_in(body, "event"),
            text_in(body, "test"),
            Chosen(text_in(body, "system"), text_in(body, "role", default="")),
            person,
            partner=_partner_in(body),
        )
        return await shown_to(request, await run_in_threadpool(start), person, status=201)
    allow(person, "see_results")
    query = request.query_params
    plan = await run_in_threadpool(all_instances.plans.find, query.get("event", ""))
    wanted = Wanted(
        plan.id,
        states=tuple(filter(None, query.getlist("state"))),
    )
    filters: dict[str, Any] = {name: query.get(name, "") for name in FILTERS}
    wanted = replace(wanted, **filters)
    limit = number_of(query.get("limit") or str(USUAL))
    listing = partial(all_instances.store.page, wanted, limit=limit, cursor=query.get("cursor", ""))
    page = await run_in_threadpool(listing)
    rows = [row_view(row, plan, language_of(request)) for row in page.rows]
    return answer(rows, headers=told(request, page.total, page.cursor))


async def instance(request: Request) -> Response:
    """GET /api/instances/{instance}: all that belongs to it, for those who take part or look after
    it.
    """
    person = await person_of(request)
    read = partial(instances_of(request).seen_by, request.path_params["instance"], person)
    return await shown_to(request, await run_in_threadpool(read), person)


async def act(request: Request) -> Response:
    """POST /api/instances/{instance}/{act}: pause, resume, abort, submit, say, contest, accept,
    decline, claim, release, return, decide, hurry.  Before `submit`, a run that waits for a client
    and has judged what the plan asks for is ended: `ended` in the history, with its id.
    """
    person = await person_of(request)
    body = await object_of(request)
    words = Words(
        text=text_in(body, "words", default=""),
        role=text_in(body, "role", default=""),
        decision=text_in(body, "decision", default=""),
        ticked=_numbers_in(body, "ticked"),
    )
    id, word = (request.path_params[name] for name in ("instance", "act"))
    judging = run_service_of(request).judging
    moved = await acted(instances_of(request), judging, id, word, person, words)
    return await shown_to(request, moved, person)


async def invite(request: Request) -> Response:
    """POST /api/instances/{instance}/partners: asks the team of a system to take a role."""
    person = await person_of(request)
    body = await object_of(request)
    id = request.path_params["instance"]
    role, system = text_in(body, "role"), text_in(body, "system")
    ask = partial(instances_of(request).invite, id, role, system, person)
    return await shown_to(request, await run_in_threadpool(ask), person, status=201)


async def attempt(request: Request) -> Response:
    """POST /api/instances/{instance}/runs: starts what the bench can run for a role, or, with
    `run`, adds a run that is there already.
    """
    person = await person_of(request)
    body = await object_of(request)
    all_instances = instances_of(request)
    role = text_in(body, "role")
    named = text_in(body, "run", default="")
    read = partial(all_instances.seen_by, request.path_params["instance"], person)
    shown = await run_in_threadpool(read)
    if named:
        run = await run_in_threadpool(run_service_of(request).runs.read, named)
        allow(person, "see_run", run.whose)
        add = partial(all_instances.attempt, shown.id, role, run, person)
        return await shown_to(request, await run_in_threadpool(add), person, status=201)
    shown = await all_instances.run(
        shown.id,
        role,
        person,
        given=texts_in(body, "inputs"),
        language=language_of(request),
    )
    return await shown_to(request, shown, person, status=201)


async def hand_in(request: Request) -> Response:
    """POST /api/instances/{instance}/handed-in?role=: the evidence of a run that a team made on
    its own machine; it is judged again, and marked.
    """
    # a team's token too: it is a build of theirs that hands in
    person = await writer_of(request)
    content = await body_of(request, limit=HANDED_IN_BYTES)
    id, role = request.path_params["instance"], request.query_params.get("role", "")
    taken = await instances_of(request).hand_in(id, role, content, person)
    return await shown_to(request, taken, person, status=201)


async def watch(request: Request) -> Response:
    """POST /api/instances/{instance}/through: opens a recording proxy between the systems of two
    roles (asking, answering).
    """
    person = await person_of(request)
    body = await object_of(request)
    id = request.path_params["instance"]
    roles = text_in(body, "asking"), text_in(body, "answering")
    begin = partial(throughs_of(request).open, id, *roles, person)
    return await shown_to(request, await run_in_threadpool(begin), person, status=201)


async def attach(request: Request) -> Response:
    """POST /api/instances/{instance}/attachments: a link as JSON, or a file as it is, with its
    name in the query.
    """
    person = await person_of(request)
    media = request.headers.get("content-type", "").partition(";")[0].strip()
    query = request.query_params
    if media == "application/json" and "name" not in query:
        body = await object_of(request)
        addition = Addition(
            name=text_in(body, "name"),
            url=text_in(body, "url"),
            evidence=text_in(body, "evidence", default=""),
        )
    else:
        content = await body_of(request, limit=ATTACHMENT_BYTES)
        evidence = query.get("evidence", "")
        addition = Addition(query.get("name", ""), media, content, evidence=evidence)
    id = request.path_params["instance"]
    add = partial(instances_of(request).attach, id, addition, person)
    return await shown_to(request, await run_in_threadpool(add), person, status=201)


async def content(request: Request) -> Response:
    """GET /api/instances/{instance}/attachments/{number}: the bytes of a file, to be saved and
    never shown.
    """
    person = await person_of(request)
    all_instances = instances_of(request)
    read = partial(all_instances.seen_by, request.path_params["instance"], person)
    shown = await run_in_threadpool(read)
    number = number_of(request.path_params["number"])
    name, file = await run_in_threadpool(all_instances.content, shown, number)
    # what a stranger sent is never taken for a page of ours
    ascii_name = "".join(
        letter if (letter.isalnum() and letter.isascii()) or letter in ".-_" else "_"
        for letter in name
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{ascii_name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(file, headers=headers, media_type="application/octet-stream")


async def overrule(request: Request) -> Response:
    """POST /api/instances/{instance}/overrulings: sets a verdict of the bench aside, with reason
    and clause.
    """
    person = await person_of(request)
    body = await object_of(request)
    names = ("run", "test", "verdict", "reason", "clause")
    ruling = Ruling(**{name: text_in(body, name) for name in names})
    id = request.path_params["instance"]
    rule = partial(instances_of(request).overrule, id, ruling, person)
    return await shown_to(request, await run_in_threadpool(rule), person, status=201)


async def totals(request: Request) -> Response:
    """GET /api/instances/totals: how many instances of each planned test stand in which state."""
    allow(await person_of(request), "see_results")
    all_instances = instances_of(request)
    plan = await run_in_threadpool(all_instances.plans.find, request.query_params.get("event", ""))
    return answer(await run_in_threadpool(all_instances.store.counts, Wanted(plan.id)))


async def close(request: Request) -> Response:
    """POST /api/plans/{plan}/close: what no monitor has decided is incomplete from then on."""
    person = await person_of(request)
    all_instances = instances_of(request)
    plan = await run_in_threadpool(all_instances.plans.find, request.path_params["plan"])
    closed = await run_in_threadpool(all_instances.close, plan.id, person)
    return answer({"event": plan.id, "closed": closed})


def instances_of(request: Request) -> Instances:
    """Returns the instances that the application holds."""
    all_instances: Instances = request.app.state.instances
    return all_instances


def throughs_of(request: Request) -> Throughs:
    """Returns the recording proxies of the instances that the application holds."""
    return Throughs(instances_of(request), run_service_of(request))


async def shown_to(
    request: Request, instance: Instance, person: Person, *, status: int = 200
) -> Response:
    """Returns an instance as a person may see and move it."""
    all_instances = instances_of(request)
    test = await run_in_threadpool(all_instances.test_of, instance)
    bench = await run_in_threadpool(all_instances.bench, instance)
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    reader = Reader(person, language_of(request), versions_of(systems))
    observed = await run_in_threadpool(throughs_of(request).observed, instance)
    view = instance_view(instance, test, bench, reader, observed)
    return answer(view, status)


def _partner_in(body: dict[str, Any]) -> Chosen | None:
    system = text_in(body, "partner", default="")
    return Chosen(system, text_in(body, "partner_role", default="")) if system else None


def _numbers_in(body: dict[str, Any], name: str) -> tuple[int, ...]:
    value = body.get(name) or []
    # a bool is an int to Python, and none to whoever sent it
    if not isinstance(value, list) or not all(type(number) is int for number in value):
        raise BadRequest("testbench.bad_request", where=name, name=name)
    return tuple(value)


def instance_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `instances` and `run_service`."""
    return [
        Route("/api/instances", answering(instances), methods=["GET", "POST"]),
        Route("/api/instances/totals", answering(totals)),
        Route("/api/plans/{plan}/close", answering(close), methods=["POST"]),
        Route("/api/instances/{instance}", answering(instance)),
        Route("/api/instances/{instance}/partners", answering(invite), methods=["POST"]),
        Route("/api/instances/{instance}/runs", answering(attempt), methods=["POST"]),
        Route("/api/instances/{instance}/handed-in", answering(hand_in), methods=["POST"]),
        Route("/api/instances/{instance}/through", answering(watch), methods=["POST"]),
        Route("/api/instances/{instance}/attachments", answering(attach), methods=["POST"]),
        Route("/api/instances/{instance}/attachments/{number}", answering(content)),
        Route("/api/instances/{instance}/overrulings", answering(overrule), methods=["POST"]),
        Route("/api/instances/{instance}/{act}", answering(act), methods=["POST"]),
    ]

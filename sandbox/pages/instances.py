"""The pages of test instances: the list of an event, and one with all that people do about it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of, run_service_of
from sandbox.api.instance_shapes import PartView
from sandbox.api.instance_views import Reader, instance_view, row_view
from sandbox.api.instances import instances_of, throughs_of
from sandbox.errors import BadRequest
from sandbox.event.additions import Addition
from sandbox.event.identity import Person
from sandbox.event.instance import DECISIONS, STATES, WAITING, Instance
from sandbox.event.instance_acts import Words
from sandbox.event.overruling import RULED
from sandbox.event.partners import Chosen, begun_already
from sandbox.event.plan import PlannedEvent, PlannedTest, RoleInTest, bench_tests, words_in
from sandbox.event.presets import presets
from sandbox.event.required import given_for, lacking_inputs
from sandbox.event.rights import allow, may
from sandbox.event.submitting import acted
from sandbox.event.systems import System, all_systems, versions_of
from sandbox.limits import ATTACHMENT_BYTES, ATTACHMENTS, HANDED_IN_BYTES, JUDGED_BYTES, MEGABYTE
from sandbox.pages.home import page_language
from sandbox.pages.inputs import (
    FIELD,
    FILE,
    FIND,
    fields_of,
    given_in,
    likely_of,
    said_inputs,
    typed_in,
)
from sandbox.pages.instance_step import step_of
from sandbox.pages.working import form_of, go_to, shown, upload_of, working_page
from sandbox.store.instances import Wanted
from sandbox.testbench.tracks import inputs_of, number_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

FILTERS = ("state", "test", "system", "country")
ROWS = 50
FEW = 3  # systems of which all that can be started stands in one list
SUBMIT = "connectathon event submit RUN.zip --instance {id} --server {server} --token-env NAME"


async def instances(request: Request) -> Response:
    """GET /instances: those of an event, with what one's own systems may start."""
    person = await person_of(request)
    allow(person, "see_results")
    all_instances = instances_of(request)
    query = request.query_params
    plan = await run_in_threadpool(all_instances.plans.find, query.get("event", ""))
    chosen = {name: query.get(name, "") for name in FILTERS}
    wanted = Wanted(
        plan.id,
        states=[chosen["state"]] if chosen["state"] else (),
        test=chosen["test"],
        system=chosen["system"],
        country=chosen["country"],
        team=person.team_id if query.get("mine") else "",
    )
    listing = partial(all_instances.store.page, wanted, limit=ROWS, cursor=query.get("cursor", ""))
    page = await run_in_threadpool(listing)
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    language = page_language(request)
    return await working_page(
        request,
        "instances.html",
        live="*",
        me=person,
        event=plan,
        words=partial(words_in, language=language),
        rows=[row_view(row, plan, language) for row in page.rows],
        total=page.total,
        cursor=page.cursor,
        chosen=chosen,
        is_mine=bool(query.get("mine")),
        states=STATES,
        systems=sorted(system.name for system in systems),
        starts_many=sum(may(person, "start", system.whose) for system in systems) > FEW,
        to_start=_to_start(plan, systems, person, chosen["system"]),
    )


def _to_start(
    plan: PlannedEvent, systems: list[System], person: Person, chosen: str
) -> list[tuple[PlannedTest, str, str]]:
    """Returns what a person may start: planned test, role and system, in the order of the plan; of
    whoever may for many systems, that of the one that is chosen.
    """
    own = [system for system in systems if may(person, "start", system.whose)]
    if len(own) > FEW:
        own = [system for system in own if system.name == chosen]
    return [
        (test, role.name, system.name)
        for system in own
        for test, role in plan.to_do(system.actors)
        if not test.waits
    ]


async def start(request: Request) -> Response:
    """POST /instances: starts one and shows it."""
    form = await form_of(request)
    person = await person_of(request)
    # one choice holds all of it, so that nobody can combine what does not belong together
    whole = "|".join(filter(None, (form.get("what", ""), form.get("partner", ""))))
    words = [*whole.split("|"), *[""] * 4]
    test, role, system, partner_role, partner = words[:5]
    chosen = Chosen(system, role)
    asked = Chosen(partner, partner_role) if partner else None
    known = instances_of(request)
    plan = await run_in_threadpool(known.plans.find, form.get("event", ""))
    allow(person, "start", (await run_in_threadpool(run_service_of(request).system, system)).whose)
    rows = await run_in_threadpool(partial(known.store.everything, plan.id, system=system))
    # whoever presses the button once more wants to go on with it, and no second one beside it
    if there := begun_already(rows, test, chosen, asked):
        return go_to(request, f"instances/{there}", done="open_already")
    begin = partial(known.start, plan.id, test, chosen, person, partner=asked)
    begun = await run_in_threadpool(begin)
    return go_to(request, f"instances/{begun.id}")


async def instance(request: Request) -> Response:
    """GET /instances/{instance}: who takes part, what the bench says, what was said, and what the
    reader may do.
    """
    person = await person_of(request)
    all_instances = instances_of(request)
    read = partial(all_instances.seen_by, request.path_params["instance"], person)
    shown_instance = await run_in_threadpool(read)
    test = await run_in_threadpool(all_instances.test_of, shown_instance)
    bench = await run_in_threadpool(all_instances.bench, shown_instance)
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    observed = await run_in_threadpool(throughs_of(request).observed, shown_instance)
    reader = Reader(person, page_language(request), versions_of(systems))
    view = instance_view(shown_instance, test, bench, reader, observed)
    partners = _partners(shown_instance, test, systems)
    runnable = _runnable(shown_instance, test, person)
    takes_part = may(person, "take_part", shown_instance.whose)
    verifies = may(person, "verify")
    is_concerned = takes_part or shown_instance.state in WAITING
    return await working_page(
        request,
        "instance.html",
        live="*",
        me=person,
        instance=view,
        test=test,
        words=partial(words_in, language=reader.language),
        step=step_of(view, partners, runnable, verifies=verifies) if is_concerned else None,
        partners=partners,
        runnable=runnable,
        sides=_sides(view["parts"], test),
        asks=_asking(test),
        base=address_of(request),
        takes_part=takes_part,
        command=SUBMIT.format(id=view["id"], server=address_of(request)),
        most={"file": ATTACHMENT_BYTES // MEGABYTE, "count": ATTACHMENTS},
        choices=DECISIONS,
        ruled=RULED,
        was_ruled=getattr(request.state, "was_ruled", False),
    )


def _partners(
    shown_instance: Instance, test: PlannedTest, systems: list[System]
) -> dict[str, list[System]]:
    """Returns the systems that can be asked for each role that is open."""
    teams = {
        part.team_id for part in shown_instance.parts.values() if part.standing != "declined"
    } - {""}
    return {
        role: [
            system
            for system in systems
            if test.role(role).actor in system.actors and system.team_id not in teams
        ]
        for role in shown_instance.open_roles(test)
    }


def _sides(parts: list[PartView], test: PlannedTest) -> list[tuple[PartView, PartView]]:
    """Returns which system may ask which, in the order of likelihood: whoever the plan tells of
    another role asks it, and else the first role.
    """
    met = [part for part in parts if part["standing"] == "accepted"]
    pairs = [(asking, other) for asking in met for other in met if asking is not other]
    order = [role.name for role in test.roles]

    def is_unlikely(pair: tuple[PartView, PartView]) -> tuple[bool, int]:
        asking, answering = (part["role"] for part in pair)
        return answering not in test.role(asking).inputs.values(), order.index(asking)

    return sorted(pairs, key=is_unlikely)


def _runnable(shown_instance: Instance, test: PlannedTest, person: Person) -> list[str]:
    """Returns the roles whose system the reader may have tested, and the bench can test."""
    return [
        role.name
        for role in test.roles
        if role.bench
        and (part := shown_instance.parts.get(role.name))
        and part.standing == "accepted"
        and (person.role == "facilitator" or part.team_id == person.team_id)
    ]


def _asking(test: PlannedTest) -> set[str]:
    """Returns the roles of which the bench may be told something before it tests them."""
    return {
        role.name
        for role in test.roles
        for track, _ in bench_tests(role)
        if inputs_of(track) - set(role.inputs)
    }


async def act(request: Request) -> Response:
    """POST /instances/{instance}/{act}: what a person does by a word, and what they say with it."""
    form = await form_of(request)
    person = await person_of(request)
    ticked = tuple(
        int(place)
        for place in form.get("ticked", "").split()
        if place.isascii() and place.isdigit()
    )
    words = Words(
        text=form.get("words", ""),
        role=form.get("role", ""),
        decision=form.get("decision", ""),
        ticked=ticked,
    )
    id, word = (request.path_params[name] for name in ("instance", "act"))
    if word == "decide":
        _check_given(form)
    judging = run_service_of(request).judging
    await acted(instances_of(request), judging, id, word, person, words)
    return go_to(request, f"instances/{id}")


def _check_given(form: Mapping[str, str]) -> None:
    """Raises BadRequest where the form that decides holds a verdict on a check, or the reason for
    one, that was not given: it would be lost, and the decision is not what the monitor means.
    """
    for name, text in form.items():
        field, _, check = name.partition("-")
        if field in ("verdict", "reason") and text.strip():
            test = number_of(check.partition("/")[2])
            raise BadRequest("instances.not_given_yet", where=field, test=test)


async def invite(request: Request) -> Response:
    """POST /instances/{instance}/partners: asks the team of a system to take a role."""
    form = await form_of(request)
    person = await person_of(request)
    id = request.path_params["instance"]
    role, system = form.get("role", ""), form.get("system", "")
    await run_in_threadpool(partial(instances_of(request).invite, id, role, system, person))
    return go_to(request, f"instances/{id}")


async def watch(request: Request) -> Response:
    """POST /instances/{instance}/through: opens a recording proxy between two of its systems."""
    form = await form_of(request)
    person = await person_of(request)
    id = request.path_params["instance"]
    asking, _, answering = form.get("sides", "").partition("|")
    await run_in_threadpool(partial(throughs_of(request).open, id, asking, answering, person))
    return go_to(request, f"instances/{id}")


async def prepare(request: Request) -> Response:
    """GET /instances/{instance}/runs: what the bench should know before it tests a role."""
    person = await person_of(request)
    all_instances = instances_of(request)
    read = partial(all_instances.seen_by, request.path_params["instance"], person)
    shown_instance = await run_in_threadpool(read)
    allow(person, "take_part", shown_instance.whose)
    test = await run_in_threadpool(all_instances.test_of, shown_instance)
    typed = request.state.typed
    role = test.role(typed.get("role") or request.query_params.get("role", ""))
    part = shown_instance.parts.get(role.name)
    registered = await _registered(request, part.system if part else "")
    plan = await run_in_threadpool(all_instances.plans.find, shown_instance.event)
    values = {**registered, **typed_in(typed)}
    language = page_language(request)
    needed = lacking_inputs(plan, role, values)
    fields = fields_of(_open_inputs(plan, role), values, language, await likely_of(request))
    return await working_page(
        request,
        "prepare.html",
        me=person,
        id=shown_instance.id,
        test=test,
        role=role,
        system=part.system if part else "",
        words=partial(words_in, language=language),
        needed=[said_inputs(name, language) for name in needed],
        fields=sorted(fields, key=lambda field: field.name not in " ".join(needed).split()),
    )


async def _registered(request: Request, system: str) -> Mapping[str, str]:
    """Returns the inputs of a registered system; none where it is not registered any more."""
    systems = await run_in_threadpool(all_systems, run_service_of(request).store)
    return next((one.inputs for one in systems if one.name == system), {})


def _open_inputs(plan: PlannedEvent, role: RoleInTest) -> set[str]:
    """Returns the inputs of the tests of a role that are somebody's to choose: event and plan have
    fixed the others.
    """
    tracks = [track for track, _ in bench_tests(role)]
    fixed = {name for track in tracks for name in given_for(plan, role, track)}
    preset = presets().get(plan.preset)
    locked = preset.locked if preset else ()
    names = {name for track in tracks for name in inputs_of(track)}
    return names - {*role.inputs, *fixed, *locked}


async def _lacks_inputs(request: Request, role: str) -> bool:
    """Tells whether the tests of a role need something that nobody has told yet."""
    known = instances_of(request)
    read = partial(known.seen_by, request.path_params["instance"], await person_of(request))
    instance = await run_in_threadpool(read)
    plan = await run_in_threadpool(known.plans.find, instance.event)
    part = instance.parts.get(role)
    registered = await _registered(request, part.system if part else "")
    return bool(lacking_inputs(plan, plan.test(instance.test).role(role), registered))


async def run(request: Request) -> Response:
    """POST /instances/{instance}/runs: starts what the bench can run for a role."""
    form = await upload_of(request, most=JUDGED_BYTES)
    person = await person_of(request)
    id = request.path_params["instance"]
    role = form.fields.get("role", "")
    # whoever comes from the form was asked, and may know no more
    was_asked = any(name.startswith((FIELD, FILE)) for name in (*form.fields, *form.files))
    if FIND in form.fields or (not was_asked and await _lacks_inputs(request, role)):
        return await prepare(request)
    start = partial(instances_of(request).run, given=given_in(form))
    await start(id, role, person, language=page_language(request))
    return go_to(request, f"instances/{id}")


async def attach(request: Request) -> Response:
    """POST /instances/{instance}/attachments: adds a file or a link, with or without scripts."""
    form = await upload_of(request, most=ATTACHMENT_BYTES)
    person = await person_of(request)
    id = request.path_params["instance"]
    name = form.fields.get("name", "").strip()
    evidence = form.fields.get("evidence", "")
    file = form.files.get("file")
    addition = (
        Addition(name or file.name, file.media, file.content, evidence=evidence)
        if file
        else Addition(name, url=form.fields.get("url", "").strip(), evidence=evidence)
    )
    await run_in_threadpool(partial(instances_of(request).attach, id, addition, person))
    return go_to(request, f"instances/{id}")


async def hand_in(request: Request) -> Response:
    """POST /instances/{instance}/handed-in: a run that a team made on its own machine."""
    form = await upload_of(request, most=HANDED_IN_BYTES)
    person = await person_of(request)
    id = request.path_params["instance"]
    file = form.files.get("file")
    content = file.content if file else b""
    await instances_of(request).hand_in(id, form.fields.get("role", ""), content, person)
    return go_to(request, f"instances/{id}")


def instance_pages() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `instances`."""
    return [
        Route("/instances", shown(instances)),
        Route("/instances", shown(start), methods=["POST"]),
        Route("/instances/{instance}", shown(instance)),
        Route("/instances/{instance}/partners", shown(invite, form=instance), methods=["POST"]),
        Route("/instances/{instance}/through", shown(watch, form=instance), methods=["POST"]),
        Route("/instances/{instance}/runs", shown(prepare)),
        Route("/instances/{instance}/runs", shown(run, form=prepare), methods=["POST"]),
        Route("/instances/{instance}/attachments", shown(attach, form=instance), methods=["POST"]),
        Route("/instances/{instance}/handed-in", shown(hand_in, form=instance), methods=["POST"]),
        Route("/instances/{instance}/{act}", shown(act, form=instance), methods=["POST"]),
    ]

"""The form by which a monitor puts a verdict in the place of the bench's.  It is part of the form
that decides about a test instance, so that what was ticked and typed there stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import person_of
from sandbox.api.instances import instances_of
from sandbox.event.overruling import Ruling
from sandbox.pages.instances import instance
from sandbox.pages.working import address_of_form, form_of, go_to, shown
from sandbox.threads import run_in_threadpool

FIELDS = ("verdict", "reason", "clause")
"""Each stands in the form once for each check, with the check behind a hyphen."""


async def overrule(request: Request) -> Response:
    """POST /instances/{instance}/overrulings: puts a verdict in the place of the bench's, and leads
    to the decision.
    """
    form = await form_of(request)
    person = await person_of(request)
    id = request.path_params["instance"]
    check = form.get("of", "")
    run, _, test = check.partition("/")
    ruling = Ruling(run, test, *(form.get(f"{name}-{check}", "") for name in FIELDS))
    await run_in_threadpool(partial(instances_of(request).overrule, id, ruling, person))
    kept = _kept(request.state.typed, check)
    if not kept:
        return go_to(request, f"instances/{id}", part="decide")
    request.state.typed = kept
    request.state.was_ruled = True
    request.state.form_at = address_of_form(request, instance)
    return await instance(Request({**request.scope, "method": "GET"}))


def _kept(typed: Mapping[str, str], ruled: str) -> dict[str, str]:
    """Returns what stays in the form once the verdict of a check was given; nothing where nobody
    has filled in more than that.
    """
    done = {"of", *(f"{name}-{ruled}" for name in FIELDS)}
    kept = {name: value for name, value in typed.items() if name not in done}
    # clauses are proposed: nobody has typed them
    is_filled = any(text.strip() for name, text in kept.items() if not name.startswith("clause-"))
    return kept if is_filled else {}


def overruling_pages() -> list[Route]:
    """Returns the routes; the application's state must hold `instances`."""
    place = "/instances/{instance}/overrulings"
    return [Route(place, shown(overrule, form=instance), methods=["POST"])]

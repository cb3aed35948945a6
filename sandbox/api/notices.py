"""Routes of the API for who is told of what: subscriptions with what was sent to each, and
announcements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import (
    answer,
    answering,
    list_in,
    number_of,
    object_of,
    person_of,
    run_service_of,
    text_in,
    texts_in,
)
from sandbox.api.listing import listing_of, runs_of, told
from sandbox.api.views import run_view
from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import NO_TEAM, Person
from sandbox.event.known import known_team
from sandbox.event.names import near_names
from sandbox.event.run_list import seen_by
from sandbox.limits import LIST_PAGE
from sandbox.notices.assembling import Notices
from sandbox.notices.happening import Narrowed
from sandbox.notices.requested import SubscriptionRequest
from sandbox.notices.subscriptions import Subscription
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of, language_of

NARROWED = ("track", "system", "team", "verdict")


def notices_in(request: Request) -> Notices:
    """Returns what the application holds."""
    notices: Notices = request.app.state.notices
    return notices


async def subscription_of(request: Request) -> tuple[Subscription, Person]:
    """Returns the subscription of the address, and who asks; raises NotFound, Forbidden."""
    person = await person_of(request)
    find = notices_in(request).subscriptions.find
    return await run_in_threadpool(find, request.path_params["subscription"], person), person


async def subscriptions(request: Request) -> Response:
    """GET /api/subscriptions: those that one may change, by `?carrier=`, and of these those that
    hear of `?run=`; POST makes one and tells the secret of a webhook, once.
    """
    person = await person_of(request)
    notices = notices_in(request)
    if request.method == "GET":
        rows = await run_in_threadpool(_listed, request, person)
        return answer([_view(row) for row in rows])
    body = await object_of(request)
    owner = await run_in_threadpool(_owner_in, body, request, person)
    is_team = text_in(body, "whose", default="me") == "team"
    team = owner.team_id if is_team else NO_TEAM
    asked = await run_in_threadpool(_request_in, body, request)
    make = partial(notices.subscribe, asked, person, team, owner=owner)
    subscription, secret = await run_in_threadpool(make)
    # the only time that it leaves this process in words: what is kept of it is sealed
    made = {**_view(subscription), "secret": secret}
    return answer(made, 201, {"Cache-Control": "no-store"})


async def subscription(request: Request) -> Response:
    """GET /api/subscriptions/{subscription}: one; DELETE ends it."""
    row, _ = await subscription_of(request)
    if request.method == "DELETE":
        await run_in_threadpool(notices_in(request).subscriptions.end, row)
    return answer(_view(row))


async def enable(request: Request) -> Response:
    """POST /api/subscriptions/{subscription}/enable: one that was disabled works again."""
    row, _ = await subscription_of(request)
    if row.state == "disabled":
        row = await run_in_threadpool(notices_in(request).subscriptions.enable, row)
    return answer(_view(row))


async def try_out(request: Request) -> Response:
    """POST /api/subscriptions/{subscription}/try: sends a notice that says nothing."""
    row, person = await subscription_of(request)
    await run_in_threadpool(notices_in(request).try_out, row, person)
    return answer(_view(row), 202)


async def sent(request: Request) -> Response:
    """GET /api/subscriptions/{subscription}/notices: the newest first, each with its tries."""
    row, _ = await subscription_of(request)
    newest = partial(notices_in(request).store.newest, row.id, limit=LIST_PAGE)
    views = [
        {
            "id": notice.id,
            "type": notice.kind,
            "at": notice.at,
            "state": notice.state,
            "tries": [asdict(attempt) for attempt in tries],
        }
        for notice, tries in await run_in_threadpool(newest)
    ]
    return answer(views)


async def again(request: Request) -> Response:
    """POST /api/subscriptions/{subscription}/again: sends again what was given up, or one."""
    row, _ = await subscription_of(request)
    body = await object_of(request)
    notice = text_in(body, "notice", default="")
    count = await run_in_threadpool(notices_in(request).send_again, row, notice)
    return answer({"count": count}, 202)


async def heard(request: Request) -> Response:
    """GET /api/subscriptions/{subscription}/runs: those of which it tells, the newest first; by
    page, and narrowed as `/api/runs`.
    """
    row, _ = await subscription_of(request)
    return await run_in_threadpool(_heard, request, row)


def _heard(request: Request, row: Subscription) -> Response:
    run_service = run_service_of(request)
    narrowed = row.narrowed
    tracks = tuple(track for track in TRACKS if track.startswith(narrowed.track))
    listener = notices_in(request).subscriptions.listener(row)
    # a track that there is no more narrows to nothing, and not to all
    if listener is None or not tracks:
        return answer([], headers=told(request, 0, ""))
    teams = {team.name.casefold(): team.name for team in run_service.people.teams()}
    listing = listing_of(request)
    asked = replace(
        listing.wanted,
        tracks=tracks if narrowed.track else listing.wanted.tracks,
        system=narrowed.system or listing.wanted.system,
        team=teams.get(narrowed.team.casefold(), narrowed.team) or listing.wanted.team,
        verdicts=(narrowed.verdict,) if narrowed.verdict else listing.wanted.verdicts,
    )
    runs = run_service.runs
    wanted = seen_by(listener, "see_run", asked)
    page = runs.list.page(wanted, limit=listing.limit, cursor=listing.cursor)
    views = [run_view(run, language_of(request)) for run in runs_of(page, runs)]
    return answer(views, headers=told(request, page.total, page.cursor))


async def announcements(request: Request) -> Response:
    """GET /api/announcements: those that hold now, with `?all=yes` also the others; POST makes
    one, and sent again with the same header Idempotency-Key it is the same.
    """
    person = await person_of(request)
    known = notices_in(request).announcements
    if request.method == "GET":
        is_all = request.query_params.get("all") == "yes"
        rows = await run_in_threadpool(known.all if is_all else known.current)
        return answer([asdict(row) for row in rows])
    body = await object_of(request)
    until = moment_in(text_in(body, "until", default=""))
    key = request.headers.get("idempotency-key", "")
    wakes = body.get("wakes") is True
    make = partial(known.make, texts_in(body, "texts"), person, until, wakes=wakes, key=key)
    return answer(asdict(await run_in_threadpool(make)), 201)


async def end_announcement(request: Request) -> Response:
    """POST /api/announcements/{number}/end: takes one down."""
    person = await person_of(request)
    number = number_of(request.path_params["number"])
    ended = await run_in_threadpool(notices_in(request).announcements.end, number, person)
    return answer(asdict(ended))


def narrowed_in(fields: Mapping[str, str], request: Request) -> Narrowed:
    """Returns of what somebody wants to be told, by names that there are.

    Args:
        fields: Those of Narrowed; what is absent or empty does not narrow it.
        request: Of the application that knows systems and teams.

    Raises:
        NotFound: A track, system or team is none; the error tells the names most like it.
        BadRequest: A name cannot be one.
    """
    run_service = run_service_of(request)
    narrowed = Narrowed(**fields)
    if not any(track.startswith(narrowed.track) for track in TRACKS):
        known = near_names(narrowed.track, TRACKS)
        raise NotFound("testbench.no_track", where="track", name=narrowed.track, known=known)
    if narrowed.system:
        run_service.system(narrowed.system)
    if narrowed.team:
        team = known_team(narrowed.team, run_service.people, run_service.store)
        return replace(narrowed, team=team.name)
    return narrowed


def moment_in(text: str) -> datetime | None:
    """Returns a moment with its offset (RFC 3339 5.6); None for no text.

    Raises:
        BadRequest: It is none.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("testbench.bad_request", where="until", name="until") from None
    if moment.tzinfo is None:
        raise BadRequest("testbench.bad_request", where="until", name="until")
    return moment


def notice_routes() -> list[Route]:
    """Returns the routes; the application's state must hold `notices`."""
    return [
        Route("/api/subscriptions", answering(subscriptions), methods=["GET", "POST"]),
        Route(
            "/api/subscriptions/{subscription}", answering(subscription), methods=["GET", "DELETE"]
        ),
        Route("/api/subscriptions/{subscription}/enable", answering(enable), methods=["POST"]),
        Route("/api/subscriptions/{subscription}/try", answering(try_out), methods=["POST"]),
        Route("/api/subscriptions/{subscription}/notices", answering(sent)),
        Route("/api/subscriptions/{subscription}/runs", answering(heard)),
        Route("/api/subscriptions/{subscription}/again", answering(again), methods=["POST"]),
        Route("/api/announcements", answering(announcements), methods=["GET", "POST"]),
        Route("/api/announcements/{number}/end", answering(end_announcement), methods=["POST"]),
    ]


def _request_in(body: dict[str, Any], request: Request) -> SubscriptionRequest:
    narrowed = texts_in(body, "narrowed")
    if unknown := narrowed.keys() - set(NARROWED):
        name = sorted(unknown)[0][:40]
        raise BadRequest("testbench.bad_request", where="narrowed", name=name)
    return SubscriptionRequest(
        text_in(body, "carrier"),
        text_in(body, "target"),
        tuple(list_in(body, "topics")),
        text_in(body, "language", default="") or language_of(request),
        narrowed_in(narrowed, request),
        address_of(request),
        _hour_in(body),
    )


def _hour_in(body: dict[str, Any]) -> int | None:
    hour = body.get("hour")
    if hour is None or type(hour) is int:
        return hour
    raise BadRequest("notices.bad_hour", where="hour")


def _owner_in(body: dict[str, Any], request: Request, person: Person) -> Person:
    """Returns for whom a subscription is asked; raises BadRequest, NotFound."""
    id = text_in(body, "person", default="")
    return run_service_of(request).people.find(id) if id else person


def _listed(request: Request, person: Person) -> list[Subscription]:
    notices = notices_in(request)
    carrier = request.query_params.get("carrier", "")
    run = request.query_params.get("run", "")
    rows = notices.subscriptions.seen_by(person)
    asked = [row for row in rows if carrier in ("", row.carrier)]
    return notices.gathering.hearing(run, asked) if run else asked


def _view(row: Subscription) -> dict[str, Any]:
    return {
        "id": row.id,
        "whose": "team" if row.team else "me",
        "team_id": row.team,
        "person_id": row.person,
        "by": row.by,
        "at": row.at,
        "carrier": row.carrier,
        "target": row.target,
        "topics": list(row.topics),
        "narrowed": asdict(row.narrowed),
        "language": row.language,
        "state": row.state,
        "reason": row.reason,
        "hour": row.hour,
    }

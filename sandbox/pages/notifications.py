"""The pages of who is told of what: one's own and one's team's subscriptions, what was sent to
each, announcements, and the page to which each mail leads.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sandbox.api.asking import number_of, person_of, run_service_of
from sandbox.api.notices import moment_in, narrowed_in, notices_in, subscription_of
from sandbox.errors import NotFound
from sandbox.event.identity import NO_TEAM, Person
from sandbox.event.rights import Whose, allow
from sandbox.i18n import LANGUAGES, Language, as_language, say
from sandbox.limits import LIST_PAGE
from sandbox.notices.assembling import Notices
from sandbox.notices.happening import TOPICS
from sandbox.notices.mail import Invitation
from sandbox.notices.requested import CARRIERS, SubscriptionRequest
from sandbox.notices.subscriptions import Subscription
from sandbox.pages.home import WORKING, page_language, render, times_of
from sandbox.pages.working import (
    form_of,
    go_to,
    root_of,
    shown,
    systems_known_to,
    teams_known_to,
    working_page,
)
from sandbox.store.notices import NoticeRow, Try
from sandbox.testbench.script import ROLL_UP
from sandbox.testbench.tracks import TRACKS
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

REFUSED = tuple(
    f"testbench.{key}"
    for key in ("address_private", "address_never", "port_refused", "own_port", "scheme_refused")
)
"""Why the guard lets nothing out."""
UNTRUSTED = "access."
"""Begins the keys of what is wrong with a certificate."""
ONE_CLICK = "List-Unsubscribe"
"""What the program of a reader sends by itself (RFC 8058 3.1)."""


async def notifications(request: Request) -> Response:
    """GET /notifications: what reaches a person and their team; POST subscribes, and shows the
    secret of a webhook once.
    """
    person = await person_of(request)
    made: dict[str, Any] = {"made": None, "secret": ""}
    notices = notices_in(request)
    if request.method == "POST":
        form = await form_of(request)
        team = person.team_id if form.get("whose") == "team" else NO_TEAM
        asked = await run_in_threadpool(_request_in, form, request)
        make = partial(notices.subscribe, asked, person, team)
        subscription, secret = await run_in_threadpool(make)
        made = {"made": subscription, "secret": secret}
        request.state.typed = {}
    language = page_language(request)
    rows = await run_in_threadpool(_rows, notices, person, language)
    return await working_page(
        request,
        "notifications.html",
        me=person,
        rows=rows,
        teams={team.id: team.name for team in run_service_of(request).people.teams()},
        carriers=[name for name in CARRIERS if name != "mail" or notices.has_mail],
        topics=TOPICS,
        verdicts=ROLL_UP,
        team_names=await run_in_threadpool(teams_known_to, request),
        system_names=await run_in_threadpool(systems_known_to, request),
        tracks=TRACKS,
        **made,
    )


async def sent(request: Request) -> Response:
    """GET /notifications/{subscription}: what was sent, the newest first."""
    subscription, person = await subscription_of(request)
    newest = partial(notices_in(request).store.newest, subscription.id, limit=LIST_PAGE)
    language = page_language(request)
    rows = [_told(*row, language) for row in await run_in_threadpool(newest)]
    return await working_page(
        request, "notices.html", me=person, subscription=subscription, rows=rows
    )


async def act(request: Request) -> Response:
    """POST /notifications/{subscription}/{act}: end, enable, try or again."""
    form = await form_of(request)
    subscription, person = await subscription_of(request)
    notices = notices_in(request)
    # what was held goes out as soon as it is at work again
    again = partial(notices.send_again, subscription, form.get("notice", ""))
    acts: dict[str, list[Callable[[], object]]] = {
        "end": [partial(notices.subscriptions.end, subscription)],
        "enable": [partial(notices.subscriptions.enable, subscription), again],
        "try": [partial(notices.try_out, subscription, person)],
        "again": [again],
    }
    name = request.path_params["act"]
    if name not in acts or (name == "enable" and subscription.state != "disabled"):
        raise NotFound("api.no_such_place", where=name, path=request.url.path)
    for work in acts[name]:
        await run_in_threadpool(work)
    is_listed = name in ("try", "again")
    return go_to(request, f"notifications/{subscription.id}" if is_listed else "notifications")


async def announcements(request: Request) -> Response:
    """GET /announcements: what is announced; POST announces."""
    person = await person_of(request)
    allow(person, "manage_event")
    known = notices_in(request).announcements
    if request.method == "POST":
        form = await form_of(request)
        texts = {language: form.get(f"text-{language}", "") for language in LANGUAGES}
        until = form.get("until", "").strip()
        times = await run_in_threadpool(times_of, request)
        end = moment_in(times.entered(until)) if until else None
        await run_in_threadpool(partial(known.make, texts, person, end))
        return go_to(request, "announcements")
    current = await run_in_threadpool(known.current)
    rows = [{"announcement": row, "until": row.until} for row in current]
    return await working_page(request, "announcements.html", me=person, rows=rows)


async def end_announcement(request: Request) -> Response:
    """POST /announcements/{number}/end: takes one down."""
    person = await person_of(request)
    number = number_of(request.path_params["number"])
    await run_in_threadpool(notices_in(request).announcements.end, number, person)
    return go_to(request, "announcements")


async def mail(request: Request) -> Response:
    """GET /mail/{ticket}: for whoever reads the address, who need not be known here; POST confirms
    it, or ends what goes there.

    Looking changes nothing: a program that fetches links to check them must end nothing.
    """
    notices = notices_in(request)
    find = notices.subscriptions.by_ticket
    subscription = await run_in_threadpool(find, request.path_params["ticket"])
    state = "asks" if subscription.state == "unconfirmed" else "goes"
    if request.method == "POST":
        form = await form_of(request)
        if form.get("answer") == "confirm" and ONE_CLICK not in form:
            await run_in_threadpool(notices.subscriptions.enable, subscription)
            state = "goes"
        else:
            await run_in_threadpool(notices.subscriptions.end, subscription)
            state = "ended"
    language = page_language(request)
    values = {"subscription": subscription, "state": state, "root": root_of(request)}
    page = render("mail.html", language, me=None, **values)
    return HTMLResponse(page, headers={**WORKING, "Cache-Control": "no-store"})


async def mail_link(request: Request) -> Response:
    """POST /enter/{code}/mail: sends a link to enter to an address, and says what came of it."""
    person = await person_of(request)
    code = request.path_params["code"]
    invitation = await run_in_threadpool(run_service_of(request).people.code, code)
    allow(person, "invite", Whose(invitation.team_id))
    form = await form_of(request)
    language = page_language(request)
    address = form.get("address", "").strip()
    words = as_language(form.get("language"), default=language)
    link = f"{address_of(request)}/enter/{code}?lang={words}"
    sent = await notices_in(request).invite(Invitation(address, link, person.name, words), person)
    outcome = outcome_in(sent.outcome, language)
    return await working_page(
        request, "mailed.html", me=person, address=address, is_sent=sent.is_taken, outcome=outcome
    )


def notification_pages() -> list[Route]:
    """Returns the routes of the pages; the application's state must hold `notices`."""
    return [
        Route("/notifications", shown(notifications)),
        Route("/notifications", shown(notifications, form=notifications), methods=["POST"]),
        Route("/notifications/{subscription}", shown(sent)),
        Route("/notifications/{subscription}/{act}", shown(act), methods=["POST"]),
        Route("/announcements", shown(announcements)),
        Route("/announcements", shown(announcements, form=announcements), methods=["POST"]),
        Route("/announcements/{number}/end", shown(end_announcement), methods=["POST"]),
        Route("/enter/{code}/mail", shown(mail_link), methods=["POST"]),
        Route("/mail/{ticket}", shown(mail), methods=["GET", "POST"]),
    ]


def outcome_in(outcome: str, language: Language) -> str:
    """Returns what came of a try, in words.

    Args:
        outcome: As it is kept.
        language: Of the words.
    """
    if outcome.isdecimal():
        return say("notices.outcome.status", language, status=outcome)
    if outcome.startswith("smtp."):
        return say("notices.outcome.mail", language, status=outcome.removeprefix("smtp."))
    if outcome in ("timeout", "unreachable", "stopped", "off", "rate"):
        return say(f"notices.outcome.{outcome}", language)
    if outcome in REFUSED:
        return say("notices.outcome.refused", language)
    if outcome.startswith(UNTRUSTED):
        return say("notices.outcome.untrusted", language)
    return say("notices.outcome.other", language, name=outcome)


def _request_in(form: dict[str, str], request: Request) -> SubscriptionRequest:
    narrowed = {name: form.get(name, "").strip() for name in ("track", "system", "team", "verdict")}
    return SubscriptionRequest(
        form.get("carrier", ""),
        form.get("target", ""),
        tuple(form.get("topics", "").split()),
        form.get("language", "") or page_language(request),
        narrowed_in(narrowed, request),
        address_of(request),
    )


def _rows(notices: Notices, person: Person, language: Language) -> list[dict[str, Any]]:
    return [_row(notices, row, language) for row in notices.subscriptions.seen_by(person)]


def _row(notices: Notices, row: Subscription, language: Language) -> dict[str, Any]:
    """Returns what the list shows of a subscription, with what does not get through."""
    waiting = [
        (notice, tries)
        for notice, tries in notices.store.newest(row.id, limit=LIST_PAGE)
        if notice.state == "waiting" and tries
    ]
    reason = outcome_in(waiting[0][1][-1].outcome, language) if waiting else ""
    return {
        "subscription": row,
        "reason": outcome_in(row.reason, language) if row.reason else reason,
        "waiting": len(waiting),
    }


def _told(notice: NoticeRow, tries: list[Try], language: Language) -> dict[str, Any]:
    return {
        "notice": notice,
        "when": notice.at,
        "tries": [
            {
                "at": attempt.at,
                "took": attempt.took,
                "outcome": outcome_in(attempt.outcome, language),
            }
            for attempt in tries
        ],
    }

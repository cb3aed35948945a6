"""The committee of LACChain: who is in the network and up to which root, who asks to be admitted,
and for facilitators the decision, which in 2023 took e-mails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import number_of, person_of
from sandbox.api.lacchain import network_of
from sandbox.event.rights import allow, may
from sandbox.pages.working import form_of, go_to, working_page
from sandbox.pages.working import shown as page
from sandbox.store.runs import RunStore
from sandbox.threads import run_in_threadpool

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.lacchain.admissions import Admissions


async def look(request: Request) -> Response:
    """GET /lacchain: the members, who waits, and where a ministry asks."""
    me = await person_of(request)
    views = await run_in_threadpool(_views, request)
    decides = may(me, "manage_event")
    return await working_page(request, "committee.html", me=me, decides=decides, **views)


async def ask(request: Request) -> Response:
    """POST /lacchain: a ministry asks to be admitted."""
    await person_of(request)
    form = await form_of(request)

    def asked() -> None:
        from sandbox.credentials.lacchain.admissions import Asked

        words = [form.get(name, "").strip() for name in ("did", "name", "country", "url")]
        admissions_of(request).ask(Asked(*words))

    await run_in_threadpool(asked)
    return go_to(request, "lacchain")


async def decide(request: Request) -> Response:
    """POST /lacchain/admissions: admit, refuse or dismiss."""
    form = await form_of(request)
    allow(await person_of(request), "manage_event")
    did = form.get("did", "")

    def decided() -> None:
        admissions = admissions_of(request)
        if form.get("decision") == "admit":
            admissions.admit(did, days=number_of(form.get("days", "")))
        elif form.get("decision") == "dismiss":
            admissions.dismiss(did)
        else:
            admissions.refuse(did)

    await run_in_threadpool(decided)
    return go_to(request, "lacchain")


def committee_pages() -> list[Route]:
    """Returns the routes."""
    return [
        Route("/lacchain", page(look)),
        Route("/lacchain", page(ask, form=look), methods=["POST"]),
        Route("/lacchain/admissions", page(decide, form=look), methods=["POST"]),
    ]


def admissions_of(request: Request) -> Admissions:
    """Returns what the committee of this sandbox is asked."""
    from sandbox.credentials.lacchain.admissions import Admissions

    return Admissions(network_of(request), RunStore(request.app.state.database))


def _views(request: Request) -> dict[str, Any]:
    admissions = admissions_of(request)
    return {
        "members": [
            {
                "did": member.did,
                "name": member.name,
                "country": member.data.get("identificationData", {}).get("countryCode", ""),
                "until": member.exp * 1000,
                "broken": path.broken,
                "is_root": len(path.dids) == 1 and not path.broken,
            }
            for member, path in admissions.members()
        ],
        "waiting": admissions.waiting(),
    }

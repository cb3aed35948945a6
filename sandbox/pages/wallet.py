"""A wallet for a person with a phone: receives what an issuer offers, shows a verifier what its
holder agrees to, and tells what was shown to whom.

It belongs to a person, or in an open sandbox to a browser.  Whatever a link asks is put away while
its holder thinks about it: what they agree to is what they saw.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer as json_answer
from sandbox.api.asking import person_of, run_service_of
from sandbox.api.own_doors import OwnDoors
from sandbox.api.vci import kept_by
from sandbox.errors import BadRequest, NotFound
from sandbox.event.identity import Person
from sandbox.event.rights import Whose, allow
from sandbox.pages.border import border_pages
from sandbox.pages.cookies import keep_cookie
from sandbox.pages.home import page_language
from sandbox.pages.wallet_views import (
    consent_view,
    credential_view,
    history_view,
    offer_view,
    row_view,
)
from sandbox.pages.working import form_of, go_to, working_page
from sandbox.pages.working import shown as page
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    import httpx

    from sandbox.credentials.keys import PrivateKey
    from sandbox.credentials.lacchain.chain import Block
    from sandbox.credentials.report import Known, Report
    from sandbox.credentials.wallet.answering import Share
    from sandbox.credentials.wallet.calling import Send
    from sandbox.credentials.wallet.kept import KeptWallet
    from sandbox.credentials.wallet.offers import Offer
    from sandbox.credentials.wallet.receiving import Received
    from sandbox.credentials.wallet.waiting import Waiting

COOKIE = "wallet"
THINKING = timedelta(minutes=15)
POLICY = "camera=(self)"
"""A phone's camera is asked for by a page of its own origin alone."""


async def look(request: Request) -> Response:
    """GET /wallet: what is in it, where a link is given, and what was shown to whom."""
    desk = await _Desk.of(request)
    language = page_language(request)
    rows = await run_in_threadpool(desk.kept.credentials)
    history = await run_in_threadpool(desk.kept.history)
    waiting = await run_in_threadpool(desk.kept.waiting)
    values: dict[str, Any] = {
        "rows": [row_view(row, language) for row in reversed(rows)],
        "waiting": waiting,
        "history": [history_view(row, language) for row in reversed(history)],
    }
    return _with_camera(await working_page(request, "wallet.html", me=desk.me, **values))


async def read(request: Request) -> Response:
    """POST /wallet: what a link offers or asks for; nothing is kept or sent yet."""
    desk = await _Desk.of(request)
    text = (await form_of(request)).get("text", "").strip()
    scheme = text.partition(":")[0].lower()
    is_offer = scheme == "openid-credential-offer" or "credential_offer" in text.partition("?")[2]
    work = desk.read_offer if is_offer else desk.read_request
    name = "wallet_offer.html" if is_offer else "wallet_consent.html"
    pending, view = await run_in_threadpool(work, text)
    reply = await working_page(request, name, me=desk.me, pending=pending, view=view)
    if desk.new_cookie:
        keep_cookie(reply, request, COOKIE, desk.new_cookie)
    return reply


async def receive(request: Request) -> Response:
    """POST /wallet/receive: fetches what was offered, with its PIN, and checks it."""
    desk = await _Desk.of(request)
    form = await form_of(request)
    pending = form.get("pending", "")
    offer = await run_in_threadpool(desk.offer, pending)
    if offer.is_by_browser:
        link = await run_in_threadpool(desk.begin, offer)
        view = (await run_in_threadpool(desk.taken_up, "offer", pending))["view"]
        return await working_page(request, "wallet_agree.html", me=desk.me, link=link, view=view)
    ids = await run_in_threadpool(desk.receive, offer, form.get("pin", "").strip())
    return _where_it_is(request, ids)


async def back(request: Request) -> Response:
    """GET /wallet/back: where an issuer's page sends its holder, with a code or an error."""
    desk = await _Desk.of(request)
    state = request.query_params.get("state", "")
    return _where_it_is(request, await run_in_threadpool(desk.finish, state, request.url.query))


def _where_it_is(request: Request, ids: list[str]) -> Response:
    """Returns what leads to the credential that came; to all of them where it is not one."""
    return go_to(request, f"wallet/{ids[0]}" if len(ids) == 1 else "wallet")


async def offered_again(request: Request) -> Response:
    """The page of an offer whose PIN was not right: it can be typed once more."""
    desk = await _Desk.of(request)
    pending = request.state.typed.get("pending", "")
    view = (await run_in_threadpool(desk.taken_up, "offer", pending))["view"]
    return await working_page(request, "wallet_offer.html", me=desk.me, pending=pending, view=view)


async def ask_again(request: Request) -> Response:
    """POST /wallet/waiting: asks for a credential that was not ready."""
    desk = await _Desk.of(request)
    waiting = (await form_of(request)).get("id", "")
    id = await run_in_threadpool(desk.ask_again, waiting)
    return go_to(request, f"wallet/{id}" if id else "wallet")


async def show(request: Request) -> Response:
    """POST /wallet/show: shows a verifier what its holder agreed to, and nothing else."""
    desk = await _Desk.of(request)
    form = await form_of(request)
    view = await run_in_threadpool(desk.show, form)
    return await working_page(request, "wallet_shown.html", me=desk.me, view=view)


async def decline(request: Request) -> Response:
    """POST /wallet/decline: tells a verifier that its holder shows nothing."""
    desk = await _Desk.of(request)
    pending = (await form_of(request)).get("pending", "")
    await run_in_threadpool(desk.decline, pending)
    return go_to(request, "wallet")


async def credential(request: Request) -> Response:
    """GET /wallet/ID: a credential in words, with every step of checking it now."""
    desk = await _Desk.of(request)
    view = await run_in_threadpool(desk.credential, request.path_params["id"])
    return await working_page(request, "wallet_credential.html", me=desk.me, view=view)


async def export(request: Request) -> Response:
    """GET /wallet/export: credentials and history as a file, without keys."""
    desk = await _Desk.of(request)

    def content() -> dict[str, Any]:
        return {"credentials": desk.kept.credentials(), "history": desk.kept.history()}

    whole = await run_in_threadpool(content)
    disposition = {
        "Content-Disposition": 'attachment; filename="wallet.json"',
        "Cache-Control": "no-store",
    }
    return json_answer(whole, headers=disposition)


async def wipe(request: Request) -> Response:
    """POST /wallet/wipe: removes keys, credentials and history."""
    desk = await _Desk.of(request)
    if (await form_of(request)).get("sure") != "yes":
        raise BadRequest("wallet.not_sure", where="sure")
    await run_in_threadpool(desk.kept.wipe)
    return go_to(request, "wallet")


def wallet_pages() -> list[Route]:
    """Returns the routes of the wallet, and of who asks it."""
    return [
        *border_pages(),
        Route("/wallet", page(look)),
        Route("/wallet", page(read, form=look), methods=["POST"]),
        Route("/wallet/receive", page(receive, form=offered_again), methods=["POST"]),
        Route("/wallet/back", page(back)),
        Route("/wallet/waiting", page(ask_again), methods=["POST"]),
        Route("/wallet/show", page(show), methods=["POST"]),
        Route("/wallet/decline", page(decline), methods=["POST"]),
        Route("/wallet/export", page(export)),
        Route("/wallet/wipe", page(wipe), methods=["POST"]),
        Route("/wallet/{id}", page(credential)),
    ]


def _with_camera(reply: Response) -> Response:
    reply.headers["Permissions-Policy"] = POLICY
    return reply


def _browser(cookie: str) -> str:
    """Returns the owner that a browser is, without what it proves itself by."""
    return f"browser/{hashlib.sha256(cookie.encode()).hexdigest()[:32]}"


def _chosen(choices: Sequence[Share], id: str) -> Share:
    """Returns what the holder chose; raises NotFound where it is no longer there."""
    share = next((share for share in choices if share.held.id == id), None)
    if share is None:
        raise NotFound("wallet.read_again", where="choice")
    return share


class _Desk:
    """One request to the wallet of whoever asks; its work is for a thread."""

    def __init__(self, request: Request, me: Person) -> None:
        from sandbox.credentials.wallet.kept import KeptWallet
        from sandbox.sealing import Keys
        from sandbox.store.sealed import SealedStore

        self.me = me
        self._request = request
        cookie = request.cookies.get(COOKIE, "")
        self.new_cookie = "" if me.id or cookie else secrets.token_urlsafe(32)
        self._owner = f"person/{me.id}" if me.id else _browser(cookie or self.new_cookie)
        state = request.app.state
        store = SealedStore(state.database)
        keys = Keys(state.settings.data)
        self.kept: KeptWallet = KeptWallet(lambda: nullcontext(store), keys, self._owner)
        self._pending = kept_by(request)
        self._at = state.services.clock()
        self._language = page_language(request)

    @classmethod
    async def of(cls, request: Request) -> _Desk:
        """Returns that of a request; raises Unauthorized for somebody who is not known."""
        return cls(request, await person_of(request))

    def taken_up(self, what: str, secret: str) -> dict[str, Any]:
        """Returns what was put away; raises NotFound for what is over, or another wallet's."""
        pending = self._pending.read("pending", secret) or {}
        if pending.get("owner") != self._owner or what not in pending:
            raise NotFound("wallet.read_again", where="link")
        return dict(pending[what])

    def read_offer(self, text: str) -> tuple[str, dict[str, Any]]:
        """Returns by what an offer is known while its holder thinks, and what is shown of it."""
        from sandbox.credentials.wallet.offers import issuer_of, read_offer

        send = self._send()
        offer = read_offer(text, send)
        metadata = issuer_of(offer, send)
        view = offer_view(offer, metadata, self._language)
        return self._put_away("offer", {"fields": asdict(offer), "view": view}), view

    def read_request(self, text: str) -> tuple[str, dict[str, Any]]:
        """Returns by what a request is known while its holder thinks, and what is shown of it."""
        from sandbox.credentials.wallet.answering import choices_of
        from sandbox.credentials.wallet.requests import read_request

        asking = read_request(text, self._known(), self._send(), at=self._at, sends_errors=True)
        self.kept.check_new(asking)
        choices = choices_of(asking, self.kept.held(self._at))
        return self._put_away("asking", asdict(asking)), consent_view(
            asking, choices, self._language
        )

    def offer(self, pending: str) -> Offer:
        """Returns an offer that was put away."""
        from sandbox.credentials.wallet.offers import Offer

        fields = self.taken_up("offer", pending)["fields"]
        return Offer(**{**fields, "configurations": tuple(fields["configurations"])})

    def receive(self, offer: Offer, pin: str) -> list[str]:
        """Returns the ids of the credentials that came."""
        from sandbox.credentials.wallet.kept import new_key
        from sandbox.credentials.wallet.receiving import visit

        # before the offer is redeemed: it can be redeemed once
        self.kept.check_room()
        key = new_key()
        send = self._send()
        came, waiting = visit(offer, key, pin=pin, send=send, judge=self._judged, at=self._at)
        return self._kept_of(offer, key, came, waiting)

    def begin(self, offer: Offer) -> str:
        """Returns the issuer's page, on which the holder agrees."""
        from sandbox.credentials.wallet.agreeing import begin

        self.kept.check_room()
        state = secrets.token_urlsafe(24)
        own = f"{address_of(self._request)}/wallet"
        agreeing = begin(
            offer,
            client=own,
            redirect=f"{own}/back?lang={self._language}",
            state=state,
            send=self._send(),
        )
        self._put_away("agreeing", agreeing.as_json(), state)
        return agreeing.link

    def finish(self, state: str, answer: str) -> list[str]:
        """Returns the ids of the credentials that a holder has agreed to on the issuer's page."""
        from sandbox.credentials.wallet.agreeing import agreeing_of, finish
        from sandbox.credentials.wallet.kept import new_key

        agreeing = agreeing_of(self.taken_up("agreeing", state))
        self._pending.take("pending", state)
        key = new_key()
        send = self._send()
        came, waiting = finish(agreeing, answer, key, send=send, judge=self._judged, at=self._at)
        return self._kept_of(agreeing.offer, key, came, waiting)

    def _kept_of(
        self, offer: Offer, key: PrivateKey, came: list[Received], waiting: list[Waiting]
    ) -> list[str]:
        for each in waiting:
            self.kept.wait_for(each, key, offer.issuer, at=self._at)
        return [self.kept.add(received, key, offer.issuer, at=self._at) for received in came]

    def ask_again(self, id: str) -> str:
        """Returns the id of a credential that was waited for; empty where it is still not ready."""
        from sandbox.credentials.wallet.asking_again import ask_again

        send = self._send()
        id, _ = ask_again(self.kept, id, send=send, judge=self._judged, at=self._at)
        return id

    def show(self, form: dict[str, str]) -> dict[str, Any]:
        """Returns who was shown what."""
        from sandbox.credentials.wallet.answering import answer, choices_of
        from sandbox.credentials.wallet.requests import Asking

        asking = Asking(**self.taken_up("asking", form.get("pending", "")))
        self.kept.check_new(asking)
        choices = choices_of(asking, self.kept.held(self._at))
        shares = [_chosen(each, form.get(f"choice.{each[0].query}", "")) for each in choices]
        allowed = {(share.query, path) for share in shares for path, _ in share.leaves}
        place = answer(asking, shares, allowed, send=self._send(), at=self._at)
        self.kept.remember(asking, shares, at=self._at)
        # a verifier may name any address: only one of the web becomes a link
        is_web = place.startswith(("https://", "http://"))
        return {"who": asking.known_as or asking.client_id, "place": place if is_web else ""}

    def decline(self, pending: str) -> None:
        """Tells a verifier that nothing is shown."""
        from sandbox.credentials.wallet.declining import DENIED, decline

        decline(self.taken_up("asking", pending)["fields"], DENIED, self._send())

    def credential(self, id: str) -> dict[str, Any]:
        """Returns what is shown of a credential, judged now."""
        row = self.kept.credential(id)
        return credential_view(row, self._judged(row["text"]), self._language)

    def _put_away(self, what: str, fields: dict[str, Any], secret: str = "") -> str:
        secret = secret or secrets.token_urlsafe(24)
        body = {"owner": self._owner, what: fields}
        self._pending.keep("pending", secret, body, THINKING)
        return secret

    def _judged(self, text: str) -> Report:
        from sandbox.credentials.asking import verify_asking
        from sandbox.testbench.fetching import got

        def fetch(address: str) -> bytes:
            return got(address, self._way)

        return verify_asking(text, self._known(), fetch, at=self._at)

    def _known(self) -> Known:
        from sandbox.api.authorities import known_of
        from sandbox.api.links import trust_of

        folder = self._request.app.state.settings.data
        address = address_of(self._request)
        return known_of(trust_of(self._request), folder, address, self._at, {}, self._blocks())

    def _blocks(self) -> list[Block]:
        from sandbox.api.lacchain import network_of

        return network_of(self._request).chain.blocks()

    def _send(self) -> Send:
        from sandbox.testbench.calling import sending

        return sending(self._way)

    def _way(self) -> httpx.AsyncBaseTransport:
        # other servers are asked in the operator's name, as by a run
        allow(self.me, "start", Whose(self.me.team_id))
        guarded = run_service_of(self._request).ways.guarded(self.me.team_id)
        return OwnDoors(self._request.app, address_of(self._request), guarded)

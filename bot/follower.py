"""Follows the sandbox's log and keeps the cards of runs right, whoever moved them: chat, page, command line.

Many events of a run between two looks are one change of its card.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from dataclasses import asdict, replace

from bot.api import Away, Refused, Sandbox
from bot.run_cards import OPEN, details, run_card
from bot.store import Shown, Store
from bot.words import language_of

log = logging.getLogger("bot")
LOOK_SECONDS = 0.3
AWAY_SECONDS = 2.0
GONE = 404


class Follower:
    """Looks at what has moved; `secret` is the bot's own session, which may see every run."""

    def __init__(self, sandbox: Sandbox, store: Store, *, secret: str, look_seconds: float = LOOK_SECONDS) -> None:
        self._sandbox = sandbox
        self._store = store
        self._secret = secret
        self._look_seconds = look_seconds
        self._moved: set[str] = set(store.open_runs())
        self._ended: set[str] = set()
        self._has_failed = False
        self._place = store.place()

    def touch(self, run: str) -> None:
        """Looks at a run again, as one that was just shown somewhere."""
        self._moved.add(run)

    async def listen(self) -> None:
        """Reads the log without end; where the sandbox is away it goes on from where it was."""
        while True:
            try:
                async for place, run, kind in self._sandbox.moves(after=self._place, secret=self._secret):
                    self._place = place
                    self._moved.add(run)
                    if kind == "done":
                        self._ended.add(run)
            except (Away, Refused) as error:
                log.warning("sandbox is away: %s", error)
            except Exception:
                log.exception("listening failed")
            await asyncio.sleep(AWAY_SECONDS)

    async def look(self) -> None:
        """Changes cards without end."""
        while True:
            await asyncio.sleep(AWAY_SECONDS if self._has_failed else self._look_seconds)
            try:
                await self.look_once()
            except Exception:
                log.exception("look failed")

    async def look_once(self) -> None:
        """Changes the cards of what has moved since the last look."""
        place, moved, self._moved = self._place, self._moved, set()
        ended, self._ended = self._ended, set()
        self._has_failed = False
        for run in sorted(moved):
            try:
                for shown in self._store.shown(run):
                    await self._change(shown)
                if run in ended:
                    await self._announce(run)
            except (Away, Refused) as error:
                if isinstance(error, Refused) and error.status == GONE:
                    continue  # purged; its card stays as it is
                self._has_failed = True
                log.warning("cannot look at a run: %s", error)
                self._moved.add(run)  # at the next look
                self._ended |= ended & {run}
        if place != self._store.place() and not self._moved:
            self._store.put_place(place)

    async def _announce(self, id: str) -> None:
        """Tells of a run that has ended where somebody wished it who may see it, and where it is not shown already."""
        shown = {one.channel for one in self._store.shown(id)}
        for one in self._store.subscriptions():
            language = language_of(one.language)
            secret = self._store.secret_of(one.actor)
            try:
                run = await self._sandbox.ask("GET", f"/api/runs/{id}", secret=secret, language=language)
            except Refused:
                continue  # not theirs to see
            known = {name: str(run[name]) for name in ("track", "team")}
            if one.channel not in shown and one.fits(**known, verdict=str(run["verdict"])):
                body = {"card": asdict(details(run, language)), "run": "", "thread": ""}
                self._store.put_letter(f"told:{id}:{one.channel}", "post", one.channel, body)

    async def _change(self, shown: Shown) -> None:
        language = language_of(shown.language)
        path = f"/api/runs/{shown.run}"
        run = await self._sandbox.ask("GET", path, secret=self._secret, language=language)
        card = run_card(run, self._sandbox.base, language)
        digest = hashlib.sha256(json.dumps(asdict(card)).encode()).hexdigest()
        is_over = run["state"] not in OPEN and shown.told != run["state"]
        if digest == shown.digest and not is_over:
            return
        now = next((one for one in self._store.shown(shown.run) if one.channel == shown.channel), shown)
        with self._store.writing():
            body = {"card": asdict(card), "run": shown.run, "thread": ""}
            self._store.put_letter(f"update:{shown.run}:{shown.channel}", "update", shown.channel, body)
            said = details(run, language)
            if is_over and said.lines:
                reply = {"card": asdict(said), "run": shown.run, "thread": "run"}
                self._store.put_letter(f"reply:{shown.run}:{shown.channel}", "reply", shown.channel, reply)
            told = run["state"] if is_over else now.told
            self._store.put_shown(replace(now, digest=digest, told=told))

"""Asks the sandbox in the name of whoever has an intent; shared by all verbs."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from bot.api import Away, Refused, Sandbox
from bot.cards import Card, Form
from bot.grammar import Intent, line_of
from bot.reading import Known, Reading, Tracks, known_of, read, tracks_of
from bot.records import Member
from bot.store import Store
from bot.subscribers import Subscribers
from bot.words import LANGUAGES, say

# a card is read on a telephone; the page has the rest
MOST_RUNS = 5
MOST_ROWS = 100
PLAN_SECONDS = 30.0  # a plan changes now and then while an event runs
NOT_THERE = 404


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said; `form` asks for what is missing, where the chat has forms.

    `follows` is the run whose card it is, `is_private` whether it is for the asker alone; `posts`
    are for channels, each with the name by which it is said once.
    """

    card: Card
    form: Form | None = None
    follows: str = ""
    is_private: bool = True
    posts: tuple[tuple[str, str, Card], ...] = ()


class Asking:
    """Asks one sandbox for what more than one verb needs."""

    def __init__(self, sandbox: Sandbox, store: Store, subscribers: Subscribers) -> None:
        self._sandbox = sandbox
        self._store = store
        self._subscribers = subscribers
        self._tracks: dict[str, Any] = {}
        self._named: Tracks | None = None
        self._plans: dict[str, tuple[float, Any]] = {}
        self._parts: tuple[float, list[Any]] = (-PLAN_SECONDS, [])

    async def _ask(
        self, intent: Intent, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> Any:
        secret = self._store.secret_of(intent.actor)
        return await self._sandbox.ask(
            method, path, secret=secret, language=intent.language, body=body, key=key
        )

    async def _listed(self, intent: Intent, path: str, *, most: int = 0) -> tuple[list[Any], int]:
        """Returns a list of the API as far as it is wanted, and how long the whole of it is."""
        secret = self._store.secret_of(intent.actor)
        return await self._sandbox.listed(path, secret=secret, language=intent.language, most=most)

    async def _plan_of(self, intent: Intent) -> Any:
        """Returns the plan of the event that runs; None where none does.

        It is asked once in a while: every line that is read asks for its numbers.
        """
        at, plan = self._plans.get(intent.language, (-PLAN_SECONDS, None))
        if time.monotonic() - at >= PLAN_SECONDS:
            rows = await self._ask(intent, "GET", "/api/plans")
            current = next((row["id"] for row in rows if row["is_current"]), None)
            plan = current and await self._ask(intent, "GET", f"/api/plans/{quote(current)}")
            self._plans[intent.language] = (time.monotonic(), plan)
        return plan

    async def _taking_part(self, intent: Intent) -> list[Any]:
        """Returns the systems that take part in the event that runs, each with its team and actor;
        asked once in a while, since it is the same for all who ask.
        """
        plan = await self._plan_of(intent)
        if plan is None:
            return []
        at, rows = self._parts
        if time.monotonic() - at >= PLAN_SECONDS:
            rows = await self._ask(intent, "GET", f"/api/plans/{quote(plan['id'])}/results")
            self._parts = (time.monotonic(), rows)
        return rows

    async def _tracks_of(self, intent: Intent) -> Any:
        """Returns what can be tested; it stays the same as long as the sandbox runs, and is asked
        once a language.
        """
        if intent.language not in self._tracks:
            self._tracks[intent.language] = await self._ask(intent, "GET", "/api/tracks")
        return self._tracks[intent.language]

    async def read(self, text: str, intent: Intent) -> Reading:
        """Returns what a line comes to, with what its author can name."""
        is_in_thread = bool(intent.place.run)
        known = await self._known_to(intent)
        return read(text, intent.language, known, is_in_thread=is_in_thread)

    async def _known_to(self, intent: Intent) -> Known:
        """Returns what the asker can name; blind where the sandbox does not know them, or is away,
        which it says when the command is carried out.
        """
        try:
            tracks = await self._named_tracks(intent)
            me = await self._note_member(intent)
            systems = await self._ask(intent, "GET", "/api/systems")
            leads = me["role"] == "facilitator"
            people = await self._ask(intent, "GET", "/api/people") if leads else []
            plan = await self._plan_of(intent)
            parts = await self._taking_part(intent)
        except (Refused, Away):
            return Known(is_blind=True)
        teams = [row["team"] for row in (*people, *parts)]
        planned = [test["id"] for test in plan["tests"]] if plan else []
        return known_of(tracks, systems, me, more_teams=teams, planned=planned)

    async def _named_tracks(self, intent: Intent) -> Tracks:
        """Returns the tracks by their names in all languages; read once, as they are asked once."""
        if self._named is None:
            listed = {
                language: await self._tracks_of(replace(intent, language=language))
                for language in LANGUAGES
            }
            self._named = tracks_of(listed)
        return self._named

    async def _note_member(self, intent: Intent) -> Any:
        """Returns who the asker is in the sandbox, and keeps it, so that they can be told of what
        is theirs.
        """
        me = await self._ask(intent, "GET", "/api/me")
        asker = intent.place.asker
        if asker:
            self._store.put_member(
                Member(intent.actor, me["id"], me["team_id"], asker, intent.language)
            )
        return me

    async def _run_of(self, intent: Intent) -> Any:
        """Returns the run that is named, or that the thread is about, or the newest that the asker
        may see.
        """
        run = await self._named_run(intent) or await self._first_run(intent, "/api/runs")
        if run is None:
            raise self._refusal("said.no_runs", "said.no_runs_fix", intent)
        return run

    async def _run_to_change(self, intent: Intent) -> Any:
        """Returns the run that is named, or that the thread is about, or the newest that the asker
        began.

        Raises:
            Refused: There is none: a verb that changes something never guesses a run of somebody
                else.
        """
        run = await self._named_run(intent) or await self._first_run(intent, "/api/runs?mine=yes")
        if run is None:
            raise self._refusal("said.which_run", "said.which_run_fix", intent)
        return run

    async def _named_run(self, intent: Intent) -> Any:
        id = intent.args.get("run") or intent.place.run
        return await self._ask(intent, "GET", f"/api/runs/{quote(id, safe='')}") if id else None

    async def _first_run(self, intent: Intent, path: str) -> Any:
        runs = await self._ask(intent, "GET", path)
        return runs[0] if runs else None

    async def _named_instance(self, intent: Intent) -> Any:
        """Returns the test instance whose id is named, or that the thread is about; None where a
        run is meant, or nothing is named.
        """
        id = intent.args.get("run") or intent.place.run
        if not id:
            return None
        try:
            return await self._ask(intent, "GET", f"/api/instances/{quote(id, safe='')}")
        except Refused as error:
            if error.status == NOT_THERE:
                return None
            raise

    def _refusal(self, key: str, fix: str, intent: Intent) -> Refused:
        """Returns a refusal of the bot's own, in words that can be shown."""
        verb = line_of(intent.verb, {}, intent.language)
        named = intent.args.get("planned", "")
        return Refused(
            status=NOT_THERE,
            key=key,
            text=say(key, intent.language, test=named),
            fix=say(fix, intent.language, verb=verb),
        )

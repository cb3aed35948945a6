"""Answers questions: what is left for a team, whom it has not met, what a word means."""

from __future__ import annotations

from itertools import product
from typing import Any
from urllib.parse import quote

from bot.asking import MOST_ROWS, Answer, Asking
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.reading.glossary import TERMS
from bot.words import LANGUAGES, forms, plain, say

MOST_LINES = 15  # of a list that is read on a telephone; the page has the rest


class Questions(Asking):
    """Carries out the verbs that ask about a team's place in the event."""

    async def on_todo(self, intent: Intent) -> Answer:
        language = intent.language
        cells = await self._ask(intent, "GET", "/api/matrix")
        lines = []
        for system in await self._systems_meant(intent):
            tracks = await self._open_tracks(system, cells, intent)
            lines += [f"`{system['name']}` {line}" for line in tracks]
            lines += await self._planned(system, intent)
        if not lines:
            return Answer(Card(say("said.nothing_left", language), "good"))
        title = say("said.left", language, count=len(lines))
        return Answer(self._list_card(title, lines, intent, page="matrix"))

    async def _open_tracks(self, system: Any, cells: Any, intent: Intent) -> list[str]:
        """Returns the tracks that a system's actors have, and that it has not passed whole."""
        passed = {
            cell["track"]
            for cell in cells
            if cell["system"] == system["name"]
            and cell["is_whole"]
            and cell["verdict"] in ("pass", "warn")
        }
        words = {
            cell["track"]: say(f"verdict.{cell['verdict']}", intent.language)
            for cell in cells
            if cell["system"] == system["name"]
        }
        never = say("said.never_run", intent.language)
        return [
            f"`{track['id']}` {track['name']}: {words.get(track['id'], never)}"
            for track in await self._tracks_of(intent)
            if track["id"] not in passed
            and (track["actor"] in system["actors"] if system["actors"] else not track["actor"])
        ]

    async def _planned(self, system: Any, intent: Intent) -> list[str]:
        """Returns the planned tests of the event that runs which a system has still to play."""
        plan = await self._plan_of(intent)
        if plan is None:
            return []
        path = f"/api/plans/{quote(plan['id'])}"
        rows = await self._ask(intent, "GET", f"{path}/to-do?system={quote(system['name'])}")
        cells = await self._ask(intent, "GET", f"{path}/matrix")
        done = {
            (cell["test"], cell["role"])
            for cell in cells
            if cell["system"] == system["name"] and cell["state"] == "verified"
        }
        return [
            f"`{system['name']}` {row['test']['id']} {row['test']['title']} ({row['role_title']})"
            for row in rows
            if (row["test"]["id"], row["role"]) not in done
        ]

    async def on_partners(self, intent: Intent) -> Answer:
        language = intent.language
        plan = await self._plan_of(intent)
        if plan is None:
            return Answer(Card(say("said.no_event", language), "bad"))
        lines = []
        for system in await self._systems_meant(intent):
            path = f"/api/plans/{quote(plan['id'])}/not-met?system={quote(system['name'])}"
            lines += [
                f"`{row['test']}` {row['system']} ({row['role']}) – {row['partner']} "
                f"({row['partner_role']}), {row['team']}"
                for row in await self._ask(intent, "GET", path)
            ]
        if not lines:
            return Answer(Card(say("said.all_met", language), "good"))
        title = say("said.not_met", language, count=len(lines))
        return Answer(self._list_card(title, lines, intent, page="event"))

    async def on_define(self, intent: Intent) -> Answer:
        language = intent.language
        word = plain(intent.args["word"])
        for term, spoken in product(TERMS, LANGUAGES):
            if word in map(plain, forms(f"term.{term}", spoken)):
                meaning = say(f"meaning.{term}", language)
                return Answer(Card(forms(f"term.{term}", language)[0], lines=(meaning,)))
        known = ", ".join(forms(f"term.{term}", language)[0] for term in TERMS)
        title = say("said.no_term", language, word=intent.args["word"])
        return Answer(Card(title, "bad", lines=(known,)))

    async def _systems_meant(self, intent: Intent) -> list[Any]:
        """Returns the system that is named, else those of the asker's team."""
        systems = await self._ask(intent, "GET", "/api/systems")
        me = await self._ask(intent, "GET", "/api/me")
        wanted = intent.args.get("system", "")
        return [
            system
            for system in systems[:MOST_ROWS]
            if system["name"] == wanted or (not wanted and system["team_id"] == me["team_id"])
        ]

    def _list_card(self, title: str, lines: list[str], intent: Intent, *, page: str) -> Card:
        """Returns a list, cut and saying so, with a button to the page that has all of it."""
        shown = lines[:MOST_LINES]
        if len(lines) > MOST_LINES:
            shown.append(say("said.more", intent.language, count=len(lines) - MOST_LINES))
        url = f"{self._sandbox.base}/{page}?lang={intent.language}"
        button = Button(say("button.page", intent.language), page, url=url)
        return Card(title, lines=tuple(shown), buttons=(button,))

"""Answers questions: what is left for a team, whom it has not met, what a word means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any
from urllib.parse import quote

from bot.asking import MOST_ROWS, Answer, Asking
from bot.cards import Button, Card
from bot.grammar import VERBS, Intent, line_of
from bot.reading.glossary import TERMS
from bot.words import LANGUAGES, forms, plain, say

MOST_LINES = 15  # of a list that is read on a telephone; the page has the rest
MOST_ACTS = 5  # buttons beside it: the first of the list


class Questions(Asking):
    """Carries out the verbs that ask about a team's place in the event."""

    async def on_todo(self, intent: Intent) -> Answer:
        language = intent.language
        cells = await self._ask(intent, "GET", "/api/matrix")
        left: list[tuple[str, Button]] = []
        for system in await self._systems_meant(intent):
            left += await self._open_tracks(system, cells, intent)
            left += await self._planned(system, intent)
        if not left:
            return Answer(Card(say("said.nothing_left", language), "good"))
        title = say("said.left", language, count=len(left))
        return Answer(self._list_card(title, left, intent, page="matrix"))

    async def _open_tracks(
        self, system: Any, cells: Any, intent: Intent
    ) -> list[tuple[str, Button]]:
        """Returns the tracks that a system's actors have, and that it has not passed whole, each
        with its run.
        """
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
        name = system["name"]
        return [
            (
                f"`{name}` `{track['id']}` {track['name']}: {words.get(track['id'], never)}",
                _button("run", {"track": track["id"], "system": name}, intent),
            )
            for track in await self._tracks_of(intent)
            if track["id"] not in passed
            and (track["actor"] in system["actors"] if system["actors"] else not track["actor"])
        ]

    async def _planned(self, system: Any, intent: Intent) -> list[tuple[str, Button]]:
        """Returns the planned tests of the event that runs which a system has still to play, each
        with how it begins.
        """
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
        name = system["name"]
        return [
            (
                f"`{name}` {row['test']['id']} {row['test']['title']} ({row['role_title']})",
                _button(
                    "begin",
                    {"planned": row["test"]["id"], "system": name, "role": row["role"]},
                    intent,
                ),
            )
            for row in rows
            if (row["test"]["id"], row["role"]) not in done
        ]

    async def on_partners(self, intent: Intent) -> Answer:
        language = intent.language
        plan = await self._plan_of(intent)
        if plan is None:
            return Answer(Card(say("said.no_event", language), "bad"))
        left: list[tuple[str, Button]] = []
        for system in await self._systems_meant(intent):
            path = f"/api/plans/{quote(plan['id'])}/not-met?system={quote(system['name'])}"
            left += [
                (
                    f"`{row['test']}` {row['system']} ({row['role']}) – {row['partner']} "
                    f"({row['partner_role']}), {row['team']}",
                    _button("invite", _invited_in(row), intent),
                )
                for row in await self._ask(intent, "GET", path)
            ]
        if not left:
            return Answer(Card(say("said.all_met", language), "good"))
        title = say("said.not_met", language, count=len(left))
        return Answer(self._list_card(title, left, intent, page="event"))

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

    def _list_card(
        self, title: str, left: Sequence[tuple[str, Button]], intent: Intent, *, page: str
    ) -> Card:
        """Returns a list, cut and saying so, with buttons of the first, and of the page that has
        all of it.
        """
        shown = [line for line, _ in left[:MOST_LINES]]
        if len(left) > MOST_LINES:
            shown.append(say("said.more", intent.language, count=len(left) - MOST_LINES))
        url = f"{self._sandbox.base}/{page}?lang={intent.language}"
        acts = [button for _, button in left[:MOST_ACTS]]
        to_page = Button(say("button.page", intent.language), page, url=url)
        return Card(title, lines=tuple(shown), buttons=(*acts, to_page))


def _button(verb: str, args: Mapping[str, str], intent: Intent) -> Button:
    """Returns a command as a button that says how it is typed; systems of both sides are named, the
    roles in which they take part are not.
    """
    typed = {name: args[name] for name in VERBS[verb].takes if name in args}
    systems = [args[name] for name in ("system", "partner") if name in args and name not in typed]
    return Button(" · ".join([line_of(verb, typed, intent.language), *systems]), verb, args)


def _invited_in(row: Any) -> dict[str, str]:
    """Returns whom a system has not met, in which roles, as an invitation takes them."""
    names = ("system", "role", "partner", "partner_role", "team")
    return {"planned": row["test"], **{name: row[name] for name in names}}

"""What changed for the asker since they last asked, and the last day in figures: with the totals of
all, never those of a part that was read.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from bot.asking import MOST_RUNS, Answer, Asking
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.instance_cards import instance_line
from bot.notices import digest
from bot.run_cards import summary_line
from bot.words import say

DAY_SECONDS = 24 * 3600


def since_of(seconds: float) -> str:
    """Returns a moment as the API takes it (ISO 8601)."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def moment_of(seconds: float, plan: Any) -> str:
    """Returns a moment by the clock on the wall of the event, as the agenda has it; in UTC, and
    saying so, where no event runs.

    Args:
        seconds: Since the epoch.
        plan: As `/api/plans/ID` gives it; None for none.
    """
    zone = ZoneInfo(plan["zone"]) if plan else UTC
    named = "" if plan else " UTC"
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M}{named}"


class Telling(Asking):
    """Carries out the verbs that tell what has happened, and whether people are called by name."""

    async def on_news(self, intent: Intent) -> Answer:
        language = intent.language
        me = await self._ask(intent, "GET", "/api/me")
        now = time.time()
        place = f"news {intent.actor}"
        known = self._store.place(place)
        since = known if known > 0 else now - DAY_SECONDS
        team = quote(me["team_id"])
        narrowed = f"since={quote(since_of(since))}" + (f"&team={team}" if team else "")
        runs, of_runs = await self._listed(intent, f"/api/runs?{narrowed}", most=MOST_RUNS)
        instances = await self._changed_since(since * 1000, team, intent)
        self._store.put_place(int(now), place)
        lines = [*map(instance_line, instances[:MOST_RUNS])]
        lines += [summary_line(run, language) for run in runs]
        count = of_runs + len(instances)
        moment = moment_of(since, await self._plan_of(intent))
        if not count:
            return Answer(Card(say("said.no_news", language, since=moment), "good"))
        title = say("said.news", language, count=count, since=moment)
        if count > len(lines):
            lines.append(say("said.more", language, count=count - len(lines)))
        buttons = [
            Button(f"{row['test']} {row['id']}", "status", {"run": row["id"]})
            for row in instances[:MOST_RUNS]
        ]
        return Answer(Card(title, lines=tuple(lines), buttons=tuple(buttons)))

    async def _changed_since(self, moment: float, team: str, intent: Intent) -> list[Any]:
        if await self._plan_of(intent) is None:
            return []
        path = f"/api/instances?team={team}"
        rows, _ = await self._listed(intent, path)
        changed = [row for row in rows if row["changed"] >= moment]
        return sorted(changed, key=_changed_at, reverse=True)

    async def on_digest(self, intent: Intent) -> Answer:
        language = intent.language
        since = quote(since_of(time.time() - DAY_SECONDS))
        runs, _ = await self._listed(intent, f"/api/runs?since={since}")
        card = digest([run for run in runs if run["verdict"]], language)
        states: Counter[str] = Counter()
        if await self._plan_of(intent) is not None:
            for row in await self._ask(intent, "GET", "/api/instances/totals"):
                states[row["state"]] += row["count"]
        counts = tuple(
            (say(f"instance.{state}", language), str(count)) for state, count in states.items()
        )
        return Answer(Card(card.title, card.tone, counts, card.lines))

    async def on_mention(self, intent: Intent) -> Answer:
        self._store.put_mention(intent.actor, is_wanted=True)
        return Answer(Card(say("said.mention", intent.language), "good"))

    async def on_unmention(self, intent: Intent) -> Answer:
        self._store.put_mention(intent.actor, is_wanted=False)
        return Answer(Card(say("said.unmention", intent.language), "good"))


def _changed_at(row: Any) -> int:
    return int(row["changed"])

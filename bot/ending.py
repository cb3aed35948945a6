"""The verbs that end a run: finished, so that what came to it counts, or cancelled.

A run that is not named is the newest of one's own that can be ended so; of a test instance it is
that of one's own team, and where that is not one alone each is offered.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bot.asking import Answer
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.instance_cards import UNDER_WAY
from bot.reviewing import Reviewing
from bot.run_cards import OPEN, run_card, summary_line
from bot.words import say

WAITING = ("waiting",)


class Ending(Reviewing):
    """Ends runs."""

    async def on_finish(self, intent: Intent) -> Answer:
        return await self._ended(intent, WAITING)

    async def on_cancel(self, intent: Intent) -> Answer:
        return await self._ended(intent, OPEN)

    async def _ended(self, intent: Intent, states: Sequence[str]) -> Answer:
        """Ends the run that is meant by the verb, which the API calls the same; the card says
        which one it was.

        Args:
            intent: With the verb.
            states: Those in which a run can be ended so.
        """
        language = intent.language
        runs, is_own = await self._runs_meant(intent, states)
        if len(runs) > 1 or not is_own:
            buttons = tuple(
                Button(summary_line(run, language), intent.verb, {"run": run["id"]}) for run in runs
            )
            return Answer(Card(say("said.which_to_end", language), "bad", buttons=buttons))
        run = runs[0]
        if run["state"] not in states:
            key = "said.not_waiting" if run["state"] in OPEN else "said.over"
            return Answer(Card(say(key, language, run=run["id"])))
        ended = await self._ask(intent, "POST", f"/api/runs/{run['id']}/{intent.verb}")
        return Answer(run_card(ended, self._sandbox.base, language))

    async def _runs_meant(
        self, intent: Intent, states: Sequence[str]
    ) -> tuple[Sequence[Any], bool]:
        """Returns the runs that may be meant, and whether they are named or one's own.

        Raises:
            Refused: There is none.
        """
        instance = await self._named_instance(intent) or await self._planned_one(intent, UNDER_WAY)
        if instance is not None:
            return await self._runs_of(instance, intent, states)
        if not (intent.args.get("run") or intent.place.run):
            asked = "".join(f"&state={state}" for state in states)
            newest = await self._first_run(intent, f"/api/runs?mine=yes{asked}")
            if newest is not None:
                return [newest], True
        return [await self._run_to_change(intent)], True

    async def _runs_of(
        self, instance: Any, intent: Intent, states: Sequence[str]
    ) -> tuple[Sequence[Any], bool]:
        ids = [
            result["last_run"]
            for result in instance["bench"]
            if result["last_run"] and result["last_state"] in states
        ]
        if not ids:
            raise self._refusal("said.none_to_end", "said.which_run_fix", intent)
        runs = [await self._ask(intent, "GET", f"/api/runs/{quote(id, safe='')}") for id in ids]
        me = await self._ask(intent, "GET", "/api/me")
        own = [run for run in runs if run["team_id"] == me["team_id"]]
        return (own, True) if own else (runs, False)

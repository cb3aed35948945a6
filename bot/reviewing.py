"""The verbs of reviews: somebody asks for one, a monitor claims it, verifies it or returns it."""

from __future__ import annotations

from bot.asking import MOST_RUNS, Answer, Asking
from bot.cards import Card, Field, Form
from bot.grammar import Intent
from bot.run_cards import review_buttons, run_card, summary_line
from bot.words import say


class Reviewing(Asking):
    """Carries out the verbs of reviews."""

    async def on_ask(self, intent: Intent) -> Answer:
        return await self._review(intent, "ask")

    async def on_claim(self, intent: Intent) -> Answer:
        return await self._review(intent, "claim")

    async def on_verify(self, intent: Intent) -> Answer:
        return await self._review(intent, "decide", decision="verified")

    async def on_return(self, intent: Intent) -> Answer:
        if intent.args.get("comment"):
            return await self._review(intent, "decide", decision="incomplete")
        language = intent.language
        run = await self._run_to_change(intent)
        title, submit, usage = (
            say(key, language) for key in ("form.return", "form.send", "said.return_usage")
        )
        comment = Field("comment", say("fact.comment", language))
        form = Form(title, "return", (comment,), submit, usage, {**intent.args, "run": run["id"]})
        return Answer(Card(usage, "bad"), form)

    async def _review(self, intent: Intent, act: str, **body: str) -> Answer:
        run = await self._run_to_change(intent)
        body["comment"] = intent.args.get("comment", "")
        reviewed = await self._ask(intent, "POST", f"/api/runs/{run['id']}/review/{act}", body)
        return Answer(run_card(reviewed, self._sandbox.base, intent.language))

    async def on_queue(self, intent: Intent) -> Answer:
        runs = await self._ask(intent, "GET", "/api/queue?limit=200")
        lines = tuple(summary_line(run, intent.language) for run in runs[:MOST_RUNS])
        buttons = tuple(
            button for run in runs[:MOST_RUNS] for button in review_buttons(run, intent.language)
        )
        return Answer(
            Card(say("said.queue", intent.language, count=len(runs)), lines=lines, buttons=buttons)
        )

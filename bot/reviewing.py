"""The verbs of monitors: what waits, somebody asks for a look, a monitor claims it, verifies it or
returns it.

Runs and test instances are looked at by the same words; which of the two an id is, the sandbox
says.  What a monitor writes goes to the record as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from bot.api import Refused
from bot.asking import MOST_RUNS, NOT_THERE, Answer, Asking
from bot.cards import Button, Card, Field, Form
from bot.grammar import Intent
from bot.instance_cards import (
    LOST,
    UNDER_WAY,
    WAITING,
    checklist_card,
    instance_card,
    instance_line,
    version_of,
)
from bot.run_cards import review_buttons, run_card, summary_line
from bot.words import Language, say


class Reviewing(Asking):
    """Carries out the verbs of reviews, of runs and of test instances."""

    async def on_ask(self, intent: Intent) -> Answer:
        instance = await self._named_instance(intent) or await self._planned_one(intent, UNDER_WAY)
        if instance is not None:
            return await self._handed_in(instance, intent)
        return await self._review(await self._run_to_change(intent), intent, "ask")

    async def _handed_in(self, instance: Any, intent: Intent) -> Answer:
        """Hands an instance in, and says which runs were ended for it, also where it is refused for
        what they came to.
        """
        if has_moved_since(instance, intent):
            return self._moved_since(instance, intent)
        words = {"words": intent.args.get("comment", "")}
        language = intent.language
        try:
            now = await self._act(instance, "submit", intent, words)
        except Refused as error:
            ended = ended_since(instance, await self._instance_of(instance["id"], intent), language)
            fix = " ".join([*ended, error.fix]).strip()
            raise Refused(status=error.status, key=error.key, text=error.text, fix=fix) from None
        card = self._card_of(now, intent)
        return Answer(replace(card, lines=(*ended_since(instance, now, language), *card.lines)))

    async def on_claim(self, intent: Intent) -> Answer:
        """Claims what is named; else what waits longest, as the queue has it."""
        is_named = bool(intent.args.get("run") or intent.place.run)
        instance = await self._named_instance(intent)
        if instance is not None:
            return await self._moved(instance, "claim", intent, {})
        if is_named:
            return await self._review(await self._run_to_change(intent), intent, "claim")
        body = {"test": intent.args.get("planned", "")}
        try:
            taken = await self._ask(intent, "POST", "/api/instances/queue", body, key=intent.key)
        except Refused as error:
            if error.status != NOT_THERE or intent.args.get("planned"):
                raise
        else:
            return Answer(self._card_of(taken, intent))
        waiting, _ = await self._listed(intent, "/api/queue")
        free = [run for run in waiting if not run["review"]["monitor"]]
        if not free:
            raise self._refusal("said.nothing_waits", "said.nothing_waits_fix", intent)
        return await self._review(free[0], intent, "claim")

    async def on_verify(self, intent: Intent) -> Answer:
        instance, run = await self._looked_at(intent)
        if instance is None:
            return await self._review(run, intent, "decide", decision="verified")
        if has_moved_since(instance, intent):
            return self._moved_since(instance, intent)
        # whoever verifies has looked at each point: that is said, and never taken for granted
        if instance["checklist"] and not intent.args.get("seen"):
            return Answer(checklist_card(instance, dict(intent.args), intent.language))
        words = {"words": intent.args.get("comment", ""), "decision": "verified"}
        ticked = list(range(len(instance["checklist"])))
        return await self._moved(instance, "decide", intent, {**words, "ticked": ticked})

    async def on_return(self, intent: Intent) -> Answer:
        instance, run = await self._looked_at(intent)
        words = intent.args.get("comment", "")
        if words and instance is not None:
            return await self._moved(instance, "return", intent, {"words": words})
        if words:
            return await self._review(run, intent, "decide", decision="incomplete")
        language = intent.language
        id = (instance or run)["id"]
        title, submit, usage = (
            say(key, language) for key in ("form.return", "form.send", "said.return_usage")
        )
        comment = Field("comment", say("fact.comment", language))
        form = Form(title, "return", (comment,), submit, usage, {**intent.args, "run": id})
        return Answer(Card(usage, "bad"), form)

    async def on_contest(self, intent: Intent) -> Answer:
        """Contests what the bench or a monitor found of a test instance, with the reason, for
        which a form asks where there is none.
        """
        language = intent.language
        instance = await self._named_instance(intent)
        found = [instance] if instance else await self._contestable(intent)
        if len(found) > 1:
            buttons = tuple(
                Button(f"{row['test']} {row['id']}", "contest", {**intent.args, "run": row["id"]})
                for row in found[:MOST_RUNS]
            )
            return Answer(Card(say("said.which_to_contest", language), "bad", buttons=buttons))
        if not found:
            raise self._refusal("said.nothing_contested", "said.which_run_fix", intent)
        (instance,) = found
        words = intent.args.get("comment", "")
        if words:
            return await self._moved(instance, "contest", intent, {"words": words})
        title, submit, usage = (
            say(key, language) for key in ("button.contest", "form.send", "said.contest_usage")
        )
        reason = Field("comment", say("fact.reason", language))
        args = {**intent.args, "run": instance["id"]}
        return Answer(Card(usage, "bad"), Form(title, "contest", (reason,), submit, usage, args))

    async def _contestable(self, intent: Intent) -> list[Any]:
        """Returns the instances of the asker's team that can be contested, in full: those of the
        planned test or the run that is named, where one is.
        """
        me = await self._ask(intent, "GET", "/api/me")
        if not me["team_id"] or await self._plan_of(intent) is None:
            return []
        states = "".join(f"&state={state}" for state in (*UNDER_WAY, *LOST))
        test = quote(intent.args.get("planned", ""))
        path = f"/api/instances?team={quote(me['team_id'])}&test={test}{states}"
        rows, _ = await self._listed(intent, path)
        run = intent.args.get("run") or intent.place.run
        own = [await self._instance_of(row["id"], intent) for row in rows]
        return [
            instance
            for instance in own
            if "contest" in instance["acts"]
            and (not run or any(result["run"] == run for result in instance["bench"]))
        ]

    async def on_queue(self, intent: Intent) -> Answer:
        language = intent.language
        runs, of_runs = await self._listed(intent, "/api/queue", most=MOST_RUNS)
        instances: list[Any] = []
        of_instances = 0
        if await self._plan_of(intent) is not None:
            path = "/api/instances/queue?free=yes"
            instances, of_instances = await self._listed(intent, path, most=MOST_RUNS)
        lines = [*map(instance_line, instances)]
        lines += [summary_line(run, language) for run in runs]
        buttons = [
            Button(f"{say('button.claim', language)} {row['id']}", "claim", {"run": row["id"]})
            for row in instances
        ]
        buttons += [button for run in runs for button in review_buttons(run, language)]
        title = say("said.queue", language, count=of_runs + of_instances)
        return Answer(Card(title, lines=tuple(lines), buttons=tuple(buttons)))

    async def _looked_at(self, intent: Intent) -> tuple[Any, Any]:
        """Returns the instance or the run that is named, or that the asker has claimed: the other
        is None.

        Raises:
            Refused: Nothing is named, and the asker looks at nothing, or at more than one thing.
        """
        instance = await self._named_instance(intent)
        if instance is not None:
            return instance, None
        if intent.args.get("run") or intent.place.run:
            return None, await self._run_to_change(intent)
        me = await self._ask(intent, "GET", "/api/me")
        instances = await self._claimed_by(me, intent)
        runs, _ = await self._listed(intent, "/api/queue")
        own = [run for run in runs if run["review"]["monitor"] == me["name"]]
        if intent.args.get("planned"):
            own = []
        if len(instances) + len(own) != 1:
            raise self._refusal("said.which_review", "said.which_run_fix", intent)
        if own:
            return None, own[0]
        return await self._instance_of(instances[0]["id"], intent), None

    async def _claimed_by(self, me: Mapping[str, Any], intent: Intent) -> list[Any]:
        if await self._plan_of(intent) is None:
            return []
        states = "".join(f"&state={state}" for state in WAITING)
        test = quote(intent.args.get("planned", ""))
        path = f"/api/instances?monitor={quote(me['id'])}&test={test}{states}"
        return (await self._listed(intent, path))[0] if me["id"] else []

    async def _planned_one(self, intent: Intent, states: tuple[str, ...]) -> Any:
        """Returns the only instance of the asker's team of the planned test that is named; None
        where none is named.

        Raises:
            Refused: There is not exactly one.
        """
        planned = intent.args.get("planned", "")
        if not planned:
            return None
        me = await self._ask(intent, "GET", "/api/me")
        asked = "".join(f"&state={state}" for state in states)
        path = f"/api/instances?test={quote(planned)}&team={quote(me['team_id'])}{asked}"
        rows, total = await self._listed(intent, path)
        if total != 1:
            raise self._refusal("said.not_one_instance", "said.which_run_fix", intent)
        return await self._instance_of(rows[0]["id"], intent)

    async def _instance_of(self, id: str, intent: Intent) -> Any:
        return await self._ask(intent, "GET", f"/api/instances/{quote(id, safe='')}")

    async def _moved(
        self, instance: Any, act: str, intent: Intent, body: Mapping[str, Any]
    ) -> Answer:
        if has_moved_since(instance, intent):
            return self._moved_since(instance, intent)
        return Answer(self._card_of(await self._act(instance, act, intent, body), intent))

    async def _act(
        self, instance: Any, act: str, intent: Intent, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Returns the instance as it stands behind an act."""
        path = f"/api/instances/{quote(instance['id'], safe='')}/{act}"
        moved: dict[str, Any] = await self._ask(intent, "POST", path, dict(body), key=intent.key)
        return moved

    def _moved_since(self, instance: Any, intent: Intent) -> Answer:
        """Returns how an instance stands now, where a button is older than that."""
        card = self._card_of(instance, intent)
        lines = (say("said.moved_since", intent.language), *card.lines)
        return Answer(replace(card, lines=lines))

    def _card_of(self, instance: Any, intent: Intent) -> Card:
        return instance_card(instance, self._sandbox.base, intent.language, acts=instance["acts"])

    async def _review(self, run: Any, intent: Intent, act: str, **body: str) -> Answer:
        body["comment"] = intent.args.get("comment", "")
        reviewed = await self._ask(intent, "POST", f"/api/runs/{run['id']}/review/{act}", body)
        return Answer(run_card(reviewed, self._sandbox.base, intent.language))


def ended_since(before: Any, now: Any, language: Language) -> list[str]:
    """Returns which runs of an instance were ended so that it could be handed in.

    Args:
        before: The instance as it stood.
        now: As it stands.
        language: In which it is said.
    """
    known = {entry["number"] for entry in before["history"]}
    return [
        say("said.ended_run", language, run=entry["words"])
        for entry in now["history"]
        if entry["kind"] == "ended" and entry["number"] not in known
    ]


def has_moved_since(instance: Any, intent: Intent) -> bool:
    """Tells whether an instance has moved since the card was drawn whose button was clicked.

    Args:
        instance: As it stands now.
        intent: With the version of the card; words have none.
    """
    return intent.args.get("version", "") not in ("", version_of(instance))

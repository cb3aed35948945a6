"""The verbs of test instances: listed, started, a partner invited, an invitation answered.

What changes something needs certainty: where more than one system, role or instance may be meant,
each is offered as a button and nothing is done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from bot.asking import MOST_RUNS, Answer, Asking
from bot.cards import Button, Card
from bot.grammar import Intent
from bot.instance_cards import ANSWERS, UNDER_WAY, instance_card, instance_line, part_named
from bot.records import INSTANCE
from bot.words import say


class Playing(Asking):
    """Carries out the verbs of test instances."""

    async def on_instances(self, intent: Intent) -> Answer:
        language = intent.language
        if await self._plan_of(intent) is None:
            return Answer(Card(say("said.no_event", language), "bad"))
        me = await self._ask(intent, "GET", "/api/me")
        narrowed = {"test": intent.args.get("planned", "")}
        if me["role"] == "participant":
            narrowed["team"] = me["team_id"]
        team = intent.args.get("team", "")
        path = f"/api/instances?{_query(narrowed)}"
        rows, total = await self._listed(intent, path, most=0 if team else MOST_RUNS)
        if team:
            named = {
                row["system"] for row in await self._taking_part(intent) if row["team"] == team
            }
            rows = [row for row in rows if named & set(row["systems"])]
            total = len(rows)
        if total == 1:
            return Answer(await self._own_card(rows[0]["id"], intent))
        shown = rows[:MOST_RUNS]
        buttons = tuple(
            Button(f"{row['test']} {row['id']}", "status", {"run": row["id"]}) for row in shown
        )
        title = say("said.instances", language, count=total)
        return Answer(Card(title, lines=tuple(map(instance_line, shown)), buttons=buttons))

    async def on_begin(self, intent: Intent) -> Answer:
        test = await self._test_meant(intent)
        intent = await self._with_partner(intent)
        mine = await self._own_choices(test, intent)
        if len(mine) != 1:
            return self._offered(mine, "begin", intent, none="said.no_own_system")
        system, role = mine[0]
        plan = await self._plan_of(intent)
        body = {"event": plan["id"], "test": test["id"]}
        body |= {"system": system["name"], "role": role["name"]}
        if intent.args.get("team") or intent.args.get("partner"):
            own = (system["name"], role["name"])
            others = {other["name"] for other in test["roles"]} - {role["name"]}
            partners = await self._partner_choices(test, own, others, intent)
            if len(partners) != 1:
                wish = {"system": system["name"], "role": role["name"]}
                return self._offered(partners, "begin", intent, none="said.no_partner", **wish)
            partner, partner_role = partners[0]
            body |= {"partner": partner["name"], "partner_role": partner_role["name"]}
        begun = await self._ask(intent, "POST", "/api/instances", body, key=intent.key)
        return self._shown_to_all(begun, intent)

    async def on_invite(self, intent: Intent) -> Answer:
        """Invites into the instance of one's own that has a free role, or begins one."""
        test = await self._test_meant(intent)
        args = {**intent.args}
        # a system that is named with `invite` is the partner's
        if "system" in args and "partner" not in args and "role" not in args:
            args["partner"] = args.pop("system")
        asked = replace(intent, args=args)
        free = [
            (instance, roles)
            for instance in await self._own_under_way(test["id"], intent)
            if intent.args.get("run") in (None, instance["id"])
            if (roles := _free_roles(instance))
        ]
        if not free:
            return await self.on_begin(asked)
        if len(free) > 1:
            buttons = [
                Button(f"{test['id']} {instance['id']}", "invite", {**args, "run": instance["id"]})
                for instance, _ in free
            ]
            return self._which("said.which_instance", buttons, intent)
        instance, roles = free[0]
        me = await self._ask(intent, "GET", "/api/me")
        mine = next(part for part in instance["parts"] if part["team_id"] == me["team_id"])
        own = (mine["system"], mine["role"])
        partners = await self._partner_choices(test, own, roles, asked)
        if len(partners) != 1:
            return self._offered(partners, "invite", asked, none="said.no_partner")
        system, role = partners[0]
        path = f"/api/instances/{instance['id']}/partners"
        body = {"role": role["name"], "system": system["name"]}
        invited = await self._ask(intent, "POST", path, body, key=intent.key)
        return self._shown_to_all(invited, intent)

    async def on_accept(self, intent: Intent) -> Answer:
        return await self._answer_invitation("accept", intent)

    async def on_decline(self, intent: Intent) -> Answer:
        return await self._answer_invitation("decline", intent)

    async def _answer_invitation(self, verb: str, intent: Intent) -> Answer:
        """Accepts or declines the one invitation that is meant; offers them where there are more.

        The role and the instance of a button are what its card showed.
        """
        id = intent.args.get("run") or intent.place.run
        if id and intent.args.get("role"):
            return await self._answered_for(verb, id, intent.args["role"], intent)
        me = await self._ask(intent, "GET", "/api/me")
        team = intent.args.get("team", "")
        meant = [
            (instance, part)
            for instance in await self._own_under_way(intent.args.get("planned", ""), intent)
            if id in ("", instance["id"]) and team in ("", instance["parts"][0]["team"])
            for part in part_named(instance, "invited", team=me["team"])
        ]
        if not meant:
            return Answer(Card(say("said.no_invitation", intent.language), "bad"))
        if len(meant) == 1:
            instance, part = meant[0]
            return await self._answered_for(verb, instance["id"], part["role"], intent)
        buttons = [
            Button(
                f"{say(ANSWERS[verb], intent.language)}: {instance['test']} "
                f"{instance['parts'][0]['team']} ({part['title']})",
                verb,
                {"run": instance["id"], "role": part["role"]},
            )
            for instance, part in meant
        ]
        return self._which("said.which_invitation", buttons, intent)

    async def _answered_for(self, verb: str, id: str, role: str, intent: Intent) -> Answer:
        path = f"/api/instances/{quote(id, safe='')}/{verb}"
        moved = await self._ask(intent, "POST", path, {"role": role}, key=intent.key)
        return Answer(instance_card(moved, self._sandbox.base, intent.language, acts=moved["acts"]))

    async def _test_meant(self, intent: Intent) -> Any:
        """Returns the planned test that is named, as the plan of the event tells it.

        Raises:
            Refused: No event runs, or it does not plan such a test.
        """
        plan = await self._plan_of(intent)
        if plan is None:
            raise self._refusal("said.no_event", "said.no_event_fix", intent)
        number = intent.args.get("planned", "")
        for test in plan["tests"]:
            if test["id"] == number:
                return test
        raise self._refusal("said.no_planned", "said.no_planned_fix", intent)

    async def _own_choices(self, test: Any, intent: Intent) -> list[tuple[Any, Any]]:
        """Returns the systems of the asker's team, each with a role of a test that it can take."""
        me = await self._ask(intent, "GET", "/api/me")
        systems = await self._ask(intent, "GET", "/api/systems")
        named, role = intent.args.get("system", ""), intent.args.get("role", "")
        return [
            (system, candidate)
            for system in systems
            if system["team_id"] == me["team_id"] and named in ("", system["name"])
            for candidate in test["roles"]
            if candidate["actor"] in system["actors"] and role in ("", candidate["name"])
        ]

    async def _partner_choices(
        self, test: Any, own: tuple[str, str], free: Collection[str], intent: Intent
    ) -> list[tuple[Any, Any]]:
        """Returns the systems that are named, or of the team that is named, each with a free role
        that it can take; those that one's own has met already are none of them.

        Args:
            test: The planned test.
            own: The asker's system, and its role.
            free: The roles that nobody has.
            intent: Who is named.
        """
        system, own_role = own
        plan = await self._plan_of(intent)
        path = f"/api/plans/{quote(plan['id'])}/not-met?system={quote(system)}"
        args = intent.args
        return [
            ({"name": row["partner"]}, role)
            for row in await self._ask(intent, "GET", path)
            for role in test["roles"]
            if (row["test"], row["role"], row["partner_role"])
            == (test["id"], own_role, role["name"])
            and role["name"] in free
            and args.get("partner_role", "") in ("", role["name"])
            and (
                args["partner"] == row["partner"]
                if args.get("partner")
                else args.get("team") == row["team"]
            )
        ]

    async def _own_under_way(self, test: str, intent: Intent) -> list[Any]:
        """Returns the instances under way in which the asker's team takes part, in full."""
        if await self._plan_of(intent) is None:
            return []
        me = await self._ask(intent, "GET", "/api/me")
        narrowed = {"test": test, "team": me["team_id"], "state": UNDER_WAY}
        rows, _ = await self._listed(intent, f"/api/instances?{_query(narrowed)}")
        return [await self._ask(intent, "GET", f"/api/instances/{row['id']}") for row in rows]

    async def _with_partner(self, intent: Intent) -> Intent:
        """Returns an intent in which a system of another team is named as the partner."""
        named = intent.args.get("system", "")
        me = await self._ask(intent, "GET", "/api/me")
        systems = await self._ask(intent, "GET", "/api/systems")
        own = [system["name"] for system in systems if system["team_id"] == me["team_id"]]
        if not named or named in own:
            return intent
        rest = {name: value for name, value in intent.args.items() if name != "system"}
        return replace(intent, args={**rest, "partner": named})

    async def _own_card(self, id: str, intent: Intent) -> Card:
        """Returns an instance with the buttons of what its reader may do."""
        instance = await self._ask(intent, "GET", f"/api/instances/{quote(id, safe='')}")
        base, language = self._sandbox.base, intent.language
        return instance_card(instance, base, language, acts=instance["acts"])

    def _shown_to_all(self, instance: Any, intent: Intent) -> Answer:
        card = instance_card(instance, self._sandbox.base, intent.language)
        return Answer(card, follows=f"{INSTANCE}{instance['id']}", is_private=False)

    def _offered(
        self,
        choices: Sequence[tuple[Any, Any]],
        verb: str,
        intent: Intent,
        *,
        none: str,
        **known: str,
    ) -> Answer:
        """Returns one button for each system in a role that may be meant, or that there is none."""
        # whose system is chosen: one's own until it is known, the partner's after that
        names = ("partner", "partner_role") if known or verb == "invite" else ("system", "role")
        buttons = [
            Button(
                f"{system['name']} · {role['title']}",
                verb,
                {
                    **intent.args,
                    **known,
                    **dict(zip(names, (system["name"], role["name"]), strict=True)),
                },
            )
            for system, role in choices
        ]
        return self._which("said.which_role" if buttons else none, buttons, intent)

    def _which(self, key: str, buttons: Sequence[Button], intent: Intent) -> Answer:
        named = intent.args.get("team") or intent.args.get("partner") or "–"
        title = say(key, intent.language, team=named, test=intent.args.get("planned", ""))
        return Answer(Card(title, "bad", buttons=tuple(buttons[:MOST_RUNS])))


def _free_roles(instance: Any) -> list[str]:
    """Returns the roles that nobody has, and for which nobody is asked."""
    asked = {part["role"] for part in part_named(instance, "invited")}
    return [role for role in instance["open_roles"] if role not in asked]


def _query(narrowed: dict[str, Any]) -> str:
    return urlencode({name: value for name, value in narrowed.items() if value}, doseq=True)

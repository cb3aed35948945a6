"""Carries out intents: one function for each verb, found by its name.  Knows no chat; asks the API
for everything.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from bot.administration import Administration
from bot.asking import MOST_ROWS, MOST_RUNS, Answer
from bot.cards import Button, Card, Form
from bot.ending import Ending
from bot.grammar import COMMANDS, VERBS, Intent
from bot.handing_in import HandingIn
from bot.instances import Playing
from bot.judging import Judging
from bot.learning import grades_table, lesson_card, next_card, next_lesson
from bot.news import Telling
from bot.questions import Questions
from bot.reminding import Reminding
from bot.run_cards import (
    OPEN,
    explanation,
    first_failure,
    has_test,
    matrix_table,
    run_card,
    summary_line,
)
from bot.run_form import run_form
from bot.subscribing import Subscribing
from bot.words import LANGUAGES, known_language, language_called, plain, say

# with these a group of commands begins in help: runs, results, instances, dates, reviews …
GROUPS = frozenset({"run", "matrix", "instances", "agenda", "ask", "subscribe", "lesson"})


def alias_of(name: str) -> str:
    """Returns a name as the sandbox takes it: small letters without accents, and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", plain(name)).strip("-")


class Service(
    Ending,
    Playing,
    Reminding,
    Telling,
    Subscribing,
    Questions,
    Judging,
    HandingIn,
    Administration,
):
    """Carries intents out over one sandbox, each in the name of whoever has it: `on_VERB` for each
    verb.
    """

    async def carry_out(self, intent: Intent) -> Answer:
        """Returns what to say.

        Raises:
            Refused: The sandbox refuses, in words that can be shown.
            Away: The sandbox does not answer.
        """
        work: Callable[[Intent], Awaitable[Answer]] = getattr(self, f"on_{intent.verb}")
        return await work(intent)

    async def on_help(self, intent: Intent) -> Answer:
        about = intent.args.get("about", "")
        chosen = [VERBS[about]] if about in VERBS else COMMANDS
        spoken = ", ".join(LANGUAGES)
        lines = tuple(
            # forty lines in one block are no list on a telephone
            ("\n" if command.verb in GROUPS and command is not chosen[0] else "")
            + f"`{command.usage(intent.language)}` – "
            + say(f"help.{command.verb}", intent.language, languages=spoken)
            for command in chosen
        )
        return Answer(Card(say("said.help", intent.language), lines=lines))

    async def on_link(self, intent: Intent) -> Answer:
        # the whole link does as well
        secret = str(intent.args["code"]).rstrip("/").rpartition("/")[2]
        person = await self._ask(intent, "POST", "/api/enter", {"code": secret})
        self._store.put_person(intent.actor, secret=person["session"], name=person["name"])
        await self._note_member(intent)
        role = say(f"role.{person['role']}", intent.language)
        team = person["team"] or "–"
        title = say("said.linked", intent.language, name=person["name"], role=role, team=team)
        return Answer(Card(title, "good"))

    async def on_language(self, intent: Intent) -> Answer:
        wanted = intent.args["language"]
        chosen = known_language(wanted) or language_called(wanted)
        if chosen is None:
            spoken = ", ".join(LANGUAGES)
            text = say("said.no_language", intent.language, word=wanted, languages=spoken)
            return Answer(Card(text, "bad"))
        self._store.put_person(intent.actor, language=chosen)
        return Answer(Card(say("said.language", chosen), "good"))

    async def on_register(self, intent: Intent) -> Answer:
        body = {
            "name": alias_of(intent.args["name"]),
            "base": intent.args["base"],
        }
        system = await self._ask(intent, "POST", "/api/systems", body)
        tracks = await self._tracks_of(intent)
        # a track without an actor asks what any FHIR server must do, whatever else it is for
        first = next((track["id"] for track in tracks if not track["actor"]), "")
        run = Button(
            say("button.run", intent.language), "run", {"track": first, "system": system["name"]}
        )
        return Answer(
            Card(
                say("said.registered", intent.language, name=system["name"]), "good", buttons=(run,)
            )
        )

    async def on_systems(self, intent: Intent) -> Answer:
        systems = await self._ask(intent, "GET", "/api/systems")
        lines = tuple(
            f"`{system['name']}` {system['team']} {system['country']}".rstrip()
            for system in systems[:MOST_ROWS]
        )
        return Answer(Card(say("said.systems", intent.language, count=len(systems)), lines=lines))

    async def on_tracks(self, intent: Intent) -> Answer:
        tracks = await self._tracks_of(intent)
        wanted = intent.args.get("track", "")
        tests = [test for track in tracks if track["id"] == wanted for test in track["tests"]]
        lines = [f"`{test['number']}` {test['title']}" for test in tests]
        lines = lines or [
            f"`{track['id']}` {track['name']} ({len(track['tests'])})" for track in tracks
        ]
        return Answer(
            Card(wanted or say("said.tracks", intent.language), lines=tuple(lines[:MOST_ROWS]))
        )

    async def on_run(self, intent: Intent) -> Answer:
        tracks = await self._tracks_of(intent)
        named = intent.args.get("test") or intent.args.get("track", "")
        system = intent.args.get("system", "")
        # never the bundled one silently: it would pass in the place of what the asker means
        if not named or not system:
            return Answer(
                Card(say("said.run_usage", intent.language), "bad"), await self.form(intent)
            )
        numbers = named.split()
        holding = [
            track["id"]
            for track in tracks
            if {test["number"] for test in track["tests"]}.issuperset(numbers)
        ]
        # an unknown name goes on as it is: the sandbox refuses it in its own words
        track, tests = (holding[0], numbers) if holding else (named, [])
        return await self._start({"track": track, "system": system, "tests": tests}, intent)

    async def home(self, intent: Intent) -> list[Card]:
        """Returns what somebody sees at home: what comes next, their systems and runs, what waits.

        Raises:
            Refused: The sandbox refuses.
            Away: The sandbox does not answer.
        """
        me = await self._ask(intent, "GET", "/api/me")
        answers = [await self.on_systems(intent), await self.on_status(intent)]
        # the queue is of reviews, and participants review nothing
        if me["role"] != "participant":
            answers.append(await self.on_queue(intent))
        return [
            next_card(await self._next(intent), intent.language),
            *(answer.card for answer in answers),
        ]

    async def _next(self, intent: Intent) -> tuple[Any, str] | None:
        """Returns the lesson that helps the asker's team most, and the test that says so."""
        me = await self._ask(intent, "GET", "/api/me")
        lessons = await self._ask(intent, "GET", "/api/lessons")
        seen = await self._ask(intent, "GET", f"/api/runs?team={quote(me['team_id'])}")
        runs = [run for run in seen if run["team_id"] == me["team_id"]]
        return next_lesson(lessons, await self._tracks_of(intent), runs)

    async def form(self, intent: Intent) -> Form:
        """Returns the form of a run, with what can be chosen beside what is chosen already.

        Raises:
            Refused: The sandbox refuses.
            Away: The sandbox does not answer.
        """
        tracks = await self._tracks_of(intent)
        systems = await self._ask(intent, "GET", "/api/systems")
        return run_form(intent, tracks, systems)

    async def on_rerun(self, intent: Intent) -> Answer:
        old = await self._run_to_change(intent)
        failed = [
            test["id"] for test in old["tests"] if test["verdict"] not in ("pass", "warn", "skip")
        ]
        tests = (
            failed
            if intent.args.get("which") == "failed"
            else [test["id"] for test in old["tests"]]
        )
        body = {
            "track": old["track"],
            "system": old["system"],
            "inputs": old["inputs"],
            "tests": tests,
        }
        return await self._start(body, intent)

    async def _start(self, body: Any, intent: Intent) -> Answer:
        run = await self._ask(intent, "POST", "/api/runs", body, key=intent.key)
        return Answer(
            run_card(run, self._sandbox.base, intent.language), follows=run["id"], is_private=False
        )

    async def on_status(self, intent: Intent) -> Answer:
        if intent.args.get("planned"):
            return await self.on_instances(intent)
        if intent.args.get("run") or intent.place.run:
            instance = await self._named_instance(intent)
            if instance is not None:
                return Answer(await self._own_card(instance["id"], intent))
            run = await self._run_of(intent)
            card = run_card(run, self._sandbox.base, intent.language)
            # it lets in whoever knows it: for the asker alone
            if run["inbox"] and run["state"] in OPEN:
                address = (
                    say("fact.address", intent.language),
                    f"{self._sandbox.base}{run['inbox']}",
                )
                card = replace(card, facts=(*card.facts, address))
            return Answer(card)
        system = intent.args.get("system", "")
        narrowed = f"?system={quote(system)}" if system else ""
        runs, total = await self._listed(intent, f"/api/runs{narrowed}", most=MOST_RUNS)
        lines = tuple(summary_line(listed, intent.language) for listed in runs)
        return Answer(Card(say("said.status", intent.language, count=total), lines=lines))

    async def on_explain(self, intent: Intent) -> Answer:
        wanted = intent.args.get("test", "")
        is_named = bool(intent.args.get("run") or intent.place.run)
        run = await self._run_of(intent)
        if wanted and not is_named:
            # of a run in which the test was played, though a newer one had others
            runs = await self._ask(intent, "GET", "/api/runs")
            run = next((listed for listed in runs if has_test(listed, wanted)), run)
        return Answer(explanation(run, wanted or first_failure(run), intent.language))

    async def on_report(self, intent: Intent) -> Answer:
        run = await self._run_of(intent)
        address = f"{self._sandbox.base}/runs/{run['id']}"
        button = Button(
            say("button.report", intent.language), "report", url=f"{address}?lang={intent.language}"
        )
        return Answer(Card(summary_line(run, intent.language), buttons=(button,)))

    async def on_matrix(self, intent: Intent) -> Answer:
        cells = await self._ask(intent, "GET", "/api/matrix")
        wanted = intent.args.get("track", "")
        rows = [cell for cell in cells if not wanted or cell["track"].startswith(wanted)]
        table = matrix_table(rows[:MOST_ROWS], intent.language)
        if not rows:
            return Answer(Card(table.caption, lines=(say("said.no_runs", intent.language),)))
        button = Button(
            say("button.page", intent.language), "matrix", url=f"{self._sandbox.base}/matrix"
        )
        return Answer(Card(table.caption, table=table, buttons=(button,)), is_private=False)

    async def on_lesson(self, intent: Intent) -> Answer:
        language = intent.language
        wanted = intent.args.get("number", "")
        lessons = await self._ask(intent, "GET", "/api/lessons")
        for lesson in lessons:
            if wanted and lesson["number"] == wanted.zfill(2):
                return Answer(lesson_card(lesson, await self._tracks_of(intent), language))
        card = next_card(await self._next(intent), language)
        listed = tuple(f"`{lesson['number']}` {lesson['title']}" for lesson in lessons)
        return Answer(replace(card, lines=(*card.lines, "", *listed)))

    async def on_grade(self, intent: Intent) -> Answer:
        wanted = intent.args.get("team", "").casefold()
        grades = await self._ask(intent, "GET", "/api/grades")
        graded = [
            {**grading, "lesson": grading["assignment"]}
            for grading in await self._ask(intent, "GET", "/api/gradings")
            if grading["score"] is not None
        ]
        rows = [grade for grade in [*grades, *graded] if wanted in ("", grade["team"].casefold())]
        if not rows:
            return Answer(
                Card(
                    say("said.no_grades", intent.language),
                    lines=(say("said.no_grades_fix", intent.language),),
                )
            )
        return Answer(
            Card(
                say("said.grades", intent.language),
                table=grades_table(rows[:MOST_ROWS], intent.language),
            )
        )

"""From an intent to a card: one function for each verb, found by its name.  Knows no chat; asks the
API for all.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from bot.api import Refused, Sandbox
from bot.cards import Button, Card, Field, Form
from bot.grammar import COMMANDS, Intent, line_of
from bot.learning import grades_table, lesson_card, next_card, next_lesson
from bot.run_cards import OPEN, explanation, matrix_table, review_buttons, run_card, summary_line
from bot.store import Store, Subscription
from bot.words import LANGUAGES, known_language, language_called, language_of, say

MOST_RUNS = 5
MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said; `form` asks for what is missing, where the chat has forms.

    `follows` is the run whose card it is, `is_private` whether it is for the asker alone; `letters`
    are for channels.
    """

    card: Card
    form: Form | None = None
    follows: str = ""
    is_private: bool = True
    letters: tuple[tuple[str, Card], ...] = ()


class Service:
    """Carries intents out over one sandbox, each in the name of whoever has it: `on_VERB` for each
    verb.
    """

    def __init__(self, sandbox: Sandbox, store: Store) -> None:
        self._sandbox = sandbox
        self._store = store
        self._tracks: dict[str, Any] = {}

    async def carry_out(self, intent: Intent) -> Answer:
        """Returns what to say; raises Refused, Away."""
        work: Callable[[Intent], Awaitable[Answer]] = getattr(self, f"on_{intent.verb}")
        return await work(intent)

    async def _ask(
        self, intent: Intent, method: str, path: str, body: Any = None, *, key: str = ""
    ) -> Any:
        secret = self._store.secret_of(intent.actor)
        return await self._sandbox.ask(
            method, path, secret=secret, language=intent.language, body=body, key=key
        )

    async def _tracks_of(self, intent: Intent) -> Any:
        """Returns what can be tested; it stays the same as long as the sandbox runs, and is asked
        once a language.
        """
        if intent.language not in self._tracks:
            self._tracks[intent.language] = await self._ask(intent, "GET", "/api/tracks")
        return self._tracks[intent.language]

    async def _run_of(self, intent: Intent) -> Any:
        """Returns the run that is named, or that the thread is about, or the newest that the asker
        may see.
        """
        run = await self._named_run(intent) or await self._first_run(intent, "/api/runs")
        if run is None:
            raise _refused("said.no_runs", "said.no_runs_fix", intent)
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
            raise _refused("said.which_run", "said.which_run_fix", intent)
        return run

    async def _named_run(self, intent: Intent) -> Any:
        id = intent.args.get("run") or intent.place.run
        return await self._ask(intent, "GET", f"/api/runs/{quote(id, safe='')}") if id else None

    async def _first_run(self, intent: Intent, path: str) -> Any:
        runs = await self._ask(intent, "GET", path)
        return runs[0] if runs else None

    async def on_help(self, intent: Intent) -> Answer:
        about = intent.args.get("about", "")
        chosen = [one for one in COMMANDS if not about or one.means(about)] or list(COMMANDS)
        spoken = ", ".join(LANGUAGES)
        lines = tuple(
            f"`{one.usage(intent.language)}` – "
            + say(f"help.{one.verb}", intent.language, languages=spoken)
            for one in chosen
        )
        return Answer(Card(say("said.help", intent.language), lines=lines))

    async def on_link(self, intent: Intent) -> Answer:
        # the whole link does as well
        secret = str(intent.args["code"]).rstrip("/").rpartition("/")[2]
        found = await self._ask(intent, "POST", "/api/enter", {"code": secret})
        self._store.put_person(intent.actor, secret=found["session"], name=found["name"])
        role = say(f"role.{found['role']}", intent.language)
        team = found["team"] or "–"
        title = say("said.linked", intent.language, name=found["name"], role=role, team=team)
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
            "name": intent.args["name"],
            "base": intent.args["base"].strip("<>").partition("|")[0],
        }
        found = await self._ask(intent, "POST", "/api/systems", body)
        run = Button(
            say("button.run", intent.language),
            "run",
            {"track": "fhir.basics", "system": found["name"]},
        )
        return Answer(
            Card(
                say("said.registered", intent.language, name=found["name"]), "good", buttons=(run,)
            )
        )

    async def on_systems(self, intent: Intent) -> Answer:
        found = await self._ask(intent, "GET", "/api/systems")
        lines = tuple(
            f"`{one['name']}` {one['team']} {one['country']}".rstrip() for one in found[:MOST_ROWS]
        )
        return Answer(Card(say("said.systems", intent.language, count=len(found)), lines=lines))

    async def on_tracks(self, intent: Intent) -> Answer:
        found = await self._tracks_of(intent)
        wanted = intent.args.get("track", "")
        tests = [test for track in found if track["id"] == wanted for test in track["tests"]]
        lines = [f"`{one['number']}` {one['title']}" for one in tests]
        lines = lines or [f"`{one['id']}` {one['name']} ({len(one['tests'])})" for one in found]
        return Answer(
            Card(wanted or say("said.tracks", intent.language), lines=tuple(lines[:MOST_ROWS]))
        )

    async def on_run(self, intent: Intent) -> Answer:
        tracks = await self._tracks_of(intent)
        named = intent.args.get("test") or intent.args.get("track", "")
        tests = list[str]()
        if not named:
            return Answer(
                Card(say("said.run_usage", intent.language), "bad"), await self.form(intent)
            )
        track = next((one["id"] for one in tracks if one["id"] == named), "")
        if not track:
            number = named.upper()
            holds = [
                one["id"]
                for one in tracks
                for test in one["tests"]
                if number == test["number"].upper()
            ]
            track, tests = (holds[0], [number]) if holds else (named, [])
        body = {"track": track, "system": intent.args.get("system", "sandbox"), "tests": tests}
        return await self._start(body, intent)

    async def form(self, intent: Intent) -> Form:
        """Returns the form of a run, with what can be chosen beside what is chosen already; raises
        Refused, Away.

        A track decides which of its tests are offered, and which systems: those that declare other
        actors are not.
        """
        tracks = await self._tracks_of(intent)
        language = intent.language
        systems = await self._ask(intent, "GET", "/api/systems")
        chosen = next((one for one in tracks if one["id"] == intent.args.get("track")), None)
        actor = chosen["actor"] if chosen else ""
        fitting = [
            one["name"]
            for one in systems
            if not actor or not one["actors"] or actor in one["actors"]
        ]
        names = [*fitting[: MOST_ROWS - 1], "sandbox"]
        system = intent.args.get("system", "")
        fields = [
            Field(
                "track",
                say("fact.track", language),
                tuple((one["id"], one["id"]) for one in tracks),
                chosen["id"] if chosen else "",
                decides=True,
            ),
            Field(
                "system",
                say("fact.system", language),
                tuple((name, name) for name in names),
                system,
            ),
        ]
        if chosen:
            tests = tuple(
                (one["number"], f"{one['number']} {one['title']}") for one in chosen["tests"]
            )
            fields.append(Field("test", say("fact.test", language), tests, is_needed=False))
        title, submit, usage = (
            say(key, language) for key in ("form.run", "form.submit", "said.run_usage")
        )
        return Form(title, "run", tuple(fields), submit, usage)

    async def home(self, intent: Intent) -> list[Card]:
        """Returns what somebody sees at home: what comes next, their systems and runs, and for
        monitors what waits.

        Raises Refused, Away.
        """
        me = await self._ask(intent, "GET", "/api/me")
        answers = [await self.on_systems(intent), await self.on_status(intent)]
        if me["role"] != "participant":
            answers.append(await self.on_queue(intent))
        return [
            next_card(await self._next(intent), intent.language),
            *(one.card for one in answers),
        ]

    async def _next(self, intent: Intent) -> tuple[Any, str] | None:
        """Returns the lesson that helps the asker's team most, and the test that says so."""
        me = await self._ask(intent, "GET", "/api/me")
        lessons = await self._ask(intent, "GET", "/api/lessons")
        runs = [
            one for one in await self._ask(intent, "GET", "/api/runs") if one["team"] == me["team"]
        ]
        return next_lesson(lessons, await self._tracks_of(intent), runs)

    async def on_rerun(self, intent: Intent) -> Answer:
        old = await self._run_to_change(intent)
        failed = [
            one["id"] for one in old["tests"] if one["verdict"] not in ("pass", "warn", "skip")
        ]
        tests = (
            failed if intent.args.get("which") == "failed" else [one["id"] for one in old["tests"]]
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
        if intent.args.get("run") or intent.place.run:
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
        runs = await self._ask(intent, "GET", "/api/runs")
        lines = tuple(summary_line(one, intent.language) for one in runs[:MOST_RUNS])
        return Answer(Card(say("said.status", intent.language, count=len(runs)), lines=lines))

    async def on_cancel(self, intent: Intent) -> Answer:
        run = await self._run_to_change(intent)
        if run["state"] not in OPEN:
            return Answer(Card(say("said.over", intent.language, run=run["id"])))
        found = await self._ask(intent, "POST", f"/api/runs/{run['id']}/cancel")
        return Answer(run_card(found, self._sandbox.base, intent.language))

    async def on_explain(self, intent: Intent) -> Answer:
        return Answer(explanation(await self._run_of(intent), intent.args["test"], intent.language))

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
        rows = [one for one in cells if not wanted or one["track"].startswith(wanted)]
        table = matrix_table(rows[:MOST_ROWS], intent.language)
        if not rows:
            return Answer(Card(table.caption, lines=(say("said.no_runs", intent.language),)))
        button = Button(
            say("button.page", intent.language), "matrix", url=f"{self._sandbox.base}/matrix"
        )
        return Answer(Card(table.caption, table=table, buttons=(button,)), is_private=False)

    async def on_subscribe(self, intent: Intent) -> Answer:
        # raises for somebody whom the sandbox does not know
        await self._ask(intent, "GET", "/api/me")
        names = ("track", "verdict", "team", "hour")
        track, verdict, team, hour = (intent.args.get(name, "").strip() for name in names)
        if hour and not (hour.isascii() and hour.isdecimal() and int(hour) < 24):
            return Answer(Card(say("said.bad_hour", intent.language, hour=hour), "bad"))
        place = intent.place.channel
        language = intent.language
        self._store.subscribe(
            Subscription(
                0,
                intent.actor,
                place,
                language,
                track.rstrip("*"),
                verdict,
                team,
                hour and str(int(hour)),
            )
        )
        return await self.on_subscriptions(intent)

    async def on_subscriptions(self, intent: Intent) -> Answer:
        found = [one for one in self._store.subscriptions() if one.actor == intent.actor]
        any = say("said.any", intent.language)
        lines = tuple(
            f"{one.id}: {one.track or any} · {one.verdict or any} · {one.team or any}"
            + (f" · {say('said.daily', intent.language, hour=one.hour)}" if one.hour else "")
            for one in found
        )
        return Answer(
            Card(say("said.subscriptions", intent.language, count=len(found)), lines=lines)
        )

    async def on_unsubscribe(self, intent: Intent) -> Answer:
        number = intent.args["number"]
        if number.isdecimal():
            self._store.unsubscribe(int(number), actor=intent.actor)
        return await self.on_subscriptions(intent)

    async def on_lesson(self, intent: Intent) -> Answer:
        language = intent.language
        wanted = intent.args.get("number", "")
        lessons = await self._ask(intent, "GET", "/api/lessons")
        for one in lessons:
            if wanted and one["number"] == wanted.zfill(2):
                return Answer(lesson_card(one, await self._tracks_of(intent), language))
        found = next_card(await self._next(intent), language)
        listed = tuple(f"`{one['number']}` {one['title']}" for one in lessons)
        return Answer(replace(found, lines=(*found.lines, "", *listed)))

    async def on_grade(self, intent: Intent) -> Answer:
        wanted = intent.args.get("team", "").casefold()
        found = await self._ask(intent, "GET", "/api/grades")
        rows = [one for one in found if wanted in ("", one["team"].casefold())]
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

    async def on_announce(self, intent: Intent) -> Answer:
        await self._ask(intent, "GET", "/api/people")  # for facilitators alone, as the sandbox says
        text = (intent.args["text"],)
        channels = {intent.place.channel: intent.language} | self._store.channels()
        letters = tuple(
            (channel, Card(say("said.announcement", language_of(tag)), lines=text))
            for channel, tag in channels.items()
        )
        return Answer(
            Card(say("said.announced", intent.language, count=len(letters)), "good"),
            letters=letters,
        )

    async def on_admin(self, intent: Intent) -> Answer:
        # for facilitators alone, as the sandbox says
        people = await self._ask(intent, "GET", "/api/people")
        part = intent.args.get("part", "")
        language = intent.language
        if part == "people":
            lines = tuple(
                f"{one['name']} · {say('role.' + one['role'], language)} · {one['team']}"
                for one in people
            )
            return Answer(
                Card(say("said.people", language, count=len(people)), lines=lines[:MOST_ROWS])
            )
        if part == "audit":
            newest = self._store.audit()[: -MOST_ROWS - 1 : -1]
            lines = tuple(
                f"{self._store.name_of(actor) or actor} · {verb} · {said}"
                for actor, verb, said in newest
            )
            return Answer(Card(say("said.audit", language), lines=lines))
        if part == "retry":
            return Answer(Card(say("said.revived", language, count=self._store.revive()), "good"))
        if part != "outbox":
            return Answer(Card(say("said.admin_parts", language), "bad"))
        waiting = len(self._store.letters())
        dead = self._store.letters(state="dead")
        title = say("said.outbox", language, waiting=waiting, dead=len(dead))
        lines = tuple(f"{one.method} {one.key}" for one in dead[:MOST_ROWS])
        return Answer(Card(title, "bad" if dead else "good", lines=lines))

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
        found = await self._ask(intent, "POST", f"/api/runs/{run['id']}/review/{act}", body)
        return Answer(run_card(found, self._sandbox.base, intent.language))

    async def on_queue(self, intent: Intent) -> Answer:
        runs = await self._ask(intent, "GET", "/api/queue")
        lines = tuple(summary_line(one, intent.language) for one in runs[:MOST_RUNS])
        buttons = tuple(
            button for one in runs[:MOST_RUNS] for button in review_buttons(one, intent.language)
        )
        return Answer(
            Card(say("said.queue", intent.language, count=len(runs)), lines=lines, buttons=buttons)
        )


def _refused(key: str, fix: str, intent: Intent) -> Refused:
    verb = line_of(intent.verb, {}, intent.language)
    return Refused(
        status=404,
        key=key,
        text=say(key, intent.language),
        fix=say(fix, intent.language, verb=verb),
    )

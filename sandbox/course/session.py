"""The lesson as a notebook sees it: `L = lesson("01_fhir")`, then client, check, hint, solution,
submit, progress.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.clock import Clock, utc_now
from sandbox.course.beside import ask, trusted_keys
from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.cards import Card, check_card, progress_card
from sandbox.course.certificates import steps_card
from sandbox.course.client import Client
from sandbox.course.connection import Connection, fhir_place, find_or_start, team_token
from sandbox.course.credentials import credential_card, is_credential
from sandbox.course.display import (
    hint_button,
    language_of_notebook,
    show,
    show_exchanges,
    show_failures,
)
from sandbox.course.documents import DocumentPanel
from sandbox.course.exercise import HINTS, Exercise, ExerciseSet, Result, judge_answer
from sandbox.course.exercises import exercises_of
from sandbox.course.handing_in import hand_in_card
from sandbox.course.judging import judge_resource, judgement_card
from sandbox.course.keys import onboarding_card
from sandbox.course.links import Received, receive_link
from sandbox.course.pictures import Picture
from sandbox.course.reaching import client_of, refusal_of
from sandbox.course.record import Record, as_artifact
from sandbox.errors import BadRequest
from sandbox.exchange import Exchange
from sandbox.i18n import Language, as_language, say
from sandbox.ips.building import as_plain
from sandbox.sentences import fix_of, text_of
from sandbox.settings import data_folder

# what plays tests takes its time to import, and few lessons do
if TYPE_CHECKING:
    from sandbox.course.bench import Bench
    from sandbox.course.wallet import Wallet

# one wrong answer may be a slip; after two a learner is stuck
TRIES_BEFORE_SOLUTION = 2


class Lesson:
    """One lesson against one server.  Every method shows a card; the results stay in `results`."""

    def __init__(
        self,
        name: str,
        *,
        language: Language,
        client: Client,
        record: Record,
        connection: Connection | None = None,
    ) -> None:
        self.name = name
        self.language = language
        self.client = client
        self.results: dict[str, Result] = {}
        self._set: ExerciseSet = exercises_of(name)
        self._record = record
        self._connection = connection
        self._clock: Clock = utc_now
        self._failures: dict[str, int] = {}
        self._hints: dict[str, int] = {}
        show_exchanges(language)
        show_failures(language, lambda: client.exchanges)

    def check(self, id: str, answer: Any) -> None:
        """Judges an answer and shows the card; the answer is recorded for the grader.

        Raises:
            LookupError: There is no such exercise; the message names those there are.
        """
        exercise = self._exercise(id)
        # judged as plain JSON, as the grader will: an object may pass where its JSON fails
        artifact = answer if has_blank(answer) else as_artifact(answer)
        result = judge_answer(exercise, artifact, self.client.fetch)
        self.results[id] = result
        if result.outcome == "failed":
            self._failures[id] = self._failures.get(id, 0) + 1
        self._note(
            id, "check", outcome=result.outcome, answer=None if has_blank(answer) else artifact
        )
        show(check_card(result, self.language))
        if result.outcome == "failed":
            hint_button(self._say("show_hint"), lambda: self._next_hint(id))

    def validate(self, resource: Any, *, profile: str = "", year: int | None = None) -> None:
        """Shows what the judge says of a resource.

        Args:
            resource: JSON, an object of fhir.resources, or an answer of the server.
            profile: A canonical URL or a short name such as `ips`; empty for none.
            year: The event whose ruleset counts; plain FHIR R4 without one.
        """
        if has_blank(resource):
            show(
                Card(
                    "not_attempted",
                    self.language,
                    self._say("outcome.not_attempted"),
                    [self._fill_row()],
                )
            )
            return
        value = resource.json if isinstance(resource, Exchange) else as_plain(resource)
        try:
            findings = judge_resource(value, profile=profile, year=year)
        except BadRequest as error:
            rows = [(self._say("label.next"), fix_of(error.as_finding(), self.language))]
            show(Card("error", self.language, text_of(error.as_finding(), self.language), rows))
            return
        show(judgement_card(findings, self.language))

    def steps(self, text: Any, *, keys: Any = None) -> Card | Blank:
        """Returns every step of verifying a certificate, link or credential.

        Args:
            text: What stands in the QR code, or the credential.
            keys: Those that are trusted; the server's trust list where none are given.

        Raises:
            Unreachable: The server, asked for its trust list, does not answer.
        """
        if has_blank(text) or not isinstance(text, str):
            return BLANK
        known = trusted_keys(self.client) if keys is None else keys
        if is_credential(text):
            return credential_card(text, known, self.client, at=self._clock())
        return steps_card(text, known, self.language, at=self._clock())

    def onboarding(self, files: Any, country: str) -> Card | Blank:
        """Returns what a gateway checks in the files that a country hands in."""
        if has_blank(files) or not isinstance(files, dict):
            return BLANK
        return onboarding_card(files, country, self.language, at=self._clock())

    def receive(self, link: Any, *, recipient: Any, passcode: Any = "") -> Received | Blank:
        """Opens a health link as its receiver, and shows how each step went."""
        return receive_link(
            link, recipient=recipient, passcode=passcode, language=self.language, at=self._clock()
        )

    @property
    def wallet(self) -> Wallet:
        """Returns the learner's wallet, which is the same in every lesson."""
        from sandbox.course.wallet import Wallet

        return Wallet(self.client, data_folder(), self.language, self._clock)

    def ask(self, method: str, address: Any, body: Any = None) -> Exchange | Blank:
        """Sends a request to what stands beside FHIR on the server, such as `/api/links`."""
        return ask(self.client, method, address, body)

    def bench(
        self, track: str, *, system: Any = "", tests: Sequence[str] = (), **given: Any
    ) -> Bench | Blank:
        """Runs the tests of a track, with the same ids as at an event.

        Args:
            track: Such as `ips.content`; one of a client waits at the `base` of what is returned.
            system: The address of a server that is asked from this machine; the lesson's own server
                carries out the run where it is empty.
            tests: Numbers; all where there are none.
            given: The inputs of the track, such as `document`.

        Raises:
            BadRequest: No such run is started; the sentence says why.
        """
        from sandbox.course.bench import run_against, run_here

        if has_blank([system, given]) or None in given.values() or system is None:
            heading = f"{self._say('outcome.not_attempted')} · {track}"
            show(Card("not_attempted", self.language, heading, [self._fill_row()]))
            return BLANK
        if system:
            return run_against(system, track, tests=tests, given=given, language=self.language)
        return run_here(self.client, track, tests=tests, given=given)

    def show(self, document: Any) -> DocumentPanel | Blank:
        """Returns a document, or the exchange that brought it, as a person is to see it: made of
        its entries.
        """
        if has_blank(document):
            return BLANK
        return DocumentPanel(
            document.json if isinstance(document, Exchange) else document, self.language
        )

    @property
    def folder(self) -> Path:
        """Where the lesson keeps files of the learner's."""
        return data_folder() / "lessons" / self.name

    def picture(self, name: str) -> Picture:
        """Returns a picture of the lesson; its text alternative is its plain form."""
        return Picture(name, self.language)

    def hint(self, id: str) -> None:
        """Shows the next hint of an exercise; there are three, from a nudge to nearly all."""
        show(self._next_hint(id))

    def solution(self, id: str, *, now: bool = False) -> None:
        """Shows a solution once the exercise was passed or failed twice.

        Args:
            id: Of the exercise.
            now: Shows it at once. Whoever looks is recorded.

        Raises:
            LookupError: There is no such exercise; the message names those there are.
        """
        from sandbox.course.sources import solution_of

        self._exercise(id)
        result = self.results.get(id)
        earned = (result is not None and result.outcome == "passed") or self._failures.get(
            id, 0
        ) >= TRIES_BEFORE_SOLUTION
        if not (earned or now):
            show(
                Card(
                    "not_attempted",
                    self.language,
                    self._say("solution_later", id=id, tries=TRIES_BEFORE_SOLUTION),
                )
            )
            return
        self._note(id, "solution")
        solution = solution_of(self.name, id)
        heading = self._say("solution" if solution else "solution_withheld", id=id)
        rows = [("Python", solution)] if solution else []
        show(Card("received", self.language, heading, rows))

    def submit(self, id: str, answer: Any) -> None:
        """Hands in the answer of an open task; hidden checks judge it when the facilitator
        grades.
        """
        count = self._checks_of(id)
        if has_blank(answer):
            self._note(id, "submit", answer=None)
            show(
                Card(
                    "not_attempted",
                    self.language,
                    f"{self._say('outcome.not_attempted')} · {id}",
                    [self._fill_row()],
                )
            )
            return
        self._note(id, "submit", answer=as_artifact(answer))
        heading = self._say("received", id=id, count=count)
        show(
            Card(
                "received",
                self.language,
                heading,
                [(self._say("label.next"), self._say("hidden_later"))],
            )
        )

    def hand_in(self, file: str = "", *, to: str = "") -> None:
        """Hands this notebook in, as it was saved; what the desk says is shown.

        Args:
            file: The notebook, where it does not know its own name.
            to: The address of the event's server; that of the lesson where it is empty.

        Raises:
            Unreachable: The server does not answer.
        """
        show(hand_in_card(self.client, self.name, self.language, file=file, to=to))

    def progress(self) -> None:
        """Shows each exercise with its outcome; what an earlier run of this notebook passed
        counts.
        """
        before = {
            event["exercise"]: event.get("outcome")
            for event in self._record.events()
            if event["event"] == "check"
        }
        results = []
        for exercise in self._set.exercises.values():
            result = self.results.get(exercise.id)
            if result is None:
                result = Result(
                    exercise, "passed" if before.get(exercise.id) == "passed" else "not_attempted"
                )
            results.append(result)
        show(progress_card(results, self.language))

    def against(self, base: Any) -> Lesson | Blank:
        """Returns the same lesson against another FHIR base, such as that of the team's own system.

        Args:
            base: Its address, or the alias under which it is registered on this machine, with what
                lets into it.

        Nothing of it is graded.  With a blank, or while a facilitator grades, it stays unattempted.
        """
        # a facilitator's machine must not call the systems that a notebook names
        if has_blank(base) or os.environ.get("CONNECTATHON_GRADING"):
            show(Card("not_attempted", self.language, self._say("own_system_later")))
            return BLANK
        refusal = refusal_of(str(base), self.language)
        if refusal:
            show(refusal)
            return BLANK
        client = client_of(str(base), self.language)
        record = Record(data_folder(), team="own-system", lesson=self.name)
        return Lesson(self.name, language=self.language, client=client, record=record)

    def __repr__(self) -> str:
        return repr(self._welcome())

    def _repr_html_(self) -> str:
        return self._welcome()._repr_html_()

    def _welcome(self) -> Card:
        rows = [(self._say("label.server"), self.client.base)]
        if self._connection:
            how = self._say("server_started" if self._connection.started else "server_found")
            rows.append(
                (self._say("label.how"), f"{how} (connectathon-sandbox {self._connection.version})")
            )
        visible = [exercise for exercise in self._set.exercises.values() if not exercise.hidden]
        rows.append((self._say("label.checks"), ", ".join(exercise.id for exercise in visible)))
        return Card("passed", self.language, self._say("ready", name=self.name), rows)

    def _exercise(self, id: str) -> Exercise:
        if id not in self._set.exercises:
            known = ", ".join(e.id for e in self._set.exercises.values() if not e.hidden)
            raise LookupError(self._say("no_exercise", id=id, known=known))
        return self._set.exercises[id]

    def _checks_of(self, id: str) -> int:
        """Returns how many checks judge an answer; raises LookupError where none does."""
        return self._set.count_of_checks(id) or len([self._exercise(id)])

    def _next_hint(self, id: str) -> Card:
        self._checks_of(id)
        number = min(self._hints.get(id, 0) + 1, HINTS)
        self._hints[id] = number
        self._note(id, "hint", number=number)
        text = say(self._set.hint_key(id, number), self.language)
        return Card(
            "received",
            self.language,
            self._say("hint", id=id, number=number, of=HINTS),
            [("", text)],
        )

    def _fill_row(self) -> tuple[str, str]:
        return self._say("label.next"), self._say("fill_blank")

    def _note(self, id: str, event: str, **details: Any) -> None:
        self._record.add(id, event, self._clock(), **details)

    def _say(self, key: str, **params: object) -> str:
        return say(f"course.{key}", self.language, **params)


def lesson(name: str, *, team: str = "", language: str = "", transport: Any = None) -> Lesson:
    """Opens a lesson: finds or starts the server and the learner's record.

    Args:
        name: Such as `01_fhir`.
        team: Whose record it is; CONNECTATHON_TEAM where it is empty.
        language: That of the notebook's folder where it is empty.
        transport: Another way to the server, for tests.

    Raises:
        LookupError: There is no such lesson.
        NoServer: No server answers, and none can be started.
    """
    exercises_of(name)
    chosen = as_language(language) if language else language_of_notebook()
    connection = find_or_start()
    base = f"{connection.url}{fhir_place()}"
    client = Client(base, language=chosen, transport=transport, token=team_token())
    record = Record(
        data_folder(), team=team or os.environ.get("CONNECTATHON_TEAM", "team"), lesson=name
    )
    return Lesson(name, language=chosen, client=client, record=record, connection=connection)

"""A run as its log tells it: state, outcomes, inputs, what came to its inbox.  Pure.

queued → (exchange…, finding…, verdict)… → done | cancelled
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from typing import Any, Literal

from sandbox.errors import NotFound
from sandbox.event.allowances import Allowance, read_allowance
from sandbox.event.identity import NO_TEAM, UNKNOWN, Author, Person, TeamId, named_team
from sandbox.event.inputs import PRESET
from sandbox.event.outcomes import Outcome, keep
from sandbox.event.reviews import KINDS, UNREVIEWED, Review, review_of
from sandbox.event.rights import Whose
from sandbox.event.systems import System
from sandbox.exchange import Exchange
from sandbox.findings import Finding, read_finding
from sandbox.i18n import ENGLISH, Language, as_language
from sandbox.store.redacting import REDACTED
from sandbox.store.runs import Event, hash_of
from sandbox.testbench.distance import Captured, explain
from sandbox.testbench.fingerprint import fingerprint
from sandbox.testbench.inbox import place_in
from sandbox.testbench.observed import not_observed
from sandbox.testbench.script import Result, Test, Track, Verdict, roll_up
from sandbox.testbench.tracks import TRACKS, choose, inputs_of

OWN_MACHINE = "own-machine"
"""Keeper of a run that a team made on its own machine and handed in."""
INBOX = re.compile(r"https?://[^/]+/inbox/[^/]+/fhir")
"""How much of an address stands in the name of a request."""
State = Literal["queued", "running", "waiting", "done", "cancelled"]


@dataclass(frozen=True, slots=True)
class Run:
    """A run as its log tells it; `given` are the inputs, with those that tests produced."""

    id: str
    track: Track
    system: str
    base: str
    at: int
    state: State
    keeper: str
    tests: tuple[Test, ...]
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    earlier: tuple[Outcome, ...] = ()
    """What was found of older messages to its inbox; the newest alone count."""
    given: Mapping[str, str] = field(default_factory=dict)
    inbox: str = ""
    """Name of the inbox to which a client sends, `RUN.SECRET`."""
    through: str = ""
    """The test instance whose systems met through a recording proxy: what they exchanged is all
    that this run knows, and `inbox` is the proxy's token.
    """
    captured: tuple[Captured, ...] = ()
    """What came to it."""
    team: str = ""
    country: str = ""
    by: str = ""
    """Who began it; team and country are those of the system.  They are labels: the ids beside them
    say who is meant.
    """
    team_id: TeamId = NO_TEAM
    author: Author = UNKNOWN
    review: Review = UNREVIEWED
    others: tuple[TeamId, ...] = ()
    """Teams of the other systems that take part."""
    known: Mapping[str, Allowance] = field(default_factory=dict)
    """The failures that the team knew of when it began, by the id of the test."""
    language: Language = ENGLISH
    """That of whoever began it: answers of the system are asked for in it."""
    was_whole: bool | None = None
    """Whether it had all tests of its track when it began; None in a log too old to tell."""

    @property
    def is_handed_in(self) -> bool:
        """Whether a team made it on its own machine: what its exchanges rest on nobody here saw."""
        return self.keeper == OWN_MACHINE

    @property
    def inputs(self) -> dict[str, str]:
        """Returns the inputs that were given, without what the run itself and its tests have
        added.
        """
        known = inputs_of(self.track.id) | {PRESET}
        return {name: value for name, value in self.given.items() if name in known}

    @property
    def not_passed(self) -> tuple[str, ...]:
        """Returns the ids of the tests that failed, or whose verdict is not known."""
        good = ("pass", "warn", "skip")
        return tuple(
            test.id
            for test in self.tests
            if test.id not in self.outcomes or self.outcomes[test.id].verdict not in good
        )

    @property
    def known_failures(self) -> tuple[str, ...]:
        """Returns the ids of the tests that failed as the team knew that they would."""
        return tuple(
            id for id in self.known if id in self.outcomes and self.outcomes[id].verdict == "fail"
        )

    @property
    def news(self) -> Verdict:
        """The verdict of what was not known to fail: what a build that runs this every night should
        act on.
        """
        known = self.known_failures
        verdict = roll_up(
            [outcome.verdict for outcome in self.outcomes.values() if outcome.test not in known]
        )
        # "skip" would say that nothing was tested; here all that was tested failed as expected.
        return "warn" if known and verdict == "skip" else verdict

    @property
    def whose(self) -> Whose:
        """Returns what rights.py asks: whose run it is."""
        return Whose(self.team_id, self.author, self.others)

    @property
    def door(self) -> str:
        """Returns the path to which a client sends; empty where it is asked."""
        return f"/{'through' if self.through else 'inbox'}/{self.inbox}/fhir" if self.inbox else ""

    @property
    def mended(self) -> tuple[Outcome, ...]:
        """Returns what was wrong in older messages and is not said of the newest as well."""
        now = self.outcomes
        return tuple(one for one in self.earlier if not now[one.test].says_as(one))

    @property
    def unmatched(self) -> dict[int, Finding]:
        """Returns what came to the inbox and no test has looked at, by number, with the reason."""
        if self.through:  # two systems may speak of more than is tested
            return {}
        looked_at = {number for outcome in self.outcomes.values() for number in outcome.exchanges}
        strays = [request for request in self.captured if request.number not in looked_at]
        return {
            stray.number: explain(stray, self.track.awaits)
            for stray in strays
            if self.is_awaited(stray.number) or not self._is_offered(stray.place)
        }

    def _is_offered(self, place: str) -> bool:
        return any(offer.has_place(place) for offer in self.track.offers)

    def is_awaited(self, number: int) -> bool:
        """Tells whether a test may look at a request: what only an offer answers, such as the files
        of a link, changes no verdict.
        """
        sent = next((request for request in self.captured if request.number == number), None)
        return (
            sent is None
            or bool(self.through)
            or any(
                capture.has_method(sent.method) and capture.has_place(sent.place)
                for capture in self.track.awaits
            )
        )

    @property
    def is_whole(self) -> bool:
        """Whether it has all tests of its track; one of some tests says nothing of the others."""
        if self.was_whole is None:
            return len(self.tests) == len(self.track.tests)
        return self.was_whole

    @property
    def verdict(self) -> Verdict:
        """The verdict of the whole; of a run that is not done, of what is known so far."""
        return roll_up([outcome.verdict for outcome in self.outcomes.values()])


def read_run(events: Sequence[Event]) -> Run:
    """Returns a run as its log tells it, from its first event on; raises NotFound for a track that
    is no more.
    """
    first = json.loads(events[0].body)
    choose(first["track"])
    track = TRACKS[first["track"]]
    queued = Run(
        id=events[0].run,
        track=track,
        system=first["system"],
        base=first["base"],
        at=events[0].at,
        # a client's run waits from its first moment on, though nothing was written behind that
        state="waiting" if track.is_of_client or first.get("through") else "queued",
        keeper=first["keeper"],
        tests=tuple(test for test in track.tests if test.id in first["tests"]),
        given=first["given"],
        inbox=first["inbox"],
        through=first.get("through", ""),
        # logs from before there were teams have none of these
        team=first.get("team", ""),
        country=first.get("country", ""),
        by=first.get("by", ""),
        # and those from before there were ids have the names alone
        team_id=first.get("team_id", named_team(first.get("team", ""))),
        author=Author(first.get("by_id", ""), first.get("by", ""), events[0].at),
        review=review_of(events),
        others=tuple(
            first.get("other_ids", [named_team(name) for name in first.get("others", ())])
        ),
        known=_known(first.get("known", ())),
        language=as_language(first.get("language", ENGLISH)),
        was_whole=first.get("whole"),
    )
    return go_on(queued, events[1:])


def labels_of(system: System, by: Person, peers: Sequence[System]) -> dict[str, Any]:
    """Returns whose a run is: names to show, ids to compare."""
    others = [peer for peer in peers if peer.team_id]
    return {
        "team": system.team,
        "team_id": system.team_id,
        "country": system.country,
        "by": by.name,
        "by_id": by.id,
        "others": [peer.team for peer in others],
        "other_ids": [peer.team_id for peer in others],
    }


def left_unasked(run: Run) -> list[Result]:
    """Returns the results of the tests whose questions nobody has asked in an observed meeting.

    Args:
        run: One of a recording proxy.
    """
    return [not_observed(test) for test in run.tests if test.id not in run.outcomes]


def lines_of(
    result: Result, numbers: Sequence[int], *, has_new: bool
) -> list[tuple[str, dict[str, Any]]]:
    """Returns the lines that tell what a test came to, its verdict as the last of them.

    Args:
        result: What it came to.
        numbers: Those of its exchanges in the run.
        has_new: Whether the exchanges are not in the log yet.
    """
    test = {"test": result.test.id}
    lines: list[tuple[str, dict[str, Any]]] = []
    for number, exchange in zip(numbers, result.exchanges, strict=False) if has_new else ():
        bodies = {"request_body": hash_of(exchange.request_body), "body": hash_of(exchange.body)}
        lines.append(("exchange", {"number": number, **test, **asdict(exchange), **bodies}))
    lines += [("finding", {**test, **asdict(finding)}) for finding in result.findings]
    outcome = {
        "verdict": result.verdict,
        "produced": dict(result.produced),
        "exchanges": list(numbers),
        "check": fingerprint(result.test),
    }
    return [*lines, ("verdict", {**test, **outcome})]


def go_on(run: Run, events: Sequence[Event]) -> Run:
    """Returns a run as it stands after the events that followed; its review stays as it is."""
    state = run.state
    given = dict(run.given)
    outcomes = dict(run.outcomes)
    earlier = run.earlier
    findings: dict[str, list[Finding]] = {}
    captured = list(run.captured)
    for event in events:
        # what people say of a run, or had to take from it, does not change its state
        if event.kind in KINDS or event.kind == REDACTED:
            continue
        body = json.loads(event.body)
        state = "running" if state == "queued" else state
        if event.kind == "captured":
            place = place_in(body["url"], run.inbox)
            captured.append(Captured(body["number"], body["method"], place))
        elif event.kind == "finding":
            findings.setdefault(body.pop("test"), []).append(read_finding(body))
        elif event.kind == "verdict":
            # the findings stand before their verdict, and are written with it in one step
            test = body["test"]
            findings_of = tuple(findings.pop(test, ()))
            numbers = tuple(body["exchanges"])
            check = body.get("check", "")
            outcome = Outcome(test, body["verdict"], findings_of, numbers, check)
            earlier = keep(outcome, outcomes, earlier)
            given |= body["produced"]
        elif event.kind == "done":
            state = "done"
        elif event.kind == "cancelled":
            state = "cancelled"
    came = tuple(captured)
    return replace(run, state=state, given=given, outcomes=outcomes, earlier=earlier, captured=came)


def starts_of(test: Test, events: Iterable[Event]) -> int:
    """Returns how often a test was begun and neither ended nor was stopped in order."""
    kinds = [
        event.kind
        for event in events
        if event.kind in ("begun", "interrupted") and json.loads(event.body)["test"] == test.id
    ]
    return kinds.count("begun") - kinds.count("interrupted")


def _known(rows: Iterable[dict[str, str]]) -> dict[str, Allowance]:
    return {row["what"]: read_allowance(row) for row in rows}


def exchange_of(
    run: str, events: Sequence[Event], number: int, blob: Callable[[str], bytes]
) -> Exchange:
    """Returns an exchange of a run.

    Args:
        run: The run's id.
        events: Those of its log that tell of exchanges; others are passed over.
        number: Which of them.
        blob: Gives a body by its hash.

    Raises:
        NotFound: The run has no exchange of that number.
    """
    exchanges = exchanges_of(events, [number], blob)
    if number in exchanges:
        return exchanges[number]
    raise NotFound(
        "testbench.no_exchange",
        where=str(number),
        id=run,
        number=number,
    )


def exchanges_of(
    events: Sequence[Event], numbers: Collection[int], blob: Callable[[str], bytes]
) -> dict[int, Exchange]:
    """Returns those exchanges of a log that have one of these numbers, with their bodies, which
    `blob` gives by their hash.
    """
    bodies = _bodies(events)
    return {number: _exchange(bodies[number], blob) for number in numbers if number in bodies}


def reader_of(events: Sequence[Event], blob: Callable[[str], bytes]) -> Callable[[int], Exchange]:
    """Returns what reads the exchanges of a log by their number, each once, when it is asked for.

    Args:
        events: Those of the log that tell of exchanges.
        blob: Gives a body by its hash.
    """
    bodies = _bodies(events)
    return cache(lambda number: _exchange(bodies[number], blob))


def requests_of(events: Sequence[Event], base: str) -> dict[int, str]:
    """Returns what each exchange of a log asked for, by its number: the method, and the address
    below the base of the system, or of the inbox to which the system has sent it.
    """
    return {
        number: f"{body['method']} {below(str(body['url']), base)}"
        for number, body in _bodies(events).items()
    }


def below(url: str, base: str) -> str:
    """Returns what an address asks for: the part of it below a base or below an inbox."""
    return INBOX.sub("", url.removeprefix(base)).lstrip("/") or "/"


def _bodies(events: Sequence[Event]) -> dict[int, dict[str, Any]]:
    bodies: dict[int, dict[str, Any]] = {}
    for event in events:
        if event.kind in ("exchange", "captured"):
            body = json.loads(event.body)
            bodies.setdefault(body["number"], body)
    return bodies


def _exchange(body: Mapping[str, Any], blob: Callable[[str], bytes]) -> Exchange:
    content = {name: value for name, value in body.items() if name not in ("number", "test")}
    for name in ("request_headers", "headers"):
        content[name] = tuple((str(key), str(value)) for key, value in content[name])
    return Exchange(
        **{**content, "request_body": blob(content["request_body"]), "body": blob(content["body"])}
    )

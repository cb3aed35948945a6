"""A test instance goes its way by who may move it, counts what the bench has proven, and forgets nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from sandbox.errors import BadRequest, Forbidden, NotFound, PreconditionFailed, SandboxError
from sandbox.event.additions import Addition
from sandbox.event.identity import Person, PersonId, TeamId
from sandbox.event.instance import MOVES, STATES, Instance
from sandbox.event.instance_acts import LINES, Words
from sandbox.event.instances import Instances
from sandbox.event.monitoring import ALL, wanted_of
from sandbox.event.overruling import Ruling
from sandbox.event.partners import Chosen
from sandbox.event.plan import EventTrack, Evidence, PlannedEvent, PlannedTest, RoleInTest
from sandbox.event.run import Run
from sandbox.event.run_service import RunService
from sandbox.event.systems import System, register
from sandbox.i18n import say
from sandbox.ids import sequence_of_ids
from sandbox.sentences import public_text_of, text_of
from sandbox.store.instances import InstanceRow, InstanceStore
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from sandbox.testbench.guard import Guard
from sandbox.web.problems import problem_of
from tests.conftest import TickingClock
from tests.sandbox.event.meeting import meet
from tests.sandbox.testbench.playing import sender_to

SOURCE = RoleInTest("source", "document-source", {"en": "Source"})
RECIPIENT = RoleInTest(
    "recipient", "document-recipient", {"en": "Recipient"}, bench=("fhir.basics",)
)
PICTURE = Evidence("picture", {"en": "A picture of the screen"}, is_required=True)
SEND = PlannedTest(
    "1.3",
    "1",
    {"en": "Send a summary"},
    {"en": "The source sends a summary to the recipient."},
    (SOURCE, RECIPIENT),
    checklist=({"en": "The patient is the same."}, {"en": "The document is shown."}),
    evidence=(PICTURE,),
)
BASICS = PlannedTest(
    "1.1", "1", {"en": "Basics"}, {"en": "The server answers."}, (RECIPIENT,), proof="automatic"
)
WALLET = PlannedTest(
    "2.1", "1", {"en": "Wallet"}, {"en": "Later."}, (SOURCE,), waits={"en": "Not yet."}
)
EVENT = PlannedEvent(
    "rehearsal",
    {"en": "A rehearsal"},
    zone="America/Panama",
    first=date(2026, 7, 27),
    last=date(2026, 7, 30),
    languages=("en",),
    tracks=(EventTrack("1", {"en": "Track 1"}),),
    tests=(BASICS, SEND, WALLET),
)


def person(name: str, role: str, team: str = "") -> Person:
    return Person(name, role, team, id=PersonId(name.lower()), team_id=TeamId(team))  # type: ignore[arg-type]


ANA = person("Ana", "participant", "chile")
PIA = person("Pia", "participant", "peru")
EVA = person("Eva", "participant", "cuba")
MONITOR = person("Mo", "monitor")
OTHER_MONITOR = person("Max", "monitor")
CHILES_MONITOR = person("Caro", "monitor", "chile")
PERUS_MONITOR = person("Paco", "monitor", "peru")
INES = person("Inés", "facilitator")


class OneEvent:
    """The plans of a server that has one event."""

    def find(self, id: str) -> PlannedEvent:
        if id != EVENT.id:
            raise NotFound("plan.no_test", where=id)
        return EVENT


@dataclass
class Floor:
    """An event under way: its instances, and the runs of its bench against a sandbox."""

    instances: Instances
    service: RunService
    sandbox: TestClient

    def run(self, system: str, tests: tuple[str, ...] = ()) -> Run:
        """Plays the basics against a system, which is the sandbox behind another name."""
        run = self.service.runs.start("fhir.basics", self.service.system(system), tests=tests)

        async def play() -> None:
            async with sender_to(self.sandbox) as send:
                await self.service.runs.carry_out(run.id, send)

        asyncio.run(play())
        return self.service.runs.read(run.id)

    def queue(self, monitor: Person) -> list[InstanceRow]:
        """What waits for a monitor."""
        return list(self.instances.store.waiting(wanted_of(EVENT, ALL, monitor)).rows)

    def both_in(self) -> Instance:
        """Starts the sending of a summary from Chile to Peru, which has accepted."""
        begun = self.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA)
        self.instances.invite(begun.id, "recipient", "recipient-pe", ANA)
        return self.instances.act(begun.id, "accept", PIA, Words(role="recipient"))

    def to_verify(self) -> Instance:
        """Has the bench pass the recipient, adds the picture, and asks for a monitor."""
        begun = self.both_in()
        run = self.run("recipient-pe")
        self.instances.attempt(begun.id, "recipient", run, PIA)
        picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
        self.instances.attach(begun.id, picture, PIA)
        return self.instances.act(begun.id, "submit", ANA)


@pytest.fixture
def floor(tmp_path: Path, empty: TestClient) -> Floor:
    partitions = Partitions(tmp_path / "floor")
    clock = TickingClock()
    logs = RunStore(partitions.main)
    service = RunService(
        logs,
        clock=clock,
        new_id=sequence_of_ids("runs"),
        guard=Guard(grants=frozenset(), own_ports=frozenset()),
        here=httpx.ASGITransport(empty.app),  # never asked: runs are played by hand
    )
    for name, team, actor in (
        ("source-cl", "chile", "document-source"),
        ("recipient-pe", "peru", "document-recipient"),
        ("recipient-cl", "chile", "document-recipient"),
    ):
        country = {"chile": "CL", "peru": "PE"}[team]
        register(
            System(
                name,
                "http://sandbox.test/fhir",
                team,
                country,
                actors=(actor,),
                team_id=TeamId(team),
            ),
            logs,
        )
    instances = Instances(
        InstanceStore(partitions.main, logs),
        service,
        plans=OneEvent(),
        clock=clock,
        new_id=sequence_of_ids("instances"),
    )
    return Floor(instances, service, empty)


def test_from_start_to_verified(floor: Floor) -> None:
    begun = floor.to_verify()
    assert begun.state == "to_verify"
    assert [row.id for row in floor.queue(MONITOR)] == [begun.id]
    floor.instances.act(begun.id, "claim", MONITOR)
    decided = floor.instances.act(
        begun.id, "decide", MONITOR, Words(decision="verified", ticked=(0, 1))
    )
    assert decided.state == "verified"
    assert [entry.kind for entry in decided.history] == [
        "opened",
        "invited",
        "accepted",
        "ran",
        "attached",
        "submitted",
        "claimed",
        "decided",
    ]
    assert [entry.by for entry in decided.history][-3:] == ["Ana", "Mo", "Mo"]
    assert floor.queue(MONITOR) == []


@pytest.mark.parametrize("monitor", [CHILES_MONITOR, PERUS_MONITOR, ANA, EVA])
def test_nobody_of_a_team_that_takes_part_verifies(floor: Floor, monitor: Person) -> None:
    begun = floor.to_verify()
    with pytest.raises(Forbidden):
        floor.instances.act(begun.id, "claim", monitor)
    assert floor.instances.read(begun.id).monitor == ""


@pytest.mark.parametrize(
    ("monitor", "count"), [(CHILES_MONITOR, 0), (PERUS_MONITOR, 0), (MONITOR, 1)]
)
def test_the_queue_leaves_out_what_ones_own_team_is_in(
    floor: Floor, monitor: Person, count: int
) -> None:
    floor.to_verify()
    assert len(floor.queue(monitor)) == count


def test_what_another_monitor_looks_at_is_theirs(floor: Floor) -> None:
    begun = floor.to_verify()
    floor.instances.act(begun.id, "claim", MONITOR)
    for act in ("claim", "release", "return", "decide"):
        with pytest.raises(PreconditionFailed, match="claimed_by"):
            floor.instances.act(
                begun.id, act, OTHER_MONITOR, Words("why", decision="failed", ticked=(0, 1))
            )
    # whoever runs the event frees what a monitor has taken home
    assert floor.instances.act(begun.id, "release", INES).monitor == ""
    assert floor.instances.act(begun.id, "claim", OTHER_MONITOR).monitor == "Max"


def test_nothing_is_decided_that_nobody_has_claimed(floor: Floor) -> None:
    begun = floor.to_verify()
    with pytest.raises(Forbidden, match="claim_first"):
        floor.instances.act(begun.id, "decide", MONITOR, Words(decision="verified", ticked=(0, 1)))


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        (Words(decision="verified", ticked=(0,)), "instances.checklist"),
        (Words(decision="verified"), "instances.checklist"),
        (Words(decision="partially"), "people.needs_comment"),
        (Words(decision="failed", text="  "), "people.needs_comment"),
        (Words(decision="incomplete", text="late"), "people.bad_decision"),
        (Words(text="fine"), "people.bad_decision"),
        (Words(decision="failed", text="x" * 2001), "people.too_long"),
    ],
)
def test_a_decision_needs_what_belongs_to_it(floor: Floor, words: Words, missing: str) -> None:
    begun = floor.to_verify()
    floor.instances.act(begun.id, "claim", MONITOR)
    with pytest.raises(BadRequest, match=missing):
        floor.instances.act(begun.id, "decide", MONITOR, words)
    assert floor.instances.read(begun.id).state == "to_verify"


def test_without_the_evidence_that_the_plan_requires_it_is_not_verified(floor: Floor) -> None:
    begun = floor.both_in()
    floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    floor.instances.attach(begun.id, Addition("notes", url="https://example.org/notes"), PIA)
    floor.instances.act(begun.id, "submit", PIA)
    floor.instances.act(begun.id, "claim", MONITOR)
    verified = Words(decision="verified", ticked=(0, 1))
    with pytest.raises(BadRequest, match="no_evidence"):
        floor.instances.act(begun.id, "decide", MONITOR, verified)
    picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
    floor.instances.attach(begun.id, picture, PIA)
    assert floor.instances.act(begun.id, "decide", MONITOR, verified).state == "verified"


def test_partly_verified_goes_on_to_verified(floor: Floor) -> None:
    begun = floor.to_verify()
    floor.instances.act(begun.id, "claim", MONITOR)
    said = Words("The sex of the patient is not shown.", decision="partially")
    partly = floor.instances.act(begun.id, "decide", MONITOR, said)
    assert (partly.state, partly.comment) == ("partially", said.text)
    again = floor.instances.act(begun.id, "submit", PIA)
    assert (again.state, again.monitor) == ("to_verify", "")
    floor.instances.act(begun.id, "claim", OTHER_MONITOR)
    verified = Words(decision="verified", ticked=(0, 1))
    assert floor.instances.act(begun.id, "decide", OTHER_MONITOR, verified).state == "verified"


def test_a_team_contests_and_both_decisions_stay_in_the_record(floor: Floor) -> None:
    begun = floor.to_verify()
    floor.instances.act(begun.id, "claim", MONITOR)
    floor.instances.act(begun.id, "decide", MONITOR, Words("No.", decision="failed"))
    with pytest.raises(BadRequest, match="contest_needs_reason"):
        floor.instances.act(begun.id, "contest", PIA)
    contested = floor.instances.act(begun.id, "contest", PIA, Words("It is shown below."))
    assert (contested.state, contested.is_contested, contested.monitor) == ("to_verify", True, "")
    assert floor.queue(MONITOR)[0].contested
    floor.instances.act(begun.id, "claim", OTHER_MONITOR)
    verified = Words(decision="verified", ticked=(0, 1))
    heard = floor.instances.act(begun.id, "decide", OTHER_MONITOR, verified)
    assert (heard.state, heard.is_contested) == ("verified", False)
    decisions = [entry.body["state"] for entry in heard.history if entry.kind == "decided"]
    assert decisions == ["failed", "verified"]


def decided(floor: Floor, id: str, decision: str, text: str = "") -> Instance:
    floor.instances.act(id, "claim", MONITOR)
    return floor.instances.act(id, "decide", MONITOR, Words(text, decision=decision, ticked=(0, 1)))


def test_what_was_said_with_one_decision_is_not_the_next_one_s(floor: Floor) -> None:
    begun = floor.to_verify()
    failed = decided(floor, begun.id, "failed", "Mend the base.")
    assert failed.said is not None
    assert (failed.said.by, failed.said.kind, failed.comment) == ("Mo", "decided", "Mend the base.")
    assert failed.decision is failed.said
    resumed = floor.instances.act(begun.id, "resume", PIA)
    # what to mend is still told, with who said it when; nobody looks at it or has decided it
    assert (resumed.comment, resumed.said) == (failed.comment, failed.said)
    assert (resumed.monitor, resumed.monitor_id, resumed.decision) == ("", "", None)
    again = floor.instances.act(begun.id, "submit", PIA)
    assert (again.comment, again.said) == ("", None)
    verified = decided(floor, begun.id, "verified")
    assert (verified.comment, verified.said) == ("", None)
    assert verified.decision is not None
    assert (verified.decision.by, verified.decision.body["state"]) == ("Mo", "verified")
    assert [entry.body["words"] for entry in verified.history if entry.kind == "decided"] == [
        "Mend the base.",
        "",
    ]


def test_what_the_bench_alone_has_verified_says_so(floor: Floor) -> None:
    begun = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    verified = floor.instances.act(begun.id, "submit", PIA)
    assert verified.state == "verified"
    assert verified.decision is not None
    assert (verified.decision.kind, verified.decision.body["state"]) == ("submitted", "verified")
    contested = floor.instances.act(begun.id, "contest", PIA, Words("It was not us."))
    assert contested.decision is None


def test_what_was_contested_and_sent_back_is_contested_no_more(floor: Floor) -> None:
    begun = floor.to_verify()
    decided(floor, begun.id, "failed", "No.")
    contested = floor.instances.act(begun.id, "contest", PIA, Words("It is shown below."))
    # whoever looks at it next reads what is contested
    assert (contested.is_contested, contested.comment) == (True, "No.")
    floor.instances.act(begun.id, "claim", MONITOR)
    returned = floor.instances.act(begun.id, "return", MONITOR, Words("Show it once more."))
    assert (returned.state, returned.is_contested) == ("started", False)
    assert not floor.instances.store.everything("rehearsal")[0].contested
    assert (returned.comment, returned.waiting_since > 0) == ("Show it once more.", True)


@pytest.mark.parametrize("decision", ["failed", "partially"])
def test_what_a_team_resumes_by_itself_was_not_sent_back(floor: Floor, decision: str) -> None:
    begun = floor.to_verify()
    decided(floor, begun.id, decision, "No.")
    resumed = floor.instances.act(begun.id, "resume", PIA)
    assert (resumed.state, resumed.waiting_since) == ("started", 0)
    floor.instances.act(begun.id, "submit", PIA)
    floor.instances.act(begun.id, "claim", MONITOR)
    floor.instances.act(begun.id, "return", MONITOR, Words("Once more."))
    floor.instances.act(begun.id, "pause", PIA)
    assert floor.instances.act(begun.id, "resume", PIA).waiting_since > 0


def test_a_rehearsal_does_not_count(floor: Floor) -> None:
    before = floor.run("recipient-pe")
    begun = floor.both_in()
    with pytest.raises(BadRequest, match="rehearsal"):
        floor.instances.attempt(begun.id, "recipient", before, PIA)


def test_a_run_of_another_system_does_not_count(floor: Floor) -> None:
    begun = floor.both_in()
    with pytest.raises(BadRequest, match="other_run"):
        floor.instances.attempt(begun.id, "recipient", floor.run("recipient-cl"), ANA)
    with pytest.raises(BadRequest, match="other_run"):
        floor.instances.attempt(begun.id, "source", floor.run("recipient-pe"), ANA)


def test_some_tests_of_what_the_plan_asks_prove_nothing(floor: Floor) -> None:
    begun = floor.both_in()
    run = floor.run("recipient-pe", tests=("BAS-01",))
    shown = floor.instances.attempt(begun.id, "recipient", run, PIA)
    (result,) = floor.instances.bench(shown)
    assert (result.verdict, result.tries, result.is_passed) == (None, 1, False)
    # whoever has tried is led to what came of it, until a try counts
    assert result.last
    assert result.last.id == run.id
    (result,) = floor.instances.bench(
        floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    )
    assert (result.is_passed, result.tries, result.last) == (True, 2, None)


def test_what_the_bench_has_not_tested_goes_to_nobody(floor: Floor) -> None:
    """One rule for the team and for the monitor, whoever proves the test."""
    alone = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    for begun in (alone, floor.both_in()):
        with pytest.raises(PreconditionFailed, match="not_run") as refused:
            floor.instances.act(begun.id, "submit", PIA)
        told = refused.value.as_finding()
        # in words, and by no name of a role or a track
        assert "FHIR basics (Recipient)" in text_of(told, "en")
        assert "Bases de FHIR (Recipient)" in text_of(told, "es")
    floor.instances.attempt(alone.id, "recipient", floor.run("recipient-pe"), PIA)
    assert floor.instances.act(alone.id, "submit", PIA).state == "verified"


def test_what_the_bench_has_not_passed_is_not_verified(floor: Floor) -> None:
    right = floor.sandbox.app
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    begun = floor.both_in()
    alone = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    for instance in (begun, alone):
        floor.instances.attempt(instance.id, "recipient", floor.run("recipient-pe"), PIA)
    picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
    floor.instances.attach(begun.id, picture, PIA)
    for instance in (begun, alone):  # whoever proves it, bench or monitor
        with pytest.raises(PreconditionFailed, match="not_passed") as refused:
            floor.instances.act(instance.id, "submit", PIA, Words("Ready."))
        finding = refused.value.as_finding()
        for language, found in (("en", "did not take"), ("es", "no se hizo"), ("pt", "não pegou")):
            assert text_of(finding, language).startswith("BAS-02 ")
            assert found in text_of(finding, language)
            # who reads their own page reads what was found there, and others do not
            whole, public = text_of(finding, language), public_text_of(finding, language)
            hidden = say("reports.hidden_found", language)
            assert (hidden in whole, hidden in public) == (False, True), (whole, public)
            told = problem_of(refused.value, language)
            assert (told["text"], told["public_text"]) == (whole, public)
    # who thinks that the bench is wrong says why, and a monitor hears it
    with pytest.raises(BadRequest, match="contest_needs_reason"):
        floor.instances.act(begun.id, "contest", PIA)
    with pytest.raises(BadRequest, match="nothing_said"):
        floor.instances.act(begun.id, "say", PIA, Words("  "))
    contested = floor.instances.act(begun.id, "contest", PIA, Words("It answers us."))
    assert (contested.state, contested.is_contested) == ("to_verify", True)
    floor.instances.act(begun.id, "claim", MONITOR)
    verified = Words(decision="verified", ticked=(0, 1))
    for decision in (verified, Words("Nearly.", decision="partially")):
        with pytest.raises(PreconditionFailed, match="bench_failed"):
            floor.instances.act(begun.id, "decide", MONITOR, decision)
    returned = floor.instances.act(begun.id, "return", MONITOR, Words("Mend the basics first."))
    assert (returned.state, returned.comment) == ("started", "Mend the basics first.")
    floor.sandbox.app = right
    floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    with pytest.raises(PreconditionFailed, match="nothing_failed"):
        floor.instances.act(begun.id, "contest", PIA, Words("And still."))
    floor.instances.act(begun.id, "submit", PIA)
    floor.instances.act(begun.id, "claim", MONITOR)
    assert floor.instances.act(begun.id, "decide", MONITOR, verified).state == "verified"


@pytest.mark.parametrize("test", ["1.3", "1.1"])
def test_what_a_monitor_has_overruled_is_no_failure_any_more(floor: Floor, test: str) -> None:
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    if test == "1.3":
        begun = floor.both_in()
        picture = Addition("screen.png", "image/png", b"picture", evidence="picture")
        floor.instances.attach(begun.id, picture, PIA)
    else:
        begun = floor.instances.start("rehearsal", test, Chosen("recipient-pe"), PIA)
    run = floor.run("recipient-pe")
    floor.instances.attempt(begun.id, "recipient", run, PIA)
    floor.instances.act(begun.id, "contest", PIA, Words("It answers us."))
    floor.instances.act(begun.id, "claim", MONITOR)
    decided = Words("Seen.", decision="verified", ticked=(0, 1))
    for id in [id for id, outcome in run.outcomes.items() if outcome.verdict == "fail"]:
        with pytest.raises(PreconditionFailed, match="bench_failed"):
            floor.instances.act(begun.id, "decide", MONITOR, decided)
        ruling = Ruling(run.id, id, "pass", "The server is right.", "FHIR R4 http.html#read")
        floor.instances.overrule(begun.id, ruling, MONITOR)
    assert floor.instances.act(begun.id, "decide", MONITOR, decided).state == "verified"


def test_a_run_by_itself_is_no_more_verified_than_in_an_instance(floor: Floor) -> None:
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    run = floor.run("recipient-pe")
    runs = floor.service.runs
    runs.review(run.id, "ask", PIA)
    runs.review(run.id, "claim", MONITOR)
    with pytest.raises(PreconditionFailed, match="run_failed") as refused:
        runs.review(run.id, "decide", MONITOR, decision="verified")
    assert text_of(refused.value.as_finding(), "es").startswith("BAS-02 ")
    partly = runs.review(run.id, "decide", MONITOR, decision="partially", words="All but updates.")
    assert partly.review.standing == "partially"


def test_an_overruled_verdict_counts_and_the_bench_s_own_stays(floor: Floor) -> None:
    floor.sandbox.app = refusing(floor.sandbox.app)  # type: ignore[assignment]
    begun = floor.both_in()
    run = floor.run("recipient-pe")
    failed = next(id for id, outcome in run.outcomes.items() if outcome.verdict == "fail")
    floor.instances.attempt(begun.id, "recipient", run, PIA)
    floor.instances.act(begun.id, "contest", PIA, Words("The server is right."))
    ruling = Ruling(run.id, failed, "pass", "The server is right.", "FHIR R4 http.html#read")
    with pytest.raises(Forbidden, match="claim_first"):
        floor.instances.overrule(begun.id, ruling, MONITOR)
    floor.instances.act(begun.id, "claim", MONITOR)
    for team_member in (PIA, CHILES_MONITOR):
        with pytest.raises(Forbidden):
            floor.instances.overrule(begun.id, ruling, team_member)
    for lacks, given in (
        ("no_clause", ("pass", "Right.", " ")),
        ("no_reason", ("pass", " ", "FHIR R4")),
        ("no_verdict", ("", "Right.", "FHIR R4")),
    ):
        with pytest.raises(BadRequest, match=lacks):
            floor.instances.overrule(begun.id, Ruling(run.id, failed, *given), MONITOR)
    ruled = floor.instances.overrule(begun.id, ruling, MONITOR)
    (was,) = ruled.overrulings
    assert (was.was, was.verdict, was.by, was.clause) == ("fail", "pass", "Mo", ruling.clause)
    (result,) = floor.instances.bench(ruled)
    assert result.found == "fail"
    others = {id: outcome.verdict for id, outcome in run.outcomes.items() if id != failed}
    assert (result.verdict == "fail") == ("fail" in others.values())


def test_a_partner_must_accept_before_it_goes_to_a_monitor(floor: Floor) -> None:
    begun = floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA)
    floor.instances.invite(begun.id, "recipient", "recipient-pe", ANA)
    with pytest.raises(PreconditionFailed, match="roles_open"):
        floor.instances.act(begun.id, "submit", ANA)
    with pytest.raises(Forbidden):  # nobody accepts for another team
        floor.instances.act(begun.id, "accept", ANA, Words(role="recipient"))
    for act in ("abort", "pause", "submit", "contest"):  # who has not answered moves nothing
        with pytest.raises(Forbidden, match="answer_first"):
            floor.instances.act(begun.id, act, PIA, Words("hello"))
    declined = floor.instances.act(begun.id, "decline", PIA, Words(role="recipient"))
    assert list(declined.open_roles(SEND)) == ["recipient"]
    with pytest.raises(Forbidden):  # and whoever said no has no part in it any more
        floor.instances.act(begun.id, "say", PIA, Words("hello"))


@pytest.mark.parametrize(
    ("role", "system", "why"),
    [
        ("recipient", "recipient-cl", "same_team"),
        ("recipient", "source-cl", "other_actor"),
        ("nurse", "recipient-pe", "no_role"),
        ("source", "recipient-pe", "role_taken"),
        ("recipient", "nowhere", "no_system"),
    ],
)
def test_who_cannot_be_invited(floor: Floor, role: str, system: str, why: str) -> None:
    begun = floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA)
    with pytest.raises(SandboxError, match=why):
        floor.instances.invite(begun.id, role, system, ANA)


@pytest.mark.parametrize(
    ("event", "test", "system", "who", "error"),
    [
        ("rehearsal", "1.3", "source-cl", PIA, Forbidden),
        ("rehearsal", "1.3", "recipient-cl", ANA, BadRequest),
        ("rehearsal", "9.9", "source-cl", ANA, NotFound),
        ("rehearsal", "2.1", "source-cl", ANA, PreconditionFailed),
        ("elsewhere", "1.3", "source-cl", ANA, NotFound),
    ],
)
def test_what_cannot_be_started(
    floor: Floor, event: str, test: str, system: str, who: Person, error: type[SandboxError]
) -> None:
    with pytest.raises(error):
        floor.instances.start(event, test, Chosen(system), who)


def test_only_who_takes_part_or_looks_after_all_sees_an_instance(floor: Floor) -> None:
    begun = floor.both_in()
    for one_of_them in (ANA, PIA, MONITOR, INES):
        assert floor.instances.seen_by(begun.id, one_of_them).id == begun.id
    with pytest.raises(Forbidden):
        floor.instances.seen_by(begun.id, EVA)
    for act in LINES:
        with pytest.raises((Forbidden, PreconditionFailed)):
            floor.instances.act(begun.id, act, EVA, Words("x", role="recipient"))


def test_whoever_acts_on_what_has_changed_meanwhile_is_refused(floor: Floor) -> None:
    begun = floor.both_in()
    events = floor.service.store.events(f"@instance:{begun.id}")
    floor.instances.act(begun.id, "say", ANA, Words("hello"))
    with pytest.raises(PreconditionFailed, match="log_moved_on"):
        floor.instances.write(begun.id, events, [("paused", {"state": "paused", "by": "Pia"})])
    assert floor.instances.read(begun.id).state == "started"


def test_partners_who_add_and_say_something_at_once_lose_nothing(floor: Floor) -> None:
    begun = floor.both_in()

    def say(number: int) -> None:
        floor.instances.act(begun.id, "say", (ANA, PIA)[number % 2], Words(f"word {number}"))

    def attach(number: int) -> None:
        addition = Addition(f"{number}.png", "image/png", b"picture %d" % number)
        floor.instances.attach(begun.id, addition, (ANA, PIA)[number % 2])

    with ThreadPoolExecutor(12) as threads:
        for waiting in [threads.submit(act, n) for n in range(8) for act in (say, attach)]:
            waiting.result()
    now = floor.instances.read(begun.id)
    assert {attachment.name for attachment in now.attachments} == {f"{n}.png" for n in range(8)}
    lines = floor.service.store.events(f"@instance:{begun.id}")
    assert sum(line.kind == "said" for line in lines) == 8


def test_of_monitors_who_claim_at_once_one_has_it(floor: Floor) -> None:
    begun = floor.to_verify()
    monitors = [Person(f"Monitor {number}", "monitor") for number in range(8)]
    meet([floor.instances.store], writers=len(monitors))

    def claim(monitor: Person) -> str:
        try:
            floor.instances.act(begun.id, "claim", monitor)
        except SandboxError as refusal:
            return refusal.key
        return ""

    with ThreadPoolExecutor(len(monitors)) as threads:
        answers = list(threads.map(claim, monitors))
    # each is told who has it, not that somebody wrote meanwhile
    assert Counter(answers) == {"": 1, "people.claimed_by": 7}


# Gazelle's table: which word can be said in which state (by whom stands in the tests above).
ALLOWED = {
    "started": "invite accept decline attach say run watch pause abort submit contest close",
    "paused": "invite accept decline attach say run watch resume abort submit contest close",
    "aborted": "say resume",
    "to_verify": "attach say hurry claim release return overrule decide close",
    "critical": "attach say claim release return overrule decide close",
    "verified": "say contest",
    "partially": "attach say run resume abort submit contest",
    "failed": "say resume contest",
    "incomplete": "say",
}


@pytest.mark.parametrize("state", STATES)
def test_what_can_be_done_in_a_state(state: str) -> None:
    assert {act for act, move in MOVES.items() if state in move.before} == set(
        ALLOWED[state].split()
    )


def test_the_close_of_the_event_leaves_what_is_decided(floor: Floor) -> None:
    waiting = floor.to_verify()
    begun = floor.instances.start("rehearsal", "1.3", Chosen("source-cl"), ANA)
    verified = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    floor.instances.attempt(verified.id, "recipient", floor.run("recipient-pe"), PIA)
    floor.instances.act(verified.id, "submit", PIA)
    with pytest.raises(Forbidden):
        floor.instances.close("rehearsal", MONITOR)
    assert floor.instances.close("rehearsal", INES) == 2
    states = [floor.instances.read(each.id).state for each in (waiting, begun, verified)]
    assert states == ["incomplete", "incomplete", "verified"]


def test_acts_are_in_the_audit_log_and_what_was_said_is_not(floor: Floor) -> None:
    begun = floor.both_in()
    floor.instances.act(begun.id, "say", ANA, Words("Luzia Nogueira is missing"))
    entries = floor.service.store.audit.newest()
    told = [(entry.act, entry.details.get("instance")) for entry in entries]
    assert ("instance.said", begun.id) in told
    assert ("instance.opened", begun.id) in told
    assert "Luzia" not in json.dumps([dict(entry.details) for entry in entries])


def test_files_and_links_are_bounded(floor: Floor, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = floor.both_in()
    for addition, why in (
        (Addition("x"), "file_or_link"),
        (Addition("x", content=b"x", url="https://example.org"), "file_or_link"),
        (Addition(" ", content=b"x"), "file_or_link"),
        (Addition("x", url="javascript:alert(1)"), "bad_base"),
        (Addition("x", url="https://ana:secret@example.org/"), "userinfo"),
        (Addition("x", content=b"x", evidence="film"), "other_evidence"),
        (Addition("x", content=b"x" * (10 * 2**20 + 1)), "too_much"),
    ):
        with pytest.raises(SandboxError, match=why):
            floor.instances.attach(begun.id, addition, ANA)
    shown = floor.instances.attach(begun.id, Addition("a.txt", "text/plain", b"abc"), ANA)
    (file,) = shown.attachments
    assert floor.instances.content(shown, file.number) == ("a.txt", b"abc")
    with pytest.raises(NotFound):
        floor.instances.content(shown, 0)


def refusing(app: object) -> object:
    """Returns a sandbox that refuses every deletion, which its own users may ask of it."""

    async def answer(scope: dict[str, object], receive: object, send: object) -> None:
        if scope["type"] == "http" and scope["method"] in ("DELETE", "PUT"):
            scope = {**scope, "method": "PATCH"}
        await app(scope, receive, send)  # type: ignore[operator]

    return answer


def test_a_monitor_speaks_and_adds_where_no_team_of_theirs_is_in(floor: Floor) -> None:
    begun = floor.to_verify()
    said = floor.instances.act(begun.id, "say", MONITOR, Words("Show me the second screen."))
    assert said.history[-1].by == "Mo"
    link = Addition("notes", url="https://example.org/notes")
    assert floor.instances.attach(begun.id, link, MONITOR).attachments[-1].by == "Mo"


def test_a_file_stays_when_old_runs_with_the_same_bytes_are_forgotten(floor: Floor) -> None:
    run = floor.run("recipient-pe")
    body = floor.service.runs.exchange(run.id, 0).body
    begun = floor.both_in()
    shown = floor.instances.attach(begun.id, Addition("same.json", content=body), ANA)
    assert floor.service.store.forget(before=2**50) == 1
    assert floor.instances.content(shown, shown.attachments[0].number)[1] == body


def versioned(floor: Floor, name: str, version: str) -> None:
    """Has a team register another version of its system."""
    register(replace(floor.service.system(name), version=version), floor.service.store)


def test_an_instance_keeps_the_version_of_each_system_as_it_was_last_tested(floor: Floor) -> None:
    versioned(floor, "recipient-pe", "1.0")
    begun = floor.both_in()
    assert begun.parts["recipient"].version == "1.0"
    versioned(floor, "recipient-pe", "1.1")
    assert floor.instances.read(begun.id).parts["recipient"].version == "1.0"
    attempted = floor.instances.attempt(begun.id, "recipient", floor.run("recipient-pe"), PIA)
    assert attempted.parts["recipient"].version == "1.1"
    assert attempted.parts["source"].version == ""
    (row,) = floor.instances.store.everything("rehearsal")
    assert [part.version for part in row.parts] == ["", "1.1"]

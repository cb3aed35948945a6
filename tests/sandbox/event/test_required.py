"""What a plan requires of the bench is judged or asked for: a check that was left out proves nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from starlette.testclient import TestClient

from sandbox.event.event_file import read_event, shipped_events
from sandbox.event.outcomes import Outcome
from sandbox.event.plan import PlannedEvent, PlannedTest, RoleInTest, bench_tests
from sandbox.event.presets import presets
from sandbox.event.required import (
    Unjudged,
    given_for,
    lacking_inputs,
    named_tests,
    options_of,
    required_of,
    unjudged,
)
from sandbox.event.run import Run
from sandbox.findings import Finding
from sandbox.testbench.script import depends_on, nothing_there
from sandbox.testbench.tracks import TRACKS, number_of
from tests.sandbox.testbench.playing import played

PLANS = [read_event(file.read_text(encoding="utf-8")) for file in shipped_events().values()]
ANY = replace(PLANS[0], preset="", rulesets=())
# what the words of a plan promise, and the checks that keep it; with !, those that only a plan that names them requires
PROMISES = [
    ("signed QR code|signature by the trust list", "vhl.issuer", "!VHI-15 VHI-02 VHI-03 VHI-04"),
    ("passcode", "vhl.issuer", "!VHI-08 VHI-09"),
    ("seals its files", "vhl.issuer", "VHI-11"),
    ("key of the trust list|key in the trust list", "icvp.content", "ICV-10 ICV-11"),
    ("key of the trust list|who signed it|judges the code", "hcert.content", "HCC-08 HCC-09"),
    ("validates and translates", "svcm.repository", "!SVC-09a !SVC-09b !SVC-10"),
    ("rules of the event", "ips.content", "IPC-17"),
    ("by id and by identifier", "ips.server", "IPS-01 IPS-02"),
    ("signed document", "ddcc.generation", "DDG-07 DDG-08 DDG-09"),
    ("takes a summary", "ddcc.generation", "!DDG-19"),
    ("key can be fetched", "shc.content", "SHC-08"),
    ("keys that issuing and receiving need", "did.registry", "D06"),
    ("Data Integrity proof", "vc.content", "VCC-C02 VCC-C03"),
]


def skipped(test: str, finding: Finding) -> Outcome:
    return Outcome(test, "skip", (finding,), ())


def missing(names: str) -> Finding:
    return Finding(
        "testbench.missing_input", "information", "testbench.missing_input", {"name": names}
    )


def run_of(track: str, outcomes: Mapping[str, Outcome]) -> Run:
    known = TRACKS[track]
    return Run("r", known, "s", "http://a.test", 0, "done", "server", known.tests, outcomes)


def left_of(run: Run, role: RoleInTest, plan: PlannedEvent = ANY) -> dict[str, Unjudged]:
    return {
        number_of(left.test): left for left in unjudged(run, required_of(plan, role)[run.track.id])
    }


def run_that_lacks_all(plan: PlannedEvent, role: RoleInTest, track: str) -> Run:
    """A run in which nothing was given but what the event fixes, and the system has nothing."""
    preset = presets().get(plan.preset)
    given = {**(preset.inputs if preset else {}), **given_for(plan, role, track)}
    outcomes = {}
    for test in TRACKS[track].tests:
        names = test.lacking(given)
        before = next(iter(test.after.values()), "")
        told = (
            missing(", ".join(names))
            if names
            else depends_on(before)
            if before
            else nothing_there()
        )
        outcomes[test.id] = skipped(test.id, told)
    return run_of(track, outcomes)


@pytest.mark.parametrize(("words", "track", "numbers"), PROMISES)
def test_what_the_text_of_a_plan_promises_is_never_left_out(
    words: str, track: str, numbers: str
) -> None:
    """A check behind one whose input is lacking is lacking with it; one that the event fixes is not."""
    promised = [
        (plan, test, role)
        for plan in PLANS
        for test in plan.tests
        if test.proof != "monitor" and re.search(words, test.summary["en"])
        for role in test.roles
        if track in dict(bench_tests(role))
    ]
    assert promised, "no plan says so any more"
    for plan, test, role in promised:
        left = left_of(run_that_lacks_all(plan, role, track), role, plan)
        asked = " ".join(lacking_inputs(plan, role, {}))
        named = {number_of(id) for id in named_tests(role)}
        assert {word[1:] for word in numbers.split() if word[0] == "!"} <= named, (plan.id, test.id)
        for number in numbers.replace("!", "").split():
            is_kept = number in left or is_behind_what_is_asked(track, number, asked)
            assert is_kept, f"{plan.id} {test.id}: {number}"


def is_behind_what_is_asked(track: str, number: str, asked: str) -> bool:
    """Tells whether a check can run once what is asked for before was given."""
    tests = {test.number: test for test in TRACKS[track].tests}
    test = tests[number]
    first = [
        name
        for before in test.after.values()
        for name in (*tests[before].needs, *tests[before].one_of)
    ]
    return bool(first) and set(first) & set(re.findall(r"\w+", asked)) != set()


def test_every_input_that_a_plan_needs_is_fixed_or_asked_for() -> None:
    for plan in PLANS:
        for test in plan.tests:
            for role in test.roles:
                asked = set(re.findall(r"\w+", " ".join(lacking_inputs(plan, role, {}))))
                for track, _ in bench_tests(role):
                    for left in left_of(run_that_lacks_all(plan, role, track), role, plan).values():
                        assert left.why != "lacking" or set(left.inputs) <= {
                            *asked,
                            *role.inputs,
                        }, (test.id, left)


def test_the_year_of_an_event_is_given_to_the_runs_of_its_plan() -> None:
    plan = next(plan for plan in PLANS if plan.id == "lacpass-2026")
    role = plan.test("1.1.5").roles[0]
    assert given_for(plan, role, "ips.content") == {"ruleset": "2026"}
    assert given_for(plan, plan.test("1.1.1").roles[0], "fhir.basics") == {}
    # of an event with the rules of several years, nobody knows which one holds for a system
    assert given_for(replace(plan, rulesets=("2023", "2026")), role, "ips.content") == {}
    assert lacking_inputs(plan, role, {"patient": "ana"}) == ()
    assert lacking_inputs(plan, role, {}) == ("document | url | patient",)


VERIFIABLE = RoleInTest(
    "sharer",
    "vhl-sharer",
    {"en": "Sharer"},
    bench=("vhl.issuer", "vhl.issuer.verifiable", "vhl.issuer.wrong_passcode"),
)
ANY_LINK = replace(VERIFIABLE, bench=("vhl.issuer",))


def test_a_check_that_lacks_an_input_takes_with_it_what_stands_behind_it() -> None:
    track = TRACKS["vhl.issuer"]
    outcomes = {test.id: Outcome(test.id, "pass", (), ()) for test in track.tests}
    outcomes["vhl.issuer.trust_list"] = skipped("vhl.issuer.trust_list", missing("trustlist"))
    outcomes["vhl.issuer.signed"] = skipped("vhl.issuer.signed", depends_on("VHI-03"))
    left = left_of(run_of(track.id, outcomes), ANY_LINK)
    assert {number: (one.why, one.inputs) for number, one in left.items()} == {
        "VHI-03": ("lacking", ("trustlist",)),
        "VHI-04": ("lacking", ("trustlist",)),
    }


def test_what_waited_for_a_verdict_that_a_monitor_has_set_aside_is_unjudged() -> None:
    track = TRACKS["mhd.source"]
    outcomes = {test.id: skipped(test.id, depends_on("SRC-02")) for test in track.tests}
    first = next(test.id for test in track.tests if test.number == "SRC-02")
    outcomes[first] = Outcome(first, "fail", (), ())
    run = run_of(track.id, outcomes)
    role = RoleInTest("source", "document-source", {"en": "S"}, bench=(track.id,))
    required = required_of(ANY, role)[track.id]
    assert list(unjudged(run, required)) == []  # the failure tells of them
    left = list(unjudged(run, required, [first]))
    assert {one.why for one in left} == {"waited"}
    assert {one.test for one in left} == outcomes.keys() - {first}


def test_what_a_system_has_not_is_left_out_unless_the_plan_names_it() -> None:
    track = TRACKS["vhl.issuer"]
    outcomes = {test.id: Outcome(test.id, "pass", (), ()) for test in track.tests}
    outcomes["vhl.issuer.wrong_passcode"] = skipped("vhl.issuer.wrong_passcode", nothing_there())
    run = run_of(track.id, outcomes)
    assert left_of(run, ANY_LINK) == {}
    assert left_of(run, VERIFIABLE)["VHI-08"].why == "absent"
    # and a monitor's word in its place counts
    ruled = ["vhl.issuer.wrong_passcode"]
    assert list(unjudged(run, required_of(ANY, VERIFIABLE)[track.id], ruled)) == []


def test_an_option_is_asked_of_whoever_declares_it_or_where_the_plan_names_its_check() -> None:
    bare = RoleInTest("t", "terminology-repository", {"en": "T"}, bench=("svcm.repository",))
    named = replace(bare, bench=("svcm.repository", "svcm.repository.translated"))
    plan = replace(
        PLANS[0], tests=(PlannedTest("1", "1", {}, {}, (bare,)),), first=date(2026, 1, 1)
    )
    run = run_that_lacks_all(plan, bare, "svcm.repository")
    assert "SVC-10" not in left_of(run, bare)
    assert options_of(bare) == {}
    assert options_of(named) == {"translate": "yes"}
    assert left_of(run, named)["SVC-10"].why == "lacking"


def test_an_option_that_the_event_gives_to_every_run_is_no_choice() -> None:
    plan = next(plan for plan in PLANS if plan.id == "lacpass-2026")
    (role,) = plan.test("1.1.7").roles
    run = run_that_lacks_all(ANY, role, "mhd.recipient")  # as a team has handed it in
    assert left_of(run, role, plan)["RCP-07"].inputs == ("comprehensive",)
    assert "RCP-07" not in left_of(run, role)


def test_what_the_bench_cannot_judge_is_for_a_person() -> None:
    track = TRACKS["vc.content"]
    outcomes = {test.id: Outcome(test.id, "pass", (), ()) for test in track.tests}
    key = "credentials.unknown_context"
    outcomes["vc.content.proof"] = skipped("vc.content.proof", Finding(key, "information", key))
    # what a script says besides is no reason
    aside = Finding("vc_content.no_key_there", "information", "vc_content.no_key_there")
    outcomes["vc.content.status"] = Outcome(
        "vc.content.status", "skip", (aside, nothing_there()), ()
    )
    role = RoleInTest("issuer", "content-creator", {"en": "I"}, bench=(track.id,))
    assert [one.why for one in left_of(run_of(track.id, outcomes), role).values()] == ["unable"]


def test_a_right_system_without_options_leaves_nothing_out(trained: TestClient) -> None:
    """Else teams that have done all would be refused."""
    for track in ("mhd.recipient", "mhd.responder", "pdqm.supplier", "svcm.repository"):
        results = played(track, trained, run=f"run-{track}")
        outcomes = {
            one.test.id: Outcome(one.test.id, one.verdict, one.findings, ()) for one in results
        }
        assert "skip" in {outcome.verdict for outcome in outcomes.values()}
        role = RoleInTest("any", "any", {"en": "Any"}, bench=(track,))
        assert left_of(run_of(track, outcomes), role) == {}, track

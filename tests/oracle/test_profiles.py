"""The battery of profile cases is what it says: enough of them, each profile with a right instance, none stated twice."""

from collections import Counter

from sandbox.definitions.store import core_definitions
from sandbox.validation import Knowledge, validate
from tests.oracle import profiles

WRONG_BY_R4 = {"content-reference wrong 2"}  # an item without linkId, four levels down


def test_at_least_120_cases_each_named_once() -> None:
    counted = Counter(case.id for case in profiles.cases())
    assert len(counted) >= 120
    assert max(counted.values()) == 1


def test_every_profile_has_a_right_instance_beside_its_wrong_ones() -> None:
    cases = profiles.cases()
    assert {case.profile for case in cases} == {case.profile for case in cases if case.is_valid}


def test_every_topic_has_both_answers() -> None:
    cases = profiles.cases()
    assert {case.topic for case in cases if case.is_valid} == {
        case.topic for case in cases if not case.is_valid
    }


def test_each_instance_is_right_by_r4_alone_so_that_its_profile_decides() -> None:
    knowledge = Knowledge(core_definitions())
    wrong = {
        case.id
        for case in profiles.cases()
        if any(
            finding.severity in ("error", "fatal")
            for finding in validate(case.resource, knowledge=knowledge)
        )
    }
    assert wrong == WRONG_BY_R4

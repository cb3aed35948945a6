"""A plan answers: which test, which role, what a system has to do, which bench tests a role means."""

import pytest

from sandbox.errors import NotFound
from sandbox.event.event_file import shipped_event
from sandbox.event.plan import RoleInTest, bench_tests, words_in

PLAN = shipped_event("lacpass-2023")
TITLE = {"en": "a role"}


def test_a_system_has_to_do_what_its_actors_have_a_role_in() -> None:
    to_do = [(test.id, role.name) for test, role in PLAN.to_do(("document-consumer",))]
    assert ("1.7", "consumer") in to_do
    assert ("1.9", "consumer") in to_do
    assert all(role == "consumer" for _, role in to_do)
    assert list(PLAN.to_do(())) == []


def test_partners_are_the_roles_beside_the_first() -> None:
    assert PLAN.test("1.2").partners == 0
    assert PLAN.test("1.9").partners == 2


@pytest.mark.parametrize(
    ("bench", "chosen"),
    [
        (("mhd.peers",), [("mhd.peers", ())]),
        (("mhd.peers.source_sends",), [("mhd.peers", ("mhd.peers.source_sends",))]),
        (("mhd.peers.source_sends", "mhd.peers"), [("mhd.peers", ())]),
        ((), []),
    ],
)
def test_a_role_names_tests_of_the_bench_or_whole_tracks(
    bench: tuple[str, ...], chosen: list[tuple[str, tuple[str, ...]]]
) -> None:
    role = RoleInTest("source", "document-source", TITLE, bench=bench)
    assert list(bench_tests(role)) == chosen


def test_what_is_not_in_the_plan_is_told_with_what_is() -> None:
    with pytest.raises(NotFound) as test_error:
        PLAN.test("9.9")
    assert "1.10" in str(test_error.value.params["known"])
    with pytest.raises(NotFound) as track_error:
        PLAN.track("9")
    assert track_error.value.params["known"] == "1, 2a, 2b"
    with pytest.raises(NotFound) as role_error:
        PLAN.test("1.9").role("wallet")
    assert role_error.value.params["known"] == "source, recipient, consumer"


def test_a_sentence_is_said_in_english_where_a_language_lacks_it() -> None:
    assert words_in({"en": "Hello", "es": "Hola"}, "es") == "Hola"
    assert words_in({"en": "Hello"}, "pt") == "Hello"
    assert words_in({}, "pt") == ""

"""Events as files: those that come with the project are whole, and writing them changes nothing."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import InvalidEvent, NotFound
from sandbox.event.event_file import (
    event_of,
    read_event,
    shipped_event,
    shipped_events,
    table_of,
    write_event,
)
from sandbox.event.plan import PlannedEvent, bench_tests, words_in
from sandbox.event.plan_rules import is_of_bench
from sandbox.i18n import LANGUAGES, say
from sandbox.testbench.tracks import choose

EVENTS = sorted(shipped_events())
TRACK_1, TRACK_2A, TRACK_2B = 239, 73, 51
"""Instances that were verified in 2023, by track."""
ALL_2023 = 403
TEAMS_2023 = 16


@pytest.mark.parametrize("id", EVENTS)
def test_a_shipped_event_reads_and_writes_as_it_is(id: str) -> None:
    event = shipped_event(id)
    assert event.id == id
    assert read_event(write_event(event)) == event
    assert event_of(table_of(event)) == event


@pytest.mark.parametrize("id", EVENTS)
def test_a_shipped_file_stands_in_the_form_in_which_the_sandbox_writes_it(id: str) -> None:
    text = shipped_events()[id].read_text(encoding="utf-8")
    head, _, body = text.partition("\n")
    assert head.startswith("# ")
    assert body == write_event(read_event(text))


@pytest.mark.parametrize("id", EVENTS)
def test_each_planned_test_has_a_bench_test_a_checklist_or_says_what_it_waits_for(id: str) -> None:
    for test in shipped_event(id).tests:
        is_run = any(role.bench for role in test.roles)
        assert is_run or test.checklist or test.waits, test.id
        for role in test.roles:
            assert all(is_of_bench(bench) for bench in role.bench)
            for track, tests in bench_tests(role):
                assert choose(track, tests)


@pytest.mark.parametrize("id", EVENTS)
def test_each_sentence_is_there_in_each_complete_language(id: str) -> None:
    complete = {tag for tag, language in LANGUAGES.items() if language.is_complete}
    event = shipped_event(id)
    assert set(event.languages) == complete
    sentences = list(sentences_of(event))
    assert len(sentences) > 100
    for words in sentences:
        assert {tag for tag, text in words.items() if text.strip()} == complete
    # what is the same in two languages was not translated, save names and short titles
    copied = [words["en"] for words in sentences if words["es"] == words["en"]]
    assert [text for text in copied if len(text) > 40] == []


@pytest.mark.parametrize("id", EVENTS)
def test_each_track_tells_its_teams_what_to_do(id: str) -> None:
    event = shipped_event(id)
    assert event.agenda
    assert event.links
    for track in event.tracks:
        assert len(words_in(track.guidance, "en")) > 300
        assert track.use_cases
        assert any(test.track == track.id for test in event.tests)


def sentences_of(value: object) -> list[dict[str, str]]:
    """Returns all sentences of a plan."""
    if isinstance(value, tuple):
        return [words for item in value for words in sentences_of(item)]
    if is_dataclass(value):
        inner = [getattr(value, one.name) for one in fields(value) if one.name != "inputs"]
        return [words for item in inner for words in sentences_of(item)]
    return [value] if isinstance(value, dict) and value else []


def test_the_plan_of_2023_has_room_for_what_was_played() -> None:
    event = shipped_event("lacpass-2023")
    room = {track.id: 0 for track in event.tracks}
    for test in event.tests:
        if not test.waits:
            room[test.track] += TEAMS_2023 * test.meetings
    assert room["1"] > TRACK_1
    assert room["2a"] > TRACK_2A
    assert room["2b"] > TRACK_2B
    assert sum(room.values()) > ALL_2023
    assert 20 <= len(event.tests) <= 31


@settings(max_examples=15, deadline=None)
@given(
    days=st.integers(0, 27),
    title=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).filter(str.strip),
    meetings=st.integers(1, 99),
)
def test_an_event_that_was_changed_reads_as_it_was_written(
    days: int, title: str, meetings: int
) -> None:
    event = shipped_event("lacpass-2023")
    sent = replace(
        event.test("1.8"), meetings=meetings, title=dict.fromkeys(event.languages, title)
    )
    changed = replace(
        event,
        last=event.last + timedelta(days),
        tests=tuple(sent if test.id == sent.id else test for test in event.tests),
    )
    assert read_event(write_event(changed)) == changed


def test_an_event_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(NotFound) as error:
        shipped_event("lacpass-1999")
    assert "lacpass-2023" in str(error.value.params["known"])


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(InvalidEvent) as error:
        read_event('id = "a"\ntitle = racsel\n')
    assert "line 2" in str(error.value.as_findings()[1].params["reason"])


def test_all_that_is_wrong_is_told_at_once_in_every_language() -> None:
    event: PlannedEvent = shipped_event("lacpass-2023")
    table = table_of(event) | {"registration": "sometimes", "retention_days": "long", "colour": 1}
    with pytest.raises(InvalidEvent) as error:
        event_of(table)
    findings = error.value.as_findings()
    assert {finding.where for finding in findings[1:]} == {
        "registration",
        "retention_days",
        "colour",
    }
    for finding in findings:
        for language in LANGUAGES:
            assert say(f"{finding.key}.text", language, **finding.params)
            assert say(f"{finding.key}.fix", language, **finding.params)

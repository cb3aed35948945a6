"""Reminders come before each moment of the event, once in each place; what changed and the last day are told with the totals of all."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.api import Sandbox
from bot.fakeslack.server import FakeSlack
from bot.news import moment_of
from bot.notices import MOST_LINES, digest
from bot.records import Reminder
from bot.reminding import Reminders, moments_of
from bot.store import Store
from sandbox.clock import utc_now
from sandbox.i18n import LANGUAGES
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, post, until


def an_event_that_runs(event: str) -> None:
    """Makes an event of tomorrow the one that runs."""
    first = (utc_now() + timedelta(days=1)).date().isoformat()
    body = {"id": "next", "template": "lacpass-2026", "first": first, "days": 3}
    for path in ("", "/next/now"):
        post(f"{event}/api/plans{path}", json=body).raise_for_status()


def test_each_moment_is_told_once_in_each_place_and_none_that_is_over(tmp_path: Path) -> None:
    with a_served_sandbox(tmp_path / "event") as event:
        an_event_that_runs(event)
        plan = get(f"{event}/api/plans/next").json()
        first = datetime.fromisoformat(plan["agenda"][0]["start"]).timestamp()
        store = Store(tmp_path / "bot.sqlite")
        for actor, language in (("a", "es"), ("b", "pt")):
            store.put_reminder(Reminder(actor, "C1", language, 30))
        store.put_reminder(Reminder("a", "C2", "en", 10))

        async def look(at: float) -> None:
            sandbox = Sandbox(event)
            await Reminders(sandbox, store, clock=lambda: at).look_once()
            await sandbox.close()

        for at in (first - 31 * 60, first - 20 * 60, first - 19 * 60):
            asyncio.run(look(at))
        (told,) = store.outgoing()
        assert told.channel == "C1"
        assert told.body["card"]["title"].startswith("En 20 min: Apertura")
        asyncio.run(look(first - 5 * 60))
        assert [one.channel for one in store.outgoing()] == ["C1", "C2"]
        asyncio.run(look(first + 1))
        assert len(store.outgoing()) == 2
        assert store.end_reminder("a", "C1")
        assert not store.end_reminder("a", "C1")
        store.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deadline_is_the_end_of_its_day_on_the_wall_of_the_event(language: str) -> None:
    plan = {
        "agenda": [{"start": "2026-07-27T09:00-05:00", "title": "x"}],
        "registration_until": "2026-07-10",
        "last": "2026-07-29",
        "zone": "America/Lima",
    }
    moments = moments_of(plan, language)
    assert [moment.kind for moment in moments] == ["registration", "session", "close"]
    assert moments[0].at.isoformat() == "2026-07-11T00:00:00-05:00"


def test_agenda_reminders_news_and_digest_are_asked_for_in_chat(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            an_event_that_runs(event)
            async with a_bot(tmp_path, event, slack=slack) as store:
                for words, says in (
                    ("what's on the agenda?", "Next: "),
                    ("remind us 30 minutes before each session", "30 minutes before"),
                    ("what changed for me?", "Nothing has changed for you"),
                    ("no more reminders please", "No more reminders here"),
                ):
                    await slack.command(words)
                    await until(lambda says=says: any(says in one.text for one in answers(slack)))
                assert store.reminders() == []
                # more than a page: the total is that of all
                for _ in range(7):
                    body = {"track": "fhir.basics", "system": "sandbox", "tests": []}
                    post(f"{event}/api/runs", json=body).raise_for_status()
                await slack.command("status")
                await until(lambda: any("of 7" in one.text for one in answers(slack)))
                await slack.command("what changed for me?")
                await until(lambda: any("Changed for you" in one.text for one in answers(slack)))
                assert ": 7" in answers(slack)[-1].text
                assert "and 2 more" in answers(slack)[-1].text

    played(play)


def test_a_digest_counts_all_and_lists_the_first() -> None:
    run = {"track": "t", "system": "s", "id": "r", "state": "done", "verdict": "pass"}
    card = digest([run] * 1000, "en")
    assert "1000 runs" in card.title
    assert len(card.lines) == MOST_LINES + 1
    assert "985" in card.lines[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "1 run, 1 passed"), ("es", "1 corrida; 1 pasó"), ("pt", "1 execução; 1 passou")],
)
def test_one_run_of_a_day_is_told_as_one(language: str, said: str) -> None:
    run = {"track": "t", "system": "s", "id": "r", "state": "done", "verdict": "pass"}
    assert said in digest([run], language).title


def test_what_changed_is_told_by_the_clock_of_the_event() -> None:
    noon = 1_800_014_400  # 2027-01-15 12:00 UTC
    assert moment_of(noon, {"zone": "America/Panama"}) == "2027-01-15 07:00"
    assert moment_of(noon, None) == "2027-01-15 12:00 UTC"

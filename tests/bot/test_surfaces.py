"""Every command, over every way to say it: the same words come to the same answer."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from bot.grammar import COMMANDS
from bot.reading import Known, read
from tests.bot.playing import a_served_sandbox, get, session_of, until
from tests.bot.surfaces import SURFACES
from tests.bot.test_identity import codes

pytestmark = pytest.mark.slow

ANA, MARIO, BOT = 1, 2, 3
# who says what, and what the answer holds at least; RUN is the newest run
SCRIPT: list[tuple[int, str, str]] = [
    (ANA, "systems", "I do not know who you are"),
    (ANA, "link {Ana}", "You are Ana here: participant, Chile."),
    (MARIO, "link {Mario}", "You are Mario here: monitor, Perú."),
    (BOT, "link {Bot}", "You are Bot here: facilitator"),
    (ANA, "help run", "run a track, or one test by its number"),
    (ANA, "register ours {event}/health", "ours is registered."),
    (ANA, "systems", "Systems: 1"),
    (ANA, "tracks fhir.basics", "BAS-01"),
    (ANA, "run", "run TRACK SYSTEM|Start a test run"),
    (ANA, "lesson", "Next: lesson 01, FHIR fundamentals"),
    (ANA, "run fhir.basics ours", "State: done"),
    (ANA, "explain BAS-01", "BAS-01"),
    (ANA, "lesson", "BAS-01 of your newest run"),
    (ANA, "run BAS-01 sandbox", "Done: 1 / 1"),
    (ANA, "rerun", "Done: 1 / 1"),
    (ANA, "status", "Newest runs, of 3"),
    (ANA, "status {RUN}", "State: done"),
    (ANA, "report", "fhir.basics → sandbox"),
    (ANA, "matrix", "Newest run of each system"),
    (ANA, "what is left for us?", "Still to do:"),
    (ANA, "who has not met us?", "No event is running now"),
    (ANA, "what is a verdict?", "What a test came to"),
    (ANA, "validate", "Paste a document here"),
    (ANA, 'validate {{"resourceType": "Patient", "gender": "F"}}', "does not conform: 1 error"),
    (ANA, "rnu mhd.source ours", "I did nothing yet"),
    (MARIO, "queue", "Waiting for a monitor: 0"),
    (ANA, "ask", "to be verified"),
    (MARIO, "queue", "Waiting for a monitor: 1"),
    (MARIO, "verify", "you look at none, or at more than one"),
    (BOT, "cancel", "Name it: cancel RUN"),
    (MARIO, "verify {RUN}", "Nobody has claimed|claim"),
    (MARIO, "claim {RUN}", "to be verified"),
    (MARIO, "return {RUN}", "Say what is missing|Give a run back"),
    (MARIO, "return {RUN} again", "incomplete"),
    (ANA, "ask", "to be verified"),
    (MARIO, "claim {RUN}", "to be verified"),
    (MARIO, "verify {RUN}", "verified"),
    (ANA, "run mhd.source sandbox", "State: waiting"),
    (ANA, "contest", "I know no result of a test instance"),
    (BOT, "finish", "Name it: finish RUN"),
    (ANA, "finish {RUN}", "State: done"),
    (ANA, "finish", "had ended already"),
    (ANA, "run mhd.source sandbox", "State: waiting"),
    (ANA, "cancel", "State: cancelled"),
    (ANA, "cancel", "had ended already"),
    (ANA, "subscribe mhd hour=25", "“25” is none that I know for hour"),
    (ANA, "subscribe mhd fail", "1: mhd · fail · any"),
    (ANA, "subscribe track=mhd hour=18", "once a day, at 18:00"),
    (ANA, "subscriptions", "What I tell you of here: 2"),
    (ANA, "unsubscribe 1", "What I tell you of here: 1"),
    (ANA, "instances", "No event is running now"),
    (ANA, "begin", "Did you mean one of these"),
    (ANA, "invite Perú to 2.4", "is missing"),
    (ANA, "accept", "Nobody has invited your team"),
    (ANA, "decline", "Nobody has invited your team"),
    (ANA, "agenda", "No event is running now"),
    (ANA, "remind 30", "30 minutes before"),
    (ANA, "no reminders", "No more reminders here"),
    (ANA, "news", "Changed for you since"),
    (ANA, "digest", "The last day: "),
    (ANA, "no mentions", "do not call you"),
    (ANA, "mention", "I call you by name"),
    (ANA, "lesson 3", "03 · Document sharing"),
    (ANA, "grade", "Nothing has been graded yet"),
    (ANA, "announce Lunch", "✗"),
    (BOT, "announce Lunch is served", "Announced. Places:"),
    (ANA, "admin outbox", "✗"),
    (BOT, "admin outbox", "Given up: 0"),
    (BOT, "admin people", "Mario · monitor · Perú"),
    (BOT, "admin audit", "Ana · announce · people.not_for_role"),
    (BOT, "admin retry", "To be tried again: 0"),
    (BOT, "admin", "Write admin outbox"),
    (ANA, "language pt", "Eu falo português com você|português"),
    (ANA, "help", "O que você pode dizer|pode dizer"),
]  # fmt: skip


def test_the_script_has_every_command() -> None:
    blind = Known(is_blind=True)
    lines = [re.sub(r"\{\w+\}", "cwq8s5srh4cx", line) for _, line, _ in SCRIPT]
    said = [read(line, "en", blind).wish for line in lines]
    assert {wish.verb for wish in said if wish} == {one.verb for one in COMMANDS}


@pytest.mark.parametrize("name", SURFACES)
def test_the_same_words_come_to_the_same_answer(name: str, tmp_path: Path) -> None:
    async def play() -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event", grants=("127.0.0.1",)) as event:
            session = session_of(event, known["Inés"])
            facilitator = {"Authorization": f"Bearer {session}"}
            async with SURFACES[name](tmp_path, event, session) as surface:
                for user, line, holds in SCRIPT:
                    runs = get(f"{event}/api/runs", headers=facilitator).json()
                    before = surface.heard()
                    await surface.say(
                        user, line.format(**known, event=event, RUN=runs[0]["id"] if runs else "")
                    )

                    def answered(
                        before: list[tuple[str, str]] = before, holds: str = holds
                    ) -> bool:
                        new = [
                            text for place, text in surface.heard() if (place, text) not in before
                        ]
                        return any(part in bare(one) for one in new for part in holds.split("|"))

                    try:
                        await until(answered)
                    except TimeoutError:
                        new = [one for one in surface.heard() if one not in before]
                        raise AssertionError(f"{line}: {holds!r} is not in {new}") from None
                assert surface.store.outgoing(state="dead") == []

    asyncio.run(play())


def bare(text: str) -> str:
    """A text without marks of any chat, so that those of two can be held against each other."""
    return re.sub(r"[*`\u200b]", "", text)

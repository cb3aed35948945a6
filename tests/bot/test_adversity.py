"""What could still be shown twice, late or never: two bots on one file, cards that nobody may change,
buttons too long for Slack, messages of unusual kinds, and long texts that hold up nobody.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from bot.cards import Button, Card
from bot.fakeslack.server import FakeSlack
from bot.reading import read
from bot.slack.blocks import MOST_VALUE, message_of
from bot.slack.manifest import VALIDATE
from sandbox.certificates.qr import png_of
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, until
from tests.sandbox.credentials.test_recognising import offer_link
from tests.utterances.reacting import world


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory):
    """A sandbox that all of these share, by its address."""
    with a_served_sandbox(tmp_path_factory.mktemp("event")) as address:
        yield address


def test_two_bots_on_one_file_say_nothing_twice(event: str, tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_bot(tmp_path, event, slack=slack), a_bot(tmp_path, event, slack=slack):
            for _ in range(8):
                await slack.command("run fhir.basics sandbox")
            await until(lambda: sum("done" in one.text for one in slack.in_channel()) >= 8)
            await until(lambda: len(answers(slack)) == 0)
            assert len(slack.in_channel()) == 8

    played(play)

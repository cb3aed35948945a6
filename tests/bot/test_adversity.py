"""What could still be shown twice, late or never: two bots on one file, cards that nobody may change, long buttons, odd messages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.alone import alone_on
from bot.cards import Button, Card
from bot.chat import Ended
from bot.fakeslack.server import FakeSlack
from bot.reading import read
from bot.slack.blocks import MOST_VALUE, message_of
from bot.slack.manifest import VALIDATE
from sandbox.certificates.qr import png_of
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, until
from tests.places import PROJECT
from tests.sandbox.credentials.test_recognising import offer_link
from tests.utterances.reacting import world

WRONG = '{"resourceType": "Patient", "gender": "F", "name": [{"family": "Fuenzalida"}]}'


@pytest.fixture(scope="module")
def event(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox that all of these share, by its address."""
    with a_served_sandbox(tmp_path_factory.mktemp("event")) as address:
        yield address


def test_a_second_bot_on_the_same_file_is_refused_and_the_first_goes_on(
    event: str, tmp_path: Path
) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_bot(tmp_path, event, slack=slack):
            with pytest.raises(Ended, match=r"file: bot\.sqlite"):
                async with a_bot(tmp_path, event, slack=slack):
                    pass
            await slack.command("run fhir.basics sandbox")
            await until(lambda: any("done" in one.text for one in slack.in_channel()))
        # whoever comes when the first is gone works with it
        async with a_bot(tmp_path, event, slack=slack):
            await slack.command("status")
            await until(lambda: answers(slack))
        assert len(slack.in_channel()) == 1

    played(play)


def test_a_file_is_free_again_whose_bot_was_killed(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    program = (
        "import sys, pathlib; from bot.alone import alone_on\n"
        "with alone_on(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(file)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Ended), alone_on(file):
            pass
        holder.kill()
    with alone_on(file):
        pass


def test_where_old_messages_cannot_be_changed_the_end_is_said_below_the_card_once(
    event: str, tmp_path: Path
) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.faults["chat.update"] = ["edit_window_closed"] * 200
        async with a_bot(tmp_path, event, slack=slack):
            await slack.command("run mhd.recipient sandbox")
            await until(lambda: slack.in_channel())
            (card,) = slack.in_channel()

            def ends() -> list[str]:
                texts = [card.text, *(reply.text for reply in slack.in_thread(card))]
                return [text for text in texts if "State: done" in text]

            await until(ends)
            await slack.command("run fhir.basics sandbox")
            await until(lambda: len(slack.in_channel()) == 2 and "done" in slack.messages[-1].text)
            assert len(ends()) == 1
            assert "State: done" not in slack.in_channel()[0].text

    played(play)


@pytest.mark.parametrize("length", [20, MOST_VALUE])
def test_a_command_that_is_too_long_for_a_button_is_said_and_is_no_broken_button(
    length: int,
) -> None:
    comment = "x" * length
    button = Button(comment, "return", {"run": "cwq8s5srh4cx", "comment": comment})
    blocks = message_of(Card("near", lines=(comment,), buttons=(button,)))["blocks"]
    values = [
        json.loads(element["value"])
        for block in blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
    assert [value["args"]["comment"] for value in values] == ([comment] if length == 20 else [])
    assert comment in str(blocks)


def test_a_message_of_somebody_else_is_judged_by_its_shortcut_for_the_asker_alone(
    event: str, tmp_path: Path
) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_bot(tmp_path, event, slack=slack):
            for text, content, says in (
                (WRONG, b"", "does not conform: 1 error"),
                ("look at this:\n```" + WRONG + "```", b"", "does not conform: 1 error"),
                ("", WRONG.encode(), "does not conform: 1 error"),
                ("", png_of(offer_link()), "offer of a credential"),
                ("", b"%PDF-1.7", "cannot read this"),
                ("see you at noon", b"", "cannot read this"),
            ):
                before = len(answers(slack))
                await slack.shortcut(VALIDATE, text, content=content)
                await until(lambda before=before: len(answers(slack)) > before)  # type: ignore[misc]
                assert says in answers(slack)[-1].text
                assert "Fuenzalida" not in answers(slack)[-1].text
            assert slack.in_channel() == []

    played(play)


def test_a_file_at_an_address_that_is_none_is_answered(event: str, tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_bot(tmp_path, event, slack=slack):
            await slack.drop(b"{}", name="x", address="http://[::1")
            await until(lambda: answers(slack))
            assert "could not fetch" in answers(slack)[-1].text

    played(play)


def test_an_answer_in_a_thread_that_is_also_sent_to_the_channel_is_heard(
    event: str, tmp_path: Path
) -> None:
    async def play(slack: FakeSlack) -> None:
        async with a_bot(tmp_path, event, slack=slack):
            await slack.direct("status", subtype="thread_broadcast")
            await until(lambda: answers(slack))
            await slack.direct("status", subtype="message_changed")
            await slack.direct("systems")
            await until(lambda: len(answers(slack)) == 2)
            assert answers(slack)[-1].text.startswith("Systems")

    played(play)


@pytest.mark.parametrize(
    "text",
    ["x " * 3000, "run mhd.recipient and " * 1500, "a" * 40_000, '"' * 40_000, "{" * 40_000, "<a " * 13_000 + "xmlns",
     " " * 40_000 + "{", "eyJ" * 13_000, "shc:/" * 8_000, "HC1:" * 9_000],
    ids=lambda text: text[:8].strip() or "blanks",
)  # fmt: skip
def test_a_long_text_holds_up_nobody(text: str) -> None:
    began = time.process_time()
    read(text, "es", world())
    # what grew with the square of the length took from 5 to 100 seconds
    assert time.process_time() - began < 8

"""A line is the bot's where the bot is mentioned first, or nobody is: what begins with somebody else is theirs."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.fakeslack.server import FakeSlack
from bot.slack import writing as slack_writing
from bot.zulip import writing as zulip_writing
from bot.zulip.writing import Own
from tests.bot.fakezulip import FakeZulip
from tests.bot.playing import a_bot, a_served_sandbox, answers, get, played, until
from tests.bot.test_zulip import a_zulip_bot, played_in

US = Own(9, "connectathon")


@pytest.mark.parametrize(
    ("text", "is_theirs", "meant"),
    [
        ("<@UBOT> run X", False, "run X"),
        ("<@UBOT|connectathon> run X", False, "run X"),
        ("hola <@UBOT>, corre X", False, "hola , corre X"),
        ("run X <@UANA>", False, "run X"),
        ("<@UBOT> <@UANA> run X", False, "run X"),
        ("run X", False, "run X"),
        ("<!here> <@UBOT> run X", False, "@here  run X"),
        ("<@UANA> cancel X, <@UBOT> knows it", True, "@UANA cancel X,  knows it"),
        ("<@UANA|ana> cancel X", True, "@ana cancel X"),
        ("bom dia <@UANA>, cancela X", True, "bom dia @UANA, cancela X"),
        ("<@UBOT2> cancel X", True, "@UBOT2 cancel X"),
        ("<!subteam^S1|@monitors> verify X", True, "@monitors verify X"),
    ],
)
def test_in_slack_only_the_bots_own_mention_calls_it(
    text: str, is_theirs: bool, meant: str
) -> None:
    assert slack_writing.calls_another(text, bot="UBOT") == is_theirs
    assert slack_writing.decoded(text, bot="UBOT") == meant
    # who does not know its own user hears what it is sent
    assert not slack_writing.calls_another(text, bot="")


@pytest.mark.parametrize(
    ("text", "is_theirs", "meant"),
    [
        ("@**connectathon** run X", False, "run X"),
        ("@**Connectathon** run X", False, "run X"),
        ("@_**connectathon|9** run X", False, "run X"),
        ("@**|9** run X", False, "run X"),
        ("run X @**Ana**", False, "run X"),
        ("**bold** run X", False, "**bold** run X"),
        ("@**Ana Pérez** cancel X, @**connectathon** knows it", True, "@Ana Pérez cancel X,  knows it"),
        ("@**connectathon|12** cancel X", True, "@connectathon cancel X"),
        ("hello @**Ana|7**, cancel X", True, "hello @Ana, cancel X"),
        ("@*monitors* verify X", True, "@monitors verify X"),
    ],
)  # fmt: skip
def test_in_zulip_only_the_bots_own_mention_calls_it(
    text: str, is_theirs: bool, meant: str
) -> None:
    assert zulip_writing.calls_another(text, US) == is_theirs
    assert zulip_writing.meant(text, US) == meant


def runs_of(event: str) -> int:
    return len(get(f"{event}/api/runs").json())


def test_in_a_channel_of_slack_what_is_for_somebody_else_is_left_to_them(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack) as store:
                await slack.mention("<@UANA> run fhir.basics sandbox, as <@UBOT> says")
                await slack.mention("status")
                await until(lambda: answers(slack))
                assert len(answers(slack)) == 1
                assert [verb for _, verb, _ in store.audit()] == ["status"]
                assert runs_of(event) == 0

    played(play)


def test_in_a_topic_of_zulip_what_is_for_somebody_else_is_left_to_them(tmp_path: Path) -> None:
    async def play(zulip: FakeZulip) -> None:
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_zulip_bot(tmp_path, event, zulip) as store:
                zulip.write(
                    "@**Ana** run fhir.basics sandbox, as @**connectathon** says", topic="t"
                )
                # where both are alone it is the bot's, and what somebody else shall do is no order
                zulip.write("@**Ana** run fhir.basics sandbox")
                await until(lambda: zulip.at("dm:1"))
                assert "run fhir.basics sandbox" in zulip.at("dm:1")[0].content
                await asyncio.sleep(0.2)
                assert store.audit() == []
                assert runs_of(event) == 0
                assert [one.place for one in zulip.messages if one.sender == 9] == ["dm:1"]

    played_in(play)

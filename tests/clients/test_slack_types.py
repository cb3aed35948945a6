"""All that the bot sends is what Slack's own types say: the compiler reads each call as an argument of its method."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from bot.cards import Card
from bot.fakeslack.server import FakeSlack
from bot.slack.blocks import TIERS, message_of
from bot.slack.views import home_of
from bot.words import LANGUAGES
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, until
from tests.bot.test_blocks import cards
from tests.conftest import CLIENTS
from tests.sandbox.desk.made import LESSON, a_notebook

pytestmark = [
    pytest.mark.daily("clients", share=1 / 3),
    pytest.mark.needs("clients"),
    pytest.mark.slow,
]
TYPES = {
    "chat.postMessage": "ChatPostMessageArguments",
    "chat.postEphemeral": "ChatPostEphemeralArguments",
    "chat.update": "ChatUpdateArguments",
    "views.open": "ViewsOpenArguments",
    "views.publish": "ViewsPublishArguments",
}
Call = tuple[str, dict[str, Any]]


def faults_of(calls: Iterable[Call], folder: Path) -> str:
    """What the compiler says of some calls; empty where each is what its method takes."""
    lines = [f'import type {{ {", ".join(TYPES.values())} }} from "@slack/web-api";']
    for number, (method, asked) in enumerate(calls):
        lines.append(f"export const call{number}: {TYPES[method]} = {json.dumps(asked)};")
    (folder / "calls.ts").write_text("\n".join(lines))
    (folder / "node_modules").unlink(missing_ok=True)
    (folder / "node_modules").symlink_to(CLIENTS / "node_modules")
    options = ["--strict", "--noEmit", "--skipLibCheck", "--module", "nodenext", "calls.ts"]
    checked = subprocess.run(
        [CLIENTS / "node_modules" / ".bin" / "tsc", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return checked.stdout + checked.stderr


def test_a_whole_conversation_is_what_slack_takes(tmp_path: Path) -> None:
    calls: list[Call] = []

    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = "es-CL"
        with a_served_sandbox(tmp_path / "event") as event:
            async with a_bot(tmp_path, event, slack=slack):
                for words in ("ayuda", "correr", "corer x", "matriz", "series", "sistemas"):
                    before = len(answers(slack)) + len(slack.in_channel()) + len(slack.views)
                    await slack.command(words)
                    await until(
                        lambda before=before: (
                            len(answers(slack)) + len(slack.in_channel()) + len(slack.views)
                            > before
                        )
                    )
                await slack.command("correr fhir.basics sandbox", channel="C2")
                await until(lambda: "Estado: terminada" in str(slack.in_channel("C2")))
                await slack.drop(a_notebook(), name=f"{LESSON}.ipynb")
                await until(lambda: any("00_welcome · " in one.text for one in slack.messages))
                await slack.open_home()
                await until(lambda: slack.homes)
        calls.extend((method, asked) for method, asked in slack.asked if method in TYPES)

    played(play)
    assert {"chat.postMessage", "chat.update", "views.open", "views.publish"} <= {
        method for method, _ in calls
    }
    assert faults_of(calls, tmp_path) == ""


def test_every_card_in_every_language_is_what_slack_takes(tmp_path: Path) -> None:
    calls: list[Call] = []
    for language in LANGUAGES:
        shown = cards(language)
        for tier in TIERS:
            messages = [message_of(card, tier=tier) for card in shown]
            calls += [("chat.postMessage", {"channel": "C1", **message}) for message in messages]
        calls.append(("views.publish", {"user_id": "U1", "view": home_of(shown)}))
    assert faults_of(calls, tmp_path) == ""


def test_what_slack_does_not_take_would_be_found(tmp_path: Path) -> None:
    right = {"channel": "C1", **message_of(Card("title", lines=("line",)))}
    button = {"type": "button", "action_id": "a", "text": "no object"}
    for wrong in (
        {**right, "blocks": [{"type": "actions", "elements": [button]}]},
        {**right, "chanel": "C1"},
        {name: value for name, value in right.items() if name != "channel"},
    ):
        assert "error TS" in faults_of([("chat.postMessage", wrong)], tmp_path)
    assert faults_of([("chat.postMessage", right)], tmp_path) == ""

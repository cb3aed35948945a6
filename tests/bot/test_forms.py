"""A command without words opens a form; the Home tab shows what is one's own.  Both within Slack's limits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cards import Field, Form
from bot.fakeslack.limits import fault_of_view
from bot.fakeslack.server import FakeSlack
from bot.slack.views import home_of, modal_of
from bot.words import LANGUAGES, Language, say
from tests.bot.playing import a_bot, a_served_sandbox, answers, played, post, until
from tests.bot.test_blocks import LONG, cards
from tests.bot.test_identity import codes


@pytest.mark.parametrize("language", LANGUAGES)
def test_forms_and_the_home_tab_are_within_the_limits(language: Language) -> None:
    options = tuple((LONG, LONG) for _ in range(300))
    form = Form(
        say("form.run", language),
        "run",
        (Field("track", LONG, options),),
        say("form.submit", language),
        "u",
    )
    assert len(form.title) <= 24
    assert fault_of_view(modal_of(form, channel="C1"), tables=()) == ""
    assert (
        fault_of_view({**modal_of(form, channel="C1"), "title": {"text": "x" * 25}}, tables=())
        != ""
    )
    home = home_of(cards(language))
    assert fault_of_view(home, tables=("data_table", "table")) == ""
    ids = [one["action_id"] for block in home["blocks"] for one in block.get("elements", [])]
    assert len(ids) == len(set(ids))


def test_a_command_without_words_opens_a_form_that_starts_the_run(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        slack.behaviour.locales["U1"] = "pt-BR"
        with a_served_sandbox(tmp_path / "event") as event:
            post(f"{event}/api/systems", json={"name": "ours", "base": "http://127.0.0.1:9/fhir"})
            archive = {
                "name": "archive",
                "base": "http://127.0.0.1:9/fhir",
                "actors": ["document-recipient"],
            }
            post(f"{event}/api/systems", json=archive)
            async with a_bot(tmp_path, event, slack=slack):
                await slack.command("executar")
                await until(lambda: slack.views)
                assert slack.views[0]["title"]["text"] == "Iniciar uma execução"
                offered = json.dumps(slack.views[0]["blocks"])
                assert '"ours"' in offered
                assert '"mhd.recipient"' in offered
                assert "RCP-01" not in offered
                await slack.choose(
                    {"track": "mhd.recipient"}
                )  # which tests there are depends on the track
                await until(lambda: len(slack.views) == 2)
                offered = json.dumps(slack.views[1]["blocks"])
                assert '"RCP-01"' in offered
                assert '"ours"' in offered  # it declares no actor
                assert '"archive"' in offered
                await slack.choose({"track": "mhd.source"})
                await until(lambda: len(slack.views) == 3)
                assert '"RCP-01"' not in json.dumps(slack.views[2]["blocks"])
                assert '"archive"' not in json.dumps(slack.views[2]["blocks"])  # it is no source
                with pytest.raises(LookupError):
                    await slack.submit(
                        {"track": "mhd.source", "system": "sandbox", "test": "RCP-01"}
                    )
                await slack.choose({"track": "fhir.basics"})
                await until(lambda: len(slack.views) == 4)
                await slack.submit({"system": "sandbox", "test": "BAS-01"})
                await until(
                    lambda: slack.in_channel() and "Estado: terminada" in slack.in_channel()[0].text
                )
                assert "Feitos: 1 / 1" in slack.in_channel()[0].text

                await slack.mention("executar")  # where no form can be opened, the words are told
                await until(
                    lambda: any("executar TRILHA SISTEMA" in one.text for one in slack.messages)
                )
                assert not slack.refusals

    played(play)


def test_home_shows_ones_own_and_to_a_monitor_what_waits(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        known = codes(tmp_path / "event")
        with a_served_sandbox(tmp_path / "event") as event:
            entered = post(f"{event}/api/enter", json={"code": known["Bot"]}).json()
            async with a_bot(tmp_path, event, slack=slack, session=entered["session"]) as store:
                await slack.open_home(user="U9")
                await until(lambda: "U9" in slack.homes)
                assert "who you are" in json.dumps(slack.homes["U9"])
                for user, name in (("U1", "Ana"), ("U3", "Mario")):
                    await slack.command(f"link {known[name]}", user=user)
                    await until(lambda user=user: answers(slack, user))
                ana = {"Authorization": f"Bearer {store.secret_of('TWORK:U1')}"}
                wish = {"track": "mhd.source", "system": "sandbox"}
                run = post(f"{event}/api/runs", json=wish, headers=ana).json()["id"]
                post(f"{event}/api/runs/{run}/finish", json={}, headers=ana)
                post(f"{event}/api/runs/{run}/review/ask", json={}, headers=ana)
                for user in ("U1", "U3"):
                    await slack.open_home(user=user)
                await until(lambda: {"U1", "U3"} <= set(slack.homes))
                assert run in json.dumps(slack.homes["U1"])
                assert "Waiting for a monitor: 1" in json.dumps(slack.homes["U3"])
                assert "Waiting for a monitor" not in json.dumps(slack.homes["U1"])
                assert not slack.refusals

    played(play)

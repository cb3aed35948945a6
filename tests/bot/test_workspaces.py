"""One bot in several workspaces: each installs the app for itself, is called with its own sealed token, and ends alone."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette

from bot.fakeslack.server import FakeSlack
from bot.records import Member, Shown
from bot.sealing import NoKey, Seal
from bot.slack.running import BotSettings, assembled, install_routes
from bot.slack.socket import connected
from bot.store import Store
from tests.bot.playing import AT_ONCE, a_served_sandbox, answers, played, until

PERU = "xoxb-peru"


def test_two_workspaces_at_once_each_with_its_own_token(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        peru = slack.neighbour("TPERU", token=PERU)
        slack.codes["good"] = PERU
        settings = BotSettings(
            "xoxb-t", "xapp-t", "", "", tmp_path / "bot.sqlite", slack=slack.base, pace=AT_ONCE,
            client_id="1.2", client_secret="s",
        )  # fmt: skip
        with a_served_sandbox(tmp_path / "event") as event:
            object.__setattr__(settings, "sandbox", event)
            async with (
                assembled(settings) as bot,
                connected(
                    bot.app,
                    bot.incoming,
                    app_token="xapp-t",
                    opener=AsyncWebClient(token="xapp-t", base_url=slack.base),
                ),
            ):
                await slack.connected()
                app = Starlette(routes=install_routes(settings, bot))
                async with httpx.AsyncClient(
                    transport=httpx.ASGITransport(app), base_url="https://bot.example"
                ) as browser:
                    await install(browser)
                assert PERU not in everything_in(settings.file)

                # the same ids in both, and each hears only its own
                await slack.command("run fhir.basics sandbox")
                await peru.command("correr fhir.basics sandbox")
                await until(lambda: slack.in_channel() and peru.in_channel())
                await until(lambda: "done" in slack.in_channel()[0].text)
                await until(lambda: "done" in peru.in_channel()[0].text)
                assert len(slack.in_channel()) == len(peru.in_channel()) == 1
                await peru.click(peru.in_channel()[0], "Re-run")
                await until(lambda: len(peru.in_channel()) == 2)
                assert len(slack.in_channel()) == 1
                await peru.command("run")
                await until(lambda: peru.views)
                assert slack.views == []

                bot.store.put_person("TPERU:U1", secret="hers", name="Pia")
                bot.store.put_person("TWORK:U1", secret="his", name="Ana")
                await peru.uninstalled(is_token_alone=True)
                await until(lambda: bot.store.workspaces() == [])
                assert bot.store.secret_of("TPERU:U1") == "hers"
                await peru.uninstalled()
                await until(lambda: not bot.store.secret_of("TPERU:U1"))
                assert bot.store.secret_of("TWORK:U1") == "his"
                heard = len(answers(slack))
                await slack.command("tracks")
                await until(lambda: len(answers(slack)) > heard)

    played(play)


async def install(browser: httpx.AsyncClient) -> None:
    """Installs the app, after each way in which that must not be possible."""
    begun = await browser.get("/slack/install")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    state = asked["state"][0]
    assert "chat:write" in asked["scope"][0]
    assert asked["client_id"] == ["1.2"]
    assert {"HttpOnly", "Secure"} <= set(begun.headers["set-cookie"].split("; "))
    place = "/slack/oauth_redirect"
    # of another browser, without a state, with a wrong one
    stranger = httpx.AsyncClient(transport=browser._transport, base_url=browser.base_url)
    asked_by = {"code": "good", "state": state}
    assert (await stranger.get(place, params=asked_by)).status_code == 400
    # that try has used the state up
    assert (await browser.get(place, params=asked_by)).status_code == 400
    for wrong in ({"code": "good"}, {"code": "good", "state": "x" * 43}):
        await browser.get("/slack/install")
        assert (await browser.get(place, params=wrong)).status_code == 400
    for code, status in (("bad", 502), ("", 400), ("good", 200)):
        begun = await browser.get("/slack/install")
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        reply = await browser.get(place, params={"code": code, "state": state})
        assert reply.status_code == status, code
    assert "Workspace TPERU" in reply.text


def everything_in(file: Path) -> str:
    """All that stands in the files of a store."""
    return "".join(
        part.read_bytes().decode("latin-1") for part in file.parent.glob(f"{file.name}*")
    )


def test_a_token_that_one_workspace_takes_back_ends_that_one_alone(tmp_path: Path) -> None:
    async def play(slack: FakeSlack) -> None:
        peru = slack.neighbour("TPERU", token=PERU)
        file = tmp_path / "bot.sqlite"
        with a_served_sandbox(tmp_path / "event") as event:
            settings = BotSettings(
                "xoxb-t", "xapp-t", event, "", file, slack=slack.base, pace=AT_ONCE
            )
            async with assembled(settings) as bot:
                from bot.store_workspaces import Installed

                bot.workspaces.install(Installed("TPERU", "Perú", "UBOT", "", b""), PERU)
                peru.behaviour.faults["chat.postMessage"] = ["*token_revoked"]
                body = {
                    "card": {
                        "title": "hi",
                        "tone": "plain",
                        "facts": [],
                        "lines": [],
                        "table": None,
                        "buttons": [],
                    },
                    "run": "",
                    "thread": "",
                }
                for team in ("TPERU", "TWORK"):
                    bot.store.put_outgoing(f"post:{team}", "post", f"{team}/C1", body)
                await until(lambda: slack.in_channel())
                await until(lambda: bot.store.workspaces() == [])
                assert [one.key for one in bot.store.outgoing(state="dead")] == ["post:TPERU"]

    played(play)


def test_a_file_of_one_workspace_learns_which_it_was_and_says_nothing_again(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    store = Store(file)
    store.put_shown(Shown("r1", "C1", "es", "1.1", asker="U1", actor="T1:U1"))
    store.put_member(Member("T1:U1", "p", "t", "U1", "es"))
    body = {"card": {}, "run": "r1", "thread": "run"}
    back = {"asker": "U1", "channel": "C1", "thread": "", "url": ""}
    store.put_outgoing("ended:r1:C1", "reply", "C1", body)
    store.put_outgoing("tell:k", "tell", "C1", {**body, "back": back})
    for _ in range(2):  # what is placed stays as it is
        store.place_in("T1")
    assert [(one.channel, one.asker) for one in store.shown("r1")] == [("T1/C1", "T1/U1")]
    assert store.run_at("T1/C1", "1.1") == "r1"
    ended, told = store.outgoing()
    assert (ended.key, ended.channel) == ("ended:r1:T1/C1", "T1/C1")
    assert (told.body["back"]["asker"], told.body["back"]["channel"]) == ("T1/U1", "T1/C1")
    store.close()


def test_a_file_of_an_older_bot_gets_the_columns_that_it_lacks(tmp_path: Path) -> None:
    file = tmp_path / "bot.sqlite"
    old = sqlite3.connect(file)
    old.execute(
        "CREATE TABLE card (run TEXT NOT NULL, channel TEXT NOT NULL, language TEXT NOT NULL,"
        " ts TEXT NOT NULL, digest TEXT NOT NULL, told TEXT NOT NULL, PRIMARY KEY (run, channel))"
    )
    old.execute("INSERT INTO card VALUES ('r', 'C1', 'es', '1', 'd', '')")
    old.commit()
    old.close()
    store = Store(file)
    assert store.shown("r") == [Shown("r", "C1", "es", "1", "d", "")]
    store.close()


def test_a_sealed_token_opens_for_its_own_workspace_with_its_own_key_alone(tmp_path: Path) -> None:
    seal = Seal(tmp_path / "bot.key")
    sealed = seal.seal("xoxb-t", bound_to="T1")
    assert Seal(tmp_path / "bot.key").open(sealed, bound_to="T1") == "xoxb-t"
    assert (tmp_path / "bot.key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(NoKey):
        seal.open(sealed, bound_to="T2")
    with pytest.raises(NoKey):
        Seal(tmp_path / "none.key").open(sealed, bound_to="T1")
    (tmp_path / "bad.key").write_text("short")
    with pytest.raises(NoKey):
        Seal(tmp_path / "bad.key").seal("x", bound_to="T1")


def test_a_state_is_good_once_and_for_ten_minutes(tmp_path: Path) -> None:
    store = Store(tmp_path / "bot.sqlite")
    now = time.time()
    store.begin_installing("a", at=now, seconds=600)
    assert "a" not in [row[0] for row in store._db.execute("SELECT digest FROM installing")]
    assert not store.end_installing("b", at=now)
    assert store.end_installing("a", at=now)
    assert not store.end_installing("a", at=now)
    store.begin_installing("late", at=now, seconds=600)
    assert not store.end_installing("late", at=now + 601)
    store.close()

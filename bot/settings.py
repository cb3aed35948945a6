"""The bot's settings from the environment: tokens come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.slack.running import SLACK, BotSettings
from bot.words import language_of
from bot.zulip.running import ZulipSettings

BOT_TOKEN = "SLACK_BOT_TOKEN"  # noqa: S105  (the name of a variable)
APP_TOKEN = "SLACK_APP_TOKEN"  # noqa: S105  (the name of a variable)
SESSION = "CONNECTATHON_BOT_SESSION"
SIGNING = "SLACK_SIGNING_SECRET"
CLIENT_ID = "SLACK_CLIENT_ID"
CLIENT_SECRET = "SLACK_CLIENT_SECRET"  # noqa: S105  (the name of a variable)
REDIRECT = "SLACK_REDIRECT_URL"
READS = "SLACK_READS_CHANNELS"
ZULIP = ("ZULIP_SITE", "ZULIP_EMAIL", "ZULIP_API_KEY")


class NoToken(Exception):
    """A token is missing or is none; the argument is the name of its variable."""


def read_settings(
    environment: Mapping[str, str],
    *,
    sandbox: str,
    folder: Path,
    language: str,
    is_http: bool = False,
) -> BotSettings:
    """Returns the settings; over HTTP with the signing secret, else with the app token.

    Raises:
        NoToken: With the name of the variable that is missing.
    """
    bot_token, app_token, signing = (
        environment.get(name, "") for name in (BOT_TOKEN, APP_TOKEN, SIGNING)
    )
    client_id, client_secret = (environment.get(name, "") for name in (CLIENT_ID, CLIENT_SECRET))
    own = [(BOT_TOKEN, bot_token, "xoxb-")] if bot_token or not client_id else []
    needed = [
        *own,
        *([(CLIENT_SECRET, client_secret, "")] if client_id else []),
        (SIGNING, signing, "") if is_http else (APP_TOKEN, app_token, "xapp-"),
    ]
    for name, token, begin in needed:
        if not token or not token.startswith(begin):
            raise NoToken(name)
    return BotSettings(
        bot_token,
        app_token,
        sandbox,
        environment.get(SESSION, ""),
        folder / "bot.sqlite",
        language_of(language),
        environment.get("SLACK_API_URL", SLACK),
        signing,
        client_id=client_id,
        client_secret=client_secret,
        redirect=environment.get(REDIRECT, ""),
        reads=environment.get(READS) == "yes",
    )


def read_zulip_settings(
    environment: Mapping[str, str], *, sandbox: str, folder: Path, language: str
) -> ZulipSettings:
    """Returns the settings for Zulip.

    Raises:
        NoToken: With the name of the variable that is missing.
    """
    for name in ZULIP:
        if not environment.get(name):
            raise NoToken(name)
    site, email, key = (environment[name] for name in ZULIP)
    session = environment.get(SESSION, "")
    file = folder / "bot-zulip.sqlite"
    return ZulipSettings(
        site.rstrip("/"), email, key, sandbox, session, file, language_of(language)
    )

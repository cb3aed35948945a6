"""The bot's settings from the environment: tokens come from nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bot.slack.running import SLACK, BotSettings
from bot.words import language_of

BOT_TOKEN, APP_TOKEN, SESSION = "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "CONNECTATHON_BOT_SESSION"
SIGNING = "SLACK_SIGNING_SECRET"


class NoToken(Exception):
    """A token is missing or is none; the argument is the name of its variable."""


def read_settings(
    environment: Mapping[str, str], *, sandbox: str, folder: Path, language: str, is_http: bool = False
) -> BotSettings:
    """Returns the settings; over HTTP the signing secret is needed in place of the app token.

    Raises NoToken with the name of the variable that is missing.
    """
    bot_token, app_token, signing = (environment.get(name, "") for name in (BOT_TOKEN, APP_TOKEN, SIGNING))
    needed = [(BOT_TOKEN, bot_token, "xoxb-"), (SIGNING, signing, "") if is_http else (APP_TOKEN, app_token, "xapp-")]
    for name, token, begin in needed:
        if not token or not token.startswith(begin):
            raise NoToken(name)
    return BotSettings(
        bot_token, app_token, sandbox, environment.get(SESSION, ""), folder / "bot.sqlite", language_of(language),
        environment.get("SLACK_API_URL", SLACK), signing,
    )  # fmt: skip

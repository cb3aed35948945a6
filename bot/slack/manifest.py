"""The app's manifest, made of the grammar: `connectathon bot manifest` prints what
`bot/slack/manifest.json` holds.
"""

from __future__ import annotations

import json
from typing import Any

from bot.grammar import COMMANDS
from bot.words import Language, say

NAMES = ("/connectathon", "/ct")
VALIDATE = "ct:validate"  # the shortcut of a message
# the fewest with which all works; docs/slack.md has the reason of each
SCOPES = (
    "app_mentions:read",
    "chat:write",
    "commands",
    "files:read",
    "im:history",
    "im:write",
    "users:read",
)
# for the outbox, which can look then whether a message arrived after all
READING = ("channels:history", "groups:history")
EVENTS = ("app_home_opened", "app_mention", "app_uninstalled", "message.im", "tokens_revoked")


def scopes(*, reads: bool = False) -> list[str]:
    """Returns what the bot asks a workspace for.

    Args:
        reads: Whether it may read in channels where it is a member.
    """
    return sorted((*SCOPES, *READING) if reads else SCOPES)


def manifest(language: Language = "en", *, reads: bool = False) -> dict[str, Any]:
    """Returns the manifest in a language: it has one, the bot answers in all.

    Args:
        language: Of its words.
        reads: Whether the bot may read in channels where it is a member.
    """
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "connectathon",
            "description": say("manifest.description", language),
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "connectathon", "always_online": True},
            "slash_commands": [_command(name, language) for name in NAMES],
            "shortcuts": [
                {
                    "name": say("manifest.validate", language),
                    "type": "message",
                    "callback_id": VALIDATE,
                    "description": say("manifest.validate_what", language),
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": scopes(reads=reads)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }


def _command(name: str, language: Language) -> dict[str, Any]:
    return {
        "command": name,
        "description": say("manifest.command", language),
        "usage_hint": cut_hint(" | ".join(command.words(language)[0] for command in COMMANDS)),
        # so that a mention comes with its id: `@ana` alone may be anybody
        "should_escape": True,
    }


def cut_hint(text: str) -> str:
    """Returns the hint beside a command, which Slack cuts at 1000 characters."""
    return text if len(text) <= 1000 else text[:1000]


def as_json(language: Language = "en", *, reads: bool = False) -> str:
    """Returns the manifest as it is committed, in another language, or with `reads` one that may
    read in channels.
    """
    return json.dumps(manifest(language, reads=reads), indent=2, ensure_ascii=False) + "\n"

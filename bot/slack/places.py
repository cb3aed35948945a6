"""Places and people of several workspaces: `TEAM/CHANNEL` and `TEAM/USER`.  Pure.

Slack's own ids are told apart by the workspace before them, since each has a token of its own.
"""

from __future__ import annotations


def placed(team: str, id: str) -> str:
    """Returns a channel or a person of a workspace as the bot names them."""
    return f"{team}/{id}" if id else ""


def team_in(name: str) -> str:
    """Returns the workspace of a place or a person; empty where none is named."""
    return name.rpartition("/")[0]


def own_id(name: str) -> str:
    """Returns a place or a person as their workspace names them."""
    return name.rpartition("/")[2]


def is_alone(channel: str) -> bool:
    """Tells whether a channel is a direct one.

    Args:
        channel: Its id; that of a direct one begins with D.
    """
    return own_id(channel).startswith("D")

"""The list of verbs: a new one is one word here and one file of that name beside this one.

A verb's file is imported when somebody types the verb, or asks for the help of all: what the others
need costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pkgutil import resolve_name
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from sandbox.cli import tell
from sandbox.cli.frames import Verb, helped
from sandbox.collecting import loading

VERBS = (  # in the order in which the help lists them
    "serve", "worker", "lab", "validate", "view", "merge", "readiness", "systems", "allow",
    "people", "tokens", "event", "audit", "jobs", "tracks", "plan", "run", "resume", "diff",
    "status", "recheck", "matrix", "export", "evidence", "purge", "bot", "chat", "cert", "vc",
    "wallet", "link", "gateway", "pki", "trust", "proxy", "agent", "packages", "tenants", "data",
    "course", "grade", "lessons", "messages", "doctor",
)  # fmt: skip


class Commands(Mapping[str, TyperCommand]):
    """The commands by the verb that somebody types; each is made of its file at the first look."""

    def __init__(self) -> None:
        self._made: dict[str, TyperCommand] = {}

    def __getitem__(self, verb: str) -> TyperCommand:
        if verb not in VERBS:
            raise KeyError(verb)
        if verb not in self._made:
            self._made[verb] = _command(verb)
        return self._made[verb]

    def __iter__(self) -> Iterator[str]:
        return iter(VERBS)

    def __len__(self) -> int:
        return len(VERBS)


class Verbs(TyperGroup):
    """The group of all commands."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast(Any, Commands())

    def get_help(self, ctx: Any) -> str:
        return helped(super().get_help(ctx))


def _command(verb: str) -> TyperCommand:
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    with loading():
        work = resolve_name(f"sandbox.cli.{verb}:{verb}")
    alone.command(cls=Verb, help=tell(f"{verb}.help"))(work)
    return cast(TyperCommand, get_command(alone))


app = typer.Typer(
    cls=Verbs, help=tell("help"), no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


@app.callback()
def connectathon() -> None:
    """Makes typer take the group although no command is registered yet."""

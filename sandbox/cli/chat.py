"""`connectathon chat`: what one would say to the bot in a chat, said in a terminal to a sandbox
that runs.
"""

from __future__ import annotations

import asyncio
import getpass
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.bot import HERE
from sandbox.cli.options import Data, Lang
from sandbox.i18n import as_language
from sandbox.settings import data_folder


def chat(
    words: Annotated[list[str] | None, typer.Argument(help=tell("chat.words"))] = None,
    server: Annotated[
        str, typer.Option(help=tell("bot.server"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Prints the answer; a run is followed to its end."""
    from bot.terminal import said

    file = (data or data_folder()) / "chat.sqlite"
    actor = f"terminal:{getpass.getuser()}"
    asyncio.run(
        said(
            # Undoes the shell's splitting: the bot's reader takes a whole line.
            " ".join(words or ()),
            sandbox=server,
            file=file,
            actor=actor,
            language=as_language(lang),
            tell=print,
        )
    )

"""`connectathon bot`: the bot in Slack or Zulip, a demo of it, or the manifest from which Slack
makes its app.
"""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
from collections.abc import Coroutine
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.i18n import as_language
from sandbox.settings import DEFAULT_PORT, data_folder

HERE = f"http://127.0.0.1:{DEFAULT_PORT}"


class Part(StrEnum):
    """What to do."""

    run = "run"
    http = "http"
    zulip = "zulip"
    demo = "demo"
    manifest = "manifest"


def bot(
    part: Annotated[Part, typer.Argument(help=tell("bot.part"))] = Part.run,
    server: Annotated[
        str, typer.Option(help=tell("bot.server"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    data: Data = None,
    port: Annotated[int, typer.Option(help=tell("bot.port"), min=0, max=65535)] = 0,
    reads_channels: Annotated[
        bool, typer.Option("--reads-channels", help=tell("bot.reads_channels"))
    ] = False,
    lang: Lang = LANGUAGE,
) -> None:
    """Runs until it is interrupted; tokens come from the environment alone."""
    from bot.settings import NoToken
    from bot.slack.manifest import as_json
    from bot.slack.running import run_demo

    if part is Part.manifest:
        print(as_json(as_language(lang), reads=reads_channels), end="")
        return
    if part is Part.demo:
        # A demo starts empty unless it is given a folder to continue with.
        folder = Path(tempfile.mkdtemp()) if data is None else data
        say_page = partial(_tell_of_demo, server)
        asyncio.run(
            run_demo(server, folder=folder, language=as_language(lang), port=port, tell=say_page)
        )
        return
    folder = data or data_folder()
    language = as_language(lang)
    try:
        work = _work_of(part, server, folder, language, port)
    except NoToken as error:
        print(tell("bot.no_token", name=error))
        raise typer.Exit(2) from None
    print(tell("bot.running", server=server))
    # what is loaded stays: no walk through it while five hundred wait for their acknowledgement
    gc.freeze()
    _run(work)


def _work_of(
    part: Part, server: str, folder: Path, language: str, port: int
) -> Coroutine[None, None, None]:
    """Returns what runs the bot until it is interrupted; raises NoToken."""
    from bot.settings import read_settings, read_zulip_settings
    from bot.slack.running import run_forever, run_http
    from bot.zulip import running as zulip

    if part is Part.zulip:
        return zulip.run_forever(
            read_zulip_settings(os.environ, sandbox=server, folder=folder, language=language)
        )
    is_http = part is Part.http
    settings = read_settings(
        os.environ, sandbox=server, folder=folder, language=language, is_http=is_http
    )
    return run_http(settings, host="127.0.0.1", port=port) if is_http else run_forever(settings)


def _run(work: Coroutine[None, None, None]) -> None:
    """Runs the bot until it is interrupted, or let in no more."""
    from bot.chat import Ended

    try:
        asyncio.run(work)
    except Ended as error:
        print(tell(f"bot.ended_{error.whose.casefold()}", reason=error.reason))
        raise typer.Exit(2) from None


def _tell_of_demo(server: str, page: str) -> None:
    print(tell("bot.demo", page=page, server=server), flush=True)

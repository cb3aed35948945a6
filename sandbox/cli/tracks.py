"""`connectathon tracks`: what can be tested, by which number and clause, and what a test needs to
be told.
"""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang
from sandbox.i18n import as_language, say


def tracks(
    track: Annotated[str, typer.Argument(help=tell("tracks.track"))] = "",
    lang: Lang = LANGUAGE,
) -> None:
    """Lists the tracks, or the tests of one."""
    from sandbox.testbench.tracks import TRACKS, choose

    language = as_language(lang)
    if not track:
        for listed in TRACKS.values():
            print(f"{listed.id:<24} {len(listed.tests):>3}  {say(f'{listed.room}.name', language)}")
        return
    for test in choose(track):
        needs = f" ({', '.join(test.needs)})" if test.needs else ""
        print(f"{test.number:<8} {say(TRACKS[track].title_of(test), language)}{needs}")
        print(f"         {test.id} [{test.clause}]")

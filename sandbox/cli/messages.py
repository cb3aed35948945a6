"""`connectathon messages`: what the catalogues of each language lack."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sandbox.cli import tell
from sandbox.i18n import ENGLISH, LANGUAGES


class Action(StrEnum):
    """What to do with the catalogues."""

    check = "check"


def messages(
    action: Annotated[Action, typer.Argument(help=tell("messages.action"))] = Action.check,
) -> None:
    """Prints what each language lacks; a gap of a complete one is exit code 1."""
    from sandbox.gaps import gaps_of, size_of

    is_fine = True
    for tag, language in LANGUAGES.items():
        gaps = gaps_of(tag)
        is_fine = is_fine and not (gaps and language.is_complete)
        state = tell(f"messages.{'complete' if language.is_complete else 'partial'}")
        counts = {"count": size_of(tag), "all": size_of(ENGLISH)}
        print(tell("messages.language", tag=tag, name=language.name, state=state, **counts))
        for gap in gaps:
            print(f"  {gap.key}: {tell(f'messages.gap.{gap.kind}', detail=gap.detail)}")
    if not is_fine:
        raise typer.Exit(1)

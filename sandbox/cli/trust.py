"""`connectathon trust`: a trust list judged, entry by entry, before anybody believes it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Lang
from sandbox.cli.results import WORDS
from sandbox.i18n import as_language, say
from sandbox.sentences import fix_of, text_of


class Action(StrEnum):
    """What to do with a trust list."""

    check = "check"


def trust(
    action: Annotated[Action, typer.Argument(help=tell("trust.action"))],
    what: Annotated[str, typer.Argument(help=tell("trust.what"))],
    at: Annotated[datetime | None, typer.Option(help=tell("trust.at"))] = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: all that was checked is right; 1: an entry is not to be believed; 2: usage."""
    from sandbox.trust.documents import read_list

    language = as_language(lang)
    # Typer parses --at as naive; it is meant as UTC
    moment = (at or datetime.now(UTC)).replace(tzinfo=UTC)
    judged = read_list(_held(what), at=moment)
    for finding in judged.findings:
        sentence = text_of(finding, language)
        print(f"{WORDS[finding.severity]:4} {sentence} [{finding.clause}]")
        print(f"     → {fix_of(finding, language)}")
    counts = Counter(entry.kind or entry.usage for entry in judged.entries)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "–"
    params = {"total": len(judged.entries), "kinds": kinds, "believed": len(judged.keys)}
    print("\n" + say("cli.trust.counted", language, **params))
    is_wrong = any(finding.severity == "error" for finding in judged.findings)
    print(say("cli.trust.wrong" if is_wrong else "cli.trust.right", language))
    raise typer.Exit(1 if is_wrong else 0)


def _held(what: str) -> Any:
    """Returns the JSON that is meant; raises BadRequest for what is none."""
    from sandbox.errors import BadRequest

    try:
        text = sys.stdin.read() if what == "-" else Path(what).read_text(encoding="utf-8")
        return json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadRequest("trust.no_file", where=what, file=what, found=str(error)[:80]) from None

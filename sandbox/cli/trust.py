"""`connectathon trust`: a trust list judged, entry by entry, before anybody believes it."""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import WORDS
from sandbox.i18n import Language, as_language, say
from sandbox.sentences import fix_of, text_of

if TYPE_CHECKING:
    from sandbox.trust.documents import TrustList
    from sandbox.trust.folder import TrustFolder
    from sandbox.trust.proofs import Anchors


class Action(StrEnum):
    """What to do with a trust list."""

    check = "check"
    believe = "believe"


def trust(
    action: Annotated[Action, typer.Argument(help=tell("trust.action"))],
    what: Annotated[str, typer.Argument(help=tell("trust.what"))],
    at: Annotated[datetime | None, typer.Option(help=tell("trust.at"))] = None,
    anchor: Annotated[list[Path] | None, typer.Option(help=tell("trust.anchor"))] = None,
    name: Annotated[str, typer.Option(help=tell("trust.name"))] = "",
    fresh: Annotated[bool, typer.Option("--fresh", help=tell("trust.fresh"))] = False,
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: all that was checked is right; 1: an entry is not to be believed; 2: usage."""
    from sandbox.cli.stored import trust_at
    from sandbox.trust.documents import read_list

    language = as_language(lang)
    folder = trust_at(data)
    # Typer parses --at as naive; it is meant as UTC
    moment = (at or datetime.now(UTC)).replace(tzinfo=UTC)
    document = _list_given(what, folder, moment, is_fresh=fresh)
    judged = read_list(document, at=moment, anchors=_anchors(folder, anchor or []))
    is_wrong = _told(judged, language)
    if action is Action.believe:
        _believe(folder, name or _name_of(what), document, judged)
    raise typer.Exit(1 if is_wrong else 0)


def _told(judged: TrustList, language: Language) -> bool:
    """Prints what was found in a list, and tells whether something in it is not to be believed."""
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
    return is_wrong


def _believe(folder: TrustFolder, name: str, document: Any, judged: TrustList) -> None:
    """Keeps a list among those that are believed; its faulty entries verify nothing.

    Raises:
        BadRequest: None of its entries verifies documents.
    """
    from sandbox.errors import BadRequest
    from sandbox.trust.fetching import believed_file

    if not judged.keys:
        raise BadRequest("trust.no_believed", where=name, total=len(judged.entries))
    print(tell("trust.kept", file=believed_file(folder.folder, name, document), name=name))


def _anchors(folder: TrustFolder, files: list[Path]) -> Anchors:
    """Returns who may vouch for a list: those of the trust folder, and of the files given.

    Raises:
        BadRequest: A file is no key and no certificate.
    """
    from sandbox.errors import BadRequest
    from sandbox.trust.proofs import Anchors, anchors_in

    known = folder.anchors()
    try:
        given = anchors_in([(str(file), file.read_bytes()) for file in files])
    except (OSError, ValueError) as error:
        raise BadRequest("trust.no_anchor", where=str(error), file=str(error)) from None
    certificates = (*known.certificates, *given.certificates)
    return Anchors({**known.keys, **given.keys}, certificates)


def _list_given(what: str, folder: TrustFolder, at: datetime, *, is_fresh: bool) -> Any:
    """Returns the list that is meant: of a file, from standard input, at an address, or of an
    environment.

    Raises:
        BadRequest: It cannot be got, or is no JSON and no JWS.
    """
    from sandbox.errors import BadRequest
    from sandbox.testbench.fetching import got
    from sandbox.testbench.guard import Guard, GuardedTransport
    from sandbox.trust.fetching import Fetcher, address_of

    if what != "-" and not Path(what).exists() and address_of(what):
        # whoever types an address sits at the machine that dials it
        way = partial(GuardedTransport, Guard(allows_private=True))
        fetcher = Fetcher(lambda url: got(url, way), folder.folder / "fetched", at=at)
        return fetcher.list_at(what, is_fresh=is_fresh)
    try:
        text = sys.stdin.read() if what == "-" else Path(what).read_text(encoding="utf-8")
        # a JWS is no JSON, and begins with its header in base64url
        return text.strip() if text.lstrip().startswith("ey") else json.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise BadRequest("trust.no_file", where=what, file=what, found=str(error)[:80]) from None


def _name_of(what: str) -> str:
    """Returns under which name a list is kept: that of its file, host or environment."""
    from urllib.parse import urlsplit

    plain = urlsplit(what).hostname or Path(what).stem
    return "".join(letter if letter.isalnum() else "-" for letter in plain).strip("-") or "list"

"""`connectathon link`: a document shared by a health link, and a link received, with every step
said.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.bot import HERE
from sandbox.cli.cert import certificate_lines, text_given
from sandbox.cli.options import Data, Lang, TokenEnv, bearer
from sandbox.cli.results import WORDS
from sandbox.i18n import Language, as_language
from sandbox.sentences import fix_of, text_of
from sandbox.settings import data_folder

SECONDS = 20


class Action(StrEnum):
    """What to do with a link."""

    share = "share"
    open = "open"


def link(
    action: Annotated[Action, typer.Argument(help=tell("link.action"))],
    what: Annotated[str, typer.Argument(help=tell("link.what"))],
    passcode: Annotated[str, typer.Option(help=tell("link.passcode"))] = "",
    label: Annotated[str, typer.Option(help=tell("link.label"))] = "",
    days: Annotated[int, typer.Option(help=tell("link.days"), min=1, max=3650)] = 7,
    recipient: Annotated[str, typer.Option(help=tell("link.recipient"))] = "connectathon link",
    out: Annotated[Path | None, typer.Option(help=tell("link.out"))] = None,
    server: Annotated[
        str, typer.Option(help=tell("bot.server"), envvar="CONNECTATHON_BASE_URL")
    ] = HERE,
    token_env: TokenEnv = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Exit code 0: shared, or every file opened; 1: something is amiss; 2: usage."""
    if action is Action.share:
        options = {
            "passcode": passcode,
            "label": label,
            "expires": (datetime.now(UTC) + timedelta(days=days)).isoformat(),
        }
        _share(Path(what), options, (server, bearer(token_env)), out)
    else:
        place = (data or data_folder()) / "trust"
        raise typer.Exit(
            _open(text_given(what), recipient, passcode, place, as_language(lang), out)
        )


def _share(
    file: Path, options: dict[str, Any], at: tuple[str, Mapping[str, str]], out: Path | None
) -> None:
    """Shares a document at a server, by its address and the credentials for it."""
    import httpx

    from sandbox.certificates.qr import png_of
    from sandbox.errors import BadRequest
    from sandbox.fhir.json import parse_json, write_json

    try:
        content = parse_json(file.read_bytes())
    except OSError as error:
        raise BadRequest(
            "links.no_document", where=str(file), file=file, found=str(error)[:80]
        ) from None
    server, credentials = at
    try:
        answer = httpx.post(
            f"{server.rstrip('/')}/api/links",
            # our own writer: the numbers of a document leave with the digits in which they came
            content=write_json({"content": content, **options}),
            headers={"Content-Type": "application/json", **credentials},
            timeout=SECONDS,
        )
        made = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise BadRequest(
            "links.no_answer", where=server, place=server, found=str(error)[:200]
        ) from None
    if answer.status_code != 201:
        print(made.get("text", answer.status_code), f"→ {made.get('fix', '')}", sep="\n")
        raise typer.Exit(1)
    print(made["link"], tell("link.made", secret=made["secret"], id=made["id"]), sep="\n")
    if out is not None:
        out.write_bytes(png_of(made["link"], level="M"))
        print(out)


def _open(
    text: str, recipient: str, passcode: str, trust: Path, language: Language, out: Path | None
) -> int:
    """Reads what is given, a link or a signed certificate with one, and receives what is behind
    it.
    """
    from sandbox.certificates.links import is_link
    from sandbox.certificates.receiving import link_of, receive
    from sandbox.certificates.verifying import verify
    from sandbox.course.links import fetch
    from sandbox.trust.folder import TrustFolder

    # A signed certificate may hold only a link (VHL), and is verified before it is followed.
    if not is_link(text):
        folder = TrustFolder(trust)
        certificate = verify(text, folder.trust(), revoked=folder.revoked())
        print("\n".join(certificate_lines(certificate, language)), end="\n\n")
        text = link_of(certificate) or text
    received = receive(text, fetch, recipient=recipient, passcode=passcode)
    print("\n".join(certificate_lines(received.certificate, language)))
    for finding in received.findings:
        print(f"     {WORDS[finding.severity]:4} {text_of(finding, language)} [{finding.clause}]")
        print(f"          → {fix_of(finding, language)}")
    for number, file in enumerate(received.files, start=1):
        print(tell("link.received", number=number, type=file.content_type, size=len(file.content)))
        if out is not None:
            place = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
            place.write_bytes(file.content)
            print(place)
    is_amiss = not received.files or any(
        finding.severity == "error" for finding in received.findings
    )
    return 1 if is_amiss else 0

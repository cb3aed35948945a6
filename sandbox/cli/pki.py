"""`connectathon pki`: the trust network of this sandbox, a national PKI for each country."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.results import WORDS
from sandbox.i18n import Language, as_language, say
from sandbox.sentences import fix_of, text_of

if TYPE_CHECKING:
    from sandbox.trust.folder import TrustFolder


class Action(StrEnum):
    """What to do with the trust network."""

    init = "init"
    list = "list"
    check = "check"
    add = "add"
    unlist = "unlist"


def pki(
    action: Annotated[Action, typer.Argument(help=tell("pki.action"))] = Action.list,
    country: Annotated[str, typer.Option(help=tell("pki.country"))] = "",
    group: Annotated[list[str] | None, typer.Option(help=tell("pki.group"))] = None,
    folder: Annotated[Path | None, typer.Option(help=tell("pki.folder"))] = None,
    kid: Annotated[str, typer.Option(help=tell("pki.kid"))] = "",
    data: Data = None,
    lang: Lang = LANGUAGE,
) -> None:
    """Writes keys below the data folder, for their owner alone; they are for training and say so.

    A check ends with 1 where a gateway would refuse the folder.
    """
    from sandbox.certificates.keys import kid_of, shown
    from sandbox.cli.stored import trust_at
    from sandbox.trust.pki import DOMAIN

    trust = trust_at(data)
    now = datetime.now(UTC)
    if action is Action.init:
        made = trust.init(country, at=now)
        print(
            tell(
                "pki.made",
                country=country,
                folder=trust.folder / country,
                kid=shown(kid_of(made.dsc[0].certificate)),
            )
        )
    elif action is Action.check:
        place = folder or trust.folder / country / "onboarding" / DOMAIN
        raise typer.Exit(_check(place, country, now, as_language(lang)))
    elif action is Action.add:
        pair = trust.add_dsc(country, at=now, groups=tuple(group or ()))
        print(tell("pki.added", country=country, kid=shown(kid_of(pair.certificate))))
    elif action is Action.unlist:
        print(tell("pki.unlisted", country=trust.unlist(_bytes(kid)), kid=kid))
    else:
        _list(trust)


def _list(trust: TrustFolder) -> None:
    from sandbox.certificates.keys import shown

    for key in trust.listed():
        until = key.certificate.not_valid_after_utc.date() if key.certificate else ""
        print(f"{key.country}  {key.domain}  {shown(key.kid)}  {until}")
    if not trust.listed():
        print(tell("pki.none"))


def _check(place: Path, country: str, now: datetime, language: Language) -> int:
    """Tells every check of an onboarding folder; returns the exit code."""
    from sandbox.trust.onboarding import check_folder

    checks = check_folder(place, country=country, at=now)
    for number, check in enumerate(checks, 1):
        word = "FAIL" if check.findings else "OK"
        print(f"{number:2} {word:4} {say(f'onboarding.check.{check.name}', language)}")
        for finding in check.findings:
            print(f"     {WORDS[finding.severity]:4} {text_of(finding, language)}")
            print(f"          → {fix_of(finding, language)}")
    is_wrong = any(finding.severity == "error" for check in checks for finding in check.findings)
    print("\n" + say("cli.pki.wrong" if is_wrong else "cli.pki.right", language))
    return 1 if is_wrong else 0


def _bytes(text: str) -> bytes:
    """Returns a key id given in hexadecimal or Base64."""
    from sandbox.certificates.unpacking import from_base64

    try:
        # Hexadecimal first, because most of it is valid Base64 as well.
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return from_base64(text)
    except ValueError:
        raise typer.BadParameter(text, param_hint="--kid") from None

"""`connectathon pki`: the trust network of this sandbox, a national PKI for each country."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import tell
from sandbox.settings import data_folder


class Action(StrEnum):
    """What to do with the trust network."""

    init = "init"
    list = "list"
    add = "add"
    unlist = "unlist"


def pki(
    action: Annotated[Action, typer.Argument(help=tell("pki.action"))] = Action.list,
    country: Annotated[str, typer.Option(help=tell("pki.country"))] = "",
    group: Annotated[list[str] | None, typer.Option(help=tell("pki.group"))] = None,
    kid: Annotated[str, typer.Option(help=tell("pki.kid"))] = "",
    data: Annotated[Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")] = None,
) -> None:
    """Writes keys below the data folder, for their owner alone; they are for training and say so."""
    from sandbox.certificates.keys import kid_of, shown
    from sandbox.trust.folder import TrustFolder

    trust, now = TrustFolder((data or data_folder()) / "trust"), datetime.now(UTC)
    if action is Action.init:
        made = trust.init(country, at=now)
        print(
            tell("pki.made", country=country, folder=trust.folder / country, kid=shown(kid_of(made.dsc[0].certificate)))
        )
    elif action is Action.add:
        pair = trust.add_dsc(country, at=now, groups=tuple(group or ()))
        print(tell("pki.added", country=country, kid=shown(kid_of(pair.certificate))))
    elif action is Action.unlist:
        print(tell("pki.unlisted", country=trust.unlist(_bytes(kid)), kid=kid))
    else:
        for one in trust.listed():
            until = one.certificate.not_valid_after_utc.date() if one.certificate is not None else ""
            print(f"{one.country}  {one.domain}  {shown(one.kid)}  {until}")
        if not trust.listed():
            print(tell("pki.none"))


def _bytes(text: str) -> bytes:
    """Returns a key id given in hexadecimal or Base64."""
    import base64

    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise typer.BadParameter(text, param_hint="--kid") from None

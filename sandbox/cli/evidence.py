"""`connectathon evidence`: whether a zip of evidence is as a sandbox signed it, and with which
key.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data
from sandbox.i18n import say
from sandbox.settings import data_folder

if TYPE_CHECKING:
    from sandbox.event.signing import Jwk
    from sandbox.event.verifying import Verified

SECONDS = 30
FAULTY = 1
UNKNOWN_KEY = 4  # as everywhere: what could not be found out


class Action(StrEnum):
    """What to do with evidence."""

    verify = "verify"
    key = "key"


def evidence(
    action: Annotated[Action, typer.Argument(help=tell("evidence.action"))],
    file: Annotated[Path | None, typer.Argument(help=tell("evidence.file"))] = None,
    key: Annotated[str, typer.Option(help=tell("evidence.key"))] = "",
    data: Data = None,
) -> None:
    """Exit code 0: as it was signed, by the key that is asked for or this sandbox's own; 1: not;
    4: intact, and signed by a key that nothing here knows.
    """
    from sandbox.event.signing import EvidenceKey
    from sandbox.event.verifying import verify

    own = EvidenceKey(data or data_folder())
    if action is Action.key:
        print(json.dumps(own.public(), indent=1))
        return
    if file is None or not file.is_file():
        raise typer.BadParameter(tell("evidence.no_file", file=file or "–"), param_hint="FILE")
    wanted = _key_at(key) if key else (own.public() if own.is_made else None)
    verified = verify(file.read_bytes())
    raise typer.Exit(_tell(verified, wanted, is_own=not key))


def _tell(verified: Verified, wanted: Jwk | None, *, is_own: bool) -> int:
    """Prints what was found out; returns the exit code."""
    for fault in verified.faults:
        print(say(fault.key, LANGUAGE, name=fault.name, number=fault.name))
    for name, why in verified.redacted.items():
        print(say("evidence.redacted", LANGUAGE, name=name, why=why))
    if verified.faults or verified.key is None:
        return FAULTY
    about = verified.about or "–"
    print(say("evidence.intact", LANGUAGE, count=verified.count, about=about))
    if verified.is_packed_anew:
        print(say("evidence.packed_anew", LANGUAGE))
    kid = verified.key["kid"]
    is_known = wanted is not None and wanted["x"] == verified.key["x"]
    if is_known:
        print(say("evidence.own_key" if is_own else "evidence.that_key", LANGUAGE, kid=kid))
        return 0
    # an own key that differs proves nothing: evidence of another sandbox is looked at here too
    if wanted is not None and not is_own:
        print(say("evidence.other_key", LANGUAGE, kid=kid, wanted=wanted["kid"]))
        return FAULTY
    print(say("evidence.unknown_key", LANGUAGE, kid=kid))
    return UNKNOWN_KEY


def _key_at(place: str) -> Jwk:
    """Returns a public key from a file, or from the server at an address."""
    from sandbox.event.signing import PLACE, key_of

    try:
        if place.startswith(("http://", "https://")):
            import httpx

            address = place if place.endswith(".json") else place.rstrip("/") + PLACE
            return key_of(httpx.get(address, timeout=SECONDS, trust_env=False).content)
        return key_of(Path(place).read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise typer.BadParameter(
            tell("evidence.no_key", place=place, reason=reason), param_hint="--key"
        ) from None

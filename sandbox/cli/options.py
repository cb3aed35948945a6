"""Options that many verbs take, each written once, and verbs whose options are a dataclass."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.packs import VARIABLE, is_pack


def use_pack(folder: Path | None) -> Path | None:
    """Puts a pack in use, for this process and those that it starts.

    Raises:
        BadParameter: The folder is no pack.
    """
    if folder is None:
        return None
    whole = folder.expanduser().resolve()
    if not is_pack(whole):
        raise typer.BadParameter(tell("pack.none", folder=folder), param_hint="--pack")
    os.environ[VARIABLE] = str(whole)
    return whole


Data = Annotated[Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")]
Pack = Annotated[
    Path | None,
    typer.Option(help=tell("pack.help"), envvar=VARIABLE, callback=use_pack),
]
Lang = Annotated[str, typer.Option(help=tell("validate.lang"))]
TokenEnv = Annotated[str, typer.Option(help=tell("token_env.help"), metavar="NAME")]
EgressProxy = Annotated[str, typer.Option(help=tell("egress.help"), metavar="URL")]

Options = TypeVar("Options")


def bearer(variable: str) -> dict[str, str]:
    """Returns the header that carries the secret in a variable of the environment (RFC 6750 2.1):
    there it stands neither in the list of processes nor in the history of a shell.

    Args:
        variable: Its name; empty for none.

    Raises:
        BadParameter: The variable is not set, or empty.
    """
    if not variable:
        return {}
    secret = os.environ.get(variable, "").strip()
    if not secret:
        raise typer.BadParameter(tell("token_env.unset", name=variable), param_hint="--token-env")
    return {"Authorization": f"Bearer {secret}"}


def leave_by(proxy: str) -> None:
    """Has all that this process and those that it starts dial go out by a proxy.

    Args:
        proxy: Its address; empty for that of the environment, if there is one.

    Raises:
        BadParameter: It is no address of a proxy, or a password stands in it.
    """
    from sandbox.errors import BadRequest
    from sandbox.sentences import text_of
    from sandbox.web.egress import VARIABLE, egress_of

    try:
        egress_of(proxy)
    except BadRequest as error:
        said = text_of(error.as_finding(), LANGUAGE)
        raise typer.BadParameter(said, param_hint="--egress-proxy") from None
    if proxy:
        os.environ[VARIABLE] = proxy


def takes(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Makes a verb of a function of one dataclass, whose fields are its options.

    For verbs of many options: Typer knows parameters alone, and reads them from the signature.
    """

    def decorate(work: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(work)
        def verb(**given: Any) -> None:
            work(options(**given))

        # of each option where it is written: a class may take those of another module
        types = get_type_hints(options, include_extras=True)
        parameters = [
            parameter.replace(annotation=types[parameter.name])
            for parameter in inspect.signature(options).parameters.values()
        ]
        # Without both, Typer follows `__wrapped__` and finds the one parameter of `work`.
        verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        verb.__annotations__ = types
        return verb

    return decorate

"""Options that many verbs take, each written once, and verbs whose options are a dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

from sandbox.cli import tell

Data = Annotated[Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")]
Lang = Annotated[str, typer.Option(help=tell("validate.lang"))]

Options = TypeVar("Options")


def takes(options: type[Options]) -> Callable[[Callable[[Options], None]], Callable[..., None]]:
    """Makes a verb of a function of one dataclass, whose fields are its options.

    For verbs of many options: Typer knows parameters alone, and reads them from the signature.
    """

    def decorate(work: Callable[[Options], None]) -> Callable[..., None]:
        @wraps(work)
        def verb(**given: Any) -> None:
            work(options(**given))

        # Without both, Typer follows `__wrapped__` and finds the one parameter of `work`.
        verb.__signature__ = inspect.signature(options, eval_str=True)  # type: ignore[attr-defined]
        verb.__annotations__ = get_type_hints(options, include_extras=True)
        return verb

    return decorate

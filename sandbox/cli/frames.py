"""What typer says around our own words – usage, headings, defaults, refusals – in the language of
the command line; typer knows English alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import IO, Any

import typer
from typer.core import TyperCommand

from sandbox.cli import LANGUAGE, tell
from sandbox.i18n import ENGLISH

HELP: Mapping[str, str] = {
    r"^Usage:": "usage",
    r"^Arguments:$": "arguments",
    r"^Options:$": "options",
    r"^Commands:$": "commands",
    r"\[OPTIONS\]": "options_here",
    r"COMMAND \[ARGS\]\.\.\.": "command_here",
    r"Show this\s+message\s+and\s+exit\.": "help",
    r"\[env var:": "environment",
    r"(?<=\[)default:|(?<=; )default:": "default",
    r"\[required\]": "required",
    r"; required\]": "required_too",
}
"""Patterns of a help text, at their places alone, with the key of what is said there."""
REFUSALS: Mapping[str, str] = {
    r"Invalid value for (?P<hint>'[^']*'|[^:]+): (?P<why>.*)": "invalid_for",
    r"Invalid value: (?P<why>.*)": "invalid",
    r"Missing (?:argument|parameter) (?P<hint>.+?)\.(?P<why>.*)": "missing_argument",
    r"Missing option (?P<hint>.+?)\.(?P<why>.*)": "missing_option",
    r"Missing command\.": "missing_command",
    r"No such option: (?P<hint>\S+)(?P<why>.*)": "no_option",
    r"No such command (?P<hint>'[^']*')\.(?P<why>.*)": "no_command",
    r"Option (?P<hint>'[^']*') requires an argument\.": "needs_value",
    r"Option (?P<hint>'[^']*') does not take a value\.": "no_value",
    r"Got unexpected extra arguments? ?(?:\(s\) )?\((?P<hint>.*)\)": "too_many",
    r"(?P<hint>'[^']*') is not a valid (?P<kind>\w+)(?: range)?\.(?P<why>.*)": "not_valid",
    r"(?P<hint>'[^']*') is not one of (?P<known>.*)\.": "not_one_of",
    r"(?P<hint>\S+) is not in the range (?P<known>.*)\.": "not_in_range",
    r"\s*\(Possible options: (?P<known>.*)\)": "possible",
    r"\s*Did you mean (?P<known>.*)\?": "meant",
    r"\s*Choose from:\s*(?P<known>.*)": "choose",
}
"""Refusals as typer writes them, whole, with the key of what is said; `why` is one again."""


class Verb(TyperCommand):
    """A command whose help is in one language from its first word to its last."""

    def get_help(self, ctx: Any) -> str:
        return helped(super().get_help(ctx))


def helped(text: str) -> str:
    """Returns a help text, or a line of usage, with its frames in the language."""
    if LANGUAGE == ENGLISH:
        return text
    for pattern, key in HELP.items():
        text = re.sub(pattern, _told(f"frame.{key}"), text, flags=re.MULTILINE)
    return text


def refused(message: str) -> str:
    """Returns why typer refuses a command line, in the language; what it does not know, and what
    are our own words, as it is.
    """
    if LANGUAGE == ENGLISH:
        return message
    for pattern, key in REFUSALS.items():
        if match := re.fullmatch(pattern, message, re.DOTALL):
            parts = {name: value or "" for name, value in match.groupdict().items()}
            if "why" in parts:
                parts["why"] = refused(parts["why"].strip())
            return tell(f"frame.{key}", **parts).strip()
    return message


def say_refusals() -> None:
    """Has every refusal of a command line written in the language, from now on."""
    # the class above that of a bad parameter: it writes them all, and typer exports it nowhere
    setattr(typer.BadParameter.__mro__[1], "show", _show)  # noqa: B010


def _told(key: str) -> Callable[[re.Match[str]], str]:
    return lambda _: tell(key)


def _show(error: Any, file: IO[str] | None = None) -> None:
    to = file or sys.stderr
    if error.ctx is not None:
        to.write(f"{helped(error.ctx.get_usage())}\n")
        to.write(tell("frame.try_help", command=error.ctx.command_path) + "\n\n")
    to.write(tell("frame.error", why=refused(error.format_message())) + "\n")

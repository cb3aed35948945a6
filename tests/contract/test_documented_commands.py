"""Every command that a page tells somebody to type is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from sandbox.cli.verbs import Commands
from tests.places import PROJECT

PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
    *sorted((PROJECT / "deploy").rglob("*.md")),
]
BLOCK = re.compile(r"^```(?:sh|bash)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"`((?:\.venv/bin/)?connectathon [^`\n]+)`")
BEGINS = re.compile(r"(?:^|[;|&(]|\bdo\b|\b[A-Z_]+=\S*)\s*(?:\.venv/bin/)?connectathon\s+(.*)")
# what a shell puts there when it is typed
INNER = re.compile(r"\$\([^()]*\)")
# a pack of lessons is read as soon as it is named, and is none here
PACK = re.compile(r"--pack \S+")
# what follows belongs to the shell, or is a remark
ENDS = re.compile(r"\s(?:#|\||;|&&|\|\||>|<|2>)(?:\s|&|$)|;\s")
# a word that stands for what its reader writes there
PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9-]*|.*[…$].*|<.*>")


def typed(page: Path) -> Iterator[str]:
    """Yields what stands behind `connectathon` in blocks and spans of a page."""
    text = page.read_text(encoding="utf-8")
    lines = [
        line for block in BLOCK.findall(text) for line in block.replace("\\\n", " ").split("\n")
    ]
    for line in [*lines, *SPAN.findall(text)]:
        commands = [inner[2:-1] for inner in INNER.findall(line)]
        for command in [INNER.sub("WORD", line), *commands]:
            for rest in BEGINS.findall(command):
                yield PACK.sub("", ENDS.split(f"{rest} ")[0]).strip()


COMMANDS = sorted(
    {(str(page.relative_to(PROJECT)), line) for page in PAGES for line in typed(page)}
)


VERBS = Commands()
(UsageError,) = typer.BadParameter.__bases__


def refusal_of(verb: str, words: list[str]) -> str:
    """What the command line says against the words behind a verb; "" where it takes them."""
    try:
        VERBS[verb].make_context(verb, list(words))
    except typer.Exit:  # --help
        return ""
    except typer.BadParameter as refusal:
        # the first words of a command of which a sentence speaks, or a word in the place of a value
        is_short = type(refusal).__name__ == "MissingParameter"
        is_open = any(PLACEHOLDER.fullmatch(word) for word in words)
        return "" if is_short or is_open else refusal.message
    except UsageError as refusal:
        return str(refusal)
    return ""


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_documented_command_is_taken(page: str, line: str) -> None:
    verb, *words = shlex.split(line, comments=True)
    if not PLACEHOLDER.fullmatch(verb):
        assert verb in VERBS, page
        assert refusal_of(verb, words) == "", page


@pytest.mark.parametrize(
    "line", ["pki init CL", "serve --nothing", "run mhd --system", "cert sing"]
)
def test_a_slip_in_one_is_seen(line: str) -> None:
    verb, *words = line.split()
    assert refusal_of(verb, words)

"""The `connectathon` command: one file per verb.  Verbs import what they need when they run: each
starts fast.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise

from sandbox.errors import SandboxError
from sandbox.i18n import LANGUAGES, Language, added_folder, language_of_environment, say


def asked_language(words: Sequence[str]) -> Language:
    """Returns the language that `--lang` asks for, else that of the environment.

    Args:
        words: Of a command line, without the program's name.
    """
    asked = ""
    for before, word in pairwise(["", *words]):
        if before == "--lang":
            asked = word
        elif word.startswith("--lang="):
            asked = word.removeprefix("--lang=")
    # a verb says itself that there is no such language
    return asked if asked in LANGUAGES else language_of_environment()


# Read at import, because help texts are built when a verb's file is loaded: hence before Typer
# knows any option, so that refusals and help are in the language that is asked for.
LANGUAGE = asked_language(sys.argv[1:])


def tell(key: str, **params: object) -> str:
    """Returns a sentence of the command line in the user's language."""
    return say(f"cli.{key}", LANGUAGE, languages=", ".join(LANGUAGES), **params)


def main() -> None:
    """Runs the command line; an error of ours, or of a file that was named, becomes two lines on
    stderr and exit code 2.
    """
    from sandbox.cli.frames import say_refusals
    from sandbox.cli.verbs import app

    say_refusals()

    folder = added_folder()
    if folder is not None and not folder.is_dir():
        sys.stderr.write(tell("messages.no_folder", folder=folder) + "\n")
        sys.stderr.write("→ " + tell("messages.no_folder_fix") + "\n")
        sys.exit(2)
    try:
        app()
    except SandboxError as error:
        sys.stderr.write(say(f"{error.key}.text", LANGUAGE, **error.params) + "\n")
        sys.stderr.write("→ " + say(f"{error.key}.fix", LANGUAGE, **error.params) + "\n")
        sys.exit(2)
    except OSError as error:
        # one without a name is about no file that somebody gave, hence a fault of ours
        if not error.filename:
            raise
        sys.stderr.write(tell("file", file=error.filename, reason=error.strerror) + "\n")
        sys.stderr.write("→ " + tell("file_fix") + "\n")
        sys.exit(2)


__all__ = ["LANGUAGE", "main", "tell"]

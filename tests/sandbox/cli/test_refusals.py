"""Whatever the shell speaks, a command that is asked for a language refuses in it: every command that takes `--lang`."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from sandbox.cli import asked_language
from sandbox.cli.verbs import Commands
from sandbox.i18n import load_room

A_FILE = "{file}"
IN_A_FILE = ("--data", A_FILE)
NO_FILE = "{nowhere}"
FILE_FIX = "cli.file_fix"
REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "lab": (("--pack", NO_FILE), "cli.pack.none"),
    "validate": ((NO_FILE,), "cli.data.no_file"),
    "view": ((NO_FILE,), "cli.data.no_file"),
    "merge": ((NO_FILE, NO_FILE), "cli.data.no_file"),
    "readiness": (("http://127.0.0.1:1", "--token-env", "NOT_SET"), "cli.token_env.unset"),
    "systems": (("list", *IN_A_FILE), FILE_FIX),
    "event": (("list", *IN_A_FILE), FILE_FIX),
    "jobs": (IN_A_FILE, FILE_FIX),
    "tracks": (("nothing",), "testbench.no_track.text"),
    "plan": (("fhir.basics", "--system", "nothing", *IN_A_FILE), FILE_FIX),
    "run": (("nothing", "--system", "sandbox"), "testbench.no_track.text"),
    "resume": (("nothing", *IN_A_FILE), FILE_FIX),
    "diff": (("nothing", "nothing", *IN_A_FILE), FILE_FIX),
    "status": (IN_A_FILE, FILE_FIX),
    "recheck": (("nothing", *IN_A_FILE), FILE_FIX),
    "matrix": (IN_A_FILE, FILE_FIX),
    "export": (("nothing", *IN_A_FILE), FILE_FIX),
    "bot": (("run",), "cli.bot.no_token"),
    "chat": (("hi", *IN_A_FILE), FILE_FIX),
    "cert": (("verify", NO_FILE), "certificates.no_file.fix"),
    "vc": (("verify", NO_FILE), "certificates.no_file.fix"),
    "wallet": (("list", *IN_A_FILE), FILE_FIX),
    "link": (("share", NO_FILE), "links.no_document.fix"),
    "pki": (("init", "--country", "CL", *IN_A_FILE), FILE_FIX),
    "trust": (("check", NO_FILE), "trust.no_file.fix"),
    "course": (("list", *IN_A_FILE), FILE_FIX),
}
"""By verb what it refuses, and the sentence that must be among what it says."""
EACH = """
import io, json, os, sys
import typer, sandbox.app  # what verbs need, once for all; the command itself is loaded by each
said = {}
for verb, words in json.loads(sys.stdin.read()).items():
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(writing, 1), os.dup2(writing, 2), os.close(reading)
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.argv = ["connectathon", verb, *words, "--lang", "pt"]
        status = 70
        try:
            from sandbox.cli import main
            main()
        except SystemExit as ended:
            status = ended.code
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(status or 0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    said[verb] = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), text]
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """What each command says in a shell that speaks Spanish; one process, of which each is a copy."""
    folder = tmp_path_factory.mktemp("refusals")
    (folder / "file").write_text("{}")
    places = {"file": folder / "file", "nowhere": folder / "nowhere"}
    asked = {
        verb: [word.format(**places) for word in words] for verb, (words, _) in REFUSED.items()
    }
    shell = {"PATH": "/usr/bin:/bin", "LANG": "es_CL.UTF-8", "HOME": str(folder), "COLUMNS": "400"}
    done = subprocess.run(
        [sys.executable, "-c", EACH],
        input=json.dumps(asked), env=shell, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    told: dict[str, tuple[int, str]] = json.loads(done.stdout)
    return told


def test_every_command_that_takes_a_language_is_asked() -> None:
    commands = Commands()
    taking = {
        verb for verb in commands if any(option.name == "lang" for option in commands[verb].params)
    }
    assert taking == set(REFUSED)


@pytest.mark.parametrize("verb", REFUSED)
def test_a_refusal_is_in_the_language_that_is_asked_for(
    said: dict[str, tuple[int, str]], verb: str
) -> None:
    status, text = said[verb]
    key = REFUSED[verb][1]
    assert status == 2, text
    assert _words(key, "pt") in text
    assert _words(key, "es") not in text


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (["run", "x", "--lang", "pt"], "pt"),
        (["--lang=en", "run"], "en"),
        (["run", "--lang", "pt", "--lang", "en"], "en"),
        (["run", "--lang", "tlh"], "es"),
        (["run", "--lang"], "es"),
        ([], "es"),
    ],
)
def test_the_language_of_a_command_line(
    words: list[str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONNECTATHON_LANG", "es")
    assert asked_language(words) == language


def _words(key: str, language: str) -> str:
    """The longest part of a sentence that names nothing."""
    room, _, name = key.partition(".")
    return max(re.split(r"\{\w+\}|\n", load_room(language, room)[name]), key=len)

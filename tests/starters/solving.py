"""The starters of other languages: as a team finds them, or with the bodies of a solution filled in.

A solution is a list of bodies, so that it is shown that only what is empty has to be written.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
STARTERS = HERE.parent.parent / "notebooks" / "starters"
PART = re.compile(r"^== (\S+) (\w+)\n", re.MULTILINE)
SECONDS = 60.0
EMPTY = {
    "java": r"(\b{name}\([^{{;]*\{{\n) *return (?:null|0|List\.of\(\));\n(    \}})",
    "php": r"(\bfunction {name}\([^{{;]*\{{\n) *return (?:null|\[\]);\n(\}})",
}
Command = Callable[[Path], list[str]]


@dataclass(frozen=True, slots=True)
class Starter:
    """How the system of a language is built and started.

    Attributes:
        language: The folder of the starter.
        program: What has to be there.
        build: What makes it ready in a folder; nothing where there is nothing to do.
        verb: What `publish` and `read` begin with.
        serve: What starts it in a folder, with its records there and at a port.
        environment: Variables that it takes.
    """

    language: str
    program: str
    build: list[str]
    verb: Command
    serve: Callable[[Path, int], list[str]]
    environment: Callable[[Path], Mapping[str, str]] = field(default=lambda folder: {})


JAVA = Starter(
    "java",
    "javac",
    ["javac", "-encoding", "UTF-8", "-Xlint:all", "-Werror", "-d", "out"],
    lambda folder: ["java", "-cp", str(folder / "out"), "TeamSystem"],
    lambda folder, port: [
        *("java", "-cp", str(folder / "out"), "TeamSystem", "serve", str(folder), str(port))
    ],
)
PHP = Starter(
    "php",
    "php",
    [],
    lambda folder: ["php", str(folder / "team_system.php")],
    lambda folder, port: [
        *("php", "-S", f"127.0.0.1:{port}", "-t", str(folder), str(folder / "team_system.php"))
    ],
    lambda folder: {"RECORDS": str(folder)},
)


def solution_of(language: str) -> dict[tuple[str, str], str]:
    """Returns the bodies of a solution by file and function."""
    _, *parts = PART.split((HERE / f"{language}.txt").read_text(encoding="utf-8"))
    names = zip(parts[::3], parts[1::3], strict=True)
    return dict(zip(names, parts[2::3], strict=True))


def empty_in(text: str, language: str) -> list[str]:
    """Returns the names of the functions that are empty in a file of a starter."""
    pattern = EMPTY[language].format(name=r"(?P<name>\w+)")
    return [match["name"] for match in re.finditer(pattern, text)]


def lay_out(starter: Starter, folder: Path, *, solved: bool) -> Path:
    """Copies a starter into a folder, fills it in where it is to be solved, and builds it."""
    shutil.copytree(STARTERS / starter.language, folder, dirs_exist_ok=True)
    if solved:
        for (name, function), body in solution_of(starter.language).items():
            _fill_in(folder / name, starter.language, function, body)
    if starter.build:
        sources = sorted(str(file) for file in folder.glob("*.java"))
        subprocess.run([*starter.build, *sources], cwd=folder, check=True)
    return folder


def _fill_in(file: Path, language: str, function: str, body: str) -> None:
    text = file.read_text(encoding="utf-8")
    if function == "imports":
        file.write_text(body + text, encoding="utf-8")
        return
    pattern = re.compile(EMPTY[language].format(name=function))
    filled, count = pattern.subn(lambda match: match[1] + body + match[2], text)
    assert count == 1, f"{file.name}: {function}"
    file.write_text(filled, encoding="utf-8")


def called(starter: Starter, folder: Path, *words: str) -> str:
    """Returns what the system prints when it is called once; its error where it fails."""
    command = [*starter.verb(folder), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    return (done.stdout or done.stderr).strip()


@contextmanager
def served(starter: Starter, folder: Path) -> Iterator[str]:
    """Starts the system, and yields its base as soon as somebody answers there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, **starter.environment(folder)}
    process = subprocess.Popen(
        starter.serve(folder, port),
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}/fhir"
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)  # a program has no way to say that it is ready before it is
        else:
            return
    raise AssertionError(f"nobody answers at port {port}; it ended with {process.returncode}")

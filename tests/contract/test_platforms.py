"""What only POSIX systems have is used where a table says, and why it may be."""

import ast

import pytest

from tests.places import PROJECT

MODULES = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}
NAMES = {
    "os": {
        "chown",
        "fork",
        "geteuid",
        "getgid",
        "getpgid",
        "getuid",
        "killpg",
        "mkfifo",
        "setsid",
        "setuid",
        "uname",
    },
    "signal": {"SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "alarm", "setitimer"},
}
ALLOWED = {
    (
        "sandbox/course/grading/inside.py",
        "resource",
    ): "limits what a graded notebook may take; README says WSL",
    ("sandbox/course/grading/inside.py", "os.geteuid"): "the same",
    ("sandbox/course/grading/inside.py", "signal.SIGKILL"): "the same",
    (
        "sandbox/course/grading/isolation.py",
        "os.geteuid",
    ): "asked for with hasattr first, or on Linux",
    ("sandbox/course/grading/isolation.py", "os.chown"): "gives root's folder to a user; on Linux",
    (
        "sandbox/workers/__main__.py",
        "resource",
    ): "limits what a worker may take; on Windows the server watches the clock alone",
    (
        "sandbox/store/presence.py",
        "fcntl",
    ): "knows of other servers on the folder; on Windows each takes itself for the only one",
    ("sandbox/cli/lab.py", "os.geteuid"): "asked for with hasattr first",
    (
        "sandbox/course/grading/isolation.py",
        "os.killpg",
    ): "ends a graded notebook with all that it started; README says WSL",
    ("sandbox/course/grading/isolation.py", "signal.SIGKILL"): "the same",
}
FILES = sorted(file for room in ("sandbox", "bot") for file in (PROJECT / room).rglob("*.py"))


def posix_only(source: str) -> set[str]:
    """Returns the names in a module that Windows lacks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= MODULES & {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            found.add(node.module)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found |= (
                {f"{node.value.id}.{node.attr}"}
                if node.attr in NAMES.get(node.value.id, ())
                else set()
            )
    return found


def test_what_windows_lacks_is_known_and_has_a_reason() -> None:
    found = {
        (file.relative_to(PROJECT).as_posix(), name)
        for file in FILES
        for name in posix_only(file.read_text(encoding="utf-8"))
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import fcntl", {"fcntl"}),
        ("import os\nos.killpg(1, 9)", {"os.killpg"}),
        ("import os\nos.kill(1, 9)", set()),
    ],
)
def test_the_search_finds_what_windows_lacks(source: str, found: set[str]) -> None:
    assert posix_only(source) == found


def test_the_readme_says_where_windows_stands() -> None:
    assert "WSL" in (PROJECT / "README.md").read_text(encoding="utf-8")

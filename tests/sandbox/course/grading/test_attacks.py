"""The red team: each attack reaches its aim with the one protection off that it is about, and not with all of them."""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.course.grading.isolation import (
    INSIDE,
    Ended,
    Isolation,
    clean_environment,
    isolated_command,
    run_watched,
)
from sandbox.course.grading.watching import BOUNDS
from tests.places import PROJECT
from tests.sandbox.course.grading.attacks import ATTACKS

pytestmark = [pytest.mark.needs("bubblewrap")]

Command = list[str]
IPC_CREATE = 0o1000
IPC_REMOVE = 0
UNLIMITED = replace(BOUNDS, processes=10**6, memory=10**12, cpu=10**6, disk=10**12, files=10**6)


def without(*words: str) -> Callable[[Command], Command]:
    return lambda command: [word for word in command if word not in words]


def with_the_machine(bind: str) -> Callable[[Command], Command]:
    """Puts more of the machine behind the walls, where only what is needed stands."""

    def opened(command: Command) -> Command:
        first = command.index("--ro-bind-try")
        places = ["/etc", "/sys", "/var/tmp", str(PROJECT)]
        parents = ["/var", *(str(parent) for parent in reversed(PROJECT.parents[:-1]))]
        ways = [word for parent in parents for word in ("--perms", "0755", "--dir", parent)]
        binds = [word for place in places for word in (bind, place, place)]
        return [*command[:first], *ways, *binds, *command[first:]]

    return opened


def with_setting(name: str) -> Callable[[Command], Command]:
    def opened(command: Command) -> Command:
        place = command.index(str(INSIDE)) + 1
        settings = json.loads(command[place]) | {name: 0}
        return [*command[:place], json.dumps(settings), *command[place + 1 :]]

    return opened


def as_root(command: Command) -> Command:
    """Leaves out what goes in first and gives up root."""
    place = command.index(str(INSIDE))
    return [*command[: place - 2], *command[place + 2 :]]


def with_own_kernel_settings(command: Command) -> Command:
    place = command.index("/proc/sys")
    return as_root([*command[: place - 1], *command[place + 2 :]])


def with_room(command: Command) -> Command:
    return [str(1 << 30) if word == str(64 << 20) else word for word in command]


OPENED: dict[str, Callable[[Command], Command]] = {
    "walls": with_the_machine("--ro-bind"),
    "writing": with_the_machine("--bind"),
    "network": without("--unshare-net"),
    "processes": without("--unshare-pid"),
    "memory of others": without("--unshare-ipc"),
    "environment": list,  # the test passes another one
    "user": as_root,
    "user and kernel": with_own_kernel_settings,
    "memory": with_setting("memory"),
    "file_bytes": with_setting("file_bytes"),
    "processes of a user": with_setting("processes"),
    "cpu_seconds": with_setting("cpu_seconds"),
    "temporary": with_room,
    "watcher": list,  # the test passes other bounds
}


@pytest.fixture
def around() -> Iterator[dict[str, object]]:
    """What a facilitator's machine has: files, services, processes, memory that is shared."""
    outside = Path(tempfile.mkdtemp(prefix="connectathon-red-", dir="/var/tmp"))
    for name in ("secret.txt", "log.txt", "doomed.txt"):
        (outside / name).write_text("CANARY")
        (outside / name).chmod(0o666)
    (outside / "folder").mkdir()
    libc = ctypes.CDLL(None)
    key = os.getpid() + 0x10000
    segment = libc.shmget(key, 16, IPC_CREATE | 0o666)
    abstract = f"connectathon-red-{os.getpid()}"
    typed = f"typed-{os.getpid()}"
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", typed], stdin=subprocess.PIPE
    )
    with (
        socket.create_server(("127.0.0.1", 0)) as service,
        socket.socket(socket.AF_UNIX) as by_file,
        socket.socket(socket.AF_UNIX) as by_name,
    ):
        by_file.bind(str(outside / "service"))
        by_name.bind("\0" + abstract)
        for listening in (by_file, by_name):
            listening.listen()
        (outside / "service").chmod(0o666)
        outside.chmod(0o777)
        yield {
            "outside": outside,
            "checkout": PROJECT,
            "port": service.getsockname()[1],
            "abstract": abstract,
            "grader": os.getpid(),
            # written backwards, since the attack's own words are there to read as well
            "typed": typed[::-1],
            "key": key,
        }
    sleeper.communicate()
    libc.shmctl(segment, IPC_REMOVE, None)
    shutil.rmtree(outside)


def attacked(name: str, around: dict[str, object], *, is_open: bool) -> tuple[bool, Ended]:
    """Runs an attack in a folder of its own and tells whether it reached its aim, and how it ended."""
    attack = ATTACKS[name]
    code = attack.code.replace("{stay}", "0" if is_open else "25")
    for word, value in around.items():
        code = code.replace("{" + word + "}", str(value))
    with tempfile.TemporaryDirectory(prefix="connectathon-attack-", dir="/var/tmp") as made:
        folder = Path(made)
        environment = clean_environment(folder)
        seconds = 1 if attack.aims_at == "cpu_seconds" else 30
        command = isolated_command(
            [sys.executable, "-c", code], folder=folder, level=Isolation.bubblewrap, seconds=seconds
        )
        bounds = replace(UNLIMITED, **dict(attack.bounds))
        if is_open:
            command = OPENED[attack.aims_at](command)
            bounds = UNLIMITED
            if attack.aims_at == "environment":
                environment["CANARY_TOKEN"] = "CANARY"
        ended = run_watched(
            command, folder=folder, environment=environment, seconds=30, bounds=bounds
        )
        if attack.aims_at == "processes" and is_open:
            _wait_for(folder / "log.txt")
        return "REACHED" in (folder / "log.txt").read_text(errors="replace"), ended


def _wait_for(log: Path) -> None:
    """Waits until whoever outlived the command has written."""
    watched = ["tail", "-n", "+1", "-f", "--retry", str(log)]
    with subprocess.Popen(watched, stdout=subprocess.PIPE) as tail:
        assert tail.stdout is not None
        tail.stdout.readline()
        tail.kill()


@pytest.mark.daily("attacks", share=0.25)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_reaches_nothing_and_would_without_its_protection(
    name: str, around: dict[str, object]
) -> None:
    attack = ATTACKS[name]
    if attack.needs_root and os.geteuid() != 0:
        pytest.skip("a grader who is no root has nothing to give up")
    reached, _ = attacked(name, around, is_open=True)
    assert reached, "the attack does not work, so that it proves nothing"
    # put back what it may have changed
    for file in ("secret.txt", "doomed.txt"):
        (Path(str(around["outside"])) / file).write_text("CANARY")
    before = _outside(around)
    reached, ended = attacked(name, around, is_open=False)
    assert not reached
    assert _outside(around) == before
    assert ended.beyond == (attack.bounds[0][0] if attack.bounds else "")


def _outside(around: dict[str, object]) -> dict[str, str]:
    folder = Path(str(around["outside"]))
    return {
        str(path): path.read_text() if path.is_file() else "" for path in sorted(folder.rglob("*"))
    }


def test_there_are_at_least_forty() -> None:
    assert len(ATTACKS) >= 40


def test_the_kernel_is_read_only_even_for_root(around: dict[str, object]) -> None:
    """Each of the two protections of the kernel's settings holds alone."""
    if os.geteuid() != 0:
        pytest.skip("a grader who is no root cannot write there anyway")
    code = ATTACKS["change the settings of the kernel"].code
    with tempfile.TemporaryDirectory(prefix="connectathon-attack-", dir="/var/tmp") as made:
        folder = Path(made)
        command = isolated_command(
            [sys.executable, "-c", code], folder=folder, level=Isolation.bubblewrap, seconds=5
        )
        environment = clean_environment(folder)
        for opened in (as_root(command), _with_open_kernel(command)):
            run_watched(opened, folder=folder, environment=environment, seconds=5, bounds=BOUNDS)
            assert "REACHED" not in (folder / "log.txt").read_text()


def _with_open_kernel(command: Command) -> Command:
    place = command.index("/proc/sys")
    return [*command[: place - 1], *command[place + 2 :]]

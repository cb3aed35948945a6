"""Large blocks that were freed leave the process, also behind larger ones; what stays is not looked at again."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

BODIES = """
import sys
from pathlib import Path
from sandbox.operations.memory import give_large_blocks_back

def held():
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // 2**20

if sys.argv[1] == "given back":
    give_large_blocks_back()
before = held()
neighbours = []
for megabytes in (15, 14, 13, 12):
    body = b"x" * (megabytes * 2**20)
    neighbours.append(bytes(100_000))  # lives on above what is freed
    del body
print(held() - before)
"""


def held_behind_bodies(how: str) -> int:
    """Returns the megabytes that a process holds behind bodies of 1 to 15 MB."""
    command = [sys.executable, "-c", BODIES, how]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="this C library is not glibc")
def test_what_was_freed_is_not_held() -> None:
    assert held_behind_bodies("as it was") > 10
    assert held_behind_bodies("given back") < 5


SERVED = """
import gc
from sandbox.cli import main
try:
    main()
except SystemExit:
    print("passed over:", gc.get_freeze_count())
"""
MODULES = 50_000
"""Objects of the modules alone that a server imports."""


def test_the_collector_passes_over_what_a_server_keeps(tmp_path: Path) -> None:
    words = ["serve", "--port", "0", "--seed", "none", "--data", str(tmp_path / "sandbox")]
    command = [sys.executable, "-c", SERVED, *words, "--until-stdin-closes"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert "http://" in server.stdout.readline()
        told, _ = server.communicate()
    assert int(told.rpartition("passed over:")[2]) > MODULES

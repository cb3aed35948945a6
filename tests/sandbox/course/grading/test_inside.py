"""What goes in first, where no walls see to it that leftovers end."""

import os
import sys
from pathlib import Path

import pytest

from sandbox.course.grading.inside import REFUSED
from sandbox.course.grading.isolation import (
    Ended,
    Isolation,
    clean_environment,
    isolated_command,
    run_isolated,
    run_watched,
)
from sandbox.course.grading.watching import BOUNDS

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="Linux alone adopts orphans")]

# a grandchild in a session of its own, which nothing of its group reaches
LEAVES = """
import os, time
reading, writing = os.pipe()
if not os.fork():
    os.setsid()
    if not os.fork():
        open('left', 'w').write(str(os.getpid())); os.write(writing, b'.')
        time.sleep(600)
    os._exit(0)
os.read(reading, 1)
"""


@pytest.mark.parametrize(
    ("then", "ended"),
    [("", Ended(0)), ("raise SystemExit(7)", Ended(7)), ("time.sleep(600)", Ended(None, "time"))],
)
def test_leftovers_end_with_the_command(tmp_path: Path, then: str, ended: Ended) -> None:
    assert (
        run_isolated(
            [sys.executable, "-c", LEAVES + then],
            folder=tmp_path,
            level=Isolation.process,
            environment=clean_environment(tmp_path),
            seconds=5,
        )
        == ended
    )
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "left").read_text()), 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="this is not root")
@pytest.mark.needs("bubblewrap")
def test_behind_walls_root_that_nobody_took_over_is_refused(tmp_path: Path) -> None:
    command = isolated_command(
        ["/usr/bin/true"], folder=tmp_path, level=Isolation.bubblewrap, seconds=5
    )
    stays_root = [word.replace('"user": ', '"user": 0, "was": ') for word in command]
    environment = clean_environment(tmp_path)
    ended = run_watched(
        stays_root, folder=tmp_path, environment=environment, seconds=5, bounds=BOUNDS
    )
    assert ended == Ended(REFUSED)

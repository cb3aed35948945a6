"""The page about making an event is right: its commands are typed one after the other."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import PROJECT

PAGE = PROJECT / "docs" / "how-to" / "event-in-an-afternoon.md"


@pytest.mark.slow
def test_the_commands_of_the_page_make_an_event_that_runs(tmp_path: Path) -> None:
    script = "set -e\n" + "\n".join(
        re.findall(r"```sh\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    words = {"PATH": path, "PYTHONPATH": str(PROJECT), "CONNECTATHON_DATA": str(tmp_path / "data")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**os.environ, **words, "LANG": "en_US.UTF-8"},
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "retention_days  90" in done.stdout
    assert "Nothing was changed. 1 place would" in done.stdout
    assert "lacpass-2027 is the event that runs now." in done.stdout
    assert "LACPASS Connectathon 2027" in done.stdout

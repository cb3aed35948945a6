"""Some mutants of rooms whose survivors are all killed or explained: a test still notices each."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import PROJECT

pytestmark = [pytest.mark.daily("mutants", share=0.2, each="room"), pytest.mark.slow]

SAMPLE = {"guard": 10, "rights and people": 12, "certificates": 12, "store": 8, "engine": 6}


@pytest.mark.parametrize("room", SAMPLE)
def test_no_mutant_of_the_sample_lives_without_a_reason(room: str, tmp_path: Path) -> None:
    tried = subprocess.run(
        [
            *(sys.executable, "-m", "tests.mutants", "--room", room),
            *("--sample", str(SAMPLE[room]), "--kept", str(tmp_path / "mutants.json")),
        ],
        cwd=PROJECT,
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert f"| {room} | " in tried.stdout

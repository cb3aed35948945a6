"""JupyterLab as it is started here: the same program, without the grammar that takes half of its start."""

import subprocess
import sys

import pytest

pytest.importorskip("jupyterlab")
LISTED = "import sys; sys.argv[1:] = ['--version']; from sandbox.cli.labserver import main\ntry: main()\nfinally: print('lark' in sys.modules)"


def test_lab_starts_without_building_a_grammar() -> None:
    asked = subprocess.run([sys.executable, "-c", LISTED], capture_output=True, text=True)
    version, has_grammar = asked.stdout.split()
    assert version[0].isdigit()
    assert has_grammar == "False"

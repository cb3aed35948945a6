"""JupyterLab as it is started here: the same program, without the grammar that takes half of its start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.cli.lab import CONFIG
from tests.conftest import SYSTEMS
from tests.places import PROJECT

pytest.importorskip("jupyterlab")
HUB = SYSTEMS / "jupyterhub" / "bin" / "python"
LISTED = "import sys; sys.argv[1:] = ['--version']; from sandbox.cli.labserver import main\ntry: main()\nfinally: print('lark' in sys.modules, 'jupyterhub' in sys.modules)"

EXTENSIONS = """
import json
from jupyter_core.paths import jupyter_config_path
from jupyter_server.extension.config import ExtensionConfigManager
print(json.dumps(ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()))
"""


def listed(python: Path | str, **variables: str) -> list[str]:
    """Starts Lab for its version; returns that, whether it has the grammar, and whether it is a hub's."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **variables}
    asked = subprocess.run([python, "-c", LISTED], capture_output=True, text=True, env=environment)
    return asked.stdout.split()


@pytest.mark.daily("starting", share=1 / 3)
def test_lab_starts_without_building_a_grammar() -> None:
    version, *rest = listed(sys.executable)
    assert version[0].isdigit()
    assert rest == ["False", "False"]


@pytest.mark.needs("hub")
@pytest.mark.daily("starting", share=1 / 3)
def test_a_person_s_server_of_a_hub_starts_without_it_too() -> None:
    version, *rest = listed(HUB, JUPYTERHUB_SERVICE_PREFIX="/user/ana/")
    assert version[0].isdigit()
    assert rest == ["False", "True"]


def test_lab_looks_for_no_language_servers() -> None:
    # it asks npm at each start where they would stand
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": str(CONFIG)}
    asked = [sys.executable, "-c", EXTENSIONS]
    told = subprocess.run(asked, capture_output=True, text=True, check=True, env=environment)
    states = json.loads(told.stdout)
    assert (states["jupyter_lsp"], states["jupyterlab"]) == (False, True)

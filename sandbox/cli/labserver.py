"""JupyterLab as `connectathon lab` starts it, and on a hub as the server of one person: `python -m
sandbox.cli.labserver` takes the words of `jupyter lab`, or of `jupyterhub-singleuser`.

jsonschema builds a grammar of IRIs as soon as it is imported, if a package for it is there, and so
takes half of Lab's start.  No schema of Jupyter has a value of that format.
"""

from __future__ import annotations

import os
import runpy
import sys

GRAMMAR = "rfc3987_syntax"
ON_HUB = "JUPYTERHUB_SERVICE_PREFIX"
"""The variable by which a hub tells a server where it is, and so that it is one of a hub."""


def main() -> None:
    """Runs JupyterLab in this process."""
    # what is None here cannot be imported: jsonschema then leaves that one format unchecked
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    program = "jupyterhub.singleuser" if ON_HUB in os.environ else "jupyterlab"
    runpy.run_module(program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

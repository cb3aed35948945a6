"""JupyterLab as `connectathon lab` starts it: `python -m sandbox.cli.labserver` takes the words of
`jupyter lab`.

jsonschema builds a grammar of IRIs as soon as it is imported, if a package for it is there, and so
takes half of Lab's start.  No schema of Jupyter has a value of that format.
"""

from __future__ import annotations

import runpy
import sys

GRAMMAR = "rfc3987_syntax"


def main() -> None:
    """Runs JupyterLab in this process."""
    # what is None here cannot be imported: jsonschema then leaves that one format unchecked
    sys.modules[GRAMMAR] = None  # type: ignore[assignment]
    runpy.run_module("jupyterlab", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

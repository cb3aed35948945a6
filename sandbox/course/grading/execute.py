"""The part of grading that runs inside the isolation: executes one notebook under papermill, every
cell.

`python -m sandbox.course.grading.execute IN OUT CELL_SECONDS`; exit code 0: ran through,
KERNEL_DIED: the kernel died.
"""

from __future__ import annotations

import sys

# none of Python's own codes: 1 is an exception, 2 a wrong call
KERNEL_DIED = 3


def main(source: str, target: str, cell_seconds: int) -> int:
    """Executes all cells, also after one that fails; a cell that takes too long is interrupted and
    marked.
    """
    # an optional grammar that costs a second
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    late = {
        "output_type": "error",
        "ename": "CellTimeout",
        "evalue": f"{cell_seconds} s",
        "traceback": [],
    }
    try:
        papermill.execute_notebook(
            source,
            target,
            kernel_name="python3",
            progress_bar=False,
            # answers behind a cell that fails still count
            allow_errors=True,
            execution_timeout=cell_seconds,
            interrupt_on_timeout=True,
            error_on_timeout=late,
        )
    except PapermillExecutionError:
        return 0  # papermill tells that some cell failed; the cells themselves say which
    except (DeadKernelError, CellTimeoutError):
        return KERNEL_DIED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))

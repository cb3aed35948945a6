"""Watching files: which of them changed since they were last looked at.  Polls, so that it works on
every disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sandbox.cli.validating.sources import expand

SECONDS = 0.5
Stamp = tuple[int, int]
Changed = list[tuple[Path, bool]]


def watch(
    paths: Sequence[Path], *, wait: Callable[[], None] = lambda: time.sleep(SECONDS)
) -> Iterator[Changed]:
    """Yields the files that are new or changed since the last look, all of them at first; never
    ends.

    Args:
        paths: Files and folders.
        wait: Is called between two looks.
    """
    known: dict[Path, Stamp] = {}
    while True:
        now = {path: (_stamp(path), is_chosen) for path, is_chosen in expand(paths)}
        changed = [
            (path, is_chosen)
            for path, (stamp, is_chosen) in now.items()
            if stamp and known.get(path) != stamp
        ]
        known = {path: stamp for path, (stamp, _) in now.items() if stamp}
        if changed:
            yield changed
        wait()


def _stamp(path: Path) -> Stamp | None:
    """A file may vanish between two looks, as editors write."""
    try:
        status = path.stat()
    except OSError:
        return None
    # Size as well, because some file systems keep times in whole seconds.
    return status.st_mtime_ns, status.st_size

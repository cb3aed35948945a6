"""Collects what a notebook left behind: regular files of bounded size, nothing else.

The notebook could write what it liked below its folder.  A link would lead the trusted side to the
facilitator's files and a pipe would hold it up, so neither is opened.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from sandbox.limits import ARTIFACT_BYTES


def take_over(names: list[str], *, left: Path, kept: Path) -> None:
    """Copies the named files from the folder that was left to one of ours; what is no plain file is
    left out.
    """
    for name in names:
        content = read_plain(left / name)
        if content is not None:
            target = kept / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def read_plain(file: Path) -> bytes | None:
    """Returns a file's content, or None for a link, a file behind one, a pipe, a device, or too
    large a file.
    """
    # O_NOFOLLOW looks at the last step of a path alone: a folder may be a link as well
    if file.parent.resolve() != file.parent:
        return None
    # not to wait for the other end of a pipe, nor to follow a link; names that Windows lacks are 0
    flags = (
        os.O_RDONLY
        | getattr(os, "O_NOFOLLOW", 0)
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_BINARY", 0)
    )
    try:
        descriptor = os.open(file, flags)
    except OSError:
        return None
    # of what was opened, not of the name: it may have been exchanged meanwhile
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > ARTIFACT_BYTES:
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as opened:
        return opened.read()

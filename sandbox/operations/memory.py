"""What the allocator of the C library keeps for later.

glibc takes large blocks from the system and gives them back when they are freed.  Once such a block
was freed, blocks of its size come from the heap instead, where one small neighbour that lives on
keeps all of it: behind a few requests of some megabytes a server held 150 MB that nobody used.
"""

from __future__ import annotations

import ctypes
import sys

from sandbox.limits import KILOBYTE

# from malloc.h
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
M_ARENA_MAX = -8

LARGE = 128 * KILOBYTE
"""glibc's own first threshold in bytes; setting it keeps it from growing."""

ARENAS = 2
"""Python holds one lock, so that more heaps for more threads would only be more places to keep."""


def give_large_blocks_back() -> bool:
    """Has freed blocks of over 128 kB leave the process at once.

    Returns:
        Whether the C library can do so: glibc on Linux; elsewhere nothing changes.
    """
    if not sys.platform.startswith("linux"):
        return False
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:  # musl
        return False
    options = {M_MMAP_THRESHOLD: LARGE, M_TRIM_THRESHOLD: LARGE, M_ARENA_MAX: ARENAS}
    return all(set_option(name, value) for name, value in options.items())

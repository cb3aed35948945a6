"""Regular expressions written by others, matched in time linear in the text (RE2).

Python's own engine goes back and forth: `(a+)+$` on thirty letters takes it minutes.  RE2 has no
back references and no look-around; whoever asks must say that such a pattern was not checked.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sandbox.limits import PATTERN_BYTES, PATTERN_CHARACTERS


class UnusablePattern(ValueError):
    """RE2 cannot compile the pattern: it is broken, too large, or looks around or back."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Any:
    """Returns a compiled pattern with the methods of `re.Pattern`; the dot matches line ends.

    Raises:
        UnusablePattern: RE2 cannot compile it, or it is longer than the limit.
    """
    import re2  # type: ignore[import-untyped]  # loaded for the few documents that bring patterns

    if len(pattern) > PATTERN_CHARACTERS:
        raise UnusablePattern(pattern)
    options = re2.Options()
    options.dot_nl = True
    # RE2 would write each broken pattern to standard error
    options.log_errors = False
    options.max_mem = PATTERN_BYTES
    try:
        return re2.compile(pattern, options)
    except re2.error:
        raise UnusablePattern(pattern) from None

"""The browser of the tests: Chromium without a window.

Where the headless shell is installed, it is that one, as Playwright itself would choose.  The whole
Chromium draws a frame of its own around each page even where nobody sees it: each window costs four
times as much to open.
"""

from __future__ import annotations

import shutil
from typing import Any

PROGRAMS = ("chromium-headless-shell", "chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-sync",
)


def program() -> str | None:
    """Returns where the browser is; nothing if none is installed."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


def launched(playwright: Any, *more: str) -> Any:
    """Starts the browser.

    Args:
        more: What a test asks of it beside what all do.
    """
    return playwright.chromium.launch(executable_path=program(), args=[*FLAGS, *more])

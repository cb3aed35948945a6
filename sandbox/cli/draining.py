"""A server that says it is about to stop before it does, so that a proxy sends nothing new."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import uvicorn


class DrainingServer(uvicorn.Server):
    """Goes on answering for a while after SIGTERM, while `/ready` says 503.

    Args:
        config: As uvicorn takes it.
        seconds: How long; 0 to stop at once. A second signal stops it at once too.
    """

    def __init__(self, config: uvicorn.Config, seconds: float) -> None:
        super().__init__(config)
        self._seconds = seconds
        self._is_draining = False

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._is_draining or self.should_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Takes a signal; streams end with the first, as pages come back to another server."""
        if sig == signal.SIGTERM and self._seconds and not self.is_stopping:
            self._is_draining = True
            timer = threading.Timer(self._seconds, super().handle_exit, (sig, frame))
            timer.daemon = True
            timer.start()
            return
        super().handle_exit(sig, frame)

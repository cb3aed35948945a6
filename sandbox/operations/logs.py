"""The log of a server: sentences for a person at a terminal, or a JSON object a line for programs
that gather logs, with the requests that were answered and the jobs that were done.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from enum import StrEnum

from sandbox.operations.traffic import ACCESS, request_id
from sandbox.redact import RedactingFormatter, logged_secrets, redact_address, redact_text
from sandbox.store.jobs import LOGGER
from sandbox.web.repeats import OncePerMinute

STYLE = "CONNECTATHON_LOG"
"""By this variable the processes that a server starts log as it does itself."""
EACH = (ACCESS, LOGGER)
"""Whose lines are each to be found, however alike they are; a terminal shows none of them."""


class LogStyle(StrEnum):
    """How the log is written."""

    text = "text"
    json = "json"


FIELDS = ("method", "route", "status", "milliseconds", "run", "job", "attempt", "worker")
"""What a line says beside its sentence, where it is known."""


class JsonLines(logging.Formatter):
    """Writes a record as one line of JSON, without the secrets of this process."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": _without_secrets(record.getMessage()),
        }
        request = request_id.get()
        if request:
            line["request"] = request
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = _without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_log(style: LogStyle) -> None:
    """Lets this process log to stderr.

    Args:
        style: JSON has a line for each request too; in a terminal faults alone are of interest.
    """
    handler = logging.StreamHandler()
    is_json = style is LogStyle.json
    handler.setFormatter(JsonLines() if is_json else RedactingFormatter())
    once = OncePerMinute()
    handler.addFilter(lambda record: record.name in EACH or once.filter(record))
    # what a library has set up before would write without redaction
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in EACH:
        logging.getLogger(name).setLevel(logging.INFO if is_json else logging.WARNING)


def _without_secrets(text: str) -> str:
    return redact_address(redact_text(text, logged_secrets()))

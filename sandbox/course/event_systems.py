"""A second server for a lesson: the event's mediator and regional node with faults switched on, or
a server that asks for a token and writes down who asked.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from pathlib import Path

from sandbox.course.connection import start_server

SECONDS = "2"  # of silence, before the regional node gives a country up


def event_systems(
    folder: Path,
    *,
    faults: Sequence[str] = (),
    members: Mapping[str, str] | None = None,
    token: str = "",
) -> str:
    """Starts a sandbox of its own that ends with the notebook, and returns its address.

    Args:
        folder: Where it keeps its data.
        faults: As `connectathon serve --fault` takes them.
        members: The nodes of the region: FHIR bases by the two letters of the country.
        token: What each request must carry; where it is empty, requests carry none and leave no
            AuditEvent.

    Raises:
        NoServer: It did not start; the message holds what it said.
    """
    nodes = (f"{country}={base}" for country, base in (members or {}).items())
    server = start_server(
        {
            "CONNECTATHON_DATA": str(folder / "event"),
            "CONNECTATHON_FAULTS": " ".join(faults),
            "CONNECTATHON_MEMBERS": " ".join(nodes),
            "CONNECTATHON_MEMBER_SECONDS": SECONDS,
            "CONNECTATHON_TOKEN": token,
            "CONNECTATHON_AUDIT": "1" if token else "",
        }
    )
    atexit.register(server.stop)
    return server.connection.url

"""The settings of one sandbox process, filled in by the command line and the environment."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from sandbox.limits import REQUEST_BYTES, SEARCH_SECONDS

DEFAULT_PORT = 8400
RUNS_AT_ONCE = 64
NOTEBOOK = "{notebook}"
"""What an address at which notebooks open has in the place of one."""


# Known faults of the event's own systems, which a facilitator can switch on for exercises.
FAULTS = (
    "silent_nodes",
    "search_member",
    "vague_refusal",
    "hanging_refusal",
    "late_address",
    "undefined_patient",
    "duplicates",
    # of the ministries' component on LACChain, named in credentials as well (judging.py)
    "no_z",  # the value of a proof has no multibase letter
    "no_proof_context",  # the options of a proof are hashed without @context
    "bare_uuid",  # a credential's id is no address
    "local_time",  # local month, day and hour with the year of UTC, ending in Z
    "lost_y",  # of a point only x is kept, and an even y is assumed
    "hex_digest",  # what is registered is the hash of hexadecimal text
    "wrong_agreement",  # the key for agreement is published as one for signatures
    "never_expires",  # what ends is registered as if it did not
)


@dataclass(frozen=True, slots=True)
class Member:
    """A node of the regional node: country (two letters) and FHIR base, absolute or a space of this
    server.
    """

    country: str
    address: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What `create_app` needs: `data` is a folder (the database is made in it), sizes are bytes."""

    data: Path
    seed: str = "training"
    base_url: str = ""
    """Public address, such as `https://host/sandbox`; empty: taken from each request."""
    database_url: str = ""
    """`postgresql://…`; empty: a SQLite file below `data`."""
    validation: str = "off"
    """Whether what is stored below `/fhir` is judged first: `off`, `warn` or `reject`; a tenant has
    its own.
    """
    token: str = ""
    """When set, every request must carry it."""
    hosts: tuple[str, ...] = ()
    """Names, addresses and networks by which this server is called; empty or `*`: any."""
    proxies: tuple[str, ...] = ()
    """Addresses and networks of the proxies whose X-Forwarded-* is believed; `*` for all."""
    security_contact: str = ""
    """Where to report a hole, `mailto:…` or `https://…`; empty: there is no security.txt."""
    origins: tuple[str, ...] = ()
    """Origins of web pages that may call this server (CORS); `*` for all."""
    search_seconds: float = SEARCH_SECONDS
    """What a search may take at most."""
    max_body_bytes: int = REQUEST_BYTES
    members: tuple[Member, ...] = ()
    """The nodes that the regional node asks."""
    member_seconds: float = 10
    """What each of them may take at most."""
    faults: frozenset[str] = frozenset()
    """Of FAULTS: what the event's endpoints are to do wrong."""
    audit: bool = False
    """Whether each IHE transaction leaves an AuditEvent."""
    mhd: str = "4.2.3"
    """The MHD by whose rules for identifiers submissions are judged: 4.2.2, 4.2.3 or ci (after
    4.2.3).
    """
    grants: tuple[str, ...] = ()
    """Hosts, as `host` or `host:port`, whose private addresses the test bench may call."""
    preset: str = ""
    """Inputs that the event asks of every run, by the name of a preset."""
    judges: int = 1
    """How many documents are judged at the same time, each in a process of its own."""
    runs: int = RUNS_AT_ONCE
    """How many runs are played at the same time; 0: none, which leaves them to other processes."""
    serves: bool = True
    """Whether it answers requests; a worker does not."""
    graders: int = 1
    """How many handed-in notebooks are graded at the same time; 0: by command alone."""
    port: int = 0
    """The port that this server listens on, which the test bench never calls."""
    twin: str = ""
    """Of the broken twins, the one that this server is to be."""
    country: str = "XA"
    """Whose key signs the certificates that are issued here; XA is nobody's (ISO 3166-1)."""
    reading: str = "open"
    """Who reads the spaces of teams at an event with people: `open`, every participant; `team`, the
    team itself, monitors and facilitators.
    """
    kept_days: int = 30
    """How long a judgement is kept that somebody wished to keep."""
    lab: str = ""
    """Where a lesson opens for whoever only reads it here: an address with `{notebook}`."""
    id_seed: str = ""
    """When set, server-assigned ids are a repeatable sequence (gradings)."""


def data_folder() -> Path:
    """Returns the user's data folder of this system, or the one that CONNECTATHON_DATA names."""
    chosen = os.environ.get("CONNECTATHON_DATA")
    if chosen:
        return Path(chosen).expanduser()
    # Each platform has its own place for application data; the last is the XDG convention.
    if sys.platform == "win32":
        return (
            Path(os.environ.get("LOCALAPPDATA", str(Path.home() / "AppData" / "Local")))
            / "connectathon"
        )
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "connectathon"
    return (
        Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local" / "share")))
        / "connectathon"
    )

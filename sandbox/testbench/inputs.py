"""What a test may need to know of a system or of an event: the kinds of values, and the inputs that
several tracks take.

An input that one track alone takes is declared by the track.  The name is one for all tracks: a
system is registered with its inputs once, whatever is tested of it then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.submissions import VERSIONS
from sandbox.testbench.offer_lines import without_codes

Kind = Literal[
    "id",
    "token",
    "address",
    "document",
    "alias",
    "year",
    "yes",
    "choice",
    "country",
    "did",
    "digest",
]


@dataclass(frozen=True, slots=True)
class Input:
    """An input; its meaning stands in the catalogue as `testbench.input.NAME`."""

    kind: Kind
    choices: tuple[str, ...] = ()
    is_secret: bool = False
    """Whether tests alone may read it: it is kept with its run, and shown nowhere."""
    evident: Callable[[str], str] | None = None
    """What of a secret stands in evidence, so that it can be judged again elsewhere; nothing, if
    omitted."""


SHARED: dict[str, Input] = {
    "patient": Input("id"),
    "certificate": Input("document"),
    "edition": Input("choice", ("published", "earlier")),
    "trustlist": Input("address"),
    "ruleset": Input("year"),
    "simplified": Input("yes"),
    "mhd": Input("choice", VERSIONS),
    "samples": Input("choice", ("lacpass",)),
    "ips": Input("yes"),
    "known": Input("choice", ("1", "2", "3")),
    "offers": Input("document", is_secret=True, evident=without_codes),
    "client_id": Input("document"),
    "vp_requests": Input("document"),
}

"""The tracks: each a file here and a line in TRACKS."""

from __future__ import annotations

from sandbox.testbench.script import Track
from sandbox.testbench.tracks import mhd_recipient, mhd_responder, mhd_source, terminology_readiness

TRACKS: dict[str, Track] = {
    module.TRACK.id: module.TRACK for module in (mhd_recipient, mhd_responder, mhd_source, terminology_readiness)
}

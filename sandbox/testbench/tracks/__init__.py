"""The tracks: each a file here and a line in TRACKS."""

from __future__ import annotations

from sandbox.testbench.script import Track
from sandbox.testbench.tracks import mhd_recipient, mhd_responder, terminology_readiness

TRACKS: dict[str, Track] = {
    track.id: track for track in (mhd_recipient.TRACK, mhd_responder.TRACK, terminology_readiness.TRACK)
}

"""An event that plays by itself: people, systems and monitors of a script, who know the sandbox by
its JSON API alone.

It is a simulation.  What it is not is a print-out: each automatic part is a run over HTTP, each
decision is what somebody of the script makes of the evidence, and nothing is put into the store.
"""

from sandbox.replay.playing import play
from sandbox.replay.script import Script, read_script, shipped_script

__all__ = ["Script", "play", "read_script", "shipped_script"]

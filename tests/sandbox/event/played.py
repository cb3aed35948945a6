"""Logs of runs as they are written, without playing them: for lists of thousands."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sandbox.store.runs import Line
from sandbox.testbench.script import Verdict
from sandbox.testbench.tracks import TRACKS


@dataclass(frozen=True, slots=True)
class Played:
    """A run that is over, or in `state`; of so many tests, all of them where none is said."""

    system: str
    team: str = ""
    team_id: str = ""
    by_id: str = ""
    others: tuple[str, ...] = ()
    country: str = ""
    track: str = "fhir.basics"
    verdict: Verdict = "pass"
    count: int = 0
    state: str = "done"
    recipient: str = ""

    def lines(self, at: int) -> list[Line]:
        """The lines of its log, at a moment."""
        track = TRACKS[self.track]
        tests = [test.id for test in track.tests[: self.count or None]]
        peer = track.recipient
        head = {
            "track": self.track, "system": self.system, "base": "http://a.test", "engine": "0",
            "keeper": "server", "inbox": "", "tests": tests, "team": self.team, "team_id": self.team_id,
            "by": "", "by_id": self.by_id, "country": self.country, "other_ids": list(self.others),
            "whole": len(tests) == len(track.tests),
            "given": {peer.input: self.recipient} if peer else {},
        }  # fmt: skip
        lines = [("queued", at, json.dumps(head))]
        for test in tests:
            verdict = {"test": test, "verdict": self.verdict, "produced": {}, "exchanges": []}
            lines.append(("verdict", at, json.dumps(verdict)))
        return lines if self.state == "running" else [*lines, (self.state, at, "{}")]


def asked(at: int) -> Line:
    """The line that a team's wish to be verified writes."""
    return ("asked", at, json.dumps({"by": "", "by_id": "", "note": "please"}))

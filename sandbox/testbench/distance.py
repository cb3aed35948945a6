"""How far a request that nobody waited for is from those that a track waits for, and what would
close the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from sandbox.findings import Finding
from sandbox.testbench.script import Capture

OTHER_METHOD = 0.5  # as far as a place of which half is different
FAR = 0.85  # both are different: whatever was meant, it was none of these


@dataclass(frozen=True, slots=True)
class Captured:
    """A request that came to an inbox: its number in the run, and its place below the base without
    the query.
    """

    number: int
    method: str
    place: str


def explain(stray: Captured, awaited: Sequence[Capture]) -> Finding:
    """Returns why no test has looked at a request: the nearest one that is waited for, and where
    the two differ.

    A request that fits was passed over for a newer one of the same kind.
    """
    nearest = min(awaited, key=lambda capture: distance(stray, capture))
    request = f"{stray.method} /{stray.place}"
    if distance(stray, nearest) >= FAR:
        wanted = "; ".join(capture.example for capture in awaited)
        return Finding(
            "testbench.stray_far",
            "information",
            "testbench.stray_far",
            expected=wanted,
            found=request,
        )
    has_method = nearest.has_method(stray.method)
    has_place = nearest.has_place(stray.place)
    key = "testbench.stray_older" if has_method and has_place else "testbench.stray_method"
    key = key if has_place else "testbench.stray_place"
    params = {"transaction": nearest.transaction}
    return Finding(
        key, "information", key, params, where=request, expected=nearest.example, found=request
    )


def distance(stray: Captured, awaited: Capture) -> float:
    """Returns 0 for a request that fits, else up to 1 for another place and a half for another
    method.
    """
    place = awaited.example.partition("/")[2].partition("?")[0]
    gap = 0.0 if awaited.has_place(stray.place) else 1 - _likeness(stray.place, place)
    return gap + (0.0 if awaited.has_method(stray.method) else OTHER_METHOD)


def _likeness(segment: str, wanted: str) -> float:
    """Returns how much of two places is the same, upper and lower case apart; a step too many
    weighs little.
    """
    # ITI-65 is a POST to the base itself, whose place is empty: there are no letters to compare
    if not wanted:
        return 1 - min(1.0, 0.4 * (1 + segment.count("/"))) if segment else 1.0
    # autojunk ignores frequent letters from 200 on, and the address of a document may be as long
    return SequenceMatcher(None, segment.casefold(), wanted.casefold(), autojunk=False).ratio()

"""Reads each kind of spoiled picture twenty times: `python -m tests.pictures`, `make pictures`.

With `--calibrate`, and OpenCV at hand, it prints at which strength OpenCV's reader reads fewer than half.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from sandbox.certificates.qr import texts_in
from tests.pictures.kinds import CODES, KINDS, Kind, texts

GOAL = 0.97
STEPS = 12


def read_by_us(picture: bytes) -> list[str]:
    """Returns the texts that the sandbox reads."""
    return texts_in(picture)


def reader_of_opencv() -> Callable[[bytes], list[str]] | None:
    """Returns OpenCV's reader; None where it is not installed, which nothing but the measure needs."""
    try:
        import cv2
        import numpy
    except ImportError:
        return None
    detector = cv2.QRCodeDetector()

    def read(picture: bytes) -> list[str]:
        image = cv2.imdecode(numpy.frombuffer(picture, numpy.uint8), cv2.IMREAD_GRAYSCALE)
        text, _, _ = detector.detectAndDecode(image)
        return [text]

    return read


def share_of(
    kind: Kind, read: Callable[[bytes], list[str]], *, strength: float | None = None
) -> float:
    """Returns which share of twenty pictures of a kind is read to the letter."""
    right = sum(
        text in read(kind.picture(text, number, strength=strength))
        for number, text in enumerate(texts())
    )
    return right / CODES


def calibrated(kind: Kind, read: Callable[[bytes], list[str]]) -> float:
    """Returns the least strength of a few at which a reader reads fewer than half."""
    for step in range(STEPS + 1):
        strength = kind.least + (kind.most - kind.least) * step / STEPS
        if share_of(kind, read, strength=strength) < 0.5:
            return strength
    return kind.most


def lines(*, is_calibrating: bool) -> Iterator[str]:
    """Yields the table, a line for each kind, and what they come to."""
    other = reader_of_opencv()
    shares = []
    for kind in KINDS:
        strength = calibrated(kind, other) if is_calibrating and other else kind.strength
        ours = share_of(kind, read_by_us, strength=strength)
        shares.append(ours)
        theirs = f"{share_of(kind, other, strength=strength):.0%}" if other else "–"
        yield f"{kind.name:14} {strength:8.3g}  {ours:6.0%}  {theirs:>6}"
    mean = sum(shares) / len(shares)
    yield f"{'all':14} {'':8}  {mean:6.1%}  of {len(KINDS)} kinds × {CODES}; wanted {GOAL:.0%}"
    if mean < GOAL:
        raise SystemExit(1)


if __name__ == "__main__":
    for line in lines(is_calibrating="--calibrate" in sys.argv):
        print(line, flush=True)

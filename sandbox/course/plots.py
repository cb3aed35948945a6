"""A plot of numbers that are compared: horizontal bars as SVG, and the same as text.

Drawn here, since a library of plots would weigh more than all that a lesson needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.course.blank import BLANK, Blank

WIDTH = 680  # of the drawing's own units, as are all lengths here
LABELS = 190
NUMBERS = 90
LINE = 28
BAR = 18
HEAD = 26
INK = "#1f2937"
FILL = "#0369a1"
LETTERS = 40
"""How many signs the longest bar has where a plot is text."""


def plot(values: Any, title: str) -> Plot | Blank:
    """Returns bars of numbers.

    Args:
        values: Numbers by their labels; nothing is drawn where there are none yet.
        title: What they are, with the unit.
    """
    return Plot(values, title) if isinstance(values, Mapping) and values else BLANK


class Plot:
    """Numbers by their labels, in their order; its text says the same as its picture."""

    def __init__(self, values: Mapping[str, Any], title: str) -> None:
        self.title = title
        self.values = {str(label): float(value) for label, value in values.items()}

    def _share(self, value: float) -> float:
        most = max(abs(number) for number in self.values.values()) or 1.0
        return abs(value) / most

    def __repr__(self) -> str:
        width = max((len(label) for label in self.values), default=0)
        lines = [
            f"{label:<{width}}  {'█' * round(self._share(value) * LETTERS)} {value:g}"
            for label, value in self.values.items()
        ]
        return "\n".join([self.title, *lines])

    def _repr_html_(self) -> str:
        return self.svg()

    def svg(self) -> str:
        """Returns the drawing, with all numbers as text for who does not see it."""
        height = HEAD + LINE * len(self.values)
        numbers = "; ".join(f"{label}: {value:g}" for label, value in self.values.items())
        bars = [
            self._bar(label, value, y=HEAD + LINE * number)
            for number, (label, value) in enumerate(self.values.items())
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
            f'style="max-width:{WIDTH}px;background:#fff" font-family="sans-serif" font-size="13" '
            f'aria-label="{escape(f"{self.title}: {numbers}")}">'
            f'<text x="0" y="15" fill="{INK}" font-weight="bold">{escape(self.title)}</text>'
            f"{''.join(bars)}</svg>"
        )

    def _bar(self, label: str, value: float, *, y: int) -> str:
        width = self._share(value) * (WIDTH - LABELS - NUMBERS)
        return (
            f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end" fill="{INK}">'
            f"{escape(label)}</text>"
            f'<rect x="{LABELS}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{FILL}"/>'
            f'<text x="{LABELS + width + 6:.1f}" y="{y + 14}" fill="{INK}">{value:g}</text>'
        )

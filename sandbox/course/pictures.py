"""Pictures of the lessons: who speaks to whom, and what lies in what, drawn as SVG.

A picture is data here and words in the catalogue `pictures`; its text alternative is made of the
same words.  Outside a notebook the alternative is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from sandbox.i18n import Language, say

WIDTH = 680  # of the drawing's own units, as are all lengths here
LETTER = 6.6  # the width of a letter, on the average
BOX = 30
STEP = 40
MARGIN = 12
INK = "#1f2937"
FILL = "#e0f2fe"
FRAME = "#0369a1"
BETWEEN = " | "  # of the labels in the catalogue
LOOK = f'style="max-width:{WIDTH}px;background:#fff"'


@dataclass(frozen=True, slots=True)
class Talk:
    """Who speaks to whom: a lane for each, and arrows from lane to lane, in order."""

    lanes: int
    arrows: tuple[tuple[int, int], ...]

    @property
    def count(self) -> int:
        """How many labels it needs: one for each lane, then one for each arrow."""
        return self.lanes + len(self.arrows)


@dataclass(frozen=True, slots=True)
class Layers:
    """What lies in what, or follows on what: boxes from top to bottom."""

    count: int
    is_nested: bool = False


PICTURES: dict[str, Talk | Layers] = {
    "room": Talk(3, ((0, 1), (1, 0), (2, 1))),
    "tracks": Talk(4, ((0, 1), (0, 2), (0, 3))),
    "reference": Talk(3, ((0, 1), (0, 2), (2, 1))),
    "versions": Talk(3, ((0, 1), (2, 1), (1, 2))),
    "document": Layers(4, is_nested=True),
    "absence": Layers(3),
    "sharing": Talk(4, ((0, 1), (2, 3), (3, 2), (2, 3))),
    "replacing": Layers(3),
    "terminology": Layers(3, is_nested=True),
    "translating": Talk(3, ((0, 1), (1, 2))),
    "peeling": Layers(5, is_nested=True),
    "verifying": Layers(4),
    "keys": Layers(4),
    "gateway": Talk(3, ((0, 1), (1, 1), (2, 1), (1, 2))),
    "link": Talk(3, ((0, 1), (0, 2), (2, 1), (1, 2))),
    "signed_link": Layers(3, is_nested=True),
    "own_system": Talk(4, ((0, 1), (1, 1), (1, 2), (3, 2))),
    "submission": Layers(5),
    "rehearsal": Talk(4, ((0, 1), (1, 0), (0, 2), (2, 3))),
    "instance": Layers(5),
    "mediator": Talk(3, ((0, 1), (1, 1), (1, 2))),
    "region": Talk(4, ((0, 1), (1, 2), (1, 3), (1, 0))),
    "wallet": Talk(3, ((0, 1), (1, 0), (0, 1), (2, 1), (1, 2))),
    "sdjwt": Layers(3),
    "monitor": Talk(3, ((0, 1), (2, 1), (2, 1), (2, 0), (0, 1))),
    "decisions": Layers(4),
    "issuing": Layers(5),
    "own_link": Talk(3, ((0, 1), (0, 2), (2, 1), (1, 2), (2, 2))),
    "identity": Talk(3, ((0, 1), (1, 0), (0, 2), (2, 0))),
    "entering": Talk(3, ((0, 1), (1, 0), (0, 2), (2, 0), (0, 2), (2, 2))),
}


class Picture:
    """A picture with the words of one language."""

    def __init__(self, name: str, language: Language) -> None:
        self.title = say(f"pictures.{name}.title", language)
        self.labels = say(f"pictures.{name}.labels", language).split(BETWEEN)
        self._form = PICTURES[name]

    @property
    def alternative(self) -> str:
        """What it shows, as text."""
        form = self._form
        if isinstance(form, Layers):
            return f"{self.title}: " + (" ⊃ " if form.is_nested else " → ").join(self.labels)
        lines = [
            f"{self.labels[start]} → {self.labels[end]}: {label}"
            for (start, end), label in zip(form.arrows, self.labels[form.lanes :], strict=True)
        ]
        return "\n".join([self.title, *lines])

    def __repr__(self) -> str:
        return self.alternative

    def _repr_html_(self) -> str:
        return self.svg()

    def svg(self, *, look: str = LOOK) -> str:
        """Returns the drawing, with its title and alternative for who does not see it.

        Args:
            look: The attribute that says how it stands on its page: a class, where a page lets no
                style but its own sheet's count.
        """
        form = self._form
        spoken = "; ".join(self.alternative.splitlines())
        body, height = (
            _layers(form, self.labels) if isinstance(form, Layers) else _talk(form, self.labels)
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {WIDTH} {height}" '
            f'{look} font-family="sans-serif" font-size="13" '
            f'aria-label="{escape(spoken)}"><title>{escape(self.title)}</title>{body}</svg>'
        )


def _talk(form: Talk, labels: list[str]) -> tuple[str, int]:
    """Returns lanes with their arrows, and how high they are."""
    space = WIDTH / form.lanes
    middles = [space * (number + 0.5) for number in range(form.lanes)]
    height = BOX + STEP * len(form.arrows) + 2 * MARGIN
    parts = [
        f'<path d="M{middle:g} {MARGIN + BOX}V{height}" stroke="{FRAME}" stroke-dasharray="4"/>'
        + _box(middle - space / 2 + 6, MARGIN, space - 12, label)
        for middle, label in zip(middles, labels, strict=False)
    ]
    for number, (start, end) in enumerate(form.arrows):
        y = MARGIN + BOX + STEP * number + 30
        parts.append(_arrow(middles[start], middles[end], y, labels[form.lanes + number]))
    return "".join(parts), height


def _layers(form: Layers, labels: list[str]) -> tuple[str, int]:
    """Returns boxes one in the other, or one below the other with arrows between them."""
    if not form.is_nested:
        boxes = [
            _box(WIDTH / 8, MARGIN + number * (BOX + 24), WIDTH * 3 / 4, label)
            for number, label in enumerate(labels)
        ]
        arrows = [_down(MARGIN + number * (BOX + 24) - 24) for number in range(1, len(labels))]
        return "".join([*boxes, *arrows]), 2 * MARGIN + len(labels) * (BOX + 24) - 24
    height = 2 * MARGIN + len(labels) * (BOX + 8)
    parts = []
    for number, label in enumerate(labels):
        inset = MARGIN * (number + 1)
        top = MARGIN + number * BOX
        depth = height - MARGIN - 8 * number - top
        parts.append(
            _rect(inset, top, WIDTH - 2 * inset, depth) + _text(WIDTH / 2, top + 20, label)
        )
    return "".join(parts), height


def _box(x: float, y: float, width: float, label: str) -> str:
    return _rect(x, y, width, BOX) + _text(x + width / 2, y + 20, label)


def _rect(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5" '
        f'fill="{FILL}" stroke="{FRAME}"/>'
    )


def _text(x: float, y: float, label: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{INK}">{escape(label)}</text>'


def _arrow(start: float, end: float, y: float, label: str) -> str:
    """Returns an arrow with its label above; one that leads back to its lane is a label alone."""
    # a label may be longer than its arrow, and must not leave the picture
    half = LETTER * len(label) / 2
    x = min(max((start + end) / 2, half), WIDTH - half)
    ground = f'<rect x="{x - half:g}" y="{y - 18:g}" width="{2 * half:g}" height="15" fill="#fff"/>'
    text = ground + _text(x, y - 6, label)
    if start == end:
        return text
    back = -8 if end > start else 8
    line = f"M{start:g} {y}H{end:g}M{end + back:g} {y - 5}L{end:g} {y}L{end + back:g} {y + 5}"
    return text + f'<path d="{line}" fill="none" stroke="{INK}" stroke-width="1.5"/>'


def _down(y: float) -> str:
    x = WIDTH / 2
    line = f"M{x:g} {y:g}V{y + 22:g}M{x - 5:g} {y + 15:g}L{x:g} {y + 22:g}L{x + 5:g} {y + 15:g}"
    return f'<path d="{line}" fill="none" stroke="{INK}" stroke-width="1.5"/>'

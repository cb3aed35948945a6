"""Bars with what they are made of: one chart, drawn as SVG for a page or onto a sheet of a PDF.
Pure.

A chart stands beside a table of the same numbers: nobody needs to see it to know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

# told apart by lightness too, in print without colour and by eyes that see none (Okabe and Ito)
COLOURS = (
    "#009e73", "#56b4e9", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#f0e442", "#999999",
    "#555555",
)  # fmt: skip
LONGEST_LABEL = 34
WIDTH = 720
LABELS = 250
BAR = 18
LINE = 26
LEGEND = 24
COUNT = 40
LETTER = 7.2
"""How wide a letter of the legend is at most, in pixels."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Horizontal bars.

    Attributes:
        title: What it shows, for those who do not see it.
        series: What the parts of a bar are called, in their order.
        rows: The label of each bar, with the counts of its parts by the place of their series.
        colours: Of the series, as #rrggbb, where they are not those of their places.
    """

    title: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]
    colours: tuple[str, ...] = ()

    @property
    def most(self) -> int:
        """The longest bar, at least 1."""
        return max((sum(counts) for _, counts in self.rows), default=0) or 1

    def colour(self, place: int) -> str:
        """Returns the colour of a series, as #rrggbb."""
        return self.colours[place] if self.colours else COLOURS[place % len(COLOURS)]


def chart_of(
    title: str,
    counts: Mapping[str, Mapping[str, int]],
    names: Mapping[str, str],
    *,
    colours: Mapping[str, str] | None = None,
) -> Chart:
    """Returns a chart of counts.

    Args:
        title: What it shows.
        counts: By label, how many of which kind.
        names: What the kinds are called, in the order of the bars' parts; others are left out.
        colours: Of each kind, as #rrggbb; those of COLOURS in their order, if omitted.
    """
    rows = [(label, tuple(row.get(kind, 0) for kind in names)) for label, row in counts.items()]
    drawn = tuple(row for row in rows if sum(row[1]))
    own = tuple(colours[kind] for kind in names) if colours else ()
    return Chart(title, tuple(names.values()), drawn, own)


def short(label: str) -> str:
    """Returns a label that fits beside a bar."""
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def svg(chart: Chart) -> str:
    """Returns a chart as an SVG element, to stand in a page.

    Args:
        chart: The chart; what somebody wrote in it stays text.
    """
    legend = list(_legend(chart.series))
    top = (legend[-1][2] if legend else 0) + LEGEND
    height = top + LINE * len(chart.rows)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' class="chart" font-size="13" fill="currentColor"><title>{escape(chart.title)}</title>'
    ]
    for place, (name, x, y) in enumerate(legend):
        drawn.append(
            f'<rect x="{x}" y="{y + 4}" width="12" height="12" fill="{chart.colour(place)}"/>'
        )
        drawn.append(f'<text x="{x + 17}" y="{y + 15}">{escape(name)}</text>')
    for number, (label, counts) in enumerate(chart.rows):
        drawn += _bar(chart, label, counts, y=top + LINE * number)
    return "".join([*drawn, "</svg>"])


def _legend(series: Sequence[str]) -> Iterator[tuple[str, float, int]]:
    """Yields each name of a legend with its place, in lines that are not wider than the chart."""
    x = 0.0
    y = 0
    for name in series:
        width = 30 + len(name) * LETTER
        if x and x + width > WIDTH:
            x = 0.0
            y += LEGEND
        yield name, round(x), y
        x += width


def _bar(chart: Chart, label: str, counts: Sequence[int], *, y: int) -> Iterator[str]:
    yield f'<text x="{LABELS - 8}" y="{y + 14}" text-anchor="end">{escape(short(label))}</text>'
    x = float(LABELS)
    scale = (WIDTH - LABELS - COUNT) / chart.most
    for place, count in enumerate(counts):
        if count:
            width = count * scale
            what = escape(f"{label} · {chart.series[place]}: {count}")
            yield (
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"'
                f' fill="{chart.colour(place)}"><title>{what}</title></rect>'
            )
            x += width
    yield f'<text x="{x + 6:.1f}" y="{y + 14}">{sum(counts)}</text>'

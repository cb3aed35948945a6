"""Bars with what they are made of: one chart, drawn as SVG for a page or onto a sheet of a PDF.
Pure.

A chart stands beside a table of the same numbers: nobody needs to see it to know them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from textwrap import wrap

# told apart by lightness too, in print without colour and by eyes that see none (Okabe and Ito)
COLOURS = (
    "#009e73", "#56b4e9", "#d55e00", "#0072b2", "#cc79a7", "#e69f00", "#f0e442", "#999999",
    "#555555",
)  # fmt: skip
LONGEST_LABEL = 34
BAR = 18
LEGEND = 24
COUNT = 40
LINE = 17
MARGIN = 20
LETTER = 8.2
"""How wide a letter of the legend is on average in a wide typeface, in pixels."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a drawing stand, in pixels.

    Attributes:
        name: The class of the drawing, by which a page shows the one that fits its width.
        width: Of the whole.
        labels: Where the bars begin; 0 where a label stands above its bar.
        line: From one row to the next.
        letters: Of a row of a label at most.
        rows: Of a label at most.
    """

    name: str
    width: int
    labels: int
    line: int
    letters: int
    rows: int = 1

    @property
    def above(self) -> int:
        """How far a bar is below the beginning of its row."""
        return 0 if self.labels else LEGEND - 4 + LINE * (self.rows - 1)

    def folded(self, label: str) -> list[str]:
        """Returns the rows of a label, the last of which is cut off where it is too long."""
        rows = wrap(label, self.letters) or [""]
        whole = rows[: self.rows - 1]
        rest = " ".join(rows[len(whole) :])
        return [*whole, short(rest, self.letters)] if rest else whole


WIDE = Layout("broad", width=860, labels=500, line=26, letters=70)
# a phone has 360 px: the wide one would be cut off there, or too small to be read
NARROW = Layout("narrow", width=340, labels=0, line=50, letters=46)


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


def short(label: str, most: int = LONGEST_LABEL) -> str:
    """Returns a label that fits beside a bar.

    Args:
        label: The whole.
        most: How many characters fit.
    """
    return label if len(label) <= most else f"{label[: most - 1]}…"


def svg(chart: Chart) -> str:
    """Returns a chart as SVG elements, one for each width of a page, which shows the one that fits.

    Args:
        chart: The chart; what somebody wrote in it stays text.
    """
    longest = min(max((len(label) for label, _ in chart.rows), default=0), WIDE.letters)
    # bars get what the labels do not need
    wide = replace(WIDE, labels=min(WIDE.labels, round(longest * LETTER) + MARGIN))
    is_long = any(len(label) > NARROW.letters for label, _ in chart.rows)
    narrow = replace(NARROW, rows=2, line=NARROW.line + LINE) if is_long else NARROW
    return "".join(_drawn(chart, layout) for layout in (wide, narrow))


def _drawn(chart: Chart, layout: Layout) -> str:
    legend = list(_legend(chart.series, layout.width))
    top = (legend[-1][2] if legend else 0) + LEGEND
    height = top + layout.line * len(chart.rows)
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {layout.width} {height}" role="img"'
        f' class="chart {layout.name}" font-size="13" fill="currentColor">'
        f"<title>{escape(chart.title)}</title>"
    ]
    for place, (name, x, y) in enumerate(legend):
        drawn.append(
            f'<rect x="{x}" y="{y + 4}" width="12" height="12" fill="{chart.colour(place)}"/>'
        )
        drawn.append(f'<text x="{x + 17}" y="{y + 15}">{escape(name)}</text>')
    for number, (label, counts) in enumerate(chart.rows):
        drawn += _bar(chart, label, counts, layout, y=top + layout.line * number)
    return "".join([*drawn, "</svg>"])


def _legend(series: Sequence[str], most: int) -> Iterator[tuple[str, float, int]]:
    """Yields each name of a legend with its place, in lines that are not wider than the chart."""
    x = 0.0
    y = 0
    for name in series:
        width = 30 + len(name) * LETTER
        if x and x + width > most:
            x = 0.0
            y += LEGEND
        yield name, round(x), y
        x += width


def _bar(
    chart: Chart, label: str, counts: Sequence[int], layout: Layout, *, y: int
) -> Iterator[str]:
    place = f'x="{layout.labels - 8}" text-anchor="end"' if layout.labels else 'x="0"'
    # one row of a label stands right above its bar
    rows = layout.folded(label)
    first = y + 14 + LINE * (layout.rows - len(rows))
    for number, row in enumerate(rows):
        yield f'<text {place} y="{first + LINE * number}">{escape(row)}</text>'
    x = float(layout.labels)
    y += layout.above
    scale = (layout.width - layout.labels - COUNT) / chart.most
    for series, count in enumerate(counts):
        if count:
            width = count * scale
            what = escape(f"{label} · {chart.series[series]}: {count}")
            yield (
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"'
                f' fill="{chart.colour(series)}"><title>{what}</title></rect>'
            )
            x += width
    yield f'<text x="{x + 6:.1f}" y="{y + 14}">{sum(counts)}</text>'

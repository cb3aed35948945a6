"""Bars: what they hold, and that nothing that somebody wrote breaks the page around them."""

from __future__ import annotations

from xml.etree import ElementTree

from sandbox.reports.charts import LABELS, WIDTH, chart_of, svg

NAMES = {"verified": "Verified", "failed": "Failed <b>"}
SVG = "{http://www.w3.org/2000/svg}"


def test_the_longest_bar_fills_its_room_and_the_others_are_in_proportion() -> None:
    counts = {"1": {"verified": 30, "failed": 10}, "2": {"verified": 20}, "3": {"paused": 5}}
    chart = chart_of("By test", counts, NAMES)
    assert [label for label, _ in chart.rows] == ["1", "2"]  # of the third nothing is drawn
    drawn = ElementTree.fromstring(svg(chart))
    bars = [rect for rect in drawn.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert widths[0] == 3 * widths[1]
    assert abs(widths[2] - 2 * widths[1]) < 0.2
    assert float(bars[1].attrib["x"]) + widths[1] < WIDTH
    assert float(bars[0].attrib["x"]) == LABELS


def test_markup_in_a_label_stays_text() -> None:
    chart = chart_of("<script>", {'<img src="x">': {"failed": 1}}, NAMES)
    drawn = ElementTree.fromstring(svg(chart))
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert '<img src="x">' in texts
    assert "Failed <b>" in texts
    assert "<script>" not in svg(chart)


def test_nothing_to_draw_is_an_empty_chart() -> None:
    chart = chart_of("By day", {}, NAMES)
    assert chart.most == 1
    ElementTree.fromstring(svg(chart))

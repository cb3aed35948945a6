"""Bars: what they hold, and that nothing that somebody wrote breaks the page around them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from sandbox.reports.charts import NARROW, WIDE, Chart, Layout, chart_of, svg

NAMES = {"verified": "Verified", "failed": "Failed <b>"}
SVG = "{http://www.w3.org/2000/svg}"


def drawn_as(chart: Chart, layout: Layout) -> ElementTree.Element:
    both = ElementTree.fromstring(f"<both>{svg(chart)}</both>")
    return next(child for child in both if child.attrib["class"] == f"chart {layout.name}")


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_the_longest_bar_fills_its_room_and_the_others_are_in_proportion(layout: Layout) -> None:
    counts = {"1": {"verified": 30, "failed": 10}, "2": {"verified": 20}, "3": {"paused": 5}}
    chart = chart_of("By test", counts, NAMES)
    assert [label for label, _ in chart.rows] == ["1", "2"]  # of the third nothing is drawn
    drawn = drawn_as(chart, layout)
    bars = [rect for rect in drawn.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    widths = [float(bar.attrib["width"]) for bar in bars]
    assert widths[0] == 3 * widths[1]
    assert abs(widths[2] - 2 * widths[1]) < 0.2
    assert float(bars[1].attrib["x"]) + widths[1] < layout.width
    # beside short labels the bars get the room that the labels do not need
    assert float(bars[0].attrib["x"]) <= layout.labels
    assert not layout.labels or float(bars[0].attrib["x"]) < 40


def test_markup_in_a_label_stays_text() -> None:
    chart = chart_of("<script>", {'<img src="x">': {"failed": 1}}, NAMES)
    drawn = drawn_as(chart, WIDE)
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert '<img src="x">' in texts
    assert "Failed <b>" in texts
    assert "<script>" not in svg(chart)


def test_nothing_to_draw_is_an_empty_chart() -> None:
    chart = chart_of("By day", {}, NAMES)
    assert chart.most == 1
    assert drawn_as(chart, NARROW) is not None


def test_on_a_phone_nothing_is_beside_its_drawing_and_no_label_on_its_bar() -> None:
    long = "1.10 · Leer el resumen de un paciente de otro país"
    chart = chart_of("By test", {long: {"verified": 120, "failed": 9}}, NAMES)
    drawn = drawn_as(chart, NARROW)
    bars = [rect for rect in drawn.iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    label = next(text for text in drawn.iter(f"{SVG}text") if text.text and "1.10" in text.text)
    assert float(label.attrib["y"]) < float(bars[0].attrib["y"])
    assert all(float(text.attrib["x"]) < NARROW.width - 12 for text in drawn.iter(f"{SVG}text"))
    _, _, width, height = map(float, drawn.attrib["viewBox"].split())
    assert width == NARROW.width
    assert all(float(bar.attrib["y"]) + float(bar.attrib["height"]) <= height for bar in bars)


def test_a_long_label_stands_whole_above_its_bar_on_a_phone_and_beside_it_else() -> None:
    label = "2b · Certificado en la billetera (DID, credenciales verificables)"
    chart = chart_of("By track", {label: {"verified": 1}, "1 · Corto": {"verified": 1}}, NAMES)
    for layout in (WIDE, NARROW):
        drawn = drawn_as(chart, layout)
        texts = [text.text or "" for text in drawn.iter(f"{SVG}text")]
        assert label in " ".join(texts)
        assert "1 · Corto" in texts
        assert not any("…" in text for text in texts)

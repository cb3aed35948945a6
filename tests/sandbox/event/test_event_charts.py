"""A state has the same colour in every chart, whichever others stand beside it."""

from __future__ import annotations

from sandbox.event.event_charts import COLOURS
from sandbox.event.instance import STATES
from sandbox.reports.charts import chart_of, svg


def test_each_state_has_a_colour_of_its_own() -> None:
    assert tuple(COLOURS) == STATES
    assert len(set(COLOURS.values())) == len(STATES)


def test_a_colour_does_not_go_by_what_else_is_there() -> None:
    counts = {"1": {"verified": 3, "failed": 1}}
    alone = svg(chart_of("t", counts, {"failed": "Failed"}, colours=COLOURS))
    both = svg(chart_of("t", counts, {"verified": "Yes", "failed": "No"}, colours=COLOURS))
    # legend and bar, in the drawing for each width
    assert alone.count(COLOURS["failed"]) == both.count(COLOURS["failed"]) == 4
    assert COLOURS["verified"] not in alone
    assert COLOURS["verified"] in both

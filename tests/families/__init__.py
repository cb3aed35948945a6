"""Families of tests: what is played of each in a day, so that a landing waits for minutes and not
for an hour.

`@pytest.mark.daily("family", share=0.25)` says that `make test` plays a quarter of the tests that
are marked so, another one each day (`tests/drawing.py`), and `make whole` or plain pytest all.  What
is drawn is one test; with `each="module"`, or the name of a parameter, it is the module or the value,
with all its tests, and a test without that parameter is played every day.  `always` is a pattern of what is played every day.  A share of 0 is for what only
the whole of a family can show.  What every landing needs has no such mark.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest

from tests import drawing

MODULE = "module"


def family_of(item: pytest.Item) -> str:
    """Returns the family of a test, or nothing."""
    marker = item.get_closest_marker("daily")
    return str(marker.args[0]) if marker else ""


def left_out(items: Sequence[pytest.Item], *, by: str) -> set[str]:
    """Returns the ids of the tests of families that are not drawn.

    Args:
        items: All tests that were found; each family is drawn from these.
        by: The word that is drawn by, of which each family makes another draw.
    """
    families: dict[tuple[str, float], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for item in items:
        marker = item.get_closest_marker("daily")
        if marker is not None and not _is_played_daily(item, marker):
            unit = _unit(item, marker.kwargs.get("each", ""))
            family = (str(marker.args[0]), float(marker.kwargs["share"]))
            families[family][unit].append(item.nodeid)
    ids: set[str] = set()
    for (family_name, share), units in families.items():
        names = sorted(units)
        count = math.ceil(share * len(names))
        taken = set(drawing.drawn(names, count, by=f"{by} {family_name}"))
        ids.update(id for name in names if name not in taken for id in units[name])
    return ids


def _is_played_daily(item: pytest.Item, marker: pytest.Mark) -> bool:
    always = marker.kwargs.get("always")
    is_always = always is not None and re.search(always, item.nodeid) is not None
    each = marker.kwargs.get("each", MODULE)
    return is_always or (each != MODULE and each not in _values_of(item))


def _unit(item: pytest.Item, each: str) -> str:
    if not each:
        return item.nodeid
    if each == MODULE:
        return item.location[0]
    return str(_values_of(item)[each])


def _values_of(item: pytest.Item) -> Mapping[str, object]:
    """Returns the parameters of a test by their names."""
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}

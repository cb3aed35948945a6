"""How often somebody may do something."""

import pytest

from sandbox.errors import Busy
from sandbox.web.rates import Rate, Rates

RATE = Rate("runs", 3, 600, "testbench.too_many_runs")


def test_so_many_and_no_more_each() -> None:
    rates = Rates()
    for _ in range(3):
        rates.take(RATE, "chile")
    with pytest.raises(Busy) as refused:
        rates.take(RATE, "chile")
    assert refused.value.key == "testbench.too_many_runs"
    assert 0 < int(str(refused.value.params["seconds"])) <= 600
    rates.take(RATE, "peru")


def test_a_look_does_not_count() -> None:
    rates = Rates()
    for _ in range(10):
        rates.check(RATE, "chile")
    for _ in range(2):
        rates.count(RATE, "chile")
    rates.check(RATE, "chile")

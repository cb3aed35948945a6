"""A sample of the alterations is tried anew each time: the whole takes a quarter of an hour and a Java server."""

from __future__ import annotations

from random import Random

import pytest

from sandbox.twins.altering import Fault
from tests.fidelity.alterations import is_critical, is_without_meaning
from tests.fidelity.measuring import Measured, measured
from tests.fidelity.report import gaps, shortfalls
from tests.fidelity.servers import OURS
from tests.tables import FIDELITY

SEED = 26
SHARE = 0.2


def sample(faults: list[Fault]) -> list[Fault]:
    """Chooses the same ones each time, and in each track: what one does not see another may."""
    return [fault for fault in faults if Random(f"{SEED} {fault}").random() < SHARE]


@pytest.mark.daily("long", share=0.25)
@pytest.mark.slow
def test_what_no_test_sees_of_a_sample_stands_in_the_table() -> None:
    result = measured(OURS, sample, ("2",))
    table = FIDELITY.file.read_text(encoding="utf-8")
    unlisted = [line for line in gaps([result]) if line.partition(" (")[0] not in table]
    assert unlisted == []
    assert [line for line in shortfalls([result]) if "no test" in line] == []
    assert result.added == []


def test_a_change_of_identity_that_nobody_sees_falls_short() -> None:
    fault = Fault("Patient", "birthDate", "other")
    seen = {fault: "PDQ-04", Fault("List", "title", "remove"): ""}
    assert [
        line for line in shortfalls([Measured("ours", {"1": seen})]) if "birthDate" in line
    ] == []
    missed = shortfalls([Measured("ours", {"1": {**seen, fault: ""}})])
    assert "ours, patient 1: Patient.birthDate:other is seen by no test" in missed


def test_what_a_proxy_adds_falls_short() -> None:
    assert shortfalls([Measured("ours", {}, ["RCP-01: pass → fail"])]) == [
        "ours, through the proxy: RCP-01: pass → fail"
    ]


@pytest.mark.parametrize(
    ("path", "is_out"), [("name.given", False), ("identifier", True), ("address.line", False)]
)
def test_an_order_counts_where_it_says_something(path: str, is_out: bool) -> None:
    fault = Fault("Patient", path, "reorder")
    assert is_without_meaning(fault) is is_out
    assert is_critical(fault)

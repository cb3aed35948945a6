"""A finding comes back from a worker, and from JSON, as it was."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import asdict, fields

from sandbox.findings import Finding, Reason, Spot, read_finding

WHOLE = Finding(
    "validation.some", "warning", "validation.some", {"name": "x"}, "code-invalid",
    "Patient.name[0]", "a", "b", "R4", 3, 7, (Spot("Patient.name[1]", "c", 4, 8), Spot("Patient")),
    Reason("slice", "y"),
)  # fmt: skip


def test_every_field_has_a_value_of_its_own_here() -> None:
    # a field that is added later and left at its default would prove nothing below
    plain = Finding("", "error", "")
    assert all(getattr(WHOLE, field.name) != getattr(plain, field.name) for field in fields(WHOLE))


def test_it_comes_back_from_a_worker_and_from_json() -> None:
    assert pickle.loads(pickle.dumps(WHOLE)) == WHOLE
    assert copy.copy(WHOLE) == WHOLE
    assert read_finding(json.loads(json.dumps(asdict(WHOLE)))) == WHOLE

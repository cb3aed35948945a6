"""A test instance says the one thing that whoever takes part does next, and never to hand in what has failed."""

from __future__ import annotations

from typing import Any, cast

import pytest

from sandbox.api.instance_shapes import InstanceView
from sandbox.pages.instance_step import step_of

SOURCE = {"role": "source", "system": "repo-cl", "standing": "accepted"}
ASKED = {"role": "recipient", "system": "repo-pe", "standing": "invited"}
MET = {**ASKED, "standing": "accepted"}


def result(role: str, verdict: str | None, last: str = "", state: str = "done") -> dict[str, Any]:
    run = f"run-{role}" if verdict else ""
    return {
        "role": role, "verdict": verdict, "run": run, "last_run": last, "last_state": state, "left_out": [],
        "last_verdict": "warn" if state == "waiting" and last == "judged" else None,
    }  # fmt: skip


def incomplete(role: str, why: str | None) -> dict[str, Any]:
    return {
        **result(role, "warn"),
        "left_out": [{"id": "a.b", "number": "A-01", "title": "A", "why": why}],
    }


def view(**changes: Any) -> InstanceView:
    plain = {
        "state": "started", "acts": ["say", "submit"], "parts": [SOURCE], "open_roles": [],
        "bench": [], "missing_evidence": [], "monitor": "",
    }  # fmt: skip
    return cast("InstanceView", {**plain, **changes})


@pytest.mark.parametrize(
    ("changes", "kind", "about"),
    [
        ({"acts": ["accept", "decline"], "parts": [SOURCE, ASKED]}, "answer", ""),
        ({"open_roles": ["recipient"]}, "invite", "recipient"),
        ({"open_roles": ["recipient"], "parts": [SOURCE, ASKED]}, "unanswered", "repo-pe"),
        ({"bench": [result("source", None)]}, "run", "source"),
        ({"bench": [result("source", None, "r1", "waiting")]}, "going", "r1"),
        ({"bench": [result("source", None, "judged", "waiting")]}, "finish", "judged"),
        ({"bench": [result("source", "fail")]}, "mend", "run-source"),
        ({"bench": [incomplete("source", "lacking")]}, "complete", "run-source"),
        ({"bench": [incomplete("source", "absent")]}, "complete", "run-source"),
        ({"bench": [incomplete("source", "unable")]}, "hand_in", ""),
        ({"bench": [incomplete("source", None)]}, "hand_in", ""),
        ({"bench": [result("source", "inconclusive")]}, "unjudged", "run-source"),
        ({"bench": [result("source", None, "r2")]}, "unjudged", "r2"),
        ({"bench": [result("source", "fail", "r2")]}, "unjudged_since", "r2"),
        ({"bench": [{**incomplete("source", "lacking"), "last_run": "r2"}]}, "unjudged", "r2"),
        ({"bench": [result("source", "pass", "r2")]}, "hand_in", ""),
        ({"bench": [result("source", "fail", "r3", "running")]}, "going", "r3"),
        ({"bench": [result("source", "pass"), result("recipient", None)], "parts": [SOURCE, MET]}, "others", "repo-pe"),
        ({"bench": [result("source", "pass")], "missing_evidence": ["log"]}, "evidence", ""),
        ({"bench": [result("source", "warn")]}, "hand_in", ""),
        ({}, "hand_in", ""),
        ({"state": "paused"}, "resume", ""),
        ({"state": "to_verify"}, "verify", ""),
        ({"state": "critical"}, "verify", ""),
    ],
)  # fmt: skip
def test_the_next_step_is(changes: dict[str, Any], kind: str, about: str) -> None:
    step = step_of(view(**changes), {"recipient": ["repo-pe"]}, ["source"])
    assert step is not None
    assert step.kind == kind
    assert about in (step.role, step.run, *step.systems)


@pytest.mark.parametrize("state", ["to_verify", "critical"])
@pytest.mark.parametrize(
    ("acts", "monitor", "verifies", "kind"),
    [
        (["say", "claim"], "", True, "claim"),
        (["say", "decide", "return", "release"], "Mo", True, "decide"),
        (["say"], "Mo", True, "looked_at"),
        (["say"], "", True, "own"),
        (["say"], "Mo", False, "looked_at"),
        (["say"], "", False, "verify"),
    ],
)
def test_who_looks_is_told_what_is_theirs_to_do(
    state: str, acts: list[str], monitor: str, verifies: bool, kind: str
) -> None:
    step = step_of(view(state=state, acts=acts, monitor=monitor), {}, [], verifies=verifies)
    assert step is not None
    assert (step.kind, step.monitor) == (kind, monitor if kind == "looked_at" else "")


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("verified", "done"),
        ("failed", "again"),
        ("partially", "rest"),
        ("aborted", "anew"),
        ("incomplete", "over"),
    ],
)
def test_what_is_decided_says_how_to_go_on(state: str, kind: str) -> None:
    step = step_of(view(state=state), {}, [])
    assert step is not None
    assert step.kind == kind


def test_a_role_that_nobody_can_take_is_waited_for() -> None:
    step = step_of(view(open_roles=["recipient"]), {"recipient": []}, ["source"])
    assert step is not None
    assert (step.kind, step.role) == ("nobody", "recipient")

"""What comes next in a test instance for whoever takes part in it.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.api.instance_shapes import BenchView, InstanceView
from sandbox.event.instance import WAITING, State
from sandbox.testbench.script import Verdict

Kind = Literal[
    "answer", "invite", "nobody", "unanswered", "going", "finish", "mend", "unjudged",
    "unjudged_since", "complete", "run", "others", "evidence", "hand_in", "resume", "verify",
    "looked_at", "claim", "decide", "own", "done", "again", "rest", "anew", "over",
]  # fmt: skip
STANDING: Mapping[State, Kind] = {
    "paused": "resume", "verified": "done", "failed": "again", "partially": "rest",
    "aborted": "anew", "incomplete": "over",
}  # fmt: skip
"""What to do with an instance that does not go on, and waits for no monitor."""
LACKING = ("lacking", "absent")
RIGHT = ("pass", "warn", "skip", "review")
"""Verdicts with which an instance is handed in: what is for a monitor is a monitor's."""


@dataclass(frozen=True, slots=True)
class Step:
    """The one thing to do now: with the role and the run that it is about, and the systems or the
    person for which one waits.
    """

    kind: Kind
    role: str = ""
    run: str = ""
    systems: tuple[str, ...] = ()
    monitor: str = ""


def step_of(
    view: InstanceView,
    partners: Mapping[str, Collection[object]],
    runnable: Collection[str],
    *,
    verifies: bool = False,
) -> Step | None:
    """Returns what whoever looks does next; None where that is not known.

    Args:
        view: The instance as the reader sees it.
        partners: The systems that could be asked, by open role.
        runnable: The roles whose system the reader may have tested.
        verifies: Whether the reader is one of those who verify what is not their own.
    """
    if view["state"] in WAITING:
        return _of_monitors(view, verifies=verifies)
    if view["state"] in STANDING:
        return Step(STANDING[view["state"]])
    return _of_partners(view, partners) or _of_bench(view, runnable) or _of_rest(view)


def _of_monitors(view: InstanceView, *, verifies: bool) -> Step:
    if "decide" in view["acts"]:
        return Step("decide")
    if view["monitor"]:
        return Step("looked_at", monitor=view["monitor"])
    if "claim" in view["acts"]:
        return Step("claim")
    return Step("own" if verifies else "verify")


def _of_partners(view: InstanceView, partners: Mapping[str, Collection[object]]) -> Step | None:
    invited = [part for part in view["parts"] if part["standing"] == "invited"]
    if "accept" in view["acts"]:
        return Step("answer")
    asked = {part["role"] for part in invited}
    for role in view["open_roles"]:
        if role not in asked:
            return Step("invite" if partners.get(role) else "nobody", role)
    if not invited:
        return None
    return Step("unanswered", systems=_named(part["system"] for part in invited))


def _of_bench(view: InstanceView, runnable: Collection[str]) -> Step | None:
    open_results = [result for result in view["bench"] if not _is_right(result)]
    own = [result for result in open_results if result["role"] in runnable]
    for result in own:
        if result["last_run"] and result["last_state"] != "done":
            # its requests are judged as they come, and count once it has sent them all
            is_judged = result["last_state"] == "waiting" and result["last_verdict"]
            kind: Kind = "finish" if is_judged else "going"
            return Step(kind, result["role"], result["last_run"])
    for result in own:
        if result["verdict"] and not result["last_run"]:
            why: Kind = "complete" if result["verdict"] in RIGHT else _why(result["verdict"])
            return Step(why, result["role"], result["run"])
    # the newest try tells how the system is now, also where it judged nothing and does not count
    for result in own:
        if result["last_run"]:
            unjudged: Kind = "unjudged_since" if result["verdict"] == "fail" else "unjudged"
            return Step(unjudged, result["role"], result["last_run"])
    if own:
        return Step("run", own[0]["role"])
    waits = {result["role"] for result in open_results}
    names = _named(part["system"] for part in view["parts"] if part["role"] in waits)
    return Step("others", systems=names) if names else None


def _of_rest(view: InstanceView) -> Step | None:
    if view["missing_evidence"]:
        return Step("evidence")
    return Step("hand_in") if "submit" in view["acts"] else None


def _is_right(result: BenchView) -> bool:
    lacks = any(left["why"] in LACKING for left in result["left_out"])
    return result["verdict"] in RIGHT and not lacks


def _why(verdict: Verdict) -> Kind:
    return "mend" if verdict == "fail" else "unjudged"


def _named(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

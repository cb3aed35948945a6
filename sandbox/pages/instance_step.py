"""What comes next in a test instance for whoever takes part in it.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.api.instance_shapes import BenchView, InstanceView
from sandbox.event.instance import WAITING
from sandbox.testbench.script import Verdict

Kind = Literal[
    "answer", "invite", "nobody", "unanswered", "going", "finish", "mend", "unjudged",
    "complete", "run", "others", "evidence", "hand_in", "resume", "verify", "looked_at",
    "claim", "decide", "own",
]  # fmt: skip
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
    partners: Mapping[str, Collection[str]],
    runnable: Collection[str],
    *,
    verifies: bool = False,
) -> Step | None:
    """Returns what whoever looks does next; None where nothing is left to do.

    Args:
        view: The instance as the reader sees it.
        partners: The systems that could be asked, by open role.
        runnable: The roles whose system the reader may have tested.
        verifies: Whether the reader is one of those who verify what is not their own.
    """
    if view["state"] in WAITING:
        return _of_monitors(view, verifies=verifies)
    if view["state"] == "paused":
        return Step("resume")
    if view["state"] != "started":
        return None
    return _of_partners(view, partners) or _of_bench(view, runnable) or _of_rest(view)


def _of_monitors(view: InstanceView, *, verifies: bool) -> Step:
    if "decide" in view["acts"]:
        return Step("decide")
    if view["monitor"]:
        return Step("looked_at", monitor=view["monitor"])
    if "claim" in view["acts"]:
        return Step("claim")
    return Step("own" if verifies else "verify")


def _of_partners(view: InstanceView, partners: Mapping[str, Collection[str]]) -> Step | None:
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
        if result["verdict"] in RIGHT:
            return Step("complete", result["role"], result["run"])
        if result["verdict"]:
            return Step(_why(result["verdict"]), result["role"], result["run"])
    # its newest try does not count: nothing of the system was judged
    for result in own:
        if result["last_run"]:
            return Step("unjudged", result["role"], result["last_run"])
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

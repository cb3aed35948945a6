"""Verdicts that monitors have set aside, as cases for those who look after the bench: each with its
reason, its clause, and the evidence that it rests on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.event.evidence import signed
from sandbox.event.instance import Instance, Overruling
from sandbox.event.run import Run
from sandbox.event.runs import Runs


def cases_of(instances: Iterable[Instance], runs: Runs) -> list[dict[str, Any]]:
    """Returns each overruled verdict as a case: what was found by which check, and what is right.

    No name of a person stands in one: who has ruled is in the record of the instance.
    """
    return [
        _case(instance, ruling, runs.read(ruling.run))
        for instance in instances
        for ruling in instance.overrulings
    ]


def _case(instance: Instance, ruling: Overruling, run: Run) -> dict[str, Any]:
    outcome = run.outcomes[ruling.test]
    return {
        "event": instance.event,
        "planned_test": instance.test,
        "instance": instance.id,
        "run": run.id,
        "track": run.track.id,
        "test": ruling.test,
        "check": outcome.check,
        "was": ruling.was,
        "verdict": ruling.verdict,
        "reason": ruling.reason,
        "clause": ruling.clause,
        "findings": [finding.key for finding in outcome.findings],
        "exchanges": list(outcome.exchanges),
        "evidence": f"runs/{run.id}.zip",
    }


def zip_of(cases: Iterable[Mapping[str, Any]], event: str, runs: Runs) -> bytes:
    """Returns cases as a zip: `cases.json`, and the evidence of each run once, which
    `connectathon recheck` and the tests of the bench can judge again.
    """
    listed = list(cases)
    files = {"cases.json": json.dumps(listed, ensure_ascii=False, indent=1).encode()}
    kept = runs.evidence_of(dict.fromkeys(str(case["run"]) for case in listed))
    files |= {f"runs/{run}.zip": content for run, content in kept.items()}
    return signed({"event": event}, files, runs.key)

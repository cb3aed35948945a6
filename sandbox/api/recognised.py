"""What a text is that was dropped where documents are judged, and is none: a credential with each
step of verifying it, the offer of one, or a request for one.

Pages and API show the same; nothing is fetched, and nothing of what a credential says is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from starlette.requests import Request
from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.api.certificates import StepNote, StepView
from sandbox.api.links import trust_of
from sandbox.findings import Finding
from sandbox.i18n import Language, say
from sandbox.sentences import public_fix_of, public_text_of
from sandbox.web.requests import address_of

if TYPE_CHECKING:  # what verifies is imported where it is needed: it takes a tenth of a second
    from sandbox.certificates.steps import Step
    from sandbox.credentials.report import Report

GOOD = ("valid", "deviates")
# a budget of the whole body is asked before: more than this is no credential, and no link
LOOKED_AT = 1_000_000


class FactView(TypedDict):
    """Something that a link says of itself, with the name that people have for it."""

    name: str
    label: str
    value: str


class RecognisedView(TypedDict):
    """What a text is: `form` of a credential, `verdict` where one was judged; `next` says where to
    go on.
    """

    kind: Literal["credential", "presentation", "offer", "request"]
    form: str
    sentence: str
    verdict: str
    said: str
    facts: list[FactView]
    steps: list[StepView]
    next: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What a credential is judged by: the trust network and data of this sandbox, and its address,
    as plain values for a worker.
    """

    trust: Path
    data: Path
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a text was recognised as: how it is shown, what was found about it, and the steps with
    all that they name, for whoever has the text.
    """

    view: RecognisedView
    findings: list[Finding]
    steps: tuple[Step, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Tells whether nothing is wrong; a link is only read."""
        verdict = self.view["verdict"]
        return verdict in GOOD if verdict else not self.findings


def ground_of(request: Request) -> Ground:
    """Returns by what this sandbox judges credentials now."""
    state = request.app.state
    folder = trust_of(request).folder
    return Ground(folder, state.settings.data, address_of(request), state.services.clock())


def is_recognised(text: str) -> bool:
    """Tells by its looks whether a text is one of these, and no document of FHIR.

    Args:
        text: Of any length; nothing of it is judged yet.
    """
    # FHIR is what nearly all bring, and is told apart without importing anything
    begin = text.lstrip("\ufeff \t\r\n")[:1]
    if len(text) > LOOKED_AT or begin == "<" or (begin == "{" and '"Verifiable' not in text):
        return False
    from sandbox.credentials.recognising import kind_of_text

    return kind_of_text(text) is not None


def recognise(text: str, ground: Ground, language: Language) -> Recognised:
    """Judges a text that `is_recognised`; the job of a worker.

    Args:
        text: A credential, a presentation, or a link.
        ground: By what it is judged.
        language: Of the sentences.
    """
    from sandbox.credentials.recognising import kind_of_text, read_link

    kind = kind_of_text(text)
    if kind in ("offer", "request"):
        linked = read_link(text, at=ground.at)
        findings = [linked.fault.as_finding()] if linked.fault else []
        view = _view(linked.kind, language)
        view["facts"] = [
            {
                "name": fact.name,
                "label": say(f"credentials.recognised.{fact.name}", language),
                "value": _value(fact.name, fact.value, language),
            }
            for fact in linked.facts
        ]
        return Recognised(view, findings)
    report = _report(text, ground)
    view = _view(kind or "credential", language, form=report.form)
    view["verdict"] = report.verdict
    view["said"] = say(f"certificates.verdict.{report.verdict}", language)
    steps = tuple(step for each in _all(report) for step in each.steps)
    view["steps"] = [_step(step, language) for step in steps]
    return Recognised(view, _findings(report), steps)


def _view(
    kind: Literal["credential", "presentation", "offer", "request"],
    language: Language,
    *,
    form: str = "",
) -> RecognisedView:
    return {
        "kind": kind,
        "form": form,
        "sentence": say(f"credentials.recognised.{kind}", language),
        "verdict": "",
        "said": "",
        "facts": [],
        "steps": [],
        "next": say(f"credentials.recognised.next_{kind}", language),
    }


def _value(name: str, value: str, language: Language) -> str:
    if name == "pin":
        return say(f"credentials.recognised.pin_{value}", language)
    return value


def _report(text: str, ground: Ground) -> Report:
    from sandbox.api.authorities import known_of
    from sandbox.credentials.verifying import verify
    from sandbox.trust.folder import TrustFolder

    known = known_of(TrustFolder(ground.trust), ground.data, ground.address, ground.at, {})
    return verify(text, known, at=ground.at)


def _all(report: Report) -> list[Report]:
    return [report, *report.parts]


def _step(step: Step, language: Language) -> StepView:
    notes: list[StepNote] = [
        {
            "text": public_text_of(finding, language),
            "fix": public_fix_of(finding, language),
            "clause": finding.clause,
        }
        for finding in step.findings
    ]
    name = say(f"credentials.step.{step.name}", language)
    return {"name": name, "status": step.status, "notes": notes}


def _findings(report: Report) -> list[Finding]:
    """Returns what was found.

    Args:
        report: Of a credential, or of a presentation with its parts.

    Returns:
        Findings, each at its place or else at the step that found it.
    """
    return [
        replace(finding, where=finding.where or step.name)
        for each in _all(report)
        for step in each.steps
        for finding in step.findings
    ]

"""The steps of reading and verifying a certificate of any family, and the verdict they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from sandbox.certificates.claims import Claims
from sandbox.certificates.cose import Sign1
from sandbox.certificates.dialects import Dialect
from sandbox.certificates.keys import TrustedKey
from sandbox.findings import Finding, Severity

StepName = Literal[
    "prefix",
    "base45",
    "jws",
    "inflate",
    "cose",
    "claims",
    "dialect",
    "schema",
    "kid",
    "trust",
    "signature",
    "validity",
    "key_usage",
    "revocation",
    # of verifiable credentials alone
    "form",
    "suite",
    "disclosures",
    "key",
    "relation",
    "controller",
    "holder",
    "status",
]
Status = Literal["ok", "warn", "fail", "skipped"]
Verdict = Literal[
    "valid", "deviates", "unverified", "not_valid", "not_conformant", "unreadable", "link"
]
HCERT: tuple[StepName, ...] = (
    "prefix",
    "base45",
    "inflate",
    "cose",
    "claims",
    "dialect",
    "schema",
    "kid",
    "trust",
    "signature",
    "validity",
    "key_usage",
    "revocation",
)
SHC: tuple[StepName, ...] = (
    "prefix",
    "jws",
    "inflate",
    "claims",
    "schema",
    "kid",
    "trust",
    "signature",
    "validity",
    "revocation",
)
VDS_NC: tuple[StepName, ...] = ("claims", "signature", "trust", "validity")
SHL: tuple[StepName, ...] = ("prefix", "claims", "schema", "validity")
DIVOC: tuple[StepName, ...] = ("inflate", "claims", "signature", "trust")
FORMS = {SHC: "shc", VDS_NC: "vds-nc", DIVOC: "divoc", SHL: "shlink"}
# A fault in these steps, or in the content, leaves a certificate that others may still accept: it
# is `not_conformant`.  A fault in any other (key, signature, time) makes it `not_valid`.
READING = frozenset({"prefix", "base45", "jws", "inflate", "cose", "claims"})
CONTENT = frozenset({"dialect", "schema"})


@dataclass(frozen=True, slots=True)
class Step:
    """One step with how it went; `detail` is a short value of what was found."""

    name: StepName
    status: Status
    findings: tuple[Finding, ...] = ()
    detail: str = ""


@dataclass(slots=True)
class Certificate:
    """What has been read so far, and the steps that led there."""

    text: str
    steps: list[Step] = field(default_factory=list)
    order: tuple[StepName, ...] = HCERT
    """The steps of its family: those of HC1, or of SMART Health Cards."""
    compressed: bytes = b""
    inflated: bytes = b""
    signed: Sign1 | None = None
    claims: Claims | None = None
    dialect: Dialect | None = None
    content: Any = None
    key: TrustedKey | None = None

    @property
    def verdict(self) -> Verdict:
        """Returns what the steps come to; of a link that is in order that it is one: nobody signs
        links.
        """
        failed = {step.name for step in self.steps if step.status == "fail"}
        if self.claims is None:
            return "unreadable"
        is_fatal = any(
            finding.severity == "fatal" for step in self.steps for finding in step.findings
        )
        if is_fatal or failed - CONTENT - READING:
            return "not_valid"
        # DIVOC is always among these, and a VDS-NC of which no list has the certificate
        unproven = [name for name in ("trust", "signature") if name in self.order]
        if any(self.step(name).status == "skipped" for name in unproven):
            return "unverified"
        if failed:
            return "not_conformant"
        if self.order is SHL:
            return "link"
        return "deviates" if any(step.status == "warn" for step in self.steps) else "valid"

    @property
    def form(self) -> str:
        """Returns the name of what it is: a dialect of HC1, or a format beside it."""
        if self.claims is None:
            return ""
        return FORMS.get(self.order) or (self.dialect.name if self.dialect else "")

    def complete(self) -> None:
        """Puts the steps into their order, those that were not come to as skipped."""
        if tuple([step.name for step in self.steps]) == self.order:
            return
        known = {step.name: step for step in self.steps}
        self.steps = [known.get(name) or Step(name, "skipped") for name in self.order]

    def step(self, name: StepName) -> Step:
        """Returns a step by its name; skipped where it was not come to."""
        return next((step for step in self.steps if step.name == name), Step(name, "skipped"))


def done(name: StepName, findings: list[Finding], *, detail: str = "") -> Step:
    """Returns a step by its findings: wrong where one is an error, else as it deviates."""
    if not findings:
        return fine(name, detail)
    severities = {finding.severity for finding in findings}
    is_wrong = bool(severities & {"error", "fatal"})
    status: Status = "fail" if is_wrong else "warn" if "warning" in severities else "ok"
    return Step(name, status, tuple(findings), detail)


@lru_cache(maxsize=4096)
def fine(name: StepName, detail: str = "") -> Step:
    """Returns a step of which there is nothing to say but its value.

    The same one each time, since no step changes: a verifier makes thirteen for each certificate.
    """
    return Step(name, "ok", (), detail)


def bytes_behind(count: int, *, clause: str) -> Finding:
    """Returns the finding that bytes stand behind what was read."""
    return finding("bytes_behind", "warning", found=str(count), clause=clause)


def failed(name: StepName, reason: str, **values: str) -> Step:
    """Returns a step that went wrong for one reason."""
    return Step(name, "fail", (finding(reason, "error", **values),))


def finding(  # noqa: PLR0913  (a keyword for each member of a finding)
    name: str,
    severity: Severity,
    *,
    where: str = "",
    expected: str = "",
    found: str = "",
    clause: str = "HCERT 1.1.1 3.3.4",
    room: str = "certificates",
    **params: str,
) -> Finding:
    """Returns a finding.

    Args:
        name: The last part of its key.
        severity: How bad it is.
        where: The field or claim that it is about.
        expected: What should stand there.
        found: What stands there.
        clause: The rule that it breaks.
        room: The catalogue that has its sentences.
        params: Further values that the sentences name.
    """
    key = f"{room}.{name}"
    return Finding(
        key,
        severity,
        key,
        {"place": where, **params},
        where=where,
        expected=expected,
        found=found,
        clause=clause,
    )

"""The error tree of the sandbox; it knows HTTP statuses and FHIR issue codes, and no web framework.

SandboxError                      500  exception
├── BadRequest                    400  the request itself is wrong
│   ├── InvalidContent            400  structure   (the body cannot be read as JSON)
│   ├── InvalidResource           400  invalid     (JSON, but no resource that can be stored here)
│   ├── InvalidSearch             400  invalid     (parameter or value of a search)
│   ├── UnknownDomain             400  code-invalid (whose identifiers nobody here has)
│   ├── InvalidEntry              400  (that of its cause: one entry of a Bundle that failed)
│   └── InvalidLine               400  (that of its cause: one line of a file that failed)
├── NotFound                      404  not-found
├── MethodNotAllowed              405  not-supported
├── NotAcceptable                 406  not-supported
├── Gone                          410  deleted
├── PreconditionFailed            412  conflict
├── TooLarge                      413  too-long
├── UnsupportedMediaType          415  not-supported
├── Busy                          429  throttled   (done one at a time, and now for somebody else)
├── SubmissionRefused             400  invalid     (a submission that breaks a rule of its profile)
├── NotConformant                 422  invalid     (a resource with errors, where none are stored)
│   ├── ProfileNotMet             422  invalid     (a summary whose record lacks what it needs)
│   ├── NotCertified              422  invalid     (a certificate for which too little is stated)
│   └── CardRefused               422  invalid     (a health card that would be wrong)
├── Conflict                      409  duplicate   (what is to be added is there already)
├── LeaseLost                     409  conflict    (another process has taken over)
├── InvalidCertificate            400  invalid     (refused by a gateway; says all that is wrong)
├── InvalidEvent                  400  invalid     (the plan of an event; says all that is wrong)
├── Forbidden                     403  forbidden   (whoever asks may not do this)
│   └── UnknownTarget             403  code-invalid (a domain that is asked for and not known)
├── Misdirected                   421  forbidden   (called by a name that is not this server's)
├── TooCostly                     403  too-costly  (a search that takes longer than it may)
├── NotFinished                   422  too-costly  (work on what was sent that took too long)
├── Unauthorized                  401  login
│   └── WrongPasscode             401  login       (of a health link; says how many tries are left)
├── NotImplementedHere            501  not-supported
└── StoreUnavailable              503  transient
    ├── NotReady                  503  transient   (data of an older version are brought up to date)
    └── StoreDamaged              503  transient   (the database itself is broken: see a backup)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sandbox.findings import Finding, Severity


class SandboxError(Exception):
    """Carries what went wrong as a message key with parameters; the edge turns it into an
    OperationOutcome.

    `where` is a FHIRPath expression or the name of a header or parameter.
    """

    status = 500
    issue = "exception"

    def __init__(self, key: str, *, where: str = "", clause: str = "", **params: object) -> None:
        super().__init__(key, params)
        self.key = key
        self.where = where
        self.clause = clause
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        """Lets an error pass between processes as it is, whatever its class is made from."""
        return _revived, (type(self), self.args, self.__dict__)

    def __str__(self) -> str:
        place = f" at {self.where}" if self.where else ""
        return f"{self.key}{place} {self.params}"

    def as_finding(self) -> Finding:
        """Returns the error as the one type of finding that every part of the sandbox reports."""
        # Fatal is what ended the work unexpectedly, which only a fault of ours does.
        severity: Severity = "fatal" if self.status == 500 else "error"
        return Finding(
            id=self.key,
            severity=severity,
            issue=self.issue,
            key=self.key,
            params=dict(self.params),
            where=self.where,
            clause=self.clause,
        )

    def as_findings(self) -> list[Finding]:
        """Returns all that is wrong: one finding, or those of the judge."""
        return [self.as_finding()]


def _revived(kind: type[SandboxError], args: tuple[Any, ...], state: Any) -> SandboxError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class BadRequest(SandboxError):
    status = 400
    issue = "invalid"


class InvalidContent(BadRequest):
    issue = "structure"


class InvalidResource(BadRequest):
    pass


class InvalidSearch(BadRequest):
    pass


class UnknownDomain(BadRequest):
    """The domain of an identifier that was given is not known (PIXm 2:3.83.4.2.2.3)."""

    issue = "code-invalid"


class InvalidEntry(BadRequest):
    """One entry of a transaction failed; status and issue are those of its cause, the place names
    the entry.
    """

    def __init__(self, cause: SandboxError, *, index: int) -> None:
        where = f"Bundle.entry[{index}].{_place_in_entry(cause.where)}"
        super().__init__(cause.key, where=where, clause=cause.clause, **cause.params)
        self.status = cause.status
        self.issue = cause.issue
        self._findings = [
            finding
            for folded in cause.as_findings()
            for finding in folded.each(
                lambda where: f"Bundle.entry[{index}].{_place_in_entry(where)}"
            )
        ]

    def as_findings(self) -> list[Finding]:
        """Returns those of the cause, with their places in the Bundle."""
        return self._findings


class InvalidLine(BadRequest):
    """One line of a file of resources failed; the place names the line."""

    def __init__(self, cause: SandboxError, *, number: int) -> None:
        super().__init__(cause.key, where=f"line {number}", clause=cause.clause, **cause.params)
        self.number = number


def _place_in_entry(where: str) -> str:
    """Translates the place that an error names into the place inside a Bundle entry."""
    head, _, tail = where.partition(".")
    if head in ("request", "fullUrl"):
        return where
    if where in ("If-Match", "If-None-Match"):
        return f"request.i{where[1:].replace('-', '')}"
    if where == "resourceType" or not where:
        return f"resource.{where}".rstrip(".")
    # `Patient.name` is a path in the resource, but `Patient/1.2` is part of a URL.
    if head[:1].isupper() and tail and "/" not in where:
        return f"resource.{tail}"
    return "request.url"


class NotConformant(SandboxError):
    """Carries what the judge found about the resource of a `type`."""

    status = 422
    issue = "invalid"

    sentence = "server.not_conformant"

    def __init__(self, findings: Sequence[Finding], *, type: str) -> None:
        super().__init__(self.sentence, where=type, type=type, count=len(findings))
        self._findings = list(findings)

    def as_findings(self) -> list[Finding]:
        """Returns the findings of the judge behind one that says that nothing was stored."""
        return [self.as_finding(), *self._findings]


class SubmissionRefused(NotConformant):
    """Carries what is wrong with a Provide Document Bundle (MHD 3:4.65.4.2); nothing of it is
    stored.
    """

    status = 400
    sentence = "mhd.refused"


class ProfileNotMet(NotConformant):
    """Carries what a document of a patient lacks for the profile that was asked for."""

    sentence = "ips.profile_not_met"


class NotCertified(NotConformant):
    """A certificate that was asked for, and states too little."""

    sentence = "ddcc.not_certified"


class CardRefused(NotConformant):
    """Health cards that were asked for, of which one would be wrong."""

    sentence = "certificates.card_refused"


class Conflict(SandboxError):
    status = 409
    issue = "duplicate"


class InvalidCertificate(NotConformant):
    """A certificate that a gateway does not take, with all that is wrong."""

    status = 400
    sentence = "gateway.not_taken"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings, type="DSC")


class InvalidEvent(NotConformant):
    """The plan of an event that cannot be played, with all that is wrong."""

    status = 400
    sentence = "plan.refused"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(findings, type="event")


class NotFound(SandboxError):
    status = 404
    issue = "not-found"


class MethodNotAllowed(SandboxError):
    status = 405
    issue = "not-supported"


class NotAcceptable(SandboxError):
    status = 406
    issue = "not-supported"


class Gone(SandboxError):
    status = 410
    issue = "deleted"


class Misdirected(SandboxError):
    status = 421
    issue = "forbidden"


class Forbidden(SandboxError):
    status = 403
    issue = "forbidden"


class UnknownTarget(Forbidden):
    """A domain whose identifiers are asked for is not known (PIXm 2:3.83.4.2.2.4)."""

    issue = "code-invalid"


class PreconditionFailed(SandboxError):
    status = 412
    issue = "conflict"


class LeaseLost(SandboxError):
    status = 409
    issue = "conflict"


class TooLarge(SandboxError):
    status = 413
    issue = "too-long"


class UnsupportedMediaType(SandboxError):
    status = 415
    issue = "not-supported"


class Busy(SandboxError):
    """What is done one at a time is being done for somebody else; `seconds` is when to try
    again.
    """

    status = 429
    issue = "throttled"


class TooCostly(SandboxError):
    status = 403
    issue = "too-costly"


class NotFinished(SandboxError):
    """Work on what somebody sent was stopped; as a finding it says that nothing more is known."""

    status = 422
    issue = "too-costly"

    def as_finding(self) -> Finding:
        """Returns a finding that keeps its severity in any report: no further checking was
        possible (FHIR R4 valueset-issue-severity.html#fatal).
        """
        return replace(super().as_finding(), severity="fatal")


class Unauthorized(SandboxError):
    status = 401
    issue = "login"


class WrongPasscode(Unauthorized):
    """A passcode of a health link that is wrong; `left` attempts are left."""


class NotImplementedHere(SandboxError):
    status = 501
    issue = "not-supported"


class StoreUnavailable(SandboxError):
    status = 503
    issue = "transient"


class NotReady(StoreUnavailable):
    """What is stored is being brought up to date; `seconds` is when to try again."""


class StoreDamaged(StoreUnavailable):
    """The file of a database is broken, or no database; trying again does not help."""

"""What verifying a credential or presentation came to: the steps, and the verdict they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from sandbox.certificates.keys import TrustedKey
from sandbox.certificates.steps import Step, StepName, Verdict, done, finding
from sandbox.credentials.keys import PublicKey, thumbprint, to_jwk
from sandbox.credentials.lacchain.chain import Block
from sandbox.credentials.texts import Json
from sandbox.findings import Finding

Form = Literal["ldp_vc", "ldp_vp", "jwt_vc_json", "vc+jwt", "vp+jwt", "dc+sd-jwt", ""]
ORDER: tuple[StepName, ...] = (
    "form",
    "schema",
    "suite",
    "disclosures",
    "key",
    "relation",
    "controller",
    "signature",
    "holder",
    "validity",
    "status",
    "trust",
)
# Where one of these was not found out, nothing says that the credential is true.
NEEDED: tuple[StepName, ...] = ("key", "signature", "status", "trust")
# Of a presentation: what it shows has status and issuer, and is a report of its own.
NEEDED_OF_HOLDER: tuple[StepName, ...] = ("key", "signature", "holder")
PRESENTATIONS = ("ldp_vp", "vp+jwt")

note = partial(finding, room="credentials")


@dataclass(frozen=True, slots=True)
class Known:
    """What a verifier knows beforehand.

    `documents` were fetched, by their address: DID documents, keys of issuers and status lists as
    text or JSON.  `issuers` are believed, by DID or address, with a name for people; `keys` are
    those of trust lists, by their thumbprint.  Where neither is given, whom to believe is not
    judged.  `chain` are the blocks of LACChain, which is asked about what was issued on it.
    """

    documents: Mapping[str, Any] = field(default_factory=dict)
    issuers: Mapping[str, str] | None = None
    keys: Mapping[str, TrustedKey] | None = None
    chain: Sequence[Block] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a verifier asked for: who it is, and its word of chance against replays.

    `needs_holder` tells whether a presentation without the holder's signature is refused.
    """

    audience: str
    nonce: str
    needs_holder: bool = True


@dataclass(slots=True)
class Report:
    """What has been read so far, and what was found in each step.

    `wanted` are addresses of documents that were not at hand; `signers` are the DIDs whose keys
    were found; `parts` are the reports of the
    credentials in a presentation.
    """

    text: str
    form: Form = ""
    claims: Json | None = None
    issuer: str = ""
    wanted: set[str] = field(default_factory=set)
    signers: set[str] = field(default_factory=set)
    parts: list[Report] = field(default_factory=list)
    _notes: dict[StepName, list[Finding]] = field(default_factory=dict)
    _details: dict[StepName, str] = field(default_factory=dict)
    _skipped: set[StepName] = field(default_factory=set)

    def add(self, name: StepName, findings: Iterable[Finding] = (), *, detail: str = "") -> bool:
        """Adds what a step found, to what it had found of another proof; tells whether nothing in
        it is wrong.
        """
        notes = self._notes.setdefault(name, [])
        notes.extend(findings)
        if detail:
            self._details[name] = detail[:120]
        is_wrong = any(each.severity in ("error", "fatal") for each in notes)
        return not is_wrong and name not in self._skipped

    def fail(self, name: StepName, reason: str, *, clause: str, **values: str) -> bool:
        """Adds a step that went wrong for one reason; returns False."""
        return self.add(name, [note(reason, "error", clause=clause, **values)])

    def skip(self, name: StepName, reason: str, *, clause: str, **values: str) -> bool:
        """Adds a step that could not be done, and why; returns False."""
        self._skipped.add(name)
        return self.add(name, [note(reason, "information", clause=clause, **values)])

    def step(self, name: StepName) -> Step:
        """Returns a step by its name; skipped where it was not come to."""
        if name not in self._notes:
            return Step(name, "skipped")
        step = done(name, self._notes[name], detail=self._details.get(name, ""))
        is_skipped = name in self._skipped and step.status != "fail"
        return Step(name, "skipped", step.findings, step.detail) if is_skipped else step

    @property
    def steps(self) -> list[Step]:
        """Returns all steps in their order, those that were not come to as skipped."""
        return [self.step(name) for name in ORDER]

    @property
    def is_presentation(self) -> bool:
        """Tells whether a holder shows it; what is shown are its parts."""
        return self.form in PRESENTATIONS

    @property
    def findings(self) -> list[Finding]:
        """Returns what was found in all steps, those of its parts too."""
        own = [finding for step in self.steps for finding in step.findings]
        return own + [finding for part in self.parts for finding in part.findings]

    @property
    def verdict(self) -> Verdict:
        """Returns what the steps come to; a presentation is as good as the worst in it."""
        own = self._verdict()
        return max([own, *(part.verdict for part in self.parts)], key=GRAVITY.index)

    def _verdict(self) -> Verdict:
        failed = {step.name for step in self.steps if step.status == "fail"}
        if self.claims is None:
            return "unreadable"
        if failed - {"schema"}:
            return "not_valid"
        needed = NEEDED_OF_HOLDER if self.is_presentation else NEEDED
        if any(self.step(name).status == "skipped" for name in needed):
            return "unverified"
        if failed:
            return "not_conformant"
        return "deviates" if any(step.status == "warn" for step in self.steps) else "valid"


GRAVITY: list[Verdict] = [
    "valid",
    "deviates",
    "not_conformant",
    "unverified",
    "not_valid",
    "unreadable",
]


def by_thumbprint(keys: Iterable[TrustedKey]) -> dict[str, TrustedKey]:
    """Returns the keys of trust lists by their thumbprint; those of RSA sign no credentials."""
    found: dict[str, TrustedKey] = {}
    for key in keys:
        if isinstance(key.key, PublicKey):
            found[thumbprint(to_jwk(key.key))] = key
    return found

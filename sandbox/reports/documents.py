"""Documents with their findings, as every format takes them: how severe, which are the same
sentence, how many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sandbox.findings import Finding, Spot
from sandbox.i18n import Language
from sandbox.sentences import Sentence, fix_of, text_of

# "fatal" with "error": nobody wants a report of the one without the other
RANKS = {"information": 0, "warning": 1, "error": 2, "fatal": 2}


class Level(StrEnum):
    """A severity as people choose one; what is fatal is an error to them."""

    error = "error"
    warning = "warning"
    information = "information"


@dataclass(frozen=True, slots=True)
class Judged:
    """A document with what was found about it; `name` is usually the path of its file."""

    name: str
    body: bytes
    findings: Sequence[Finding]

    @property
    def is_valid(self) -> bool:
        """Tells whether there is no error."""
        return not any(is_at_least(finding, Level.error) for finding in self.findings)


@dataclass(frozen=True, slots=True)
class AskedReport:
    """How a report is wanted.

    Attributes:
        language: Of its sentences.
        level: The least severity that is shown.
        fail_on: The least severity at which a build fails; None where it never does.
        unjudged: How many files were no FHIR.
    """

    language: Language
    level: Level = Level.information
    fail_on: Level | None = Level.error
    unjudged: int = 0

    def shown(self, document: Judged) -> list[Finding]:
        """Returns the findings that are severe enough to be shown."""
        return [finding for finding in document.findings if is_at_least(finding, self.level)]

    def fails(self, finding: Finding) -> bool:
        """Tells whether a finding is one at which a build stops."""
        return self.fail_on is not None and is_at_least(finding, self.fail_on)


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one document that say the same; the first stands for all."""

    findings: tuple[Finding, ...]
    text: str
    fix: str

    @property
    def first(self) -> Finding:
        """The finding whose place is told first."""
        return self.findings[0]

    @property
    def spots(self) -> tuple[Spot, ...]:
        """All places of all of them."""
        return tuple(spot for finding in self.findings for spot in finding.spots)


def is_at_least(finding: Finding, level: Level) -> bool:
    """Tells whether a finding is as severe as a level, or more."""
    return RANKS[finding.severity] >= RANKS[level]


def same_sentences(
    findings: Iterable[Finding], language: Language, *, fix: Sentence = fix_of
) -> list[Group]:
    """Returns the findings in groups that say the same sentence with the same severity, in the
    order of their first ones; `fix` says what to do next.
    """
    groups: dict[tuple[str, str, str, str], list[Finding]] = {}
    for finding in findings:
        sentences = (text_of(finding, language), fix(finding, language))
        # With the severity: the same sentence may be an error in one place and a warning in
        # another.
        groups.setdefault((finding.severity, finding.key, *sentences), []).append(finding)
    return [Group(tuple(members), text, next_) for (_, _, text, next_), members in groups.items()]


def count_severities(documents: Iterable[Judged]) -> dict[Level, int]:
    """Returns how many findings there are of each level, a fatal one among the errors."""
    counts = dict.fromkeys(Level, 0)
    for finding in _all_findings(documents):
        counts[Level.error if finding.severity == "fatal" else Level(finding.severity)] += 1
    return counts


def _all_findings(documents: Iterable[Judged]) -> Iterator[Finding]:
    for document in documents:
        yield from document.findings

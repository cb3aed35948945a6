"""The gallery of an event: samples that teams share, each judged when it came, under an address
that stays; others take one as input of a run.

One log, `@gallery`, tells who shared and took out what.  What was shared lies beside it as a body,
with what was found about it, so that it can go and its line stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from sandbox.clock import Clock
from sandbox.errors import BadRequest, Gone, NotFound, TooLarge
from sandbox.event.identity import Author, Person, PersonId, TeamId
from sandbox.event.rights import Whose, allow
from sandbox.fhir.dates import milliseconds_of
from sandbox.findings import Finding, read_finding
from sandbox.ids import NewId
from sandbox.limits import LIST_PAGE, SAMPLES
from sandbox.redact import own_secrets, redact_body, redact_values
from sandbox.store.paging import Page, number_in
from sandbox.store.runs import GALLERY, RunStore, hash_of

Kind = Literal["document", "certificate", "link", "credential"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Outcome = Literal["pass", "warn", "fail", "inconclusive"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
TITLE_CHARACTERS = 120
MARK = "sample:"
"""How an input of a run names a sample: by this and its id."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What somebody shares: its text, what it is, what was found about it, and what that came
    to.
    """

    title: str
    kind: Kind
    content: bytes
    findings: tuple[Finding, ...]
    verdict: Outcome


@dataclass(frozen=True, slots=True)
class Sample:
    """What lists tell of a sample; moments in milliseconds since 1970, `gone` is when it was taken
    out, 0 for one that is there.
    """

    id: str
    event: str
    at: int
    kind: Kind
    title: str
    team: str
    team_id: str
    country: str
    by_id: str
    verdict: Outcome
    hash: str
    number: int = 0
    gone: int = 0

    @property
    def whose(self) -> Whose:
        """Returns what rights.py asks: whose sample it is."""
        return Whose(TeamId(self.team_id), Author(PersonId(self.by_id)))


@dataclass(frozen=True, slots=True)
class Content:
    """What was shared, without what must never be stored, and what was found about it."""

    text: bytes
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which samples of an event a list asks for; what is empty does not narrow it."""

    event: str
    kind: str = ""
    team: str = ""
    country: str = ""
    verdict: str = ""


class Gallery:
    """Shares, lists, reads and takes out samples."""

    def __init__(self, logs: RunStore, *, clock: Clock, new_id: NewId) -> None:
        self._logs = logs
        self._clock = clock
        self._new_id = new_id

    def share(self, shared: Shared, event: str, person: Person) -> Sample:
        """Keeps what a person shares with an event, as their team's.

        Raises:
            BadRequest: There is nothing in it, or it has no title.
            TooLarge: The team has shared SAMPLES already.
            Forbidden: The person takes no part.
        """
        allow(person, "take_part", Whose(person.team_id, Author(person.id, person.name)))
        title = " ".join(shared.title.split())[:TITLE_CHARACTERS]
        for name, value in (("title", title), ("document", shared.content.strip())):
            if not value:
                raise BadRequest(f"gallery.no_{name}", where=name)
        present = [sample for sample in self._all().values() if not sample.gone]
        if sum(sample.team_id == person.team_id for sample in present) >= SAMPLES:
            raise TooLarge("gallery.too_many", where="team", limit=SAMPLES)
        id = self._new_id()
        body = _body(id, shared)
        row = {
            "id": id,
            "event": event,
            "kind": shared.kind,
            "title": title,
            "team": person.team,
            "team_id": person.team_id,
            "country": person.country,
            "by_id": person.id,
            "verdict": shared.verdict,
            "hash": hash_of(body),
        }
        self._append("shared", row, blobs=[body])
        return self.find(id)

    def page(self, wanted: Wanted, *, limit: int, cursor: str = "") -> Page[Sample]:
        """Returns a page of an event's samples, the newest first; raises BadRequest for a cursor
        that is none.
        """
        known = [sample for sample in self._all().values() if _is_wanted(sample, wanted)]
        before = number_in(cursor) if cursor else 0
        behind = [sample for sample in reversed(known) if not cursor or sample.number < before]
        rows = behind[: max(1, min(limit, LIST_PAGE))]
        more = str(rows[-1].number) if len(rows) < len(behind) else ""
        return Page(tuple(rows), len(known), more)

    def find(self, id: str) -> Sample:
        """Returns a sample, also one that was taken out.

        Raises:
            NotFound: There never was one of this id.
        """
        sample = self._all().get(id)
        if sample is None:
            raise NotFound("gallery.none_at", where="sample", id=id[:40])
        return sample

    def read(self, sample: Sample) -> Content:
        """Returns what was shared.

        Raises:
            Gone: It was taken out, by its team or by a redaction.
        """
        body = b"" if sample.gone else self._logs.blob(sample.hash)
        if not body:
            raise Gone("gallery.gone", where="sample", id=sample.id)
        kept = json.loads(body)
        findings = tuple(read_finding(record) for record in kept["findings"])
        return Content(kept["content"].encode(), findings)

    def take_out(self, id: str, person: Person) -> None:
        """Deletes what was shared with its title, and leaves a line that says so.

        Raises:
            NotFound: There is no such sample.
            Forbidden: It is another team's.
        """
        sample = self.find(id)
        allow(person, "take_part", sample.whose)
        if sample.gone:
            return
        told = {"id": id, "kind": sample.kind, "team": sample.team, "by_id": person.id}
        self._append("taken_out", told, dropped=[sample.hash])
        # a title may name whom the document is about
        line = next(event for event in self._logs.events(GALLERY) if event.number == sample.number)
        body = json.dumps({**json.loads(line.body), "title": ""}, ensure_ascii=False)
        self._logs.blot(GALLERY, sample.number, body)

    def resolved(self, inputs: Mapping[str, str]) -> dict[str, str]:
        """Returns inputs of a run with the text of each sample that one names; raises NotFound,
        Gone.
        """
        return {name: self._text_of(value) for name, value in inputs.items()}

    def _text_of(self, value: str) -> str:
        name = value.strip()
        if not name.startswith(MARK):
            return value
        return self.read(self.find(name.removeprefix(MARK))).text.decode()

    def _all(self) -> dict[str, Sample]:
        samples: dict[str, Sample] = {}
        for line in self._logs.events(GALLERY):
            body = json.loads(line.body)
            if line.kind == "shared":
                samples[body["id"]] = Sample(**body, at=line.at, number=line.number)
            elif line.kind == "taken_out":
                samples[body["id"]] = replace(samples[body["id"]], gone=line.at)
        return samples

    def _append(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        blobs: Sequence[bytes] = (),
        dropped: Sequence[str] = (),
    ) -> None:
        line = (kind, milliseconds_of(self._clock()), json.dumps(body, ensure_ascii=False))
        self._logs.append(GALLERY, [line], blobs=blobs, dropped=dropped)


def _is_wanted(sample: Sample, wanted: Wanted) -> bool:
    if sample.gone or sample.event != wanted.event:
        return False
    narrowed = ("kind", "team", "country", "verdict")
    return all(getattr(wanted, name) in ("", getattr(sample, name)) for name in narrowed)


def _body(id: str, shared: Shared) -> bytes:
    """Returns what is kept; with its id, so that no two samples have one body that goes with
    either.
    """
    # what must not be stored goes out before the first write
    kept = redact_values(redact_body(shared.content), own_secrets()).decode("utf-8", "replace")
    findings = [asdict(finding) for finding in shared.findings]
    body = {"id": id, "content": kept, "findings": findings}
    return json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")

"""The page of a judgement: each document with its findings beside the lines that they speak of.
Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json, write_json
from sandbox.fhir.placing import placed_findings
from sandbox.findings import Finding, Spot
from sandbox.i18n import Language
from sandbox.pages.home import FOLDER, render
from sandbox.reports import Group, same_sentences
from sandbox.sentences import Sentence, fix_of, page_fix_of, why_of

STYLE = FOLDER / "judgement.css"
CONTEXT = 4
SHOWN = 8  # further places of a finding that are linked, and whose lines are shown
# a line that is longer is a document without breaks: findings beside it would say nothing
LONGEST_LINE = 400
RANK = {"fatal": "error", "error": "error", "warning": "warning", "information": "information"}
Judged = tuple[str, bytes, Sequence[Finding]]


@dataclass(frozen=True, slots=True)
class Note:
    """A finding as the page says it."""

    id: str
    rank: str
    where: str
    line: int
    text: str
    fix: str
    expected: str
    found: str
    clause: str
    because: str
    first: str = ""
    """The note that says the same and says it whole."""
    is_folded: bool = False
    """Whether its line may be folded away: a further place of many, or of what is no fault."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source with the notes that belong to it."""

    number: int
    text: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are shown, or lines without notes that are folded away."""

    lines: tuple[Line, ...]
    is_folded: bool


def judgement_page(judged: Iterable[Judged], language: Language) -> str:
    """Returns one HTML page about documents: name, source text and findings of each; what is theirs
    is escaped.
    """
    documents = [
        judged_document(judgement, language, number=number, fix=fix_of)
        for number, judgement in enumerate(judged, 1)
    ]
    return render(
        "judgement.html", language, documents=documents, css=STYLE.read_text(encoding="utf-8")
    )


def judged_document(
    judged: Judged, language: Language, *, number: int = 1, fix: Sentence = page_fix_of
) -> dict[str, object]:
    """Returns a document as the template `judged.html` shows it: its notes, those that say the
    same, its lines; `fix` says what to do next.
    """
    name, body, findings = judged
    text, findings = _readable(body, findings)
    groups = list(_groups(f"d{number}", same_sentences(findings, language, fix=fix), language))
    notes = [note for group in groups for note in group]
    counts = Counter(RANK[finding.severity] for finding in findings)
    blocks = list(_blocks(text, notes))
    faults = [group for group in groups if group[0].rank != "information"]
    remarks = [group for group in groups if group[0].rank == "information"]
    return {
        "name": name,
        "faults": faults,
        "remarks": remarks,
        "most": SHOWN,
        "counts": counts,
        "blocks": blocks,
        "id": f"d{number}",
    }


def _readable(body: bytes, findings: Sequence[Finding]) -> tuple[str, Sequence[Finding]]:
    """A JSON text without line breaks is written anew, one property a line, and the findings find
    their lines there.
    """
    text = body.decode("utf-8-sig", "replace")
    # XML keeps its lines: written anew, its white space would be another document's
    if max(
        (len(line) for line in text.splitlines()), default=0
    ) <= LONGEST_LINE or text.lstrip().startswith("<"):
        return text, findings
    try:
        pretty = write_json(parse_json(body), pretty=True)
    except SandboxError:
        return text, findings
    return pretty.decode(), placed_findings(pretty, findings)


def _groups(prefix: str, groups: list[Group], language: Language) -> Iterator[list[Note]]:
    """Yields the notes that say the same; all but the first of them point to it."""
    number = 0
    for group in groups:
        notes: list[Note] = []
        for spot in group.spots:
            number += 1
            note = _note(f"{prefix}n{number}", spot, group, language=language)
            if notes:
                # one cause in five hundred places would bury the next cause
                is_folded = note.rank == "information" or len(notes) > SHOWN
                note = replace(note, first=notes[0].id, is_folded=is_folded)
            notes.append(note)
        yield notes


def _note(id: str, spot: Spot, group: Group, *, language: Language) -> Note:
    finding = group.first
    return Note(
        id,
        RANK[finding.severity],
        spot.where,
        spot.line,
        group.text,
        group.fix,
        finding.expected,
        spot.found,
        finding.clause,
        why_of(finding, language),
    )


def _blocks(text: str, notes: Sequence[Note]) -> Iterator[Block]:
    """Shows the lines around notes and folds the rest; a short text is shown whole."""
    by_line: dict[int, list[Note]] = {}
    for note in notes:
        # a finding about the whole has no line, and stands at the first
        by_line.setdefault(max(note.line, 1), []).append(note)
    lines = [
        Line(number, line, tuple(by_line.get(number, ())))
        for number, line in enumerate(text.splitlines() or [""], 1)
    ]
    shown = {number for number, here in by_line.items() if not all(note.is_folded for note in here)}
    near = {number + step for number in shown for step in range(-CONTEXT, CONTEXT + 1)}
    gathered: list[Line] = []
    is_folded = False
    for line in lines:
        folds = line.number not in near and len(lines) > 3 * CONTEXT
        if gathered and folds != is_folded:
            yield Block(tuple(gathered), is_folded)
            gathered = []
        is_folded = folds
        gathered.append(line)
    yield Block(tuple(gathered), is_folded)

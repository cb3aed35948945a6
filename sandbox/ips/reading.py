"""Prepares anybody's document for display: who it is about, and what its sections say.

It trusts nothing: a table is made of what the entries say; the narrative of the author, which may
say something else, is given beside it as plain text.  A document with faults is read as far as it
goes, and what is amiss is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from sandbox.fhir.codes import codes_of
from sandbox.fhir.json import Json, as_list, member
from sandbox.i18n import Language, say
from sandbox.ips.narrative import Table, tables_of, text_of
from sandbox.ips.sections import sections as known_sections
from sandbox.ips.sections import sort_into_sections

SKIPPED = ("script", "style")
APART = ("p", "div", "tr", "li", "br", "table", "h1", "h2", "h3", "h4")


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section: title in the reader's language, tables of its entries, the author's text, lost
    references.
    """

    title: str
    tables: tuple[Table, ...]
    text: str
    lost: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentView:
    """What is shown of a document; `facts` are rows of label and value about the patient and the
    document.
    """

    title: str
    name: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[SectionView, ...]
    faults: tuple[str, ...]


def read_document(bundle: Any, language: Language) -> DocumentView:
    """Returns the view of a document Bundle of any version and quality."""
    entries = [entry for entry in as_list(member(bundle, "entry")) if isinstance(entry, dict)]
    at = {
        str(entry.get("fullUrl")): entry["resource"]
        for entry in entries
        if isinstance(entry.get("resource"), dict)
    }
    by_place = {
        f"{resource.get('resourceType')}/{resource.get('id')}": resource for resource in at.values()
    }
    # the fullUrl wins: type and id may be the same in two entries of two systems
    named = {**by_place, **at}
    composition: Json = next(
        (resource for resource in at.values() if resource.get("resourceType") == "Composition"), {}
    )
    subject = named.get(str(member(composition.get("subject"), "reference")))
    patient: Json = subject or next(
        (resource for resource in at.values() if resource.get("resourceType") == "Patient"), {}
    )
    # a collection, such as a health card, has no Composition, and is none the worse for it
    is_collection = not composition and member(bundle, "type") == "collection"
    there = {"no_composition": bool(composition) or is_collection, "no_patient": bool(patient)}
    faults = [
        say(f"ips.fault.{name}", language) for name, is_there in there.items() if not is_there
    ]
    facts = _facts(patient, composition, named, language)
    if is_collection:
        others = [resource for resource in at.values() if resource is not patient]
        sections = tuple(_sorted(others, named, language))
        facts = [(label, value) for label, value in facts if value != "–"]
    else:
        sections = tuple(_sections(composition, named, language))
    title = say("ips.view.collection" if is_collection else "ips.title", language)
    own_title = str(composition.get("title") or title)
    return DocumentView(own_title, _name(patient), tuple(facts), sections, tuple(faults))


def plain_text(div: str) -> str:
    """Returns the words of a narrative without any markup, a line for each block."""
    words = _Words()
    words.feed(div)
    words.close()
    lines = (" ".join(line.split()) for line in "".join(words.found).splitlines())
    return "\n".join(line for line in lines if line)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._depth += tag in SKIPPED
        self.found.append("\n" if tag in APART else " ")

    def handle_endtag(self, tag: str) -> None:
        # an end without its beginning must not show the script that follows
        self._depth = max(0, self._depth - (tag in SKIPPED))
        self.found.append("\n" if tag in APART else " ")

    def handle_data(self, data: str) -> None:
        if not self._depth:
            self.found.append(data)


def _sorted(
    resources: Sequence[Json], named: dict[str, Json], language: Language
) -> Iterator[SectionView]:
    """Yields resources that no Composition sorts by the sections of a summary, then the others."""
    by_section = sort_into_sections(resources)
    told = [id(resource) for taken in by_section.values() for resource in taken]
    others = [resource for resource in resources if id(resource) not in told]
    rows = [(say(f"ips.section.{name}", language), taken) for name, taken in by_section.items()]
    types = dict.fromkeys(str(resource.get("resourceType")) for resource in others)
    for title, taken in [*rows, (", ".join(types), others)]:
        if taken:
            yield SectionView(title, tuple(tables_of(taken, language, named=named)), "", ())


def _sections(
    composition: Json, named: dict[str, Json], language: Language
) -> Iterator[SectionView]:
    for section in as_list(composition.get("section")):
        if isinstance(section, dict):
            yield _section(section, named, language)


def _section(section: Json, named: dict[str, Json], language: Language) -> SectionView:
    codes = codes_of(section.get("code"))
    known = next((candidate.name for candidate in known_sections() if candidate.code in codes), "")
    title = (
        say(f"ips.section.{known}", language)
        if known
        else str(section.get("title") or ", ".join(codes))
    )
    references = [str(member(entry, "reference")) for entry in as_list(section.get("entry"))]
    resources = [named[reference] for reference in references if reference in named]
    div = member(section.get("text"), "div")
    return SectionView(
        title=title,
        tables=tuple(tables_of(resources, language, named=named)),
        text=plain_text(div) if isinstance(div, str) else text_of(section.get("emptyReason") or ""),
        lost=tuple(reference for reference in references if reference not in named),
    )


def _facts(
    patient: Json, composition: Json, named: dict[str, Json], language: Language
) -> list[tuple[str, str]]:
    gender = patient.get("gender")
    has_word = gender in ("male", "female", "other", "unknown")
    authors = [
        named.get(str(member(reference, "reference")), reference)
        for reference in as_list(composition.get("author"))
    ]
    rows = {
        "birth": str(patient.get("birthDate") or ""),
        "gender": say(f"ips.gender.{gender}", language) if has_word else "",
        "identifier": ", ".join(
            str(member(identifier, "value") or "")
            for identifier in as_list(patient.get("identifier"))
        ),
        "date": str(composition.get("date") or "")[:10],
        "author": ", ".join(_name(author) for author in authors),
    }
    return [(say(f"ips.fact.{name}", language), value or "–") for name, value in rows.items()]


def _name(resource: Any) -> str:
    """Returns the name of a patient, practitioner, organization or device."""
    for label in (
        member(resource, "name"),
        member(resource, "deviceName"),
        member(resource, "display"),
    ):
        if isinstance(label, str) and label:
            return label
        for name in as_list(label):
            given = " ".join(str(word) for word in as_list(member(name, "given")))
            text = (
                member(name, "text")
                or f"{given} {member(name, 'family') or ''}".strip()
                or member(name, "name")
            )
            if isinstance(text, str) and text:
                return text
    return "–"

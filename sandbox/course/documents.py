"""Renders a document in a notebook: name, facts and section tables, as text and as HTML."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sandbox.course.panels import BOX
from sandbox.i18n import Language, say
from sandbox.ips.narrative import Table
from sandbox.ips.reading import DocumentView, SectionView, read_document

# Jupyter aligns cells to the right, as for numbers
DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
CELL = "text-align:left;vertical-align:top"


class DocumentPanel:
    """A document as a person is to see it, made of its entries; foreign narrative is given as plain
    text only.
    """

    def __init__(self, bundle: Any, language: Language) -> None:
        self.language = language
        self._view: DocumentView = read_document(bundle, language)

    def __repr__(self) -> str:
        lines = [f"{self._view.name} · {self._view.title}"]
        lines += [f"  {label}: {value}" for label, value in self._view.facts]
        lines += [f"  ! {fault}" for fault in self._view.faults]
        for section in self._view.sections:
            lines += ["", section.title, *(f"  {line}" for line in self._lines(section))]
        return "\n".join(lines)

    def _lines(self, section: SectionView) -> list[str]:
        rows = [" · ".join(row) for table in section.tables for row in table.rows]
        return [*rows, *self._lost(section)] or section.text.splitlines()

    def _lost(self, section: SectionView) -> list[str]:
        if not section.lost:
            return []
        return [say("ips.view.lost", self.language, references=", ".join(section.lost))]

    def _repr_html_(self) -> str:
        facts = " · ".join(
            f"{escape(label)}: {_unbroken(value)}" for label, value in self._view.facts
        )
        faults = "".join(f'<p role="alert">! {escape(fault)}</p>' for fault in self._view.faults)
        sections = "".join(self._section_html(section) for section in self._view.sections)
        return (
            f'<section lang="{self.language}" style="{BOX}">'
            f'<p style="margin:0"><strong>{escape(self._view.name)}</strong>'
            f" · {escape(self._view.title)}</p>"
            f'<p style="margin:.2em 0">{facts}</p>{faults}{sections}</section>'
        )

    def _section_html(self, section: SectionView) -> str:
        tables = "".join(_table_html(table) for table in section.tables)
        lost = "".join(f"<p>{escape(line)}</p>" for line in self._lost(section))
        text = (
            ""
            if tables
            else f'<p style="white-space:pre-wrap;margin:.2em 0">{escape(section.text)}</p>'
        )
        title = f'<p style="margin:.6em 0 0"><strong>{escape(section.title)}</strong></p>'
        return f"{title}{tables}{lost}{text}"


def _table_html(table: Table) -> str:
    rows = "".join(f"<tr>{_cells('td', row)}</tr>" for row in table.rows)
    return (
        f"<table><thead><tr>{_cells('th', table.heads)}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _cells(tag: str, values: Any) -> str:
    scope = ' scope="col"' if tag == "th" else ""
    return "".join(f'<{tag}{scope} style="{CELL}">{_unbroken(value)}</{tag}>' for value in values)


def _unbroken(value: Any) -> str:
    """Returns a value as HTML in which no date is broken at its hyphens."""
    return DATE.sub(r'<span style="white-space:nowrap">\g<0></span>', escape(str(value)))

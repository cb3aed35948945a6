"""Sheets of A4 as PDF: headings, paragraphs, tables and charts.  Knows nothing of what they say.

The letters are the fonts that every reader of PDF has, in the code page 1252: all that Spanish,
Portuguese and English write.  What it lacks is written without its marks, or as a question mark.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.reports.charts import Chart, short

if TYPE_CHECKING:
    from fpdf import FPDF

CODE_PAGE = "windows-1252"
FAMILY = "Helvetica"
MARGIN = 16.0  # millimetres
GREY = (90, 90, 90)
PALE = (238, 241, 245)
LABELS = 62.0
LINE = 4.6
SMALL = 8.5  # points, of tables
PAD = 1.2
RULE = (205, 210, 216)
NUMBERS = 24.0
"""A column that is narrower holds numbers."""
MOST_LINES = 40
"""So much of a chart stays together; a longer one goes on on the next sheet."""


class Sheets:
    """A document that grows line by line.

    Args:
        title: Stands at the head of every sheet, and in what a reader shows of the file.
        language: The tag of the language that it is written in.
        made_at: The moment that the file tells as that of its making.
        is_wide: Whether the sheets lie on their side.
    """

    def __init__(
        self, title: str, language: str, *, made_at: datetime, is_wide: bool = False
    ) -> None:
        self._pdf = _pdf(title, is_wide=is_wide)
        self._pdf.set_title(_written(title))
        self._pdf.set_lang(language)
        # the same figures give the same file
        self._pdf.set_creation_date(made_at)

    def page(self) -> None:
        """Begins a sheet."""
        self._pdf.add_page()

    def heading(self, text: str, *, size: float = 13, chart: Chart | None = None) -> None:
        """Writes a heading, on the same sheet as what follows; draws that, where it is a chart."""
        lines = len(chart.rows) + 2 if chart else 3
        if self._pdf.will_page_break(size + LINE * min(lines, MOST_LINES)):
            self._pdf.add_page()
        self._pdf.ln(3)
        self._say(text, size=size, style="B")
        self._pdf.ln(1)
        if chart:
            self._draw(chart)

    def paragraph(self, text: str, *, size: float = 10, is_quiet: bool = False) -> None:
        """Writes a paragraph; a quiet one is grey."""
        self._pdf.set_text_color(*(GREY if is_quiet else (0, 0, 0)))
        self._say(text, size=size)
        self._pdf.set_text_color(0, 0, 0)
        self._pdf.ln(1)

    def centred(self, text: str, *, size: float, style: str = "", gap: float = 4) -> None:
        """Writes a line in the middle, and leaves a gap of millimetres behind it."""
        self._pdf.set_font(FAMILY, style, size)
        self._pdf.multi_cell(
            0, size * 0.5, _written(text), align="C", new_x="LMARGIN", new_y="NEXT"
        )
        self._pdf.ln(gap)

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[str]], *, widths: Sequence[int]
    ) -> None:
        """Writes a table whose head is repeated on every sheet.

        Args:
            head: What each column is called.
            rows: The cells of each line, as many as the head has.
            widths: The share of each column; narrow ones hold numbers, to the right.
        """
        unit = (self._pdf.w - 2 * MARGIN) / sum(widths)
        columns = [width * unit for width in widths]
        self._row(head, columns, is_head=True)
        for row in rows:
            if self._pdf.will_page_break(self._height(row, columns)):
                self._pdf.add_page()
                self._row(head, columns, is_head=True)
            self._row(row, columns, is_head=False)
        self._pdf.ln(2)

    def content(self) -> bytes:
        """Returns the file."""
        return bytes(self._pdf.output())

    def _draw(self, chart: Chart) -> None:
        """Draws bars with their legend."""
        pdf = self._pdf
        pdf.set_font(FAMILY, "", 8)
        for line in self._legend(chart):
            for place, x in line:
                pdf.set_fill_color(chart.colour(place))
                pdf.rect(x, pdf.get_y() + 1, 3, 3, style="F")
                pdf.text(x + 4, pdf.get_y() + 3.7, _written(chart.series[place]))
            pdf.ln(LINE)
        for label, counts in chart.rows:
            self._bar(chart, label, counts)
        pdf.ln(2)

    def _row(self, row: Sequence[str], columns: Sequence[float], *, is_head: bool) -> None:
        """Writes one line of a table, by hand: the library's own takes seconds for a long one."""
        pdf = self._pdf
        pdf.set_font(FAMILY, "B" if is_head else "", SMALL)
        height = self._height(row, columns)
        x = MARGIN
        y = pdf.get_y()
        if is_head:
            pdf.set_fill_color(*PALE)
            pdf.rect(x, y, sum(columns), height, style="F")
        for cell, width in zip(row, columns, strict=True):
            for number, line in enumerate(self._wrapped(cell, width)):
                gap = width - PAD - pdf.get_string_width(line) if width < NUMBERS else PAD
                pdf.text(x + gap, y + LINE * (number + 0.72), line)
            x += width
        pdf.set_draw_color(*RULE)
        pdf.line(MARGIN, y + height, MARGIN + sum(columns), y + height)
        pdf.set_y(y + height)

    def _height(self, row: Sequence[str], columns: Sequence[float]) -> float:
        pairs = zip(row, columns, strict=True)
        return LINE * max(len(self._wrapped(cell, width)) for cell, width in pairs)

    def _wrapped(self, text: str, width: float) -> list[str]:
        """Returns the lines of a cell."""
        lines = [""]
        for word in self._pieces(_written(text), width - 2 * PAD):
            longer = f"{lines[-1]} {word}".strip()
            if self._pdf.get_string_width(longer) <= width - 2 * PAD or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _pieces(self, text: str, width: float) -> Iterator[str]:
        """Yields the words of a text; one that fits no line, such as an address, in pieces."""
        for word in text.split():
            piece = ""
            for letter in word:
                if piece and self._pdf.get_string_width(piece + letter) > width:
                    yield piece
                    piece = ""
                piece += letter
            yield piece

    def _bar(self, chart: Chart, label: str, counts: Sequence[int]) -> None:
        pdf = self._pdf
        if pdf.will_page_break(LINE):
            pdf.add_page()
            pdf.set_font(FAMILY, "", 8)
        y = pdf.get_y()
        pdf.cell(LABELS, LINE, _written(short(label)), align="R")
        x = MARGIN + LABELS + 2
        scale = (pdf.w - MARGIN - x - 10) / chart.most
        for place, count in enumerate(counts):
            pdf.set_fill_color(chart.colour(place))
            pdf.rect(x, y + 0.7, count * scale, LINE - 1.4, style="F")
            x += count * scale
        pdf.text(x + 1.5, y + 3.7, str(sum(counts)))
        pdf.set_y(y + LINE)

    def _legend(self, chart: Chart) -> Iterator[list[tuple[int, float]]]:
        """Yields lines of a legend: the place of each series, and where it stands."""
        line: list[tuple[int, float]] = []
        x = MARGIN
        for place, name in enumerate(chart.series):
            width = self._pdf.get_string_width(_written(name)) + 9
            if line and x + width > self._pdf.w - MARGIN:
                yield line
                line = []
                x = MARGIN
            line.append((place, x))
            x += width
        yield line

    def _say(self, text: str, *, size: float, style: str = "") -> None:
        self._pdf.set_font(FAMILY, style, size)
        self._pdf.multi_cell(0, size * 0.48, _written(text), new_x="LMARGIN", new_y="NEXT")


def _pdf(title: str, *, is_wide: bool) -> FPDF:
    """Returns an empty document with its head and its page numbers."""
    # imported where a PDF is asked for: it takes a fifth of a second
    from fpdf import FPDF

    class Headed(FPDF):
        def header(self) -> None:
            self.set_font(FAMILY, "", 8)
            self.set_text_color(*GREY)
            self.cell(0, 4, _written(title), new_x="LMARGIN", new_y="NEXT")
            self.set_text_color(0, 0, 0)
            self.ln(2)

        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(FAMILY, "", 8)
            self.set_text_color(*GREY)
            self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")
            self.set_text_color(0, 0, 0)

    pdf = Headed(orientation="L" if is_wide else "P", format="A4")
    pdf.core_fonts_encoding = CODE_PAGE
    pdf.set_margins(MARGIN, MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    return pdf


def _written(text: str) -> str:
    """Returns a text in letters that the fonts have."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFC", text))


def _letter(letter: str) -> str:
    if _has(letter):
        return letter
    # ş becomes s: better than a hole in somebody's name
    bare = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in bare if _has(part)) or "?"


def _has(letter: str) -> bool:
    try:
        letter.encode(CODE_PAGE)
    except UnicodeEncodeError:
        return False
    return True

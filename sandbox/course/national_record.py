"""A national record as ministries keep them: two people in a spreadsheet's CSV, in a database and
as messages of HL7 v2.

What is hard about it is real: Latin-1, semicolons, capitals, dates by each system's own habit, a
word where a code is expected.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

Row = Mapping[str, str]
MARIA = "3456789"
RAMON = "1234567"
NAMES = {
    MARIA: ("BENÍTEZ GODOY", "MARÍA ESTELA", "1984-09-17", "F"),
    RAMON: ("GODOY PERALTA", "RAMÓN", "1951", "M"),
}  # fmt: skip
# whose, kind, code, text, since: SNOMED CT, ICD-10 and ATC, and the word of a ministry
FACTS = (
    (MARIA, "ALERGIA", "91936005", "Alergia a la penicilina", "2012-05"),
    (MARIA, "PROBLEMA", "J45", "Asma", "2011"),
    (MARIA, "MEDICAMENTO", "R03AC02", "Salbutamol 100 mcg, inhalador", "2020-02-03"),
    (RAMON, "ALERGIA", "NINGUNA", "Niega alergias", ""),
    (RAMON, "PROBLEMA", "I10", "Hipertensión esencial", "2009-11"),
)  # fmt: skip
COLUMNS = ("ci", "nombre", "nacimiento", "sexo", "clase", "codigo", "texto", "desde")
LATIN_1 = "latin-1"
# segment of HL7 v2, the field of its date, and the name of its code system in table 0396
SEGMENTS = {"ALERGIA": ("AL1", 6, "SCT"), "PROBLEMA": ("DG1", 5, "I10"),
            "MEDICAMENTO": ("ZMD", 5, "ATC")}  # fmt: skip


def write_records(folder: Path) -> Path:
    """Writes `padron.csv`, `padron.sqlite` and `padron.hl7`, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "padron.csv").write_bytes(as_csv().encode(LATIN_1))
    (folder / "padron.hl7").write_bytes(as_messages().encode(LATIN_1))
    _write_database(folder / "padron.sqlite")
    return folder


def rows_of(number: str) -> list[Row]:
    """Returns the rows of a person, dates as FHIR writes them."""
    family, given, birth, sex = NAMES[number]
    person = (number, f"{family}, {given}", birth, sex)
    return [
        dict(zip(COLUMNS, (*person, *fact), strict=True))
        for whose, *fact in FACTS
        if whose == number
    ]


def as_csv() -> str:
    """Returns all rows with the semicolon and the dates of a spreadsheet: day first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, delimiter=";")
    writer.writeheader()
    for number in NAMES:
        for row in rows_of(number):
            dates = {name: _day_first(row[name]) for name in ("nacimiento", "desde")}
            writer.writerow({**row, **dates})
    return text.getvalue()


def as_messages() -> str:
    """Returns a message for each person (HL7 v2.5 ADT^A31), dates as digits alone."""
    return "".join(_message(number) for number in NAMES)


def _message(number: str) -> str:
    family, given, birth, sex = NAMES[number]
    segments = [
        ["MSH", "^~\\&", "PADRON", "MSPBS", "", "", "20260701", "", "ADT^A31", number, "P", "2.5"],
        ["PID", "1", "", f"{number}^^^PY^NI", "", f"{family}^{given}", "", _digits(birth), sex],
    ]
    for row in rows_of(number):
        name, place, system = SEGMENTS[row["clase"]]
        fields = [name, "1", "", f"{row['codigo']}^{row['texto']}^{system}", "", "", ""]
        fields[place] = _digits(row["desde"])
        segments.append(fields)
    return "".join("|".join(segment) + "\n" for segment in segments)


def _write_database(file: Path) -> None:
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE persona (ci TEXT, nombre TEXT, nacimiento TEXT, sexo TEXT)")
        database.execute(
            "CREATE TABLE dato (ci TEXT, clase TEXT, codigo TEXT, texto TEXT, desde TEXT)"
        )
        people = [
            (number, f"{family}, {given}", birth, sex)
            for number, (family, given, birth, sex) in NAMES.items()
        ]
        database.executemany("INSERT INTO persona VALUES (?, ?, ?, ?)", people)
        database.executemany("INSERT INTO dato VALUES (?, ?, ?, ?, ?)", FACTS)


def _day_first(date: str) -> str:
    return "/".join(reversed(date.split("-")))


def _digits(date: str) -> str:
    return date.replace("-", "")

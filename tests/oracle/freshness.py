"""`make check`: is the committed table of the oracle as new as the judge and the cases that it names?

The hash is over content, not time, so that a checkout or a rebase leaves it alone; comments and
docstrings are left out, as no verdict changes with them and the whole oracle takes half an hour.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from tests.places import PROJECT

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
ROOMS = ("validation", "fhirpath", "terminology", "definitions", "fhir")
NOT_ASKED = PROJECT / "sandbox" / "terminology" / "remote.py"
"""How another terminology server is asked: no case of the oracle asks one."""
NAMED = re.compile(r"^Sources: ([0-9a-f]+)$", re.MULTILINE)


def sources() -> Iterator[Path]:
    """Yields every file that the results depend on, in a fixed order."""
    rooms = [PROJECT / "sandbox" / room for room in ROOMS]
    for folder in (*rooms, FOLDER):
        for file in sorted(folder.rglob("*")):
            is_source = file.is_file() and file.suffix != ".md" and file != NOT_ASKED
            if is_source and "__pycache__" not in file.parts:
                yield file


def hash_of_sources() -> str:
    """Returns a hash over names and contents."""
    digest = hashlib.sha256()
    for file in sources():
        content = file.read_bytes()
        if file.suffix == ".py":
            content = without_words(content.decode()).encode()
        name = file.relative_to(PROJECT).as_posix()
        digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return digest.hexdigest()[:32]


def without_words(source: str) -> str:
    """Returns a Python source without its comments, docstrings and empty lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            for row in range(value.lineno, (value.end_lineno or value.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def is_fresh(results: str) -> bool:
    """Tells whether a table names the sources as they are."""
    named = NAMED.search(results)
    return named is not None and named[1] == hash_of_sources()


if __name__ == "__main__":
    if not is_fresh(RESULTS.read_text(encoding="utf-8")):
        sys.exit(
            "The judge or the oracle's cases have changed since tests/oracle/RESULTS.md was written: make oracle"
        )

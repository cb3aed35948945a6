"""Committed tables of what takes too long for the suite: `make check` holds that none is older than
the sources that it names.

The hash of the sources is over content, not time, so that a checkout or a rebase leaves it alone.
`python -m tests.tables` names those tables that are older.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.places import PROJECT

NAMED = re.compile(r"^Sources: ([0-9a-f]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the target that writes it, and the sources that it depends on.

    Attributes:
        file: Where it stands.
        target: The target of the Makefile that writes it.
        sources: Patterns of files; of a folder (`**/*`) all but compiled code and pages of words.
        but: Files that a pattern names and no figure depends on.
    """

    file: Path
    target: str
    sources: tuple[str, ...]
    but: tuple[str, ...] = ()

    def files(self) -> Iterator[Path]:
        """Yields the sources in a fixed order."""
        left_out = {PROJECT / name for name in self.but}
        for pattern in self.sources:
            for file in sorted(PROJECT.glob(pattern)):
                is_code = file.suffix not in (".md", ".pyc") and file.is_file()
                if is_code and file not in left_out:
                    yield file

    def hash_of_sources(self) -> str:
        """Returns a hash over names and contents, without comments and docstrings."""
        digest = hashlib.sha256()
        for file in self.files():
            content = file.read_bytes()
            if file.suffix == ".py":
                content = without_words(content.decode()).encode()
            name = file.relative_to(PROJECT).as_posix()
            digest.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
        return digest.hexdigest()[:32]

    def is_fresh(self, text: str) -> bool:
        """Tells whether a table names the sources as they are."""
        named = NAMED.search(text)
        return named is not None and named[1] == self.hash_of_sources()

    def head(self, title: str) -> str:
        """Returns how the table begins: the day, the commit and the sources of which it speaks."""
        when = f"{datetime.now(UTC):%Y-%m-%d}, after commit {commit()}"
        written = f"Written by `make {self.target}` on {when}; do not edit."
        return f"# {title}\n\n{written}\nSources: {self.hash_of_sources()}\n"

    def write(self, title: str, body: str) -> None:
        """Writes the table."""
        self.file.write_text(f"{self.head(title)}\n{body}\n", encoding="utf-8")


def commit() -> str:
    """Returns the short name of the commit that is worked on."""
    asked = ["git", "rev-parse", "--short=8", "HEAD"]
    here = Path(__file__).parent
    return subprocess.run(
        asked, capture_output=True, text=True, check=True, cwd=here
    ).stdout.strip()


def without_words(source: str) -> str:
    """Returns a Python source without its comments, docstrings and empty lines: no figure changes
    with them.
    """
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


EXAMPLES = Table(
    PROJECT / "tests" / "examples" / "RESULTS.md",
    "examples",
    (
        "sandbox/definitions/core/*",
        "sandbox/definitions/types.py",
        "sandbox/definitions/xml*.py",
        "sandbox/fhir/json.py",
        "sandbox/server/formats.py",
        "tests/examples/*.py",
    ),
)
FIDELITY = Table(
    PROJECT / "tests" / "fidelity" / "RESULTS.md",
    "fidelity",
    # what compares and what is sent, and the tracks that are played: engine and rooms below decide
    # no verdict here by themselves, and a change of theirs is left to the sample in the suite
    (
        "sandbox/testbench/comparing.py",
        "sandbox/testbench/known_patient.py",
        "sandbox/testbench/known_patients.json",
        "sandbox/testbench/submissions.py",
        "sandbox/testbench/submitted_documents.py",
        "sandbox/testbench/tracks/fhir_basics*",
        "sandbox/testbench/tracks/ips_server*",
        "sandbox/testbench/tracks/mhd_recipient*",
        "sandbox/testbench/tracks/mhd_responder*",
        "sandbox/testbench/tracks/pdqm_*",
        "sandbox/twins/altering.py",
        "sandbox/twins/proxy.py",
        "tests/fidelity/alterations.py",
        "tests/fidelity/measuring.py",
        "tests/fidelity/playing.py",
        "tests/fidelity/servers.py",
    ),
)
INTENTS = Table(
    PROJECT / "tests" / "intents" / "RESULTS.md",
    "intents",
    (
        "bot/reading/intents.json",
        "bot/reading/intents.py",
        "bot/reading/masking.py",
        "bot/reading/tokens.py",
        "tests/intents/__main__.py",
        "tests/intents/examples.py",
        "tests/intents/fitting.py",
        "tests/intents/examples.toml",
        "tests/intents/written/*.txt",
        "tests/utterances/untuned.txt",
    ),
)
ORACLE = Table(
    PROJECT / "tests" / "oracle" / "RESULTS.md",
    "oracle",
    (
        "sandbox/validation/**/*",
        "sandbox/fhirpath/**/*",
        "sandbox/terminology/**/*",
        "sandbox/definitions/**/*",
        "sandbox/fhir/**/*",
        "tests/oracle/**/*",
    ),
    # how another terminology server is asked: no case of the oracle asks one
    but=("sandbox/terminology/remote.py",),
)
TWINS = Table(
    PROJECT / "tests" / "families" / "TWINS.md",
    "twins",
    (
        "sandbox/testbench/tracks/*.py",
        "sandbox/testbench/tracks/*.toml",
        "sandbox/twins/*.py",
        "tests/sandbox/testbench/*twins.py",
        "tests/sandbox/testbench/*twins.toml",
    ),
)
FAMILIES = (TWINS,)
"""Those whose sources are few: another family is drawn by the day and has no table."""
TABLES = (EXAMPLES, FIDELITY, INTENTS, ORACLE, *FAMILIES)


def main() -> int:
    """Returns 1 where a table is older than what it speaks of."""
    old = [table for table in TABLES if not table.is_fresh(table.file.read_text(encoding="utf-8"))]
    for table in old:
        name = table.file.relative_to(PROJECT)
        print(f"What {name} speaks of has changed since it was written: make {table.target}")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())

"""Which documents the words of a command line mean: files, folders, standard input; and what of
them is FHIR.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

STDIN = "-"
SUFFIXES = frozenset({".json", ".xml", ".ndjson"})
# npm packages hold thousands of JSON files, none of them FHIR.
FOREIGN = frozenset({"node_modules"})
FHIR_ROOT = re.compile(
    rb"<(?:[\w.-]+:)?[A-Z]\w*\b[^>]*\bxmlns(?::[\w.-]+)?\s*=\s*[\"']http://hl7\.org/fhir[\"']"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A document to judge; `is_chosen` where it was named itself and not met in a folder."""

    name: str
    body: bytes
    is_chosen: bool

    @property
    def is_fhir(self) -> bool:
        """Tells whether it means to be a resource; what cannot be read but names a resource type
        does.
        """
        text = self.body.lstrip(b"\xef\xbb\xbf \t\r\n")
        if text.startswith(b"<"):
            return FHIR_ROOT.search(text) is not None
        if b'"resourceType"' not in text:
            return False
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            return True
        return isinstance(content, dict) and isinstance(content.get("resourceType"), str)

    @property
    def is_ndjson(self) -> bool:
        """Tells whether each line is a document of its own (FHIR R4 nd-json.html)."""
        if self.name != STDIN:
            return self.name.endswith(".ndjson")
        lines = [line for line in self.body.splitlines() if line.strip()]
        return len(lines) > 1 and all(line[:1] == b"{" and line[-1:] == b"}" for line in lines)


def expand(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yields the files that paths mean, and whether each was named itself.

    A folder means its files of JSON, XML and NDJSON at every depth, but what is hidden or belongs
    to other projects.
    """
    for path in paths:
        if path.is_dir():
            # Sorted, so that the same folder always gives the same report.
            yield from (
                (file, False) for file in sorted(path.rglob("*")) if _counts(file, below=path)
            )
        else:
            yield path, True


def read_source(path: Path, *, is_chosen: bool) -> Source:
    """Returns a file, or standard input for `-`.

    Raises:
        OSError: The file cannot be read.
    """
    body = sys.stdin.buffer.read() if str(path) == STDIN else path.read_bytes()
    return Source(str(path), body, is_chosen)


def _counts(file: Path, *, below: Path) -> bool:
    parts = file.relative_to(below).parts
    is_ours = not any(part.startswith(".") or part in FOREIGN for part in parts)
    return is_ours and file.suffix in SUFFIXES and file.is_file()

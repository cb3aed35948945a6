"""Index keys: long texts shortened so that equal ones stay equal and others different."""

from __future__ import annotations

from hashlib import sha256

LONGEST = 250  # characters; PostgreSQL's index rows end at 2,700 bytes
START = 100  # characters of a text by which it is found


def key(text: str) -> str:
    """Returns the text, or of a long one its beginning and its hash."""
    if len(text) <= LONGEST:
        return text
    # the beginning is kept, so that searches by it still find the row; the hash tells equal ones
    return text[: LONGEST - 64] + sha256(text.encode()).hexdigest()

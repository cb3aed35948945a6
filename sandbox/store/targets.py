"""What is to be redacted: a resource by its type and id, or a text such as an identifier, in every
spelling in which it may stand.  Pure.

Compressed and encrypted content is not seen through: the how-to says so.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote
from xml.sax.saxutils import escape

from sandbox.errors import BadRequest

PLACE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})\Z")
SHORTEST = 6
"""Characters: a shorter text would stand in what has nothing to do with it."""
SHORTEST_BASE64 = 8
# a letter before it may be the end of an escape: `%7C` in an address, `\n` and `\u00e9` in JSON
BEGINNING = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
REPLACED = b"[redacted]"


@dataclass(frozen=True, slots=True)
class Target:
    """What to look for; `place` is the type and id of a resource, or None."""

    pattern: re.Pattern[bytes]
    place: tuple[str, str] | None = None

    def is_in(self, content: bytes | str) -> bool:
        """Tells whether a content holds it."""
        return self.pattern.search(_bytes(content)) is not None

    def taken_out(self, content: str) -> str:
        """Returns a JSON text without it; the text stays JSON."""
        return self.pattern.sub(REPLACED, content.encode()).decode()


def target_of(text: str) -> Target:
    """Returns what a text means: `Patient/123`, or anything else as it stands.

    Raises:
        BadRequest: It is too short.
    """
    text = text.strip()
    if len(text) < SHORTEST:
        raise BadRequest("redacting.too_short", where="TARGET", least=SHORTEST)
    plain = "|".join(re.escape(form) for form in sorted(set(_spellings(text))))
    # whole words: 12345678 is not to be found in 123456789
    parts = [rf"{BEGINNING}(?i:{plain})(?![A-Za-z0-9])", *map(re.escape, _base64(text))]
    place = PLACE.match(text)
    return Target(re.compile("|".join(parts).encode()), (place[1], place[2]) if place else None)


def _spellings(text: str) -> Iterator[str]:
    """Yields a text as JSON, XML, addresses and forms write it."""
    yield text
    for is_ascii in (True, False):
        yield json.dumps(text, ensure_ascii=is_ascii)[1:-1]
    yield escape(text)
    for safe in ("", "/"):
        yield quote(text, safe=safe)
    yield quote(text, safe="").replace("%20", "+")


def _base64(text: str) -> Iterator[str]:
    """Yields what a text becomes inside of base64 (RFC 4648), at each of the three places at which
    it can begin; without the letters that its neighbours share.
    """
    raw = text.encode()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + raw).decode()
        letters = whole[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        if len(letters) >= SHORTEST_BASE64:
            yield letters
            if set(letters) & set("+/"):
                yield letters.replace("+", "-").replace("/", "_")


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content

"""Texts of credentials as bytes and JSON: base64url, base58 and multibase, read strictly.

A text that decodes in two ways could be changed without its signature noticing, so only the one
form that the standard writes is read.
"""

from __future__ import annotations

import hashlib
import json
from binascii import a2b_base64, b2a_base64
from typing import Any

from sandbox.limits import JSON_DEPTH

Json = dict[str, Any]

URL_SAFE = bytes.maketrans(b"+/", b"-_")
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
PLACES = {letter: place for place, letter in enumerate(BASE58)}
# Keys, signatures and DIDs stay far below: decoding costs the square of the length.
MOST_BASE58 = 512


def from_base64url(text: str) -> bytes:
    """Returns the bytes of base64url without padding (RFC 7515 2).

    Raises:
        ValueError: It has padding, another alphabet, or bits that say nothing.
    """
    content = a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))
    # what is skipped in decoding, or could be written in another way, comes back as another text
    if to_base64url(content) != text:
        raise ValueError("no base64url as it is written")
    return content


def to_base64url(content: bytes) -> str:
    """Returns base64url without padding (RFC 7515 2)."""
    return b2a_base64(content, newline=False).translate(URL_SAFE, b"=").decode("ascii")


def from_base58(text: str) -> bytes:
    """Returns the bytes of base58btc.

    Raises:
        ValueError: A letter is none of the alphabet, or the text is too long for what is written
            so.
    """
    if len(text) > MOST_BASE58 or not set(text) <= set(BASE58):
        raise ValueError("no base58")
    number = 0
    for letter in text:
        number = number * 58 + PLACES[letter]
    zeros = len(text) - len(text.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)


def to_base58(content: bytes) -> str:
    """Returns bytes as base58btc."""
    number = int.from_bytes(content)
    letters = ""
    while number:
        number, place = divmod(number, 58)
        letters = BASE58[place] + letters
    zeros = len(content) - len(content.lstrip(b"\0"))
    return "1" * zeros + letters


def from_multibase(text: str) -> bytes:
    """Returns the bytes of a multibase text: `z` for base58btc, `u` for base64url.

    Raises:
        ValueError: It begins with another letter, or is not what its letter says.
    """
    if text[:1] == "z":
        return from_base58(text[1:])
    if text[:1] == "u":
        return from_base64url(text[1:])
    raise ValueError("neither z nor u")


def read_json(text: str | bytes) -> Any:
    """Returns the value of a JSON text.

    Raises:
        ValueError: It is no JSON (RFC 8259), is nested too deeply, or a name stands twice in an
            object: two readers could then understand two things (RFC 7519 4).
    """
    plain = text if isinstance(text, str) else text.decode()
    try:
        value = DECODER.decode(plain)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    # nothing is nested deeper than there are brackets
    if plain.count("{") + plain.count("[") > JSON_DEPTH and not _is_flat(value):
        raise ValueError("nested too deeply")
    return value


def read_object(text: str | bytes) -> Json:
    """Returns the object that a JSON text is; raises ValueError for anything else."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise ValueError("no object")
    return value


def write_compact(value: Any) -> bytes:
    """Returns JSON without blanks, as it is signed."""
    return ENCODER.encode(value).encode()


def sha256_text(text: str) -> str:
    """Returns the hash of a text as base64url, as PKCE has it (RFC 7636 4.2)."""
    return to_base64url(hashlib.sha256(text.encode("ascii", "replace")).digest())


def as_list(value: Any) -> list[Any]:
    """Returns a value as the list that JSON-LD takes it for: none, one or several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _object(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice")
    return members


def _is_flat(value: Any) -> bool:
    """Tells whether nothing is nested deeper than JSON may be here."""
    level = [value]
    for _ in range(JSON_DEPTH + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, (dict, list))
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return True
    return False


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


# Made once: a call with arguments makes one each time.
ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refused)

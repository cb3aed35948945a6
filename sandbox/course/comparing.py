"""Compares what was given with what is right, and says what differs.

The order is the same for every exercise: equal as FHIR means it; a known slip, which has a sentence
of its own; then the exercise's own words, or both values as JSON.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.course.slips import artefact_of, is_alike, shape_of, slip_of
from sandbox.findings import Finding

LONGEST = 160
# what other systems take for the same bytes
ENCODINGS = ("latin-1", "utf-16", "utf-16-le", "utf-8-sig")
OTHER_HASHES = ("md5", "sha224", "sha384", "sha512")


def wrong(
    name: str, *, where: str = "", expected: object = "", found: object = "", **params: object
) -> Finding:
    """Returns what a judge says about a wrong answer.

    Args:
        name: The sentence, in the catalogue below its exercise or below `answers`.
        where: The element that is wrong.
        expected: What should stand there, in words; cut where it is long.
        found: What stands there; cut where it is long.
        params: What fills the sentence.
    """
    return Finding(
        id=name,
        severity="error",
        key=name,
        params=params,
        where=where,
        expected=short(expected),
        found=short(found),
    )


def differs(name: str, given: Any, right: Any, *, where: str = "", **params: object) -> Finding:
    """Returns a finding that shows both values as JSON, each with its type."""
    # what Python writes for a function or for bytes only looks like a text
    shapes = {"given": "" if artefact_of(given) else shape_of(given), "wanted": shape_of(right)}
    return wrong(
        name, where=where, expected=as_json(right), found=as_json(given), **shapes, **params
    )


def compare(
    name: str, given: Any, right: Any, *, where: str = "", **params: object
) -> Finding | None:
    """Says how a value differs from the right one.

    Args:
        name: The sentence where no slip is known.
        given: As JSON.
        right: As JSON.
        where: The element.
        params: What fills the sentence.

    Returns:
        None where both say the same.
    """
    if is_alike(given, right):
        return None
    return differs(slip_of(given, right) or name, given, right, where=where, **params)


def compare_system(name: str, given: Any, right: str, *, where: str) -> Finding | None:
    """Says how the URI of a code system differs.

    Args:
        name: The sentence where no slip is known.
        given: As JSON.
        right: The URI, which is compared letter by letter (FHIR R4 terminologies.html).
        where: The element.

    Returns:
        None where both are the same.
    """
    if is_alike(given, right):
        return None
    if given in (None, ""):
        return differs("no_system", given, right, where=where)
    slip = slip_of(given, right)
    # of two addresses, letters alone say nothing: icd10 is another one than icd-10
    if isinstance(given, str) and slip in ("", "punctuation"):
        slip = _slip_of_uri(given, right)
    return differs(slip or name, given, right, where=where)


def _slip_of_uri(given: str, right: str) -> str:
    if is_same_uri(given, right):
        return "scheme"
    if given.startswith("urn:oid:"):
        return "oid_system"
    return "" if ":" in given else "name_not_uri"


def is_same_uri(given: Any, right: str) -> bool:
    """Tells whether two URIs name the same page.

    Args:
        given: Any value.
        right: The URI as it must be; scheme, `www.`, capitals and a last slash make no difference.
    """
    return isinstance(given, str) and _bare(given) == _bare(right)


def compare_hash(given: Any, content: bytes, *, where: str) -> Finding | None:
    """Says how a hash differs from the SHA-1 of the bytes in base64.

    Args:
        given: What stands in `hash`.
        content: The bytes of the document (FHIR R4 datatypes.html#Attachment).
        where: The element.

    Returns:
        None where it is that of the bytes.
    """
    right = base64_of(hashlib.sha1(content, usedforsecurity=False).digest())
    if is_alike(given, right):
        return None
    slip = slip_of(given, right) if not isinstance(given, str) else _slip_of_hash(given, content)
    return differs(slip or slip_of(given, right) or "hash", given, right, where=where)


def slip_of_bytes(given: str, right: bytes) -> str:
    """Returns how bytes were written instead of in base64.

    Args:
        given: What should be their base64 (RFC 4648 4).
        right: The bytes.

    Returns:
        The name of the slip, or an empty text where none is known.
    """
    text = base64_of(right)
    if given.lower().removeprefix("0x") == right.hex():
        return "hexadecimal"
    if given in (base64_of(right.hex().encode()), base64_of(right.hex().upper().encode())):
        return "base64_of_hex"
    if given == base64.urlsafe_b64encode(right).decode():
        return "base64url"
    if given == text.rstrip("="):
        return "no_padding"
    # the bytes of a hash may happen to be those of a text
    if given == str(right) or given.encode(errors="surrogatepass") == right:
        return "raw_bytes"
    return artefact_of(given)


def swapped(given: Mapping[str, Any], right: Mapping[str, Any]) -> Finding | None:
    """Says that two values stand in each other's place.

    Args:
        given: Values by name.
        right: What they should be.

    Returns:
        None unless all others are right.
    """
    odd = [name for name in right if not is_alike(given.get(name), right[name])]
    if len(odd) != 2:
        return None
    first, second = odd
    if is_alike(given.get(first), right[second]) and is_alike(given.get(second), right[first]):
        return wrong("swapped", where=f"{first}, {second}", first=first, second=second)
    return None


def keeps(later: Any, earlier: Any) -> bool:
    """Tells whether a later value still says all that an earlier one said.

    Args:
        later: As JSON; it may say more, and its lists may be in another order.
        earlier: As JSON.
    """
    if isinstance(earlier, dict):
        return isinstance(later, dict) and all(
            name in later and keeps(later[name], value) for name, value in earlier.items()
        )
    if isinstance(earlier, list):
        return isinstance(later, list) and all(
            any(keeps(item, value) for item in later) for value in earlier
        )
    return is_alike(later, earlier)


def one_of(given: Any, choices: Sequence[str]) -> str | None:
    """Returns the choice that is meant.

    Args:
        given: Any value; capitals make no difference, and `_` and `-` stand for a blank.
        choices: What may be answered.

    Returns:
        None where it is none of them.
    """
    text = str(given).strip().lower().replace("_", " ").replace("-", " ")
    plain = {choice.lower().replace("_", " ").replace("-", " "): choice for choice in choices}
    return plain.get(text)


def base64_of(content: bytes) -> str:
    """Returns bytes as base64 text (RFC 4648 4)."""
    return base64.b64encode(content).decode()


def read_any_base64(text: Any) -> bytes | None:
    """Returns the bytes of base64 or base64url.

    Args:
        text: Any value; padding may lack.

    Returns:
        None for anything else.
    """
    if not isinstance(text, str) or not text.strip():
        return None
    plain = text.strip().translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


def as_json(value: object) -> str:
    """Returns a value as JSON, cut where it is long; nothing for what is not there."""
    if value is None:
        return "–"
    return short(json.dumps(value, ensure_ascii=False, default=str))


def short(value: object) -> str:
    """Returns a value as text, cut where it is long."""
    # half a surrogate could not be written anywhere
    text = str(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "…"


def _bare(uri: str) -> str:
    plain = re.sub(r"^(https?:)?/*(www\.)?", "", uri.strip().lower())
    return plain.removeprefix("www.").rstrip("/")


def _slip_of_hash(given: str, content: bytes) -> str:
    sha1 = _sha1(content)
    if given == base64_of(content):
        return "no_hash"
    slip = slip_of_bytes(given.strip(), sha1)
    if slip:
        return slip if given == given.strip() else "line_break"
    if _is_digest(given, hashlib.sha256(content).digest()):
        return "sha256"
    if any(_is_digest(given, hashlib.new(name, content).digest()) for name in OTHER_HASHES):
        return "other_hash"
    if _is_digest(given, _sha1(base64.b64encode(content))):
        return "hash_of_base64"
    try:
        text = content.decode()
        others = [_sha1(text.encode(name)) for name in ENCODINGS]
    except UnicodeError:
        return ""
    return "encoding" if any(_is_digest(given, other) for other in others) else ""


def _sha1(content: bytes) -> bytes:
    return hashlib.sha1(content, usedforsecurity=False).digest()


def _is_digest(given: str, digest: bytes) -> bool:
    return given.lower() == digest.hex() or given == base64_of(digest)

"""Slips: how a value that was given comes from the right one.

Each has a name, under which the catalogue `answers` says what happened and what to do; a lesson may
have better words for it.  Pure: it knows values, and no exercise.
"""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from sandbox.fhir.dates import DATE, interval_of

DASHES = str.maketrans("‐‑‒–—−", "------")
FUNCTION = re.compile(r"^<(built-in |bound |function|method).*>$")
OBJECT = re.compile(r"^<.*(?:object|0x[0-9a-f]{4,}).*>$", re.DOTALL)
BYTES = re.compile(r"^b(['\"]).*\1$", re.DOTALL)
# longer than this is another text, in which the right one happens to stand
AROUND = 80


def is_alike(given: Any, right: Any) -> bool:
    """Tells whether two values say the same.

    Args:
        given: As JSON.
        right: As JSON; text is compared by its letters (Unicode NFC), a number by its size.
    """
    if isinstance(given, bool) or isinstance(right, bool):
        return given is right
    if isinstance(given, str) and isinstance(right, str):
        return _composed(given) == _composed(right)
    return bool(given == right)


def slip_of(given: Any, right: Any) -> str:
    """Returns the name of the slip that leads from the right value to the given one.

    Args:
        given: As JSON.
        right: As JSON.

    Returns:
        An empty text where both say the same, or no slip is known.
    """
    if given is None or is_alike(given, right):
        return ""
    return _slip_of_shape(given, right) or (
        _slip_of_text(given, right) if isinstance(given, str) and isinstance(right, str) else ""
    )


def artefact_of(text: Any) -> str:
    """Returns the name of what Python writes for something that is no value of JSON."""
    if not isinstance(text, str):
        return ""
    if FUNCTION.match(text):
        return "not_called"
    if OBJECT.match(text):
        return "python_object"
    return _kind_of_bytes(text) if BYTES.match(text) else ""


def shape_of(value: Any) -> str:
    """Returns the kind of a value of JSON: text, number, truth, list, object or nothing."""
    kinds = {bool: "truth", int: "number", float: "number", str: "text", list: "list"}
    return "nothing" if value is None else kinds.get(type(value), "object")


def whole_of(value: Any) -> str:
    """Returns which answer of a server stands where one value is asked, or an empty text."""
    kind = value.get("resourceType") if isinstance(value, dict) else None
    if kind is None:
        return (
            "unreadable_answer" if isinstance(value, dict) and set(value) == {"unreadable"} else ""
        )
    if kind == "OperationOutcome":
        return "server_error"
    if kind == "Bundle":
        type = value.get("type")
        if type in ("searchset", "history"):
            return "search_result"
        if str(type).endswith("-response"):
            return "server_response"
    return "whole_resource" if kind else ""


def _slip_of_shape(given: Any, right: Any) -> str:
    shape = shape_of(given)
    wanted = shape_of(right)
    if shape == wanted:
        return "sign" if wanted == "number" and given == -right else ""
    if shape == "list":
        return "list_for_one"
    if wanted == "list":
        return "one_for_list"
    if shape == "object":
        return whole_of(given) or "shape"
    if wanted == "text" and shape == "number":
        return "unquoted" if str(given) == right else "shape"
    if wanted == "number" and shape == "text":
        return artefact_of(given) or _slip_of_number(given, right)
    return "shape"


def _slip_of_number(given: str, right: float) -> str:
    plain = given.strip()
    if plain == str(right):
        return "quoted"
    if plain.translate(DASHES) == str(right):
        return "punctuation"
    return "around" if _stands_in(str(right), given) else "shape"


def _slip_of_text(given: str, right: str) -> str:
    for name, plain in READINGS.items():
        if plain(given) and plain(given) == plain(right):
            return name
    for name, swap in OIDS.items():
        if right.startswith("urn:oid:") and given == swap(right):
            return name
    artefact = artefact_of(given)
    if artefact:
        return artefact
    is_date = interval_of(right) is not None
    is_finer = is_date and DATE.match(given[:10]) and interval_of(given[:10])
    # of an address, what follows makes another one
    if len(right) > 2 and ":" not in right and not is_finer and _stands_in(right, given):
        return "around" if len(given) < len(right) + AROUND else ""
    if is_date:
        return _slip_of_date(given, right)
    return "punctuation" if _letters(given) and _letters(given) == _letters(right) else ""


def _slip_of_date(given: str, right: str) -> str:
    """Names what is wrong with a date, as FHIR writes dates (FHIR R4 datatypes.html#date)."""
    day, _, time = given.replace(" ", "T").partition("T")
    if time and day == right:
        return "date_with_time"
    if interval_of(given):
        if right.startswith(f"{given}-"):
            return "less_precise"
        return "invented" if given.startswith(f"{right}-") else ""
    numbers = [int(number) for number in re.findall(r"[0-9]+", given)]
    if re.fullmatch(r"[0-9]{1,4}(-[0-9]{1,2}){1,2}", given) and len(given.split("-")[0]) == 4:
        if len(numbers) == 3 and numbers[1] > 12 >= numbers[2]:
            return "day_month"
        return "date_digits"
    return "date_format"


def _kind_of_bytes(text: str) -> str:
    try:
        content = ast.literal_eval(text)
        content.decode()
    except UnicodeDecodeError:
        return "raw_bytes"
    except (ValueError, SyntaxError, AttributeError):
        return ""
    return "bytes_text"


def _stands_in(right: str, given: str) -> bool:
    """Tells whether the right value stands in a text as a whole: 12 does not stand in 120."""
    before = r"(?<![0-9])" if right[:1].isdigit() else r"(?<![^\W\d_])"
    after = r"(?![0-9])" if right[-1:].isdigit() else r"(?![^\W\d_])"
    return re.search(before + re.escape(right) + after, given) is not None


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _letters(text: str) -> str:
    return "".join(letter for letter in _plain(text) if letter.isalnum())


# what is left away to read both alike, least first: the first reading that makes them equal is it
READINGS: dict[str, Callable[[str], str]] = {
    "spaces": lambda text: text.strip(" "),
    "line_break": lambda text: "".join(text.split("\n")).strip(),
    "case": lambda text: text.strip().casefold(),
    "accents": lambda text: _plain(text.strip()),
}
OIDS: dict[str, Callable[[str], str]] = {
    "oid_dot": lambda right: right.replace("urn:oid:", "urn:oid.", 1),
    "oid_bare": lambda right: right.removeprefix("urn:oid:"),
}

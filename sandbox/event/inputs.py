"""What a test may need to know of a system or of an event: each input by name, with what kind of
value it takes.

An input that is not what it should be is refused before anything runs: else a test would judge by a
slip.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from sandbox.credentials.did import DID
from sandbox.definitions.rulesets import years
from sandbox.errors import BadRequest
from sandbox.event.presets import with_preset
from sandbox.event.systems import System
from sandbox.fhir.references import ID
from sandbox.i18n import LANGUAGES, say
from sandbox.redact import REDACTED
from sandbox.testbench.inputs import Input, Kind
from sandbox.testbench.tracks import declared_inputs, inputs_of
from sandbox.web.addresses import refuse_userinfo

PRESET = "preset"  # the input that names one
MACHINES_YES = frozenset({"true", "1"})
MACHINES_NO = frozenset({"false", "0"})
TOKEN = re.compile(r"[^\s|]+\|[^\s|]+")
COUNTRY = re.compile(r"[A-Z]{2}")
DIGEST = re.compile(r"(0x)?[0-9a-fA-F]{64}")
ALIAS = re.compile(r"[a-z][a-z0-9-]{0,30}")
PATTERNS: dict[Kind, re.Pattern[str]] = {
    "id": ID, "token": TOKEN, "alias": ALIAS, "country": COUNTRY, "did": DID, "digest": DIGEST,
}  # fmt: skip
FORMS: dict[Kind, str] = {
    "id": ID.pattern, "token": "system|value", "address": "http(s)://…", "alias": ALIAS.pattern,
    "yes": "yes | no", "country": COUNTRY.pattern, "did": "did:method:…", "digest": DIGEST.pattern,
}  # fmt: skip


def inputs_for(track: str, system: System, given: Mapping[str, str]) -> dict[str, str]:
    """Returns the inputs of a run: those of the system that the track takes, and over them those
    that are given.
    """
    known = inputs_of(track)
    # a system is registered with the inputs of all its tracks: those of others are no slip here
    of_system = {name: value for name, value in system.inputs.items() if name in {*known, PRESET}}
    # a program that starts a run again from what it was shown has no secret to give
    said = {name: value for name, value in given.items() if value != REDACTED}
    return read_inputs({**of_system, **said}, known=known)


def read_inputs(given: Mapping[str, str], *, known: set[str]) -> dict[str, str]:
    """Returns the inputs in their one form with those of the preset that they name, and without
    those that say no.

    Args:
        given: Inputs by name, as somebody wrote them.
        known: The names that some test takes: a slip in a name would else skip tests in silence.

    Raises:
        BadRequest: A name or a value is none, or says otherwise than what the preset locks.
        NotFound: There is no preset of that name.
    """
    for name in sorted(set(given) - known - {PRESET}):
        words = ", ".join(sorted(known)) or "–"
        raise BadRequest("testbench.unknown_input", where=name, name=name, known=words)
    preset = given.get(PRESET, "")
    inputs = {name: read_input(name, text) for name, text in given.items() if name != PRESET}
    inputs = with_preset(preset, inputs, known=known) | ({PRESET: preset} if preset else {})
    return {name: value for name, value in inputs.items() if value}


def read_input(name: str, text: str) -> str:
    """Returns a value in its one form, empty for a no; raises BadRequest for one of another
    kind.
    """
    declared = declared_inputs()[name]
    # a blank at the end of a QR code's text is a part of it
    value = text.strip("\r\n\t").lstrip() if declared.kind == "document" else text.strip()
    if not value:
        return ""
    if declared.kind == "yes" and value.casefold() in MACHINES_YES | _answers("yes"):
        return "yes"
    if declared.kind == "yes" and value.casefold() in MACHINES_NO | _answers("no"):
        return ""
    if declared.kind != "document":  # one that is pasted may hold anything
        refuse_userinfo(value, where=name)
    if not _is_one(declared, value):
        wanted = " | ".join(choices_of(declared)) or FORMS[declared.kind]
        raise BadRequest(
            "testbench.bad_input", where=name, name=name, found=value[:60], expected=wanted
        )
    return value


def _answers(answer: Literal["yes", "no"]) -> set[str]:
    """Returns the words of all languages for an answer."""
    answers = [say(f"testbench.answer.{answer}", language) for language in LANGUAGES]
    return {word.strip() for words in answers for word in words.split(",")}


def shown_inputs(given: Mapping[str, str]) -> dict[str, str]:
    """Returns inputs as they may be shown: those that are secrets without their value."""
    declared = declared_inputs()
    return {
        name: REDACTED if value and name in declared and declared[name].is_secret else value
        for name, value in given.items()
    }


def evident_inputs(given: Mapping[str, str]) -> dict[str, str]:
    """Returns inputs as evidence has them: of a secret what a judgement needs, and lets nobody
    in.
    """
    declared = declared_inputs()
    shown = shown_inputs(given)
    for name, value in given.items():
        evident = declared[name].evident if name in declared else None
        if value and evident is not None:
            shown[name] = evident(value)
    return shown


def known_to(*tracks: str) -> set[str]:
    """Returns the names of the inputs that some test of these tracks takes."""
    return {name for track in tracks for name in inputs_of(track)}


def choices_of(declared: Input) -> tuple[str, ...]:
    """Returns the values that an input can have; empty where they are not counted."""
    return tuple(map(str, years())) if declared.kind == "year" else declared.choices


def _is_one(declared: Input, value: str) -> bool:
    pattern = PATTERNS.get(declared.kind)
    if pattern is not None:
        return bool(pattern.fullmatch(value))
    if declared.kind == "address":
        return value.startswith(("http://", "https://"))
    # what cannot be read as a document is for the tests to say; a yes was read before
    return declared.kind == "document" or value in choices_of(declared)

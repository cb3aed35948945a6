"""Lesson 05, what was taken back: which codes the batches of a revocation list speak of."""

from __future__ import annotations

from typing import Any

from sandbox.course.comparing import as_json, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_05_rules import EXERCISES as EXERCISES
from sandbox.course.exercises.reading import as_list, as_object, by_name, unpacked
from sandbox.course.revoking import LETTERS
from sandbox.findings import Finding

# by which hash each code is taken back; A stands in a batch for another key, E in none
RIGHT = {"A": "", "B": "uci", "C": "country-uci", "D": "signature", "E": ""}
MISSED = {"uci": "uci", "country-uci": "country_uci", "signature": "signature"}
EXTRA = {"A": "other_key", "E": "extra"}


def _given(answer: Any) -> Any:
    """Reads the codes and the batches, both as they were made."""
    given = as_object(unpacked(answer))
    codes = as_object(given.get("codes"))
    batches = as_list(given.get("batches"))
    if not codes or not batches:
        return wrong("no_batches", where="given", expected="taken_back(…)", found=as_json(answer))
    kinds = {letter: _kind_of(codes.get(letter), batches) for letter in LETTERS}
    if kinds != RIGHT:
        return wrong("other_batches", where="given", expected="taken_back(…)", found=str(kinds))
    return answer


@EXERCISES.exercise(
    "5.11",
    points=3,
    clause="DCC Gateway 1.10.0 revocation list",
    asked=Asked(read=by_name(given=_given, revoked=by_name(*LETTERS))),
)
def taken_back(answer: Any, evidence: Evidence) -> Finding | None:
    """Which codes were taken back: by identifier, by country and identifier, or by signature."""
    for letter, kind in RIGHT.items():
        said = answer["revoked"][letter]
        where = f"revoked.{letter}"
        if not isinstance(said, bool):
            return wrong("truth", where=where, expected="True | False", found=as_json(said))
        if said is not bool(kind):
            name = EXTRA[letter] if said else MISSED[kind]
            return wrong(name, where=where, expected=str(bool(kind)), found=str(said))
    return None


def _kind_of(text: Any, batches: list[Any]) -> str:
    """Returns by which kind of hash a code is taken back; empty for none, `?` for what is no list
    or no code.
    """
    from sandbox.certificates.hcert import read
    from sandbox.certificates.revocation import handles_in, handles_of

    certificate = read(text) if isinstance(text, str) else None
    if certificate is None or certificate.content is None:
        return "?"
    try:
        met = handles_of(certificate) & frozenset(handles_in(batches))
    except ValueError:
        return "?"
    return " ".join(sorted(handle.rpartition("/")[2].partition(":")[0] for handle in met))

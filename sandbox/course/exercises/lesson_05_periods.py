"""Lesson 05, how long a certificate holds: its signature ends, and so does what it says of itself;
and the rules of a country.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from sandbox.course.comparing import as_json, compare, differs, swapped, wrong
from sandbox.course.exercise import Asked, Evidence
from sandbox.course.exercises.lesson_05_open import EXERCISES as EXERCISES
from sandbox.course.exercises.reading import as_list, as_object, by_name
from sandbox.findings import Finding

CODES = ("recovery", "dose", "card", "test")


def _codes(answer: Any) -> Any:
    """Reads the four codes, each of which can be read."""
    codes = as_object(answer)
    for name in CODES:
        text = codes.get(name)
        if not isinstance(text, str) or _read(text).content is None:
            return wrong("no_codes", where=name, expected="periods(…)", found=as_json(text))
    return codes


def _names(answer: Any) -> Any:
    """Reads a list of names."""
    if not isinstance(answer, list):
        return wrong("one_for_list", where="over", expected='["…"]', found=as_json(answer))
    return answer


@EXERCISES.exercise(
    "5.9",
    points=2,
    clause="HCERT 1.1.1 3.3.4; EU DCC 1.3.3 r.du; DDCC 1.0.0 certificate.period",
    asked=Asked(read=by_name(codes=_codes, ends=by_name(*CODES), over=_names)),
)
def until_when(answer: Any, evidence: Evidence) -> Finding | None:
    """The last day of each code, and which are over: by the signature or by what they say."""
    right = {name: _last_days(answer["codes"][name]) for name in CODES}
    ends = {name: min(filter(None, days)).isoformat() for name, days in right.items()}
    given = answer["ends"]
    both = swapped(given, ends)
    if both:
        return both
    for name, day in ends.items():
        if given[name] != day:
            key = _slip_of_end(given[name], answer["codes"][name], right[name])
            named = differs(key, given[name], day, where=f"ends.{name}") if key else None
            return named or compare("day", given[name], day, where=f"ends.{name}")
    return _wrong_over(answer["over"], answer["codes"])


def _wrong_over(given: Any, codes: Mapping[str, str]) -> Finding | None:
    """Says which code is over and was not named, or is named and is not over."""
    odd = [name for name in as_list(given) if name not in CODES]
    if odd:
        return wrong("no_such_code", where="over", expected=", ".join(CODES), found=as_json(odd[0]))
    for name in CODES:
        is_over = _is_over(codes[name])
        if is_over != (name in given):
            key = "over_missing" if is_over else "over_extra"
            return wrong(key, where="over", found=as_json(given), code=name)
    return None


def _slip_of_end(given: Any, text: str, right: tuple[date, date | None]) -> str:
    """Returns which other moment of a code was taken for its end; empty for none."""
    technical, own = right
    certificate = _read(text)
    issued = certificate.claims.issued
    meaning = certificate.dialect.meaning
    if isinstance(given, int) and given in (issued, certificate.claims.expires):
        return "seconds"
    moments = {
        technical.isoformat(): "technical",
        own.isoformat() if own else "": "own_period",
        _day(issued).isoformat(): "issued",
    }
    moments |= dict.fromkeys(_values(certificate, meaning.begins), "beginning")
    moments |= dict.fromkeys(_values(certificate, meaning.events), "event")
    return moments.get(str(given), "")


def _last_days(text: str) -> tuple[date, date | None]:
    """Returns the last day of a code by its signature, and by its content where that states one."""
    from sandbox.certificates.meaning import days_of

    certificate = _read(text)
    stated = [days_of(value) for value in _values(certificate, certificate.dialect.meaning.ends)]
    own = min((days[1] for days in stated if days), default=None)
    expires = certificate.claims.expires
    return _day(expires) if expires is not None else date.max, own


def _is_over(text: str) -> bool:
    """Tells whether a verifier finds a code over, by either end."""
    from sandbox.certificates.meaning import judge_meaning

    certificate = _read(text)
    now = datetime.now(UTC)
    expires = certificate.claims.expires
    meant = judge_meaning(certificate.dialect, certificate.content, at=now)
    is_technically = expires is not None and expires < now.timestamp()
    return is_technically or any(finding.id == "certificates.content_over" for finding in meant)


def _values(certificate: Any, paths: tuple[str, ...]) -> list[str]:
    from sandbox.certificates.meaning import values_at

    return [str(value) for path in paths for _, value in values_at(certificate.content, path)]


def _day(seconds: float) -> date:
    return datetime.fromtimestamp(seconds, UTC).date()


def _read(text: str) -> Any:
    from sandbox.certificates.hcert import read

    return read(text)

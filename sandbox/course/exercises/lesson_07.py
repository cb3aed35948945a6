"""Lesson 07, health links: what a link says, sharing and receiving a summary, what leaks, and the
signed form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.course.comparing import as_json, compare, differs, slip_of_bytes, swapped, wrong
from sandbox.course.exercise import Asked, Evidence, ExerciseSet
from sandbox.course.exercises.reading import (
    as_list,
    as_object,
    at,
    by_name,
    resources_of,
    unpacked,
    wrong_prediction,
)
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_07")
PARTS = ("where", "opens", "until", "passcode")
ANSWERS = {"nobody": "400", "guessed": "401", "again": "404", "over": "404", "dead": "404"}
LEAKS = {"server_reads": "no", "server_knows": "yes", "picture": "no", "both": "yes", "copy": "yes"}
SCANNED = ("bare", "viewer", "signed")
SHORTEST = 4
# what the task asks for: a link that never ends stays open to whoever kept it
LONGEST = timedelta(days=7)
# whoever finds the link has ten attempts: these would be among them
WEAK = {"1234", "12345", "123456", "4711", "password", "contraseña", "clave", "senha", "secreto"}
FAMILY = "Fuenzalida"
PEOPLE = (  # of the training data: names that no label may tell
    "rosa",
    "fuenzalida",
    "bustos",
    "nogueira",
    "luzia",
    "palacios",
    "yeison",
    "huaman",
    "ixcoy",
    "etcheverry",
    "zelaya",
    "keyla",
    "campbell",
    "lopez",
    "guaman",
    "mamani",
)
# a word that names an illness or a treatment: whoever sees the code reads the label
HEALTH = re.compile(
    r"(?i)diabet|alerg|allerg|asma|asthma|hipertens|hypertens|penicilin|vacuna|vacina|vaccin|"
    r"embaraz|gravid|pregnan|vih|hiv|c[aá]ncer|depresi|metformin|insulin"
)
LONG_NUMBER = re.compile(r"\d{6,}")
DAY = re.compile(r"\b(19|20)\d\d-\d\d-\d\d\b|\b\d\d[/.-]\d\d[/.-](19|20)\d\d\b")
DURATION = re.compile(r"(?i)^\s*\d+\s*(d|day|días?|dias?|days|h|hours?|horas)\b")
EPOCH = 1_000_000_000  # seconds since 1970, in 2001: a smaller number is something else
SPEC = "SMART Health Links 1"


def a_link(answer: Any) -> Any:
    """Reads a health link, also one behind the address of a viewer."""
    from sandbox.certificates.links import is_link, read_link

    def fault(name: str) -> Finding:
        return wrong(name, expected="shlink:/…", found=as_json(answer))

    if not isinstance(answer, str):
        return fault("list_for_one" if isinstance(answer, list) else "no_text")
    if answer != answer.strip():
        return fault("spaces")
    if answer.startswith("HC1:"):
        return fault("a_code")
    link = read_link(answer)[1] if is_link(answer) else None
    if link is None:
        return fault(
            "around"
            if "shlink:/" in answer.strip("\"'<>")[1:] or answer[:1] in "\"'<"
            else "no_link"
        )
    return link


@EXERCISES.exercise(
    "7.1",
    clause=f"{SPEC} payload; RFC 4648 5",
    asked=Asked(read=by_name(link=a_link, parts=by_name(*PARTS))),
)
def parts_of_link(answer: Any, evidence: Evidence) -> Finding | None:
    """What a receiver needs of a link, decoded by hand."""
    link = answer["link"]
    parts = answer["parts"]
    right = {"where": link.url, "opens": _base64url(link.key), "passcode": link.needs_passcode}
    both = swapped(parts, right)
    if both:
        return both
    if isinstance(parts["passcode"], str) and parts["passcode"] == link.flag:
        return wrong("flag_itself", where="parts.passcode", found=as_json(link.flag))
    slip = slip_of_bytes(str(parts["opens"]), link.key)
    # with or without = at its end the key is the same
    is_same = slip in ("base64url", "no_padding")
    if slip and not is_same:
        return differs(slip, parts["opens"], right["opens"], where="parts.opens")
    given = {**parts, "opens": right["opens"]} if is_same else parts
    faults = (
        compare(name, given[name], value, where=f"parts.{name}") for name, value in right.items()
    )
    return next(filter(None, faults), None) or _wrong_until(parts["until"], link.expires)


def _base64url(content: bytes) -> str:
    from sandbox.certificates.unpacking import to_base64url

    return to_base64url(content)


def _wrong_until(given: Any, expires: int | None) -> Finding | None:
    def fault(name: str) -> Finding:
        right = None if expires is None else datetime.fromtimestamp(expires, UTC).isoformat()
        return wrong(name, where="parts.until", expected=as_json(right), found=as_json(given))

    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return fault("epoch" if given == expires else "until")
    moment = _moment(str(given))
    if moment is None:
        return fault("epoch" if str(given) == str(expires) else "until")
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", str(given)):
        return fault("date_alone")
    if moment.tzinfo is None:
        return fault("no_zone")
    return None if int(moment.timestamp()) == expires else fault("until")


@EXERCISES.exercise(
    "7.2", points=2, clause=f"{SPEC} flag P, exp, label", asked=Asked(read=by_name())
)
def request_to_share(answer: Any, evidence: Evidence) -> Finding | None:
    """A passcode that is not guessed at once, an end, and a label that tells nothing.

    It is about the link: whether the summary is valid was asked in lesson 02.
    """
    content = answer.get("content")
    if at(content, "type") != "document":
        found = at(content, "resourceType") or as_json(content)
        return wrong("no_document", where="content", expected="IPS", found=found)
    people = _people_in(content)
    return (
        _wrong_passcode(answer.get("passcode"), people)
        or _wrong_expiry(answer.get("expires"))
        or _label(answer.get("label"), _names_of(people), _facts_of(people))
    )


def _wrong_passcode(passcode: Any, people: list[Json]) -> Finding | None:
    if isinstance(passcode, int) and not isinstance(passcode, bool):
        return wrong("unquoted", where="passcode", found=as_json(passcode))
    if not isinstance(passcode, str) or not passcode:
        return wrong("no_passcode", where="passcode", found=as_json(passcode))
    text = _plain(passcode)
    if len(passcode) < SHORTEST or passcode.casefold() in WEAK or len(set(passcode)) < 2:
        return wrong("weak", where="passcode", found=passcode)
    if text in _dates_of(people) | set(_facts_of(people)) | {_plain(n) for n in _names_of(people)}:
        return wrong("about_person", where="passcode", found=passcode)
    if any(_plain(name) in text for name in _names_of(people) if len(name) > 2):
        return wrong("about_person", where="passcode", found=passcode)
    return None


def _wrong_expiry(given: Any) -> Finding | None:
    """Says what is wrong with an end: it must be a moment with its zone (RFC 3339)."""

    def fault(name: str) -> Finding:
        example = (datetime.now(UTC) + timedelta(days=2)).isoformat(timespec="seconds")
        return wrong(name, where="expires", expected=example, found=as_json(given))

    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return fault("epoch" if given > EPOCH else "duration")
    text = str(given)
    if DURATION.match(text):
        return fault("duration")
    if not isinstance(given, str) or _moment(text) is None:
        return fault("no_end")
    if re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
        return fault("date_alone")
    ends = _moment(text)
    if ends is None or ends.tzinfo is None:
        return fault("no_zone")
    return _end(ends)


@EXERCISES.exercise("7.3", points=2, clause=f"{SPEC} manifest, files", asked=Asked(read=by_name()))
def opened_in_lima(answer: Any, evidence: Evidence) -> Finding | None:
    """The summary as it was received, by somebody who says who asks.

    It is about the way of the document: whether it is valid was asked in lesson 02.
    """
    recipient = answer.get("recipient")
    document = unpacked(answer.get("document"))
    if not isinstance(recipient, str) or not re.search(r"\w", recipient):
        return wrong("nobody", where="recipient", found=as_json(recipient))
    if isinstance(document, list):
        return wrong("list_for_one", where="document", expected="Bundle", found=as_json(document))
    if at(document, "type") != "document":
        found = at(document, "resourceType") or as_json(document)
        return wrong("nothing", where="document", expected="Bundle", found=found)
    names = _names_of(_people_in(document))
    if FAMILY not in names:
        found = ", ".join(names) or "–"
        return wrong("other_person", where="document", expected=FAMILY, found=found)
    return None


@EXERCISES.exercise("7.4", points=2, clause=f"{SPEC} manifest", asked=Asked(read=by_name(*ANSWERS)))
def predicted_answers(answer: Any, evidence: Evidence) -> Finding | None:
    """What the server answers to five requests."""
    return wrong_prediction(answer, ANSWERS, ("200", "400", "401", "404"))


@EXERCISES.exercise(
    "7.5",
    points=2,
    clause=f"{SPEC} files; VHL 1.0.0-comment security",
    asked=Asked(read=by_name(*LEAKS)),
)
def what_leaks(answer: Any, evidence: Evidence) -> Finding | None:
    """Who can read what, and who knows what."""
    return wrong_prediction(answer, LEAKS, ("yes", "no"))


@EXERCISES.exercise(
    "7.6",
    points=2,
    clause=f"{SPEC} QR; VHL 1.0.0-comment ITI-YY3; HCERT 1.1.1 subclaim 5",
    asked=Asked(read=by_name(scanned=by_name(*SCANNED), links=by_name(*SCANNED))),
)
def links_of_scans(answer: Any, evidence: Evidence) -> Finding | None:
    """The link, in whatever form it was shown."""
    right = {name: _shown(str(answer["scanned"][name])) for name in SCANNED}
    odd = next((name for name in SCANNED if not right[name]), "")
    if odd:
        found = as_json(answer["scanned"][odd])
        return wrong("other_scan", where=f"scanned.{odd}", expected="shlink:/…", found=found)
    for name in SCANNED:
        given = answer["links"][name]
        if given != right[name]:
            slip = _slip_of_link(given, right[name], answer["scanned"][name])
            found = as_json(given)
            return wrong(slip, where=f"links.{name}", expected=right[name], found=found)
    return None


def _shown(text: str) -> str:
    """Returns the link that a scanned text holds, or an empty text."""
    from sandbox.certificates.hcert import read
    from sandbox.certificates.links import links_in

    if text.startswith("HC1:"):
        return next(iter(links_in(read(text).content)), "")
    start = text.find("shlink:/")
    return text[start:] if start >= 0 else ""


def _slip_of_link(given: Any, right: str, scanned: Any) -> str:
    if isinstance(given, dict):
        return "in_object" if right in given.values() else "payload"
    if isinstance(given, list):
        return "list_for_one"
    if given == scanned:
        return "not_taken_out"
    if f"shlink:/{given}" == right or f"shlink:{given}" == right:
        return "no_prefix"
    text = str(given)
    if text.strip() == right:
        return "spaces"
    return "other_link" if text.startswith("shlink:/") else "no_link"


A_LINK = Asked(read=a_link)


@EXERCISES.exercise("7.7a", clause=f"{SPEC} payload", asked=A_LINK, hidden_part_of="7.7")
def open_link(link: Any, evidence: Evidence) -> Finding | None:
    """A link that can be read, to an address that nobody guesses."""
    place = urlsplit(link.url)
    # plain http is for the machine itself: a lesson's server has no certificate
    if place.scheme == "http" and place.hostname not in ("localhost", "127.0.0.1", "sandbox.test"):
        return wrong("no_tls", where="url", expected="https", found=link.url)
    # 22 letters of base64url are 128 bits: fewer can be guessed; the specification asks for 256
    last = place.path.rpartition("/")[2]
    return wrong("short", where="url", expected="43", found=len(last)) if len(last) < 22 else None


@EXERCISES.exercise("7.7b", clause=f"{SPEC} exp", asked=A_LINK, hidden_part_of="7.7")
def open_end(link: Any, evidence: Evidence) -> Finding | None:
    """It ends within seven days."""
    if link.expires is None:
        return wrong("no_end", where="exp", found="–")
    return _end(datetime.fromtimestamp(link.expires, UTC))


@EXERCISES.exercise("7.7c", clause=f"{SPEC} flag P", asked=A_LINK, hidden_part_of="7.7")
def open_passcode(link: Any, evidence: Evidence) -> Finding | None:
    """It asks for a passcode."""
    # a direct link has no manifest, at which a passcode could be asked for
    if link.is_direct:
        return wrong("direct", where="flag", expected="P", found=link.flag)
    if link.needs_passcode:
        return None
    return wrong("no_passcode", where="flag", expected="P", found=link.flag or "–")


@EXERCISES.exercise("7.7d", clause=f"{SPEC} label", asked=A_LINK, hidden_part_of="7.7")
def open_label(link: Any, evidence: Evidence) -> Finding | None:
    """Its label says nothing about the person."""
    return _label(link.label, PEOPLE, [])


def _end(ends: datetime) -> Finding | None:
    now = datetime.now(UTC)
    if ends <= now:
        return wrong("over", where="exp", found=ends.isoformat(timespec="minutes"))
    days = round((ends - now).total_seconds() / 86_400, 1)
    return (
        wrong("too_long", where="exp", expected="≤ 7", found=days) if ends > now + LONGEST else None
    )


def _label(label: Any, names: Sequence[str], facts: Sequence[str]) -> Finding | None:
    text = str(label or "")

    def fault(name: str) -> Finding:
        return wrong(name, where="label", found=text)

    # two letters, such as "de", stand in many a label that tells nothing
    if any(len(name) > 2 and name.casefold() in text.casefold() for name in names):
        return fault("label")
    if DAY.search(text):
        return fault("label_birth")
    plain = _plain(text)
    if LONG_NUMBER.search(re.sub(r"[ .-]", "", text)) or any(fact in plain for fact in facts):
        return fault("label_number")
    if HEALTH.search(text):
        return fault("label_health")
    return (
        wrong("long_label", where="label", expected="≤ 80", found=len(text))
        if len(text) > 80
        else None
    )


def _people_in(document: Any) -> list[Json]:
    return [r for r in resources_of(document) if r.get("resourceType") == "Patient"]


def _names_of(people: Sequence[Json]) -> list[str]:
    """Returns the words of the names."""
    names = [as_object(name) for person in people for name in as_list(person.get("name"))]
    words = [
        str(word)
        for name in names
        for word in [*as_list(name.get("given")), name.get("family") or ""]
    ]
    return [word for phrase in words for word in phrase.split()]


def _facts_of(people: Sequence[Json]) -> list[str]:
    """Returns the numbers under which the people are known, as bare letters and digits."""
    identifiers = [i for person in people for i in as_list(person.get("identifier"))]
    return [_plain(str(at(i, "value"))) for i in identifiers if at(i, "value")]


def _dates_of(people: Sequence[Json]) -> set[str]:
    """Returns the ways in which people write the birth dates, or parts of them, as digits."""
    written: set[str] = set()
    for person in people:
        year, month, day = [*str(person.get("birthDate")).split("-"), "", ""][:3]
        parts = {year, day + month, month + day, year + month + day, day + month + year}
        written |= parts | {month + day + year, day + month + year[2:], year[2:] + month + day}
    return {digits for digits in written if len(digits) >= SHORTEST}


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None

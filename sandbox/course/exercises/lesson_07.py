"""Lesson 07, health links: what a link says, sharing and receiving a summary, what leaks, and the
signed form.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sandbox.course.exercise import Evidence, ExerciseSet, wrong
from sandbox.course.exercises.reading import as_list, as_object, at, resources_of, wrong_prediction
from sandbox.fhir.json import Json
from sandbox.findings import Finding

EXERCISES = ExerciseSet("lesson_07")
PARTS = {"url": "where", "key": "opens", "exp": "until", "flag": "passcode"}
ANSWERS = {"nobody": "400", "guessed": "401", "again": "404", "over": "404", "dead": "404"}
LEAKS = {"server_reads": "no", "server_knows": "yes", "picture": "no", "both": "yes", "copy": "yes"}
WHICH = {"signed": "VHL", "passcode": "both", "hc1": "VHL", "sealed": "SHL"}
SHORTEST = 4
# what the task asks for: a link that never ends stays open to whoever kept it
LONGEST = timedelta(days=7)
# whoever finds the link has ten attempts: these would be among them
WEAK = {"0000", "1111", "1234", "12345", "123456", "4711", "password", "clave", "senha"}
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
SPEC = "SMART Health Links 1"


@EXERCISES.exercise("7.1", clause=f"{SPEC} payload")
def parts_of_link(answer: Any, evidence: Evidence) -> Finding | None:
    """What each part of a link is for."""
    return wrong_prediction(answer, PARTS, tuple(PARTS.values()))


@EXERCISES.exercise("7.2", points=2, clause=f"{SPEC} flag P, exp, label")
def request_to_share(answer: Any, evidence: Evidence) -> Finding | None:
    """A passcode that is not guessed at once, an end, and a label that tells nothing."""
    request = as_object(answer)
    if at(request, "content", "type") != "document":
        return wrong(
            "no_document",
            where="content",
            expected="IPS",
            found=at(request, "content", "resourceType"),
        )
    passcode = request.get("passcode")
    if not isinstance(passcode, str) or not passcode:
        return wrong("no_passcode", where="passcode", found=passcode)
    if len(passcode) < SHORTEST or passcode.casefold() in WEAK:
        return wrong("weak", where="passcode", found=passcode)
    ends = _moment(request.get("expires"))
    if ends is None:
        return wrong(
            "no_end",
            where="expires",
            expected="2026-01-31T12:00:00+00:00",
            found=request.get("expires"),
        )
    fault = _end(ends)
    if fault:
        return fault
    return _label(request.get("label"), _names_in(at(request, "content")))


@EXERCISES.exercise("7.3", points=2, clause=f"{SPEC} manifest, files")
def opened_in_lima(answer: Any, evidence: Evidence) -> Finding | None:
    """The summary as it was received, by somebody who says who asks."""
    recipient = at(answer, "recipient")
    document = at(answer, "document")
    if not isinstance(recipient, str) or not recipient.strip():
        return wrong("nobody", where="recipient", found=recipient)
    if at(document, "type") != "document":
        return wrong(
            "nothing", where="document", expected="Bundle", found=at(document, "resourceType")
        )
    if FAMILY not in " ".join(_names_in(document)):
        return wrong(
            "other_person",
            where="document",
            expected=FAMILY,
            found=", ".join(_names_in(document)) or "–",
        )
    return None


@EXERCISES.exercise("7.4", points=2, clause=f"{SPEC} manifest")
def predicted_answers(answer: Any, evidence: Evidence) -> Finding | None:
    """What the server answers to five requests."""
    return wrong_prediction(answer, ANSWERS, ("400", "401", "404"))


@EXERCISES.exercise("7.5", points=2, clause=f"{SPEC} files; VHL 1.0.0-comment security")
def what_leaks(answer: Any, evidence: Evidence) -> Finding | None:
    """Who can read what, and who knows what."""
    return wrong_prediction(answer, LEAKS, ("yes", "no"))


@EXERCISES.exercise("7.6", clause="VHL 1.0.0-comment ITI-YY3; HCERT 1.1.1 subclaim 5")
def told_apart(answer: Any, evidence: Evidence) -> Finding | None:
    """The bare link and the signed one."""
    return wrong_prediction(answer, WHICH, ("SHL", "VHL", "both"))


@EXERCISES.exercise("7.7a", clause=f"{SPEC} payload", hidden_part_of="7.7")
def open_link(answer: Any, evidence: Evidence) -> Finding | None:
    """A link that can be read, to an address that nobody guesses."""
    link, fault = _read(answer)
    if fault:
        return fault
    place = urlsplit(link.url)
    # plain http is for the machine itself: a lesson's server has no certificate
    if place.scheme == "http" and place.hostname not in ("localhost", "127.0.0.1", "sandbox.test"):
        return wrong("no_tls", where="url", expected="https", found=link.url)
    # 22 letters of base64url are 128 bits: fewer can be guessed; the specification asks for 256
    last = place.path.rpartition("/")[2]
    return wrong("short", where="url", expected="43", found=len(last)) if len(last) < 22 else None


@EXERCISES.exercise("7.7b", clause=f"{SPEC} exp", hidden_part_of="7.7")
def open_end(answer: Any, evidence: Evidence) -> Finding | None:
    """It ends within seven days."""
    link, fault = _read(answer)
    if fault:
        return fault
    if link.expires is None:
        return wrong("no_end", where="exp", found="–")
    return _end(datetime.fromtimestamp(link.expires, UTC))


@EXERCISES.exercise("7.7c", clause=f"{SPEC} flag P", hidden_part_of="7.7")
def open_passcode(answer: Any, evidence: Evidence) -> Finding | None:
    """It asks for a passcode."""
    link, fault = _read(answer)
    if fault:
        return fault
    # a direct link has no manifest, at which a passcode could be asked for
    if link.is_direct:
        return wrong("direct", where="flag", expected="P", found=link.flag)
    return (
        None
        if link.needs_passcode
        else wrong("no_passcode", where="flag", expected="P", found=link.flag or "–")
    )


@EXERCISES.exercise("7.7d", clause=f"{SPEC} label", hidden_part_of="7.7")
def open_label(answer: Any, evidence: Evidence) -> Finding | None:
    """Its label says nothing about the person."""
    link, fault = _read(answer)
    return fault or _label(link.label, PEOPLE)


def _read(answer: Any) -> tuple[Any, Finding | None]:
    from sandbox.certificates.links import is_link, read_link

    if not isinstance(answer, str) or not is_link(answer):
        return None, wrong("no_link", expected="shlink:/…", found=str(answer)[:40])
    link = read_link(answer)[1]
    return link, None if link else wrong("no_link", expected="shlink:/…", found=answer[:40])


def _end(ends: datetime) -> Finding | None:
    now = datetime.now(UTC)
    if ends <= now:
        return wrong("over", where="exp", found=ends.date())
    return (
        wrong("too_long", where="exp", expected="≤ 7", found=(ends - now).days)
        if ends > now + LONGEST
        else None
    )


def _label(label: Any, names: Any) -> Finding | None:
    text = str(label or "").casefold()
    # two letters, such as "de", stand in many a label that tells nothing
    leaked = [name for name in names if len(name) > 2 and name.casefold() in text]
    if leaked:
        return wrong("label", where="label", found=label)
    return (
        wrong("long_label", where="label", expected="≤ 80", found=len(text))
        if len(text) > 80
        else None
    )


def _names_in(document: Any) -> list[str]:
    """Returns the words of the patient's name."""
    patients = [
        resource for resource in resources_of(document) if resource.get("resourceType") == "Patient"
    ]
    names: list[Json] = [
        as_object(name) for patient in patients for name in as_list(patient.get("name"))
    ]
    words = [
        str(word)
        for name in names
        for word in [*as_list(name.get("given")), name.get("family") or ""]
    ]
    return [word for phrase in words for word in phrase.split()]


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment

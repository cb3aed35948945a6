"""Answers to the exercises of lesson 07, right and wrong; links are written here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.testclient import TestClient

from sandbox.certificates.links import Link, written
from sandbox.course.exercises.lesson_07 import ANSWERS, LEAKS, PARTS, WHICH
from sandbox.course.exercises.lesson_07 import EXERCISES as EXERCISES
from sandbox.fhir.json import Json

ROSA = {"resourceType": "Patient", "name": [{"family": "Fuenzalida Painemal", "given": ["Rosa"]}]}
SUMMARY: Json = {"resourceType": "Bundle", "type": "document", "entry": [{"resource": ROSA}]}
OTHER: Json = {"resourceType": "Bundle", "type": "document", "entry": []}
ID = "A" * 43


def end(days: float = 2) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def wish(**changed: Any) -> Json:
    held = {
        "content": SUMMARY,
        "passcode": "copihue-82",
        "expires": end().isoformat(),
        "label": "IPS",
    }
    return {**held, **changed}


def link(*, id: str = ID, days: float | None = 2, flag: str = "P", label: str = "IPS") -> str:
    expires = None if days is None else int(end(days).timestamp())
    return written(Link(f"https://salud.example/shl/{id}", bytes(32), expires, flag, label))


def plant(_: TestClient) -> None:
    """Nothing is needed of the server."""


RIGHT: list[tuple[str, Any]] = [
    ("7.1", PARTS),
    ("7.2", wish()),
    ("7.2", wish(label="")),
    ("7.3", {"recipient": "Clínica San Borja", "document": SUMMARY}),
    ("7.4", ANSWERS),
    ("7.5", LEAKS),
    ("7.6", WHICH),
    *((f"7.7{part}", link()) for part in "abcd"),
]
WRONG: list[tuple[str, Any, str]] = [
    ("7.1", {**PARTS, "url": "address"}, "word"),
    *(
        ("7.1", {**PARTS, name: "until" if right != "until" else "where"}, name)
        for name, right in PARTS.items()
    ),
    ("7.2", wish(content=ROSA), "no_document"),
    ("7.2", wish(passcode=""), "no_passcode"),
    ("7.2", wish(passcode="1234"), "weak"),
    ("7.2", wish(passcode="4711"), "weak"),
    ("7.2", wish(expires="soon"), "no_end"),
    ("7.2", wish(expires=end(-1).isoformat()), "over"),
    ("7.2", wish(expires=end(30).isoformat()), "too_long"),
    ("7.2", wish(label="Resumen de ROSA"), "label"),
    ("7.2", wish(label="x" * 81), "long_label"),
    ("7.3", {"recipient": " ", "document": SUMMARY}, "nobody"),
    ("7.3", {"recipient": "x", "document": None}, "nothing"),
    ("7.3", {"recipient": "x", "document": OTHER}, "other_person"),
    ("7.4", {**ANSWERS, "over": "410"}, "word"),
    *(
        ("7.4", {**ANSWERS, name: "400" if right != "400" else "401"}, name)
        for name, right in ANSWERS.items()
    ),
    ("7.5", {**LEAKS, "both": "maybe"}, "word"),
    *(
        ("7.5", {**LEAKS, name: "yes" if right == "no" else "no"}, name)
        for name, right in LEAKS.items()
    ),
    ("7.6", {**WHICH, "signed": "HC1"}, "word"),
    *(
        ("7.6", {**WHICH, name: "SHL" if right != "SHL" else "both"}, name)
        for name, right in WHICH.items()
    ),
    *((f"7.7{part}", "shlink:/e30", "no_link") for part in "abcd"),
    ("7.7a", "https://salud.example", "no_link"),
    ("7.7a", link(id="short"), "short"),
    ("7.7a", written(Link(f"http://salud.example/shl/{ID}", bytes(32))), "no_tls"),
    ("7.7b", link(days=None), "no_end"),
    ("7.7b", link(days=-1), "over"),
    ("7.7b", link(days=30), "too_long"),
    ("7.7c", link(flag=""), "no_passcode"),
    ("7.7c", link(flag="U"), "direct"),
    ("7.7d", link(label="Yeison"), "label"),
    ("7.7d", link(label="x" * 81), "long_label"),
]

"""Answers to the exercises of lesson 00, right and wrong."""

from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_00 import EXERCISES as EXERCISES

BUNDLE = {"resourceType": "Bundle", "total": 10}
RIGHT: list[tuple[str, Any]] = [
    ("0.1", "4.0.1"),
    ("0.2", 12),
    *[("0.3", track) for track in ("1", 1, "Track 1", "pista 1", "trilha 1")],
]
WRONG: list[tuple[str, Any, str]] = [
    ("0.1", {"resourceType": "CapabilityStatement"}, "whole_document"),
    ("0.1", "R4", "release_name"),
    ("0.1", 4, "release_name"),
    ("0.1", "0.1.0", "software_version"),
    ("0.1", "5.0.0", "other"),
    ("0.1", ["4.0.1"], "other"),
    ("0.2", BUNDLE, "whole_bundle"),
    ("0.2", "12", "text"),
    ("0.2", 3, "one_page"),
    ("0.2", 7, "other"),
    ("0.2", True, "other"),
    ("0.3", "2a", "track_2a"),
    ("0.3", "Track 2b", "track_2b"),
    ("0.3", "IPS", "standard_name"),
    ("0.3", "4", "other"),
]


def plant(client: TestClient) -> None:
    """The training seed is all that these exercises ask for."""

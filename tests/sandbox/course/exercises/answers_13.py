"""What a learner of lesson 13 has at hand: what servers, tokens and handshakes gave, in short."""

from __future__ import annotations

import base64
from typing import Any

from starlette.testclient import TestClient

from sandbox.course.exercises.lesson_13 import BOTH_SIDES as BOTH_SIDES
from sandbox.course.exercises.lesson_13 import MEETS as MEETS
from sandbox.course.exercises.lesson_13 import OURS as OURS
from sandbox.course.exercises.lesson_13 import PASSPORTS as PASSPORTS
from sandbox.course.exercises.lesson_13 import QUERY, WHO
from sandbox.course.exercises.lesson_13 import REPLIES as REPLIES
from sandbox.course.exercises.lesson_13 import STATUSES as STATUSES
from sandbox.course.exercises.lesson_13 import WHICH as WHICH

TERMS = "http://terminology.hl7.org/CodeSystem/"
AUDITED: dict[str, Any] = {
    "resourceType": "AuditEvent",
    "type": {"system": f"{TERMS}audit-event-type", "code": "rest"},
    "subtype": [{"system": "urn:ihe:event-type-code", "code": "ITI-78"}],
    "action": "E",
    "recorded": "2026-11-30T14:20:00Z",
    "outcome": "4",
    "agent": [{"who": {"display": WHO}, "requestor": True}],
    "source": {"observer": {"display": "registry.example"}},
    "entity": [
        {
            "role": {"system": f"{TERMS}object-role", "code": "24"},
            "query": base64.b64encode(f"GET {QUERY}".encode()).decode(),
        }
    ],
}


def plant(_: TestClient) -> None:
    """Nothing is needed of the server but the people whom it knows."""

"""Attachments: stated size and hash against the data that are there (FHIR R4
datatypes.html#Attachment).
"""

from __future__ import annotations

import base64
import hashlib

from sandbox.fhir.base64binary import read_base64
from sandbox.validation.context import Place, Validation

CLAUSE = "FHIR R4 datatypes.html#Attachment"


def judge_attachment(validation: Validation, place: Place) -> None:
    """Judges size (bytes) and hash (SHA-1, base64) of an attachment that carries its data."""
    value = place.node.value
    data = read_base64(value.get("data"))
    if data is None:
        return
    size = value.get("size")
    stated = value.get("hash")
    if isinstance(size, int) and size != len(data):
        validation.note("attachment_size", place, clause=CLAUSE, expected=len(data), found=size)
    right = base64.b64encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode()
    if isinstance(stated, str) and stated != right:
        validation.note("attachment_hash", place, clause=CLAUSE, expected=right, found=stated)

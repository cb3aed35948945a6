"""base64Binary as FHIR writes it, blanks and all (FHIR R4 datatypes.html#base64Binary).  Pure."""

from __future__ import annotations

import base64


def read_base64(value: object) -> bytes | None:
    """Returns the bytes of a text, or None for what is no base64."""
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except ValueError:  # also for characters beyond ASCII
        return None

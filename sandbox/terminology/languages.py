"""Language tags: is this a tag of BCP 47 whose language is registered at IANA (RFC 5646 2.2.9)?"""

from __future__ import annotations

import re
from functools import lru_cache

BCP_47 = "urn:ietf:bcp:47"
MAX_LENGTH = 64
TAG = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")  # RFC 5646 2.1
# The tags that most documents use, so that the registry is read for the others only.
_TAGS = "en en-US en-GB en-AU en-CA es es-CL es-AR es-MX es-CO es-419 pt pt-BR pt-PT fr de it nl da"
FREQUENT = frozenset(_TAGS.split())


@lru_cache(maxsize=4096)
def is_language(code: str) -> bool:
    """Tells whether a text is a valid language tag: well formed, and each subtag registered."""
    if code in FREQUENT:
        return True
    if len(code) > MAX_LENGTH or not TAG.match(code):
        return False
    from langcodes import tag_is_valid

    return bool(tag_is_valid(code))

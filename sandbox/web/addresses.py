"""Addresses that people give us: what must not stand in them.  Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sandbox.errors import BadRequest

# a password may hold a slash or an @ that nobody escaped: all up to the last @ goes
USERINFO = re.compile(r"(?<=://)\S*@")
LOOKED_AT = 4096
"""Characters in which a user is looked for: `urlsplit` remembers the last texts that it was given,
and what is typed into a form may be a document of megabytes.
"""


def refuse_userinfo(address: str, *, where: str) -> None:
    """Raises BadRequest for an address with a user or password in it, which would be stored and
    shown with it (RFC 9110 4.2.4).
    """
    if _has_userinfo(address.strip()):
        raise BadRequest("testbench.userinfo", where=where, clause="RFC 9110 4.2.4")


def without_userinfo(address: str) -> str:
    """Returns an address without user and password; any other text as it is."""
    if "://" in address and _has_userinfo(address.strip()):
        return USERINFO.sub("", address)
    return address


def _has_userinfo(address: str) -> bool:
    """Tells whether a user stands in an address, also before a password with an unescaped slash."""
    begin = address[:LOOKED_AT]
    try:
        parts = urlsplit(begin)
        # read for what it raises: of `http://ana:pass/word@host` the port would be `pass`
        _ = parts.port
        is_cut = len(address) > LOOKED_AT and begin.endswith(parts.netloc)
        return "@" in (address if parts.netloc and is_cut else parts.netloc)
    except ValueError:
        return "@" in address  # what should be a port is none

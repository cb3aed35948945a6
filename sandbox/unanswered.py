"""Why an address gave no answer, for a person: what a client library says of it is its own, and in
English.  Knows its texts alone, as runs keep them, so that what was kept long ago is told as well.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from sandbox.i18n import Language, say

# The first that fits; what follows the name of the error is the operating system's or OpenSSL's.
KINDS = (
    ("silent", re.compile(r"\w*Timeout\b|> \d+ s\b")),
    ("too_large", re.compile(r"> \d+ MB\b")),
    ("unknown_name", re.compile(
        r"\w*Error\b.*(Name or service|nodename|getaddrinfo|name resolution|No address associated)"
    )),
    ("no_tls", re.compile(r"\w*Error\b.*\b(SSL|TLS|CERTIFICATE)")),
    ("nobody", re.compile(r"ConnectError\b")),
    ("cut_off", re.compile(r"(ReadError|WriteError|CloseError)\b|RemoteProtocolError.*disconnect")),
    ("no_http", re.compile(r"(Remote|Local)ProtocolError\b")),
    ("redirects", re.compile(r"TooManyRedirects\b")),
    ("unreadable", re.compile(r"DecodingError\b")),
    ("failed", re.compile(r"[A-Z]\w+(Error|Exception|Protocol|URL)\b")),
)  # fmt: skip


def why_unanswered(reason: str, address: str, language: Language) -> str:
    """Returns why no answer came, in words.

    Args:
        reason: As it was kept: the name of an error with its text, or words of our own.
        address: What was asked, of which host and port are named.
        language: Of the reader.

    Returns:
        A clause without a full stop; words of our own as they are.
    """
    kind = next((name for name, pattern in KINDS if pattern.match(reason)), "")
    if not kind:
        return reason
    return say(f"unanswered.{kind}", language, host=_host_of(address), limit=reason[2:])


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2] or address
    except ValueError:
        return address

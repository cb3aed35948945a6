"""Whether a page of another site lets a browser act here (RFC 6454, Fetch Metadata).  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.types import Scope

from sandbox.errors import Forbidden
from sandbox.settings import Settings
from sandbox.web.hosts import ANY

SAFE = ("GET", "HEAD", "OPTIONS")  # RFC 9110 9.2.1: they change nothing
# SMART Health Links 1: a viewer is a page of anybody, and a manifest is asked for by POST; so is a
# wallet, and what it sends rests on a code, a token or an address of chance, never on a cookie
OPEN = re.compile(
    r"/shl/|/vci/[^/]+(/draft-[0-9]+)?/(par|token|nonce|credential|deferred|notification)\Z"
    r"|/vp/(requests|responses)/[^/]+\Z"
)
# `*` is about what systems are asked for; the event's own pages and API are for origins by name
DATA = re.compile(r"(/t/[^/]+)?/(fhir|ddcc|icvp|mediator|inbox|through|regional|v2)(/|$)")

# operations that sign by GET, as their guides have it (IHE VHL ITI-YY3, the event's mediator)
SIGN_BY_GET = frozenset({"$generate-vhl", "$ddcc", "$icvp", "$dvc", "$meow"})
SESSION = "connectathon_session"
"""The cookie of a person's session."""


def is_safe(scope: Scope) -> bool:
    """Tells whether a request changes and signs nothing (RFC 9110 9.2.1); of POST that nobody can
    tell.
    """
    if scope["method"] not in SAFE:
        return False
    name = scope["path"].rstrip("/\n").rpartition("/")[2]
    # FHIR R4 composition-operation-document.html: `persist` stores what it answers
    # as text: of bytes, parse_qsl refuses escapes that are no ASCII
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    is_stored = name == "$document" and "persist" in dict(query)
    return name not in SIGN_BY_GET and not is_stored


def check_origin(scope: Scope, headers: Mapping[str, str], settings: Settings) -> None:
    """Raises Forbidden for what a page of another origin lets a browser send.

    A program that is no browser sends neither header, and is served as it asks.

    Args:
        scope: The request, as the listener or a trusted proxy has it.
        headers: Its headers.
        settings: Whose pages may act here.
    """
    path = scope["path"]
    if is_safe(scope) or OPEN.match(path):
        return
    origin = headers.get("origin", "")
    site = headers.get("sec-fetch-site", "")
    # of a person's own doing, such as a bookmark, is `none`
    if not origin and site in ("", "none", "same-origin"):
        return
    is_named = origin in settings.origins
    if is_named or site == "same-origin":
        return
    if ANY in settings.origins and DATA.match(path) and not _goes_along(headers):
        return
    if site in ("cross-site", "same-site") or urlsplit(origin).netloc not in _own(
        headers, settings
    ):
        raise Forbidden("people.other_origin", where="Origin", clause="RFC 6454 7")


def _goes_along(headers: Mapping[str, str]) -> bool:
    """Tells whether a request carries what a browser adds by itself, for whatever page asks.

    A page that was given a token sets it (Bearer), and the address of an inbox is its own secret;
    a session's cookie, or a name and password that were typed, it borrows from whoever sits there.
    """
    is_typed = headers.get("authorization", "").lower().startswith("basic ")
    return is_typed or SESSION in headers.get("cookie", "")


def _own(headers: Mapping[str, str], settings: Settings) -> set[str]:
    """Returns the hosts, with ports, by which a browser reaches us."""
    hosts = (headers.get("host", ""), headers.get("x-forwarded-host", "").split(",")[0].strip())
    return {*hosts, urlsplit(settings.base_url).netloc} - {""}

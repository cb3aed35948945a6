"""Whether a page of another site lets a browser act here (RFC 6454, Fetch Metadata).  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from sandbox.errors import Forbidden
from sandbox.settings import Settings
from sandbox.web.hosts import ANY

SAFE = ("GET", "HEAD", "OPTIONS")  # RFC 9110 9.2.1: they change nothing
# SMART Health Links 1: a viewer is a page of anybody, and a manifest is asked for by POST
OPEN = "/shl/"
# `*` is about what systems are asked for; the event's own pages and API are for origins by name
DATA = re.compile(r"(/t/[^/]+)?/(fhir|ddcc|icvp|mediator|inbox|regional|v2)(/|$)")

# operations that sign by GET, as their guides have it (IHE VHL ITI-YY3, the event's mediator)
SIGNS = re.compile(r".*/\$(generate-vhl|ddcc|icvp|dvc)/?")


def check_origin(method: str, path: str, headers: Mapping[str, str], settings: Settings) -> None:
    """Raises Forbidden for what a page of another origin lets a browser send.

    A program that is no browser sends neither header, and is served as it asks.
    """
    if (method in SAFE and not SIGNS.fullmatch(path)) or path.startswith(OPEN):
        return
    origin = headers.get("origin", "")
    site = headers.get("sec-fetch-site", "")
    # of a person's own doing, such as a bookmark, is `none`
    if not origin and site in ("", "none", "same-origin"):
        return
    is_named = origin in settings.origins
    if is_named or site == "same-origin" or (ANY in settings.origins and DATA.match(path)):
        return
    if site in ("cross-site", "same-site") or urlsplit(origin).netloc not in _own(
        headers, settings
    ):
        raise Forbidden("people.other_origin", where="Origin", clause="RFC 6454 7")


def _own(headers: Mapping[str, str], settings: Settings) -> set[str]:
    """Returns the hosts, with ports, by which a browser reaches us."""
    hosts = (headers.get("host", ""), headers.get("x-forwarded-host", "").split(",")[0].strip())
    return {*hosts, urlsplit(settings.base_url).netloc} - {""}

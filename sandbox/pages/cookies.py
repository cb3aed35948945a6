"""What a browser keeps of somebody who has no account, or has not come in yet; no script of a page
reads it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from sandbox.web.requests import address_of

KEPT_DAYS = 90
WANTED = "connectathon_wanted"
WANTED_DAYS = 1
"""A page that somebody has asked for who was not let in: they come to it once they are."""
PLACE = re.compile(r"[a-z0-9][\w.~-]*(/[\w.~-]+)*", re.ASCII)


def keep_cookie(
    reply: Response, request: Request, name: str, value: str, *, days: int = KEPT_DAYS
) -> None:
    """Lets this browser keep something of a person who has no account.

    Args:
        reply: Carries it to the browser.
        request: Says at which address the sandbox stands.
        name: Of the cookie.
        value: What is kept; no script of a page reads it.
        days: For how long.
    """
    root = address_of(request)
    reply.set_cookie(
        name,
        value,
        max_age=days * 24 * 3600,
        path=_cookie_path(request),
        secure=root.startswith("https:"),
        httponly=True,
        samesite="lax",
    )


def keep_wanted(reply: Response, request: Request) -> None:
    """Lets this browser keep the page that somebody has asked for who is not let in yet, such as by
    a link in a chat; who only looks around has asked for none.
    """
    came = request.headers.get("referer", "")
    is_of_here = came.startswith(f"{address_of(request)}/")
    if is_of_here or request.headers.get("sec-fetch-site") == "same-origin":
        return
    keep_cookie(reply, request, WANTED, request.url.path.lstrip("/"), days=WANTED_DAYS)


def wanted_page(request: Request) -> str:
    """Returns the page of this server that somebody had asked for before they were let in, from
    its first page; "" for none.
    """
    wanted = request.cookies.get(WANTED, "")
    # it leads nowhere else, whoever has written the cookie
    return wanted if PLACE.fullmatch(wanted) and ".." not in wanted else ""


def forget_wanted(reply: Response, request: Request) -> None:
    """Lets this browser forget which page was asked for."""
    reply.delete_cookie(WANTED, path=_cookie_path(request), httponly=True, samesite="lax")


def _cookie_path(request: Request) -> str:
    # another application of the same host, beside this one, does not get it
    return urlsplit(address_of(request)).path or "/"

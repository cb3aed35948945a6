"""Files that somebody drops in Slack: fetched with the bot's token, from Slack alone, and kept
nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

MOST_BYTES = 5 * 1024 * 1024  # as the sandbox judges them
SECONDS = 20
HOSTS = ("files.slack.com", "slack-files.com")


class NotFetched(Exception):
    """A file that could not be had; the argument is the key of the sentence that says why."""


async def fetch(file: Mapping[str, Any], *, token: str, base: str) -> bytes:
    """Returns the bytes of a file.

    Args:
        file: As an event of Slack describes it.
        token: The bot's, with the scope `files:read`.
        base: The address of the Web API, whose host may give files too.

    Raises:
        NotFetched: It is too large, of another host, or Slack does not give it.
    """
    address = str(file.get("url_private_download") or file.get("url_private") or "")
    # the token goes to Slack and to nobody else, whatever an event says
    if _host_of(address) not in (*HOSTS, _host_of(base)):
        raise NotFetched("said.no_file")
    if int(file.get("size") or 0) > MOST_BYTES:
        raise NotFetched("said.large_file")
    headers = {"Authorization": f"Bearer {token}"}
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(address, headers=headers, allow_redirects=False) as reply,
        ):
            # without the scope Slack answers with its page to sign in
            if reply.status != 200 or "text/html" in reply.content_type:
                raise NotFetched("said.no_file")
            content = await reply.content.read(MOST_BYTES + 1)
            while len(content) <= MOST_BYTES and (more := await reply.content.read(MOST_BYTES)):
                content += more
    except (aiohttp.ClientError, TimeoutError):
        raise NotFetched("said.no_file") from None
    if len(content) > MOST_BYTES:
        raise NotFetched("said.large_file")
    return content


def _host_of(address: str) -> str | None:
    """Returns the host of an address; empty for what is none."""
    try:
        return urlsplit(address).hostname
    except ValueError:
        return ""

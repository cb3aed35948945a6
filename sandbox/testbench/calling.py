"""The guarded way of a wallet to issuers and verifiers.  Nothing is redacted or logged here: tokens
must reach whom they are for, and go no further.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx

from sandbox.credentials.wallet.calling import Call, Reply
from sandbox.limits import ANSWER_BYTES, ANSWER_SECONDS, ANSWER_SILENCE_SECONDS
from sandbox.testbench.fetching import Way


def sending(way: Way) -> Callable[[Call], Reply]:
    """Returns what sends the calls of a wallet; redirects are not followed.

    Args:
        way: Makes a guarded way to the network; its refusals pass with their own sentence.
    """

    def send(call: Call) -> Reply:
        try:
            return asyncio.run(_sent(call, way))
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            raise OSError(str(error)) from None

    return send


async def _sent(call: Call, way: Way) -> Reply:
    # a proxy named in the environment would dial in place of the guard
    client = httpx.AsyncClient(
        transport=way(), timeout=ANSWER_SILENCE_SECONDS, trust_env=False, follow_redirects=False
    )
    async with asyncio.timeout(ANSWER_SECONDS), client:
        headers = {"Accept-Encoding": "identity", **call.headers}
        content = call.body or None
        async with client.stream(
            call.method, call.address, headers=headers, content=content
        ) as response:
            body = b""
            async for part in response.aiter_raw():
                body += part
                if len(body) > ANSWER_BYTES:
                    raise ValueError(f"> {ANSWER_BYTES} bytes")
            return Reply(response.status_code, body)

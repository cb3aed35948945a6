"""`connectathon agent`: runs inside a team's network, dials out alone, and carries what the bench
asks to the registered addresses of one system.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import tell
from sandbox.cli.options import TokenEnv, bearer

if TYPE_CHECKING:
    import httpx

AGAIN_SECONDS = 5.0
PATIENCE_SECONDS = 90.0  # longer than the server lets one wait
REFUSED = (401, 403, 404)


def agent(
    server: Annotated[str, typer.Option(help=tell("agent.server"))],
    system: Annotated[str, typer.Option(help=tell("agent.system"))],
    token_env: TokenEnv = "",
    proxy: Annotated[str, typer.Option(help=tell("agent.proxy"))] = "",
) -> None:
    """Works until it is interrupted; ends with 1 where the server does not know it."""
    import httpx

    from sandbox.testbench.guard import guarded_from_here

    async def work() -> None:
        # a ministry's proxy stands between this machine and the server, and never before the
        # system
        outside = httpx.AsyncClient(
            headers=bearer(token_env), timeout=PATIENCE_SECONDS, proxy=proxy or None
        )
        inside = httpx.AsyncClient(transport=guarded_from_here({}), trust_env=False)
        async with outside, inside:
            await _work(outside, inside, f"{server.rstrip('/')}/api/systems/{system}/agent")

    asyncio.run(work())


async def _work(outside: httpx.AsyncClient, inside: httpx.AsyncClient, root: str) -> None:
    known = await outside.get(root)
    _end_if_refused(known)
    known.raise_for_status()
    registered = known.json()
    bases = [str(base) for base in registered["bases"]]
    words = {"system": registered["system"], "bases": ", ".join(bases)}
    print(tell("agent.running", **words), flush=True)
    while True:
        await carry_one(outside, inside, root, bases)


async def carry_one(
    outside: httpx.AsyncClient, inside: httpx.AsyncClient, root: str, bases: list[str]
) -> None:
    """Fetches one request, sends it and brings what came.

    Args:
        outside: Speaks to the server.
        inside: Speaks to the system.
        root: The address of the agent's routes.
        bases: Those that may be dialled.

    Raises:
        typer.Exit: The server does not know this agent any more.
    """
    import httpx

    from sandbox.fhir.json import write_json

    try:
        fetched = await outside.post(f"{root}/next")
        _end_if_refused(fetched)
        fetched.raise_for_status()
        asked = fetched.json()["asked"]
        if asked:
            brought = write_json(await sent(inside, asked, bases))
            await outside.post(f"{root}/answers/{asked['id']}", content=brought)
    except httpx.HTTPError as error:
        print(tell("agent.cut_off", reason=type(error).__name__), flush=True)
        await asyncio.sleep(AGAIN_SECONDS)


async def sent(
    inside: httpx.AsyncClient, asked: dict[str, Any], bases: list[str]
) -> dict[str, Any]:
    """Returns what the system answered, not decoded, or why it did not."""
    from sandbox.limits import ANSWER_BYTES, ANSWER_SILENCE_SECONDS
    from sandbox.testbench.entering import place_of
    from sandbox.testbench.sending import FAULTS

    # the server says what is asked, and this machine whom: the addresses that it printed alone
    if place_of(asked["url"]) not in {place_of(base) for base in bases}:
        return {"status": 0, "failure": tell("agent.not_registered")}
    headers = [(name, value) for name, value in asked["headers"]]
    body = base64.b64decode(asked["body"]) or None
    content = bytearray()
    try:
        async with (
            asyncio.timeout(ANSWER_SILENCE_SECONDS),
            inside.stream(asked["method"], asked["url"], headers=headers, content=body) as response,
        ):
            async for part in response.aiter_raw():
                content += part
                if len(content) > ANSWER_BYTES:
                    return {"status": 0, "failure": tell("agent.too_large", most=ANSWER_BYTES)}
    except FAULTS as error:
        return {"status": 0, "failure": f"{type(error).__name__} {error}".strip()}
    return {
        "status": response.status_code,
        "headers": [list(pair) for pair in response.headers.multi_items()],
        "body": base64.b64encode(content).decode(),
    }


def _end_if_refused(response: httpx.Response) -> None:
    if response.status_code in REFUSED:
        print(tell("agent.unknown", status=response.status_code, said=_said(response)))
        raise typer.Exit(1)


def _said(response: httpx.Response) -> str:
    try:
        return str(response.json()["text"])
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase

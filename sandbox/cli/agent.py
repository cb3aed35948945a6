"""`connectathon agent`: runs inside a team's network, dials out alone, and carries what the bench
asks to the registered addresses of one system, and what that system posts to its inbox.

It waits for what is asked by long polling: the server holds each request open, so that what is
asked comes at once, and any proxy on the way lets it through.  The connections are kept: one on
which the agent waits and brings, and one on which the system's submissions go.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.listening import listener_of
from sandbox.cli.options import EgressProxy, TokenEnv, bearer, leave_by, takes
from sandbox.sentences import text_of

if TYPE_CHECKING:
    import httpx
    from starlette.applications import Starlette

    from sandbox.testbench.chains import Terms

AGAIN_SECONDS = 5.0
LISTEN = 8410
PATIENCE_SECONDS = 90.0  # longer than the server lets one wait
REFUSED = (401, 403, 404)
PEM_OPTIONS = ("authorities", "certificate", "private_key")
Pem = Annotated[
    Path | None,
    typer.Option(help=tell("agent.pem"), metavar="FILE", exists=True, dir_okay=False),
]


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of an agent: `outside` speaks to the server, where its routes are at `root`;
    `inside` to the system, at `bases` alone; `at` is where the agent listens to that.
    """

    outside: httpx.AsyncClient
    inside: httpx.AsyncClient
    root: str
    at: str
    bases: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentOptions:
    """The options of `agent`; files stay on this machine, and no server sees what is in them."""

    server: Annotated[str, typer.Option(help=tell("agent.server"))]
    system: Annotated[str, typer.Option(help=tell("agent.system"))]
    token_env: TokenEnv = ""
    egress_proxy: EgressProxy = ""
    listen: Annotated[int, typer.Option(help=tell("agent.listen"), min=0, max=65535)] = LISTEN
    authorities: Pem = None
    certificate: Pem = None
    private_key: Pem = None


@takes(AgentOptions)
def agent(options: AgentOptions) -> None:
    """Works until it is interrupted; ends with 1 where the server does not know it."""

    from sandbox.cli.serve import open_listener

    leave_by(options.egress_proxy)
    terms = _terms(options)
    server = options.server.rstrip("/")

    async def work(listener: socket.socket) -> None:
        outside = _outside(options.token_env)
        async with outside:
            root = f"{server}/api/systems/{options.system}/agent"
            at = f"http://127.0.0.1:{listener.getsockname()[1]}"
            bases = await _known(outside, root)
            async with inside_of(bases, terms) as inside:
                ends = Ends(outside, inside, root, at, bases)
                # said once the server knows it: whoever reads it may begin
                await carry_one(ends, waits=False)
                print(tell("agent.running", system=options.system, bases=", ".join(bases)))
                print(tell("agent.listening", address=at, server=server), flush=True)
                await _until_one_ends(_listen(listener_of(outside, root, at), listener), _ask(ends))

    with open_listener(options.listen, words="agent --listen") as listener:
        asyncio.run(work(listener))


def _terms(options: AgentOptions) -> Terms | None:
    """Returns what TLS trusts and shows at the system; raises BadParameter for what cannot be."""
    from sandbox.errors import BadRequest
    from sandbox.event.access_fields import check
    from sandbox.testbench.chains import Terms
    from sandbox.testbench.entering import Entry, context_of

    fields = {}
    for name in PEM_OPTIONS:
        file = getattr(options, name)
        if file:
            fields[name] = file.read_text(encoding="utf-8", errors="replace")
    if not fields:
        return None
    try:
        check(fields)
    except BadRequest as error:
        said = text_of(error.as_finding(), LANGUAGE)
        raise typer.BadParameter(said, param_hint=f"--{error.where.replace('_', '-')}") from None
    return Terms(context_of(Entry(frozenset(), frozenset(), **fields)), "certificate" in fields)


def inside_of(bases: list[str], terms: Terms | None = None) -> httpx.AsyncClient:
    """Returns what speaks to a system.

    Args:
        bases: Its addresses, at which alone the terms hold.
        terms: What TLS trusts and shows there; None for what it trusts anywhere.
    """
    import httpx

    from sandbox.limits import ANSWER_SILENCE_SECONDS
    from sandbox.testbench.entering import place_of
    from sandbox.testbench.guard import Guard, GuardedTransport

    places = [place_of(base)[1:] for base in bases]
    contexts = dict.fromkeys(places, terms) if terms else None
    return httpx.AsyncClient(
        transport=GuardedTransport(Guard(allows_private=True), contexts=contexts),
        timeout=ANSWER_SILENCE_SECONDS,
        trust_env=False,
    )


def _outside(token_env: str) -> httpx.AsyncClient:
    """Returns what speaks to the server: a ministry's proxy stands on that way, which HTTPS_PROXY
    may name too, and never before the system.
    """
    import httpx

    from sandbox.web.egress import TunnellingTransport, authorities, egress_of

    egress = egress_of()
    return httpx.AsyncClient(
        headers=bearer(token_env),
        timeout=PATIENCE_SECONDS,
        transport=TunnellingTransport(egress, authorities()) if egress else None,
    )


async def _until_one_ends(*works: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(work) for work in works]
    over, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for task in over:
        task.result()


async def _listen(app: Starlette, listener: socket.socket) -> None:
    """Serves until the command is interrupted."""
    import uvicorn

    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    await uvicorn.Server(config).serve(sockets=[listener])


async def _known(outside: httpx.AsyncClient, root: str) -> list[str]:
    """Returns the addresses that may be dialled."""
    known = await outside.get(root)
    _end_if_refused(known)
    known.raise_for_status()
    return [str(base) for base in known.json()["bases"]]


async def _ask(ends: Ends) -> None:
    while True:
        await carry_one(ends)


async def carry_one(ends: Ends, *, waits: bool = True) -> None:
    """Fetches one request, sends it and brings what came.

    Args:
        ends: Server and system.
        waits: For a request, where there is none yet.

    Raises:
        typer.Exit: The server does not know this agent any more.
    """
    import httpx

    from sandbox.fhir.json import write_json

    try:
        told = write_json({"at": ends.at, "waits": waits})
        fetched = await ends.outside.post(f"{ends.root}/next", content=told)
        _end_if_refused(fetched)
        fetched.raise_for_status()
        asked = fetched.json()["asked"]
        if asked:
            brought = write_json(await sent(ends.inside, asked, ends.bases))
            await ends.outside.post(f"{ends.root}/answers/{asked['id']}", content=brought)
    except httpx.HTTPError as error:
        print(tell("agent.cut_off", reason=type(error).__name__), flush=True)
        await asyncio.sleep(AGAIN_SECONDS)


async def sent(
    inside: httpx.AsyncClient, asked: dict[str, Any], bases: list[str]
) -> dict[str, Any]:
    """Returns what the system answered, not decoded, or why it did not."""
    from sandbox.errors import SandboxError
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
    except SandboxError as error:
        return {"status": 0, "failure": text_of(error.as_finding(), LANGUAGE)}
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

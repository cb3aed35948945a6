"""`connectathon serve`: the sandbox server on loopback."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli import tell
from sandbox.settings import DEFAULT_PORT, Settings, data_folder

HOST = "127.0.0.1"


def serve(
    port: Annotated[
        int, typer.Option(help=tell("serve.port"), envvar="CONNECTATHON_PORT", min=0, max=65535)
    ] = DEFAULT_PORT,
    data: Annotated[Path | None, typer.Option(help=tell("serve.data"), envvar="CONNECTATHON_DATA")] = None,
    seed: Annotated[str, typer.Option(help=tell("serve.seed"), envvar="CONNECTATHON_SEED")] = "training",
    base_url: Annotated[str, typer.Option(help=tell("serve.base_url"), envvar="CONNECTATHON_BASE_URL")] = "",
    max_body: Annotated[int, typer.Option(help=tell("serve.max_body"), min=1)] = 16,
    until_stdin_closes: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Serves until it is interrupted; the first line on stdout holds the address."""
    listener = open_listener(port)
    import uvicorn

    from sandbox.app import create_app

    settings = Settings(
        data=data or data_folder(),
        seed=seed,
        base_url=base_url,
        max_body_bytes=max_body * 1024 * 1024,
        id_seed=os.environ.get("CONNECTATHON_ID_SEED", ""),
    )
    app = create_app(settings)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="on")
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    print(tell("serve.running", address=address, fhir=f"{address}/fhir", data=settings.data, seed=seed), flush=True)
    if until_stdin_closes:
        threading.Thread(target=_stop_when_stdin_closes, daemon=True).start()
    uvicorn.Server(config).run(sockets=[listener])


def open_listener(port: int) -> socket.socket:
    """Returns a listening socket on loopback (port 0: a free one), or ends with a sentence about who has the port."""
    # asyncio turns Nagle's delay off only for sockets that say TCP: without it each reply takes 40 ms
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        print(tell("serve.port_taken", port=port, other=port + 1), file=sys.stderr)
        raise typer.Exit(2) from None
    listener.listen(128)
    return listener


def _stop_when_stdin_closes() -> None:
    """Ends the server together with the process that started it, even when that one was killed."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)

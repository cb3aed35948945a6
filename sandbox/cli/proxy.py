"""`connectathon proxy`: a proxy before a server that alters one thing in its answers."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import tell

PORT = 8090


def proxy(
    server: Annotated[str, typer.Argument(help=tell("proxy.server"))],
    fault: Annotated[str, typer.Option(help=tell("proxy.fault"))] = "",
    port: Annotated[int, typer.Option(help=tell("proxy.port"))] = PORT,
) -> None:
    """Hands everything on to a server until it is interrupted."""
    import httpx
    import uvicorn

    from sandbox.cli.serve import open_listener
    from sandbox.twins.altering import read_fault
    from sandbox.twins.proxy import proxy_to

    base = httpx.URL(server)
    if base.scheme not in ("http", "https") or not base.host:
        raise typer.BadParameter(tell("proxy.no_server", found=server), param_hint="SERVER")
    app = proxy_to(server, read_fault(fault) if fault else None)
    config = uvicorn.Config(app, log_level="warning", proxy_headers=False)
    with open_listener(port, words="proxy --port") as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}{base.path.rstrip('/')}"
        print(tell("proxy.running", address=address, server=server, fault=fault or "–"), flush=True)
        uvicorn.Server(config).run(sockets=[listener])

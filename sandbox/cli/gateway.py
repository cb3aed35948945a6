"""`connectathon gateway`: the gateway of the trust network on this machine, over mutual TLS."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import tell
from sandbox.cli.options import Data
from sandbox.settings import data_folder

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from sandbox.trust.folder import TrustFolder

PORT = 8443
NAMES = ("localhost", "127.0.0.1")


def gateway(
    port: Annotated[int, typer.Option(help=tell("gateway.port"))] = PORT,
    data: Data = None,
) -> None:
    """Serves until it is interrupted; countries that are onboarded later are known after a new
    start.
    """
    from sandbox.cli.stored import opened
    from sandbox.store.audit import Audit
    from sandbox.trust.folder import TrustFolder

    with opened(data) as partitions:
        folder = (data or data_folder()) / "trust"
        _serve(TrustFolder(folder, record=Audit(partitions.main).record), port)


def _serve(trust: TrustFolder, port: int) -> None:
    import uvicorn

    from sandbox.api.gateway import gateway_app
    from sandbox.cli.serve import open_listener
    from sandbox.clock import utc_now
    from sandbox.trust.gateway import Gateway, anchor_of
    from sandbox.trust.pki import new_anchor, new_host
    from sandbox.workers import pool_of

    now = utc_now()
    place = trust.folder / "gateway"
    anchor = anchor_of(place / "anchor", lambda: new_anchor(at=now))
    # Kept from one start to the next: clients trust this very certificate.
    anchor_of(place / "host", lambda: new_host(NAMES, at=now))
    clients = [file.read_text("ascii") for _, _, role, file in trust.published() if role == "TLS"]
    if not clients:
        print(tell("pki.none"))
        raise typer.Exit(2)
    # OpenSSL reads this file only when the server starts.
    (place / "clients.pem").write_text("".join(clients), "ascii")
    config = _config(gateway_app(Gateway(trust, anchor, pool_of(1)), utc_now), place)
    own = place / "host" / "certificate.pem"
    countries = ", ".join(trust.countries())
    with open_listener(port, words="gateway --port") as listener:
        address = f"https://127.0.0.1:{listener.getsockname()[1]}"
        print(tell("gateway.running", address=address, countries=countries, ca=own), flush=True)
        uvicorn.Server(config).run(sockets=[listener])


def _config(app: ASGIApp, place: Path) -> uvicorn.Config:
    """Returns a server that asks every client for a certificate which a country has published."""
    import uvicorn

    from sandbox.api.gateway import PeerProtocol

    return uvicorn.Config(
        app,
        http=PeerProtocol,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=str(place / "host" / "certificate.pem"),
        ssl_keyfile=str(place / "host" / "key.pem"),
        ssl_ca_certs=str(place / "clients.pem"),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
    )

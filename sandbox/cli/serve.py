"""`connectathon serve`: the sandbox server on loopback."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import socket
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit

import typer

from sandbox.cli import tell
from sandbox.cli.lan import ANYWHERE, Lan, lan_at, own_address
from sandbox.cli.options import leave_by, takes
from sandbox.cli.playing import (
    PlayOptions,
    begin_log,
    make_ready,
    settings_of,
    stop_when_stdin_closes,
)
from sandbox.collecting import loading
from sandbox.limits import MEGABYTE
from sandbox.settings import DEFAULT_PORT, NOTEBOOK, Settings, data_folder
from sandbox.web.addresses import without_userinfo
from sandbox.web.hosts import ANY, LOOPBACK

HOST = "127.0.0.1"
LOW_SPACE = 200  # MB
KEEP_SECONDS = 75
"""An idle connection stays open for so long: longer than proxies keep theirs (60 seconds are
usual), since a request that meets its end is lost.
"""


class Reading(StrEnum):
    """Who reads the spaces of teams at an event with people."""

    open = "open"
    team = "team"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions(PlayOptions):
    """The options of `serve`; one without an environment variable is for the command line alone."""

    port: Annotated[
        int, typer.Option(help=tell("serve.port"), envvar="CONNECTATHON_PORT", min=0, max=65535)
    ] = DEFAULT_PORT
    host: Annotated[str, typer.Option(help=tell("serve.host"), envvar="CONNECTATHON_HOST")] = HOST
    lan: Annotated[bool, typer.Option("--lan", help=tell("serve.lan"))] = False
    cors: Annotated[
        list[str] | None, typer.Option(help=tell("serve.cors"), envvar="CONNECTATHON_CORS")
    ] = None
    allow_host: Annotated[
        list[str] | None, typer.Option(help=tell("serve.allow_host"), envvar="CONNECTATHON_HOSTS")
    ] = None
    proxy: Annotated[
        list[str] | None, typer.Option(help=tell("serve.proxy"), envvar="CONNECTATHON_PROXIES")
    ] = None
    security_contact: Annotated[
        str,
        typer.Option(help=tell("serve.security_contact"), envvar="CONNECTATHON_SECURITY_CONTACT"),
    ] = ""
    max_body: Annotated[int, typer.Option(help=tell("serve.max_body"), min=1)] = 16
    twin: Annotated[str, typer.Option(help=tell("serve.twin"), envvar="CONNECTATHON_TWIN")] = ""
    reading: Annotated[
        Reading, typer.Option(help=tell("serve.reading"), envvar="CONNECTATHON_READING")
    ] = Reading.open
    kept_days: Annotated[
        int, typer.Option(help=tell("serve.kept_days"), envvar="CONNECTATHON_KEPT_DAYS", min=1)
    ] = 30
    lab: Annotated[
        str, typer.Option(help=tell("serve.lab", place=NOTEBOOK), envvar="CONNECTATHON_LAB")
    ] = ""
    drain: Annotated[
        float,
        typer.Option(help=tell("serve.drain"), envvar="CONNECTATHON_DRAIN", min=0, max=600),
    ] = 0


@takes(ServeOptions)
def serve(options: ServeOptions) -> None:
    """Serves until it is interrupted; the first line on stdout holds the address.

    CONNECTATHON_TOKEN holds the token that every request must carry; without one only loopback is
    served.
    """
    leave_by(options.egress_proxy)
    lan: Lan | None = None
    host = ANYWHERE if options.lan else options.host
    # what cannot be is refused before a port is taken
    settings = None if options.lan else _settings(options)
    # also a server that does not start gives its port back
    with open_listener(options.port, host=host) as listener:
        if settings is None:
            port = listener.getsockname()[1]
            lan = lan_at(own_address(), port, options.data or data_folder())
            os.environ["CONNECTATHON_TOKEN"] = lan.token
            options = replace(options, host=ANYWHERE, base_url=options.base_url or lan.address)
            settings = _settings(options)
        if options.until_stdin_closes:
            stop_when_stdin_closes()
        begin_log(options.log)
        _run(settings, listener, lan, drain=options.drain)


def _settings(options: ServeOptions) -> Settings:
    return replace(
        settings_of(options),
        token=_token_for(options.host),
        hosts=_hosts(options),
        proxies=tuple(_proxy(text) for text in options.proxy or ()),
        security_contact=_contact(options.security_contact),
        origins=tuple(options.cors or ()),
        max_body_bytes=options.max_body * 1024 * 1024,
        twin=_twin(options.twin),
        reading=options.reading.value,
        kept_days=options.kept_days,
        lab=_lab(options.lab),
    )


def _token_for(host: str) -> str:
    """Returns the token that requests must carry; ends where others could reach the server without
    one.
    """
    token = os.environ.get("CONNECTATHON_TOKEN", "")
    if not token and not is_loopback(host):
        print(tell("serve.needs_token", host=host), file=sys.stderr)
        raise typer.Exit(2)
    return token


def _hosts(options: ServeOptions) -> tuple[str, ...]:
    """Returns the names that are answered: on loopback always a list, elsewhere if one is given."""
    named = options.allow_host or []
    if not named and not is_loopback(options.host):
        return ()  # others know it by names that it cannot guess, and need the token
    known = urlsplit(options.base_url).hostname or ""
    return (*LOOPBACK, *named, *filter(None, [known]))


def _proxy(text: str) -> str:
    """Reads an address or a network; ends with a sentence for anything else."""
    try:
        return text if text == ANY else str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise typer.BadParameter(
            tell("serve.bad_proxy", found=text), param_hint="--proxy"
        ) from None


def _contact(text: str) -> str:
    """Reads where to report a hole; ends with a sentence for what no browser could open."""
    # RFC 9116 2.5.3: a URI, https where it is of the web; a second line would be a field of its own
    is_address = text.startswith(("mailto:", "https://", "tel:")) and text.isprintable()
    if text and not is_address:
        raise typer.BadParameter(
            tell("serve.bad_contact", found=text), param_hint="--security-contact"
        )
    return text


def _lab(text: str) -> str:
    """Reads where notebooks open; ends with a sentence for what would open none."""
    is_address = text.startswith(("https://", "http://")) and text.isprintable()
    if text and not (is_address and NOTEBOOK in text and without_userinfo(text) == text):
        raise typer.BadParameter(
            tell("serve.bad_lab", found=text, place=NOTEBOOK), param_hint="--lab"
        )
    return text


def _twin(name: str) -> str:
    from sandbox.twins import TWINS

    if name and name not in TWINS:
        raise typer.BadParameter(
            tell("serve.bad_twin", found=name, known=", ".join(TWINS)), param_hint="--twin"
        )
    return name


def _run(settings: Settings, listener: socket.socket, lan: Lan | None, *, drain: float) -> None:
    with loading():
        import uvicorn

        from sandbox.app import create_app
        from sandbox.cli.draining import DrainingServer
        from sandbox.server.judging import load_judge

    make_ready(settings, load_judge)
    # The app must ask its server whether it is stopping, but is created first.
    servers: list[DrainingServer] = []
    with loading():
        app = create_app(
            replace(settings, port=listener.getsockname()[1]),
            is_stopping=lambda: servers[0].is_stopping,
        )
    config = uvicorn.Config(
        # Not `auto`, which mistakes an error at startup for an app without lifespan.
        app,
        log_level="warning",
        access_log=False,
        log_config=None,  # what it logs goes through our handler too, which redacts
        server_header=False,
        # ours believes the listed proxies alone, where uvicorn believes all of this machine
        proxy_headers=False,
        lifespan="on",
        timeout_keep_alive=KEEP_SECONDS,
        ssl_certfile=lan.certificate if lan else None,
        ssl_keyfile=lan.key if lan else None,
    )
    servers.append(DrainingServer(config, drain))
    _tell_of_space(settings)
    _say_where(settings, listener, lan)
    servers[0].run(sockets=[listener])


def _say_where(settings: Settings, listener: socket.socket, lan: Lan | None) -> None:
    """Prints where the server is and what it serves."""
    host, port = listener.getsockname()[:2]
    address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    address = lan.address if lan else address
    place = (
        urlsplit(settings.database_url).hostname or "PostgreSQL"
        if settings.database_url
        else settings.data
    )
    print(
        tell(
            "serve.running", address=address, fhir=f"{address}/fhir", data=place, seed=settings.seed
        ),
        # A program that starts the server waits for this line.
        flush=True,
    )
    if lan:
        print(tell("serve.lan_how", address=lan.address, token=lan.token), flush=True)


def _tell_of_space(settings: Settings) -> None:
    """Says that little space is left, while there is still some to act with."""
    free = (
        shutil.disk_usage(settings.data).free // MEGABYTE if settings.data.exists() else LOW_SPACE
    )
    if free < LOW_SPACE:
        print(tell("serve.low_space", free=free, folder=settings.data), file=sys.stderr)


def is_loopback(host: str) -> bool:
    """Tells whether only programs of this machine can reach a server on that address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # Any other name may resolve to anything; this one is reserved (RFC 6761 6.3).
        return host == "localhost"


def open_listener(port: int, *, host: str = HOST, words: str = "serve --port") -> socket.socket:
    """Returns a listening socket (port 0: a free one), or ends with a sentence about who has the
    port, and with which words of the command line another is chosen.
    """
    # asyncio turns Nagle's delay off only for sockets that say TCP: without it each reply takes 40
    # ms
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Lets a restart take the port again at once.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            print(tell("serve.no_address", host=host, reason=error.strerror), file=sys.stderr)
            raise typer.Exit(2) from None
        said = tell("serve.port_taken", port=port, words=words, other=port + 1)
        print(said, file=sys.stderr)
        raise typer.Exit(2) from None
    listener.listen(128)
    return listener

"""Programs by others that are no FHIR server and answer all the same: web servers as people leave them at an address
that a team then registers by mistake.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.journeys.test_deploy import free_port

PAGE = "<!doctype html><title>Welcome</title><p>Nothing here speaks FHIR.</p>"
LOGIN = "<!doctype html><title>Log in</title><form><input type=password></form>"
# Each is a site of its own: what the program does with any request.
NGINX: Mapping[str, str] = {
    "folder": "location / { }",
    "one page": "error_page 405 =200 /index.html; location / { try_files $uri /index.html; }",
    "closed": "location / { return 403; }",
}
CADDY: Mapping[str, str] = {
    "nothing": "respond 200",
    "no content": "respond 204",
    "ok": 'respond "OK" 200',
    "login": 'respond "" 401',
    "moved": "handle /login* {\nheader Content-Type text/html\nrespond `" + LOGIN + "` 200\n}\n"
    "handle {\nredir * /login 302\n}",
    "away": 'respond "upstream is away" 503',
    "not found": "respond 404",
    "bad request": 'respond "Bad Request" 400',
    "too many": "respond 429",
    "broken": "respond 500",
    "gone": "respond 410",
    "created": "header Location /things/1\nrespond 201",
    "api": 'header Content-Type application/json\nrespond `{"status":"ok","result":true}` 200',
    "api 404": 'header Content-Type application/json\nrespond `{"error":"not_found"}` 404',
    "api 400": 'header Content-Type application/json\nrespond `{"error":"invalid_request"}` 400',
}  # fmt: skip
# A shell of FHIR: a CapabilityStatement, and behind it one answer to everything.
STATEMENT = (
    "handle /fhir/metadata {\nheader Content-Type application/fhir+json\n"
    'respond `{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[{"mode":"server"}]}` 200\n}\n'
)
OUTCOME = '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"%s"}]}'
SHELLS: Mapping[str, tuple[int, str]] = {
    "nothing found": (200, '{"resourceType":"Bundle","type":"searchset","total":0}'),
    "fine": (200, '{"resourceType":"OperationOutcome","issue":[{"severity":"information","code":"informational"}]}'),
    "not found": (404, OUTCOME % "not-found"),
    "invalid": (400, OUTCOME % "invalid"),
    "processing": (422, OUTCOME % "processing"),
    "created": (201, '{"resourceType":"Patient","id":"1"}'),
}  # fmt: skip
# What request bins do: whatever is sent comes back, of the kind that was sent.
ECHO = """<?php
header('Content-Type: ' . ($_SERVER['CONTENT_TYPE'] ?? 'text/plain'));
echo file_get_contents('php://input');
"""
CORE = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
    access_log off; default_type text/html;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {sites}
}}
"""
SITES = CADDY | {
    f"shell, {name}": f"{STATEMENT}handle {{\nheader Content-Type application/fhir+json\n"
    f"{'header Location /fhir/Patient/1' if status == 201 else ''}\nrespond `{body}` {status}\n}}"
    for name, (status, body) in SHELLS.items()
}
NAMES = (
    *(f"nginx {name}" for name in NGINX),
    *(f"caddy {name}" for name in CADDY),
    "php echo",
    "python folder",
)
Started = tuple[Sequence[str], dict[str, int]]


@contextmanager
def all_of_them(folder: Path) -> Iterator[dict[str, str]]:
    """Runs all, and yields the address of each by its name."""
    root = folder / "www"
    root.mkdir(parents=True)
    (root / "index.html").write_text(PAGE, encoding="utf-8")
    home = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    with ExitStack() as stack:
        addresses: dict[str, str] = {}
        for command, ports in (_nginx(folder, root), _caddy(folder), _php(folder), _python(root)):
            stack.enter_context(_running(command, home))
            addresses |= {name: f"http://127.0.0.1:{port}/fhir" for name, port in ports.items()}
        for address in addresses.values():
            _wait_for(address)
        yield addresses


def _nginx(folder: Path, root: Path) -> Started:
    ports = {f"nginx {name}": free_port() for name in NGINX}
    sites = "\n".join(
        f"server {{ listen 127.0.0.1:{ports[f'nginx {name}']}; root {root}; {site} }}"
        for name, site in NGINX.items()
    )
    user = "user root;" if os.getuid() == 0 else ""  # the folder of a test is closed to all others
    file = folder / "nginx.conf"
    file.write_text(CORE.format(folder=folder, sites=sites, user=user), encoding="utf-8")
    return ["nginx", "-c", str(file), "-p", str(folder), "-e", "stderr"], ports


def _caddy(folder: Path) -> Started:
    ports = {f"caddy {name}": free_port() for name in SITES}
    sites = "\n".join(
        f"http://127.0.0.1:{ports[f'caddy {name}']} {{\n{site}\n}}" for name, site in SITES.items()
    )
    file = folder / "Caddyfile"
    file.write_text("{\nadmin off\nauto_https off\n}\n" + sites, encoding="utf-8")
    return ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"], ports


def _php(folder: Path) -> Started:
    echo = folder / "echo.php"
    echo.write_text(ECHO, encoding="utf-8")
    port = free_port()
    return ["php", "-S", f"127.0.0.1:{port}", str(echo)], {"php echo": port}


def _python(root: Path) -> Started:
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "-d", str(root)]
    return [*command, str(port)], {"python folder": port}


@contextmanager
def _running(command: Sequence[str], home: Mapping[str, str]) -> Iterator[None]:
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **home}
    ) as process:
        try:
            yield
        finally:
            process.terminate()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            httpx.get(address, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError(address)

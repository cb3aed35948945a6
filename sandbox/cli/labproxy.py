"""The sandbox's entry in jupyter-server-proxy: its first page at `/sandbox/` beside Lab."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

from sandbox.cli import tell

PROXIED = ["--port", "{port}", "--proxy", "127.0.0.1"]


def describe_sandbox() -> dict[str, Any]:
    """Returns how to reach the server: the one that SANDBOX_URL names, else one started at the
    first visit.
    """
    entry: dict[str, Any] = {
        "timeout": 20,
        "new_browser_tab": False,
        "launcher_entry": {"title": tell("labproxy.title"), "category": "Other"},
    }
    port = urlsplit(os.environ.get("SANDBOX_URL", "")).port
    if port:
        return {**entry, "command": [], "port": port}
    # Through this interpreter, as our script may not be on the PATH; the proxy fills in the port.
    return {**entry, "command": [sys.executable, "-m", "sandbox.cli", "serve", *PROXIED, *_hosts()]}


def _hosts() -> list[str]:
    # on a hub the loopback is that of a container, which no browser reaches but through the hub
    return ["--allow-host", "*"] if "JUPYTERHUB_SERVICE_PREFIX" in os.environ else []

"""A run's requests as others send them again: a curl command, or a file of requests (`.http`) as
editors take it.  Pure.

What was exchanged is foreign, and whoever copies it runs it: nothing in it may name a file, begin a
script, fill a variable or end its quotes.  What was redacted stays so.
"""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable, Iterable

from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.fhir.json import parse_json, write_json

TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 5.6.2
# whoever sends it again has values of these of its own
OWN = {"host", "content-length", "connection", "accept-encoding", "user-agent", "transfer-encoding"}
# what an address cannot hold, and what editors take for a variable or curl for a list
ODD = re.compile(r"[^!-z|~]|[\"<>\\^`|]")
# a line that begins a request, names a file or is a script in a file of requests
MARK = re.compile(r"(?m)^\s*(?:#|//|@|<|>|\?|&|[A-Z]+ \S)|\{\{|\{%")


def as_curl(exchange: Exchange) -> str:
    """Returns a request as a command of a POSIX shell.

    Args:
        exchange: As it was kept, without secrets.
    """
    words = ["curl", "-sS", "-i", "--globoff", *_method(exchange.method)]
    names = [name.lower() for name, _ in _headers(exchange)]
    for name, value in _headers(exchange):
        words += ["-H", f"{name}: {value}"]
    body = exchange.request_body
    if body and "content-type" not in names:
        words += ["-H", "Content-Type:"]  # none was sent; curl has one of its own
    before = ""
    if body:
        # an argument holds no zero byte, and other bytes than UTF-8 would not survive a page
        text = _text_of(body)
        before = "" if text else f"echo {base64.b64encode(body).decode()} | base64 -d | "
        # raw: a body that begins with @ names no file
        words += ["--data-raw", text] if text else ["--data-binary", "@-"]
    return before + shlex.join([*words, _address(exchange.url)])


def as_http(exchanges: Iterable[Exchange]) -> str:
    """Returns requests as a file of requests, each with its number above it.

    A body that an editor would take for something else than a body is left out, which a comment
    says; `as_curl` has it.
    """
    parts = []
    for number, exchange in enumerate(exchanges, 1):
        address = _address(exchange.url)
        lines = [f"### {number}", f"{_word(exchange.method)} {address}"]
        plain = [(name, value) for name, value in _headers(exchange) if not MARK.search(value)]
        lines += [f"{name}: {value}" for name, value in plain]
        body = _body_for_editors(exchange.request_body)
        if body is None:
            lines.insert(1, f"# body: {len(exchange.request_body)} bytes, only in the form of curl")
        parts.append("\n".join([*lines, "", body or ""]).rstrip())
    return "\n\n".join(parts) + "\n"


def as_commands(exchanges: Iterable[Exchange]) -> str:
    """Returns requests as a script of curl commands.

    Args:
        exchanges: In the order in which they are to be sent.
    """
    return "\n\n".join(map(as_curl, exchanges)) + "\n"


REQUESTS: dict[str, Callable[[Iterable[Exchange]], str]] = {"curl": as_commands, "http": as_http}


def _method(method: str) -> list[str]:
    if method == "GET":
        return []
    return ["--head"] if method == "HEAD" else ["-X", _word(method)]


def _word(method: str) -> str:
    return method if TOKEN.fullmatch(method) else "GET"


def _headers(exchange: Exchange) -> list[tuple[str, str]]:
    return [
        (name, " ".join(value.split()))
        for name, value in exchange.request_headers
        if TOKEN.fullmatch(name) and name.lower() not in OWN
    ]


def _address(url: str) -> str:
    quoted = ODD.sub(lambda sign: "".join(f"%{byte:02X}" for byte in sign[0].encode()), url)
    return quoted if quoted.startswith(("http://", "https://")) else f"http://{quoted}"


def _text_of(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in text else text


def _body_for_editors(body: bytes) -> str | None:
    """Returns a body on one line where it is JSON; None where an editor would misread it."""
    try:
        text = write_json(parse_json(body)).decode()
        # in a string of JSON a brace may be written by its number
        return text.replace("{{", "{\\u007b").replace("{%", "\\u007b%")
    except SandboxError:
        text = _text_of(body)
        return None if body and (not text or MARK.search(text)) else text

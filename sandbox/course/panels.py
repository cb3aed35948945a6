"""Renders an exchange in a notebook: as text, and as equivalent semantic HTML without script or
widget.
"""

from __future__ import annotations

from html import escape
from typing import Any

from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.i18n import Language, say

# about a screen: a Bundle of a hundred entries would bury the next cell
MAX_LINES = 60
SEVERITIES = ("error", "warning", "information")
TOP = "text-align:left;vertical-align:top"
CODE = (
    "font-family:var(--jp-code-font-family,monospace);font-size:.92em;"
    "overflow:auto;max-height:26em;margin:.3em 0"
)
BOX = (
    "border:1px solid var(--jp-border-color2,#ccc);border-radius:.5em;"
    "padding:.5em .9em;margin:.4em 0;max-width:60em"
)


def exchange_text(exchange: Exchange, language: Language) -> str:
    """Returns what was asked, what came back, the headers that teach something, and the body."""
    lines = [
        _title(exchange, language),
        *(f"{name}: {value}" for name, value in _telling_headers(exchange)),
        *(f"{severity}: {text}" for severity, text in _issues(exchange, language)),
    ]
    body = _pretty(exchange, language)
    return "\n".join([*lines, "", *body]) if body else "\n".join(lines)


def exchange_html(exchange: Exchange, language: Language) -> str:
    """Returns the same as one section of HTML."""
    headers = "".join(
        f'<tr><th scope="row" style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in _telling_headers(exchange)
    )
    issues = "".join(
        f'<tr><th scope="row" style="{TOP};white-space:nowrap">{escape(severity)}</th>'
        f'<td style="{TOP};white-space:pre-wrap">{escape(text)}</td></tr>'
        for severity, text in _issues(exchange, language)
    )
    body = escape("\n".join(_pretty(exchange, language)))
    label = escape(say("course.panel.body", language))
    return (
        f'<section lang="{language}" style="{BOX}">'
        f'<p style="margin:0"><strong>{escape(_title(exchange, language))}</strong></p>'
        + (f"<table>{headers}{issues}</table>" if headers or issues else "")
        + (
            f"<details open><summary>{label}</summary>"
            f'<pre tabindex="0" style="{CODE}">{body}</pre></details>'
            if body
            else ""
        )
        + "</section>"
    )


def _title(exchange: Exchange, language: Language) -> str:
    hundreds = exchange.status // 100
    word = say(f"course.panel.status_{hundreds}", language) if 2 <= hundreds <= 5 else ""
    return f"{exchange.method} {exchange.url} → {exchange.status} {word}".rstrip()


def _telling_headers(exchange: Exchange) -> list[tuple[str, str]]:
    return [
        (name, exchange.header(name))
        for name in ("Location", "ETag", "Last-Modified")
        if exchange.header(name)
    ]


def _issues(exchange: Exchange, language: Language) -> list[tuple[str, str]]:
    """Returns what an OperationOutcome says, each with its place and the codes of a standard."""
    body = exchange.json
    if not isinstance(body, dict) or body.get("resourceType") != "OperationOutcome":
        return []
    issues = [issue for issue in as_list(body.get("issue")) if isinstance(issue, dict)]
    return [(_severity(issue, language), _told(issue)) for issue in issues]


def _severity(issue: Json, language: Language) -> str:
    severity = str(issue.get("severity", ""))
    key = "error" if severity == "fatal" else severity
    return say(f"course.panel.{key}", language) if key in SEVERITIES else severity


def _told(issue: Json) -> str:
    codings = as_list(member(issue.get("details"), "coding"))
    # what the sandbox calls its own sentences helps nobody
    codes = [
        str(member(coding, "code"))
        for coding in codings
        if not str(member(coding, "system")).endswith(":message")
    ]
    text = str(member(issue.get("details"), "text") or issue.get("code", ""))
    places = [str(place) for place in as_list(issue.get("expression"))]
    advice = str(issue.get("diagnostics") or "")
    parts = [" · ".join([text, *codes]), ", ".join(places), f"→ {advice}" if advice else ""]
    return "\n".join(part for part in parts if part)


def _pretty(exchange: Exchange, language: Language) -> list[str]:
    lines = pretty_lines(exchange.body)
    if len(lines) > MAX_LINES:
        more = say("course.panel.more_lines", language, count=len(lines) - MAX_LINES)
        lines = [*lines[:MAX_LINES], f"… {more}"]
    return lines


def pretty_lines(body: bytes) -> list[str]:
    """Returns a JSON body indented, any other as it is."""
    if not body:
        return []
    try:
        value: Any = parse_json(body)
    except SandboxError:
        return body.decode("utf-8", "replace").splitlines()
    return write_json(value, pretty=True).decode().splitlines()

"""What went wrong in a learner's own cell, as a card in their language; the traceback is folded
behind it.

An error is recognised by the names of its classes, so that no library is imported for it.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.course.cards import Card, Row
from sandbox.course.comparing import short
from sandbox.errors import SandboxError
from sandbox.exchange import Exchange
from sandbox.i18n import Language, say
from sandbox.sentences import fix_of, text_of

SHOWN = 5
LONGEST = 6000  # characters of a traceback: its end says what happened
FAILED = 400  # the first HTTP status that says no
Params = Callable[[Any], Mapping[str, object]]


def _nothing(error: Any) -> Mapping[str, object]:
    return {}


def _missing_name(error: Any) -> Mapping[str, object]:
    quoted = re.search(r"'([^']+)'", str(error))
    return {"name": getattr(error, "name", None) or (quoted[1] if quoted else str(error))}


def _attribute(error: Any) -> Mapping[str, object]:
    kind = type(getattr(error, "obj", None)).__name__
    return {**_missing_name(error), "kind": kind}


# class → sentence and what fills it; of an error's classes the nearest counts
KNOWN: Mapping[str, tuple[str, Params]] = {
    "builtins.KeyError": ("key", lambda error: {"name": error.args[0] if error.args else "…"}),
    "builtins.NameError": ("name", _missing_name),
    "builtins.AttributeError": ("attribute", _attribute),
    "builtins.IndexError": ("index", _nothing),
    "builtins.TypeError": ("type", _nothing),
    "builtins.ModuleNotFoundError": ("module", _missing_name),
    "builtins.FileNotFoundError": ("file", lambda error: {"name": error.filename or "…"}),
    "builtins.UnicodeDecodeError": ("not_utf8", _nothing),
    "builtins.ConnectionError": ("unreachable", _nothing),
    "builtins.LookupError": ("lookup", _nothing),
    "builtins.SyntaxError": ("syntax", lambda error: {"line": error.lineno or 1}),
    "json.decoder.JSONDecodeError": (
        "not_json",
        lambda error: {"line": error.lineno, "column": error.colno},
    ),
    "binascii.Error": ("not_base64", _nothing),
    "zlib.error": ("not_zlib", _nothing),
    "sandbox.certificates.base45.NotBase45": (
        "not_base45",
        lambda error: {"place": error.place, "found": error.found},
    ),
    "cryptography.exceptions.InvalidSignature": ("signature", _nothing),
    "httpx.HTTPStatusError": ("status", lambda error: {"status": error.response.status_code}),
    "httpx.TimeoutException": ("timeout", _nothing),
    "httpx.TransportError": ("unreachable", _nothing),
    "requests.exceptions.HTTPError": (
        "status",
        lambda error: {"status": getattr(error.response, "status_code", "…")},
    ),
    "requests.exceptions.ConnectionError": ("unreachable", _nothing),
    "requests.exceptions.Timeout": ("timeout", _nothing),
    "pydantic_core._pydantic_core.ValidationError": (
        "model",
        lambda error: {"name": error.title, "count": error.error_count()},
    ),
}
# what the json module says of what is no value of JSON
NOT_JSON = re.compile(r"(?:^Object of type|^Type is not JSON serializable:) (\w+)")
# numbers that remember their digits, the sandbox's own first
EXACT = ("Number", "Decimal")
# what libraries say in the text alone, whatever class they raise
BY_TEXT = (
    (re.compile(r"PEM|ASN\.1|MalformedFraming|InvalidData\(Invalid"), "not_pem"),
    (re.compile(r"(?i)cbor"), "not_cbor"),
)
KINDS_OF_FIELD = {"missing": "missing", "extra_forbidden": "extra"}
# these come of reading an answer that is another one than was expected
OF_READING = {"key", "index", "type", "attribute"}


def failure_card(
    error: BaseException, language: Language, *, exchanges: Sequence[Exchange] = ()
) -> Card:
    """Returns what happened, what to do next, and the traceback to unfold.

    Args:
        error: As the cell raised it.
        language: Of the learner.
        exchanges: What the lesson's client sent; a last answer that says no is often the cause.
    """
    key = ""
    if isinstance(error, SandboxError):
        finding = error.as_finding()
        heading = text_of(finding, language)
        fix = fix_of(finding, language)
    else:
        key, params = _known(error)
        heading = say(f"failures.{key}.text", language, **params)
        fix = say(f"failures.{key}.fix", language, **params)
    rows: list[Row] = [*_fields(error, language)]
    if key in OF_READING and exchanges and exchanges[-1].status >= FAILED:
        label = say("failures.last_answer", language)
        rows.append((label, _answer(exchanges[-1])))
    rows.append((say("course.label.next", language), fix))
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    folded = (say("failures.traceback", language), "".join(lines)[-LONGEST:])
    return Card("error", language, heading, rows, folded)


def _known(error: BaseException) -> tuple[str, Mapping[str, object]]:
    """Returns the sentence about an error, and what fills it."""
    reason = short(error)
    foreign = NOT_JSON.match(str(error))
    if foreign:
        kind = foreign[1]
        return "json_number" if kind in EXACT else "json_value", {"reason": reason, "kind": kind}
    classes = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    for name in classes:
        if name in KNOWN:
            key, params = KNOWN[name]
            return key, {"reason": reason, **params(error)}
    by_text = next(
        (key for pattern, key in BY_TEXT if pattern.search(" ".join([reason, *classes]))), ""
    )
    return by_text or "other", {"reason": reason, "kind": type(error).__name__}


def _fields(error: Any, language: Language) -> list[Row]:
    """Returns what a model of fhir.resources refuses, a row for each element."""
    if not hasattr(error, "errors") or not callable(error.errors):
        return []
    rows: list[Row] = []
    for fault in error.errors()[:SHOWN]:
        place = ".".join(map(str, fault.get("loc", ())))
        type = str(fault.get("type"))
        # fhir.resources puts its own word before that of pydantic
        known = KINDS_OF_FIELD.get(type.rpartition(".")[2])
        kind = known or ("kind" if type.endswith("_type") else "form")
        found = short(repr(fault.get("input")))
        rows.append((place, say(f"failures.model.{kind}", language, found=found)))
    return rows


def _answer(exchange: Exchange) -> str:
    """Returns the status of an answer, and the first reason that its OperationOutcome gives."""
    body = exchange.json
    issues = body.get("issue") if isinstance(body, dict) else None
    details = issues[0].get("details") if isinstance(issues, list) and issues else None
    reason = details.get("text", "") if isinstance(details, dict) else ""
    return f"{exchange.method} {exchange.url} → {exchange.status} {reason}".strip()

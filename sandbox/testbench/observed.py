"""Which tests an observed exchange can decide: one between two systems, without the bench.  Pure.

A test of a server asks questions of its own.  It is judged by what another client asked when that
was the same question to the letter: method, place, query, what it accepts, what it sends.  All else
was not observed, and is said to be not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.distance import Captured
from sandbox.testbench.script import Asked, Capture, Request, Result, Test

NOT_OBSERVED = "testbench.not_observed"
NOT_YET = "testbench.not_yet"
# Of FHIR R4 http.html: what makes another question of the same address.
DECISIVE = ("accept", "content-type", "prefer")
CONDITIONAL = "if-"


def may_answer(asked: Asked, request: Captured) -> bool:
    """Tells whether a request may be what a script asks or waits for, by method and place.

    Args:
        asked: What the script asks or waits for.
        request: What somebody has sent.
    """
    if isinstance(asked, Capture):
        return asked.has_method(request.method) and asked.has_place(request.place)
    place = urlsplit(asked.url).path.strip("/")
    return asked.method == request.method and place == request.place


def is_same_question(asked: Request, exchange: Exchange) -> bool:
    """Tells whether somebody has asked just what a script would ask; its place is known to be the
    same.
    """
    queries = [
        Counter(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        for url in (asked.url, exchange.url)
    ]
    return (
        queries[0] == queries[1]
        and asked.body == exchange.request_body
        and _decisive(asked.headers) == _decisive(dict(exchange.request_headers))
    )


def is_half(result: Result) -> bool:
    """Tells whether a test saw some of its questions and lacks others.

    Args:
        result: What it came to so far.
    """
    return any(finding.key == NOT_YET for finding in result.findings)


def not_observed(test: Test) -> Result:
    """Returns the result of a test whose questions nobody asked: it is skipped, with the reason.

    Args:
        test: The test.
    """
    return Result(test, "skip", (Finding(NOT_OBSERVED, "information", NOT_OBSERVED),), ())


def _decisive(headers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Returns the headers that decide what is asked, without the weights of media types."""
    return {
        name.lower(): tuple(sorted(part.partition(";")[0].strip() for part in value.split(",")))
        for name, value in headers.items()
        if name.lower() in DECISIVE or name.lower().startswith(CONDITIONAL)
    }

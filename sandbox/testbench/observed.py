"""Which tests an observed exchange can decide: one between two systems, without the bench.  Pure.

A test of a server asks questions of its own.  It is judged by what another client asked when that
was the same question to the letter: method, place, query, what it accepts, what it sends; or, where
it can be told of any such exchange, as the test itself says (`Test.observed`).  All else was not
observed, and is said to be not checked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from sandbox.exchange import Exchange
from sandbox.findings import Finding
from sandbox.testbench.distance import Captured
from sandbox.testbench.engine import NotYet
from sandbox.testbench.reading import is_named, parameters_of
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


def is_answered_by(asked: Asked, exchange: Exchange) -> bool:
    """Tells whether an exchange is what a script asks or waits for; its method and place are known
    to be.

    Args:
        asked: What the script asks or waits for.
        exchange: What somebody has sent, and was answered.
    """
    if isinstance(asked, Capture):
        has_query = all(_is_asked(wanted, exchange) for wanted in asked.query)
        return has_query and (not asked.names or is_named(asked.names, exchange.body))
    return _is_same_question(asked, exchange)


async def newest_answer(
    captured: Sequence[Captured],
    exchange_at: Callable[[int], Exchange],
    looked_at: list[int],
    asked: Asked,
) -> Exchange:
    """Returns the newest of what came that a script may look at.

    Args:
        captured: What came to an inbox or went through a recording proxy.
        exchange_at: Reads an exchange by its number.
        looked_at: Takes the number of the one that is returned.
        asked: What the script asks or waits for.

    Raises:
        NotYet: None has come that fits.
    """
    # the newest that fits: who has mended a client sends again, and is judged by that
    for request in reversed(captured):
        if may_answer(asked, request):
            exchange = exchange_at(request.number)
            if is_answered_by(asked, exchange):
                looked_at.append(request.number)
                return exchange
    if isinstance(asked, Capture) and asked.otherwise is not None:
        return await newest_answer(captured, exchange_at, looked_at, asked.otherwise)
    raise NotYet


def tells_nothing(
    result: Result, looked_at: Sequence[int], before: Container[str] = frozenset()
) -> bool:
    """Tells whether a test has nothing to say of a meeting yet.

    Args:
        result: What it came to so far.
        looked_at: The numbers of what it looked at.
        before: The ids of the tests that have said something.
    """
    # it saw some of its questions and lacks others, which nobody may ever ask
    is_half = any(finding.key == NOT_YET for finding in result.findings)
    # what it needs of the bench says nothing here; nor does an answer in which there was nothing
    # to judge undo what was judged
    is_vain = result.verdict == "skip" and result.test.id in before
    return is_half or not looked_at or is_vain


def not_observed(test: Test) -> Result:
    """Returns the result of a test whose questions nobody asked: it is skipped, with the reason.

    Args:
        test: The test.
    """
    return Result(test, "skip", (Finding(NOT_OBSERVED, "information", NOT_OBSERVED),), ())


def _is_asked(wanted: str, exchange: Exchange) -> bool:
    """Tells whether a search has a parameter, and the value where one is wanted; of a token the
    code.
    """
    name, _, value = wanted.partition("=")
    return any(
        asked == name and (not value or said.rpartition("|")[2] == value)
        for asked, said in parameters_of(exchange)
    )


def _is_same_question(asked: Request, exchange: Exchange) -> bool:
    queries = [
        Counter(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        for url in (asked.url, exchange.url)
    ]
    return (
        queries[0] == queries[1]
        and asked.body == exchange.request_body
        and _decisive(asked.headers) == _decisive(dict(exchange.request_headers))
    )


def _decisive(headers: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Returns the headers that decide what is asked, without the weights of media types."""
    return {
        name.lower(): tuple(sorted(part.partition(";")[0].strip() for part in value.split(",")))
        for name, value in headers.items()
        if name.lower() in DECISIVE or name.lower().startswith(CONDITIONAL)
    }

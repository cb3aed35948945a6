"""A test is a script: a generator that asks with Requests, gets an Exchange for each, and tells
Findings.  Pure.

Only the engine does I/O, so the same script judges stored evidence again.  A script reads from top
to bottom:

    def metadata(given: Given) -> Script:
        answer = yield get("metadata")
        if member(answer.json, "resourceType") != "CapabilityStatement":
            yield Finding(...)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, write_json
from sandbox.findings import Finding, Severity
from sandbox.testbench.inbox import Alteration, Offer, Peer, Proof
from sandbox.testbench.inputs import Input

Verdict = Literal["pass", "warn", "fail", "skip", "inconclusive", "error", "review"]
# What a whole is worth: the first of these that one of its parts has (docs/design.md 3, decision
# 8).
ROLL_UP: tuple[Verdict, ...] = ("error", "fail", "inconclusive", "review", "warn", "pass", "skip")
# What can be called better or worse; every other verdict says that the quality is not known.
QUALITY: Mapping[Verdict, int] = {"fail": 0, "warn": 1, "pass": 2}
FHIR_JSON = "application/fhir+json"

Trend = Literal["new", "same", "better", "worse", "unknown"]
Given = Mapping[str, str]
OBSERVED = "observed"
"""In what is given to a test: the meeting of two systems at which it looks."""
Query = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Request:
    """What a script asks: `url` is absolute, or a path below the base of the system."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Capture:
    """What a script waits for: the newest request that the system sent to its inbox with this
    method and place.

    Both are regular expressions: for the whole method, and for the whole path below the base.
    `transaction` and `example` tell a reader what is waited for, such as ITI-65 and `POST /`.
    """

    method: str
    place: str
    transaction: str = ""
    example: str = ""
    otherwise: Capture | None = None
    """What is looked at where nothing of this has come."""
    query: tuple[str, ...] = ()
    """What it has to ask with: names of parameters, or `name=value` for a value or a code."""
    names: str = ""
    """What its answer has to name: an address below the base, or an element."""

    def has_method(self, method: str) -> bool:
        """Tells whether a method is the one that is waited for."""
        return bool(re.fullmatch(self.method, method))

    def has_place(self, place: str) -> bool:
        """Tells whether a path below the base is the one that is waited for."""
        return bool(re.fullmatch(self.place, place))


Asked = Request | Capture
Produced = Mapping[str, str]
Script = Generator[Request | Capture | Finding, Exchange, Any]
"""What it returns is None, or values for the tests behind it (Produced), such as the address of
what it stored.
"""


@dataclass(frozen=True, slots=True)
class Test:
    """One assertion: a permanent id, a short number to speak of, its clause, and the lesson that
    teaches it.

    `needs` are the names of the inputs without which it cannot run; `after` the values that earlier
    tests produce and that it needs, each with the number of the test; `takes` the names of inputs
    that it can do without; `one_of` those of which it needs one, whichever.
    """

    __test__ = False  # not one of pytest's

    id: str
    number: str
    clause: str
    script: Callable[[Given], Script]
    lesson: str = ""
    needs: tuple[str, ...] = ()
    after: Mapping[str, str] = field(default_factory=dict)
    takes: tuple[str, ...] = ()
    observed: Callable[[Given], Script] | None = None
    """How it looks at what two systems said to each other, where its own questions were not asked;
    it needs nothing.  Without it they decide, if somebody asked them to the letter.
    """
    one_of: tuple[str, ...] = ()
    is_optional: bool = False
    """Whether what it needs is something that only some systems have: without it, a plan that names
    the whole track does without this test as well."""

    def is_observing(self, given: Given) -> bool:
        """Tells whether it looks at a meeting of two systems and asks nothing itself."""
        return self.observed is not None and OBSERVED in given

    @property
    def inputs(self) -> tuple[str, ...]:
        """Returns the names of all inputs that it reads."""
        return (*self.needs, *self.one_of, *self.takes)

    def lacking(self, given: Given) -> list[str]:
        """Returns the names of the inputs without which it cannot run; where one of several would
        do, those as one name, parted by ` | `.
        """
        lacking = [name for name in self.needs if not given.get(name)]
        if self.one_of and not any(given.get(name) for name in self.one_of):
            lacking.append(" | ".join(self.one_of))
        return lacking

    def begin(self, given: Given) -> Script:
        """Returns the script, begun: the one that looks on, in a meeting of two systems."""
        observed = self.observed if OBSERVED in given else None
        return (observed or self.script)(given)


@dataclass(frozen=True, slots=True)
class Track:
    """The tests of one actor, and all that the doors know of it; `room` is the catalogue that holds
    its name, the titles and the sentences.

    What a person is told to do at its inbox stands there as `how`, where it is more than to send
    requests.
    """

    id: str
    room: str
    tests: tuple[Test, ...]
    actor: str = ""
    """The actor of IHE, HL7 or the event that it tests, as a system declares it; empty for what any
    system may be.
    """
    awaits: tuple[Capture, ...] = ()
    """What the system is to send to an inbox, where it is a client; a server answers what we
    ask.
    """
    inputs: Mapping[str, Input] = field(default_factory=dict)
    """The inputs that its tests alone take; those of several tracks stand in inputs.py."""
    offers: tuple[Offer, ...] = ()
    """What its inbox gives beside FHIR; the first that has a place answers."""
    proofs: tuple[Proof, ...] = ()
    """What its inbox takes as proof that something was read."""
    alterations: tuple[Alteration, ...] = ()
    """How its inbox changes what the bundled server answers."""
    peers: tuple[Peer, ...] = ()
    """The other systems that take part in its runs, at most one of them as recipient."""

    @property
    def recipient(self) -> Peer | None:
        """The peer to which what comes to the inbox goes on; None where the bundled server
        answers.
        """
        return next((peer for peer in self.peers if peer.is_recipient), None)

    @property
    def is_of_client(self) -> bool:
        """Whether the system is to send its requests to an inbox, instead of answering ours."""
        return bool(self.awaits)

    def title_of(self, test: Test) -> str:
        """Returns the key of a test's title."""
        return f"{self.room}.title.{test.id.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a test: the findings in the order told, and the exchanges that they are
    about.
    """

    test: Test
    verdict: Verdict
    findings: tuple[Finding, ...]
    exchanges: tuple[Exchange, ...]
    produced: Produced = field(default_factory=dict)


def get(path: str, query: Query | None = None, *, accept: str = FHIR_JSON) -> Request:
    """Returns a GET of a path; a parameter with several values is repeated."""
    # a parameter that is given twice means AND in FHIR, a comma means OR (search.html#combining)
    words = urlencode(query or {}, doseq=True)
    return Request("GET", f"{path}?{words}" if words else path, {"Accept": accept})


def post(path: str, resource: Json, *, accept: str = FHIR_JSON) -> Request:
    """Returns a POST of a resource as JSON."""
    return Request(
        "POST", path, {"Accept": accept, "Content-Type": FHIR_JSON}, write_json(resource)
    )


def finding_at(
    key: str,
    severity: Severity,
    where: str = "",
    clause: str = "",
    *,
    expected: str = "",
    found: str = "",
    **params: object,
) -> Finding:
    """Returns what a script tells of one place.

    Args:
        key: Its id, which also names its sentence in the catalogue of the track.
        severity: `error` fails the test, `warning` is a warning.
        where: An element, a header, a parameter or an address.
        clause: The requirement's reference.
        expected: What would be right, as text.
        found: What a system has said.
        params: What else fills the sentence.
    """
    # JSON can say half of a letter, which no text in a log can hold
    shown = found.encode("utf-8", "replace").decode()
    return Finding(
        key, severity, key, params, where=where, clause=clause, expected=expected, found=shown
    )


def depends_on(number: str) -> Finding:
    """Returns what a script tells that cannot judge before another test passes; the test counts as
    skipped.
    """
    return Finding("testbench.depends", "information", "testbench.depends", {"test": number})


def nothing_there() -> Finding:
    """Returns what a script tells of a system that has none of what it is about; the test counts as
    skipped.
    """
    return Finding("testbench.nothing_there", "information", "testbench.nothing_there")


def answer_text(answer: Exchange) -> str:
    """Returns what a server said, in few words: its status, and the text of its
    OperationOutcome.
    """
    # one line, as it stands in a finding; the answer in full is in the evidence
    issue = next(iter(as_list(member(answer.json, "issue"))), None)
    text = member(member(issue, "details"), "text") or member(issue, "diagnostics") or ""
    return f"{answer.status} {text}".strip()[:200]


def roll_up(verdicts: list[Verdict]) -> Verdict:
    """Returns the verdict of a whole; `skip` where nothing was done."""
    return next((verdict for verdict in ROLL_UP if verdict in verdicts), "skip")


def trend_of(before: Verdict | None, now: Verdict) -> Trend:
    """Compares two verdicts about the same thing.

    Args:
        before: The older verdict; None where there is none.
        now: The newer verdict.

    Returns: `unknown` where one of them says nothing about quality: a system that no longer answers
        is not better.
    """
    if before is None:
        return "new"
    if before == now:
        return "same"
    if before not in QUALITY or now not in QUALITY:
        return "unknown"
    return "better" if QUALITY[now] > QUALITY[before] else "worse"

"""What the API takes and gives, as types: views and routes are written against them, and OpenAPI is
made of them.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.api.recognised import RecognisedView
from sandbox.event.allowances import Allowance
from sandbox.event.reviews import Review
from sandbox.event.run import State
from sandbox.event.tokens import Scope
from sandbox.findings import Severity
from sandbox.testbench.script import Trend, Verdict


class FaultView(TypedDict):
    """What is wrong in one place, and what to do next."""

    key: str
    where: str
    text: str
    fix: str


class Problem(FaultView):
    """What every error is answered with (RFC 9457); `key` is the same in every language, `also` are
    all faults of what was sent, where it has several.  Where `text` tells what a system sent,
    `public_text` is the same without it, for where others read.
    """

    type: str
    title: str
    status: int
    detail: str
    also: NotRequired[list[FaultView]]
    public_text: NotRequired[str]


class FindingView(TypedDict):
    """A finding with its sentences in the asker's language; the public ones hold no value, for
    where others read.
    """

    key: str
    severity: Severity
    where: str
    expected: str
    found: str
    clause: str
    text: str
    fix: str
    public_text: str
    public_fix: str


class StrayView(FindingView):
    """A request that no test has looked at, by its number, and why."""

    number: int


class InputView(TypedDict):
    """An input of a track; one of kind choice or year has choices."""

    name: str
    kind: str
    choices: list[str]
    meaning: str


class TestView(TypedDict):
    """A test of a track."""

    id: str
    number: str
    title: str
    clause: str
    lesson: str
    needs: list[str]


class TrackView(TypedDict):
    """A track with its tests; one of a client waits for requests at an inbox."""

    id: str
    name: str
    actor: str
    is_of_client: bool
    inputs: list[InputView]
    tests: list[TestView]


class OutcomeView(TestView):
    """A test of a run; it has no verdict before it is done."""

    verdict: Verdict | None
    findings: list[FindingView]
    exchanges: list[int]
    known: Allowance | None


class RunView(TypedDict):
    """A run; `at` in milliseconds since 1970, `inbox`, `unmatched` and `earlier` of a client
    alone.
    """

    id: str
    track: str
    system: str
    base: str
    at: int
    state: State
    verdict: Verdict | None
    tests: list[OutcomeView]
    inbox: str | None
    unmatched: list[StrayView]
    earlier: list[OutcomeView]
    team: str
    country: str
    by: str
    team_id: str
    by_id: str
    review: Review
    known_failures: int
    inputs: dict[str, str]
    peers: dict[str, str]


class ExchangeView(TypedDict):
    """A request and its response; bodies as text, cut where they are long, `elapsed` in seconds."""

    method: str
    url: str
    status: int
    failure: str
    elapsed: float
    request_headers: list[tuple[str, str]]
    headers: list[tuple[str, str]]
    request_body: str
    body: str


class EventView(TypedDict):
    """A line of the log of a run."""

    number: int
    kind: str
    at: int
    body: dict[str, object]


class CellView(TypedDict):
    """The newest run of a system on a track; one that is not whole has `played` of the `tests`."""

    system: str
    track: str
    run: str
    state: State
    verdict: Verdict
    passed: int
    tests: int
    trend: Trend
    history: list[Verdict]
    review: Review
    reviewed: str
    team: str
    country: str
    known: int
    is_whole: bool
    played: int


class ApartView(TypedDict):
    """How many runs are no results: each is counted once."""

    rehearsals: int
    unfinished: int
    cancelled: int
    inconclusive: int
    partial: int


class ReportView(TypedDict):
    """How many results have which verdict; `apart` is what does not count."""

    count: int
    by_track: dict[str, dict[Verdict, int]]
    by_country: dict[str, dict[Verdict, int]]
    by_standing: dict[str, dict[Verdict, int]]
    apart: ApartView


class VerdictChangeView(TypedDict):
    """A test that today's checks judge otherwise."""

    test: str
    was: Verdict
    now: Verdict


class RecheckView(TypedDict):
    """What today's checks say of stored evidence."""

    judged: int
    verdict: Verdict
    changed: list[VerdictChangeView]


class SystemView(TypedDict):
    """A registered system; `secrets` are names of variables, never values."""

    name: str
    base: str
    team: str
    country: str
    inputs: dict[str, str]
    secrets: dict[str, str]
    actors: list[str]
    bases: dict[str, str]
    tags: list[str]
    team_id: str
    version: str


class PresetView(TypedDict):
    """Inputs under one name; a run cannot say otherwise than what is locked."""

    name: str
    title: str
    inputs: dict[str, str]
    locked: list[str]


class SystemBody(TypedDict):
    """A system to register."""

    name: str
    base: str
    team: NotRequired[str]
    country: NotRequired[str]
    inputs: NotRequired[dict[str, str]]
    actors: NotRequired[list[str]]
    bases: NotRequired[dict[str, str]]
    tags: NotRequired[list[str]]
    version: NotRequired[str]


class RunBody(TypedDict):
    """A run to start; without `tests`, of all."""

    track: str
    system: str
    tests: NotRequired[list[str]]
    inputs: NotRequired[dict[str, str]]


class ReviewBody(TypedDict):
    """What goes with an act of the review; a decision needs one."""

    comment: NotRequired[str]
    decision: NotRequired[str]


class AllowanceName(TypedDict):
    """An allowance by what it is about: a test of a system, or a host of a team."""

    kind: Literal["known", "address"]
    whose: str
    what: str


class AllowanceBody(AllowanceName):
    """Something to allow until a day (YYYY-MM-DD)."""

    reason: str
    until: str


class LinkBody(TypedDict):
    """A document to share by a health link, as it is or as text; `expires` is a moment, `direct`
    wants no manifest.
    """

    content: NotRequired[dict[str, object] | str]
    files: NotRequired[list[dict[str, object]]]
    passcode: NotRequired[str]
    label: NotRequired[str]
    expires: NotRequired[str]
    direct: NotRequired[bool]


class LinkView(TypedDict):
    """A health link; with its `secret` it can be taken back."""

    id: str
    link: str
    secret: str
    url: str
    flag: str


class LinkSecret(TypedDict):
    """What takes a link back."""

    secret: str


class LinkName(TypedDict):
    """A link that was taken back."""

    id: str


class SpotView(TypedDict):
    """A further place of a finding, with the value there."""

    where: str
    found: str
    line: int
    column: int


class PlacedFinding(TypedDict):
    """A finding of the judge; line and column count from 1 and are 0 where there is no place in the
    text.
    """

    severity: Severity
    key: str
    where: str
    line: int
    column: int
    text: str
    expected: str
    found: str
    fix: str
    public_text: str
    public_fix: str
    clause: str
    because: str
    also: list[SpotView]


class ValidationView(TypedDict):
    """What the judge says of a document; `profiles` are those that were asked for beside the
    declared ones, `recognised` what it is where it is none of FHIR.
    """

    valid: bool
    profiles: list[str]
    ruleset: int | None
    findings: list[PlacedFinding]
    recognised: RecognisedView | None


class TokenBody(TypedDict):
    """What a token of a team is to be called, and whether it writes or only reads."""

    name: str
    scope: NotRequired[Scope]


class TokenView(TypedDict):
    """A token of a team; `made` and `until` are milliseconds since 1970."""

    id: str
    name: str
    team: str
    team_id: str
    scope: Scope
    by: str
    made: int
    until: int


class MadeTokenView(TokenView):
    """A token that was made, and its secret, which is told once."""

    secret: str


class OwnerBody(TypedDict):
    """The team that a space is given to."""

    team: str


class OwnerView(TypedDict):
    """Whose a space is."""

    space: str
    team: str

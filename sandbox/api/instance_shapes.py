"""What the API gives and takes about test instances, as types."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.event.instance import Attachment, Overruling, Standing, State
from sandbox.event.run import State as RunState
from sandbox.testbench.script import Verdict


class PartView(TypedDict):
    """A system in a role; it is older where its team has registered another version since."""

    role: str
    title: str
    system: str
    team: str
    team_id: str
    country: str
    base: str
    version: str
    version_now: str
    is_older: bool
    standing: Standing


class LeftOutView(TypedDict):
    """A check that the run which counts has left out, by number and title; `why` says what the plan
    does not do without: the team can give what it lacks (`lacking`), the system has none of what
    the plan requires (`absent`), it waited for a check whose verdict a monitor has set aside
    (`waited`), the bench cannot judge it (`unable`).  Null: the plan does without it.
    """

    id: str
    number: str
    title: str
    why: Literal["lacking", "absent", "waited", "unable"] | None
    clause: str


class OpenCheckView(TypedDict):
    """A test that the run which counts has not passed and no monitor has ruled otherwise, with what
    was found and the clause of that: of the test where the finding has none, or the bench said no
    more than its verdict.
    """

    id: str
    number: str
    title: str
    verdict: Verdict
    text: str
    clause: str


class BenchView(TypedDict):
    """What the bench says of a role on a track; `found` is its own verdict, `verdict` the one that
    counts after what monitors have overruled; null without a run that counts.  One that is
    handed in was made on the team's own machine.

    `beside` is what a newer run says by checks that have `changed` since the event pinned them; it
    does not count before a facilitator adopts them.

    `failed` are the tests that `run` has failed, `undecided` those whose verdict it leaves to a
    monitor.

    `last_run` is the newest try where it goes on or does not count, such as one that never reached
    the system; `last_checks` is what such a try says of the tests that it could not judge.
    """

    role: str
    track: str
    run: str
    verdict: Verdict | None
    found: Verdict | None
    tries: int
    last_run: str
    last_state: RunState | None
    last_verdict: Verdict | None
    last_checks: list[OpenCheckView]
    handed_in: bool
    beside: Verdict | None
    beside_run: str
    changed: list[str]
    left_out: list[LeftOutView]
    failed: list[OpenCheckView]
    undecided: list[OpenCheckView]


class EntryView(TypedDict):
    """A line of the history: what somebody did or said, and the state to which it led; null where
    it left the state.
    """

    number: int
    at: int
    kind: str
    by: str
    words: str
    state: State | None


class InstanceRowView(TypedDict):
    """An instance in a list; moments in milliseconds since 1970."""

    id: str
    event: str
    test: str
    title: str
    track: str
    state: State
    state_name: str
    at: int
    changed: int
    waiting_since: int
    contested: bool
    systems: list[str]
    countries: list[str]


class ObservedView(TypedDict):
    """A track that looks at what two systems exchanged: how many of its tests could be judged by
    that, and how many nobody has asked for.
    """

    run: str
    system: str
    track: str
    verdict: Verdict | None
    checked: int
    not_checked: int


class ThroughView(TypedDict):
    """A recording proxy between two roles; `address` is the path of its base, empty once it is
    over.
    """

    address: str
    asking: str
    answering: str
    exchanges: int
    runs: list[ObservedView]


class ThroughBody(TypedDict):
    """The roles of the system that asks and of the one that answers."""

    asking: str
    answering: str


class InstanceView(TypedDict):
    """An instance with all that belongs to it; `acts` are the words by which the asker can move it
    now.

    `decision` is the line by which it was decided, null while it is not; `said` is what a monitor
    said last for its team to read, with a decision or with sending it back, and `comment` its
    words.
    """

    id: str
    event: str
    test: str
    title: str
    summary: str
    track: str
    state: State
    state_name: str
    at: int
    changed: int
    by: str
    monitor: str
    comment: str
    said: EntryView | None
    decision: EntryView | None
    contested: bool
    parts: list[PartView]
    open_roles: list[str]
    bench: list[BenchView]
    checklist: list[str]
    missing_evidence: list[str]
    attachments: list[Attachment]
    overrulings: list[Overruling]
    throughs: list[ThroughView]
    history: list[EntryView]
    acts: list[str]


class InstanceBody(TypedDict):
    """What to start: a planned test of an event with a system in a role, its first unless said
    otherwise, and which partner is asked at once.
    """

    event: str
    test: str
    system: str
    role: NotRequired[str]
    partner: NotRequired[str]
    partner_role: NotRequired[str]


class ActBody(TypedDict, total=False):
    """What comes with an act: `words` say why, `role` is answered for, `ticked` are places in the
    checklist from 0.
    """

    words: str
    role: str
    decision: str
    ticked: list[int]


class QueueBody(TypedDict, total=False):
    """Of which event, and of what of its queue, the next is taken."""

    event: str
    track: str
    test: str
    country: str
    mine: bool


class PartnerBody(TypedDict):
    """Which system is asked to take which role."""

    role: str
    system: str


class AttemptBody(TypedDict):
    """For which role the bench is to run, or, with `run`, which run is an attempt of it."""

    role: str
    run: NotRequired[str]
    inputs: NotRequired[dict[str, str]]


class AttachedLinkBody(TypedDict):
    """An address that is added; a file is sent as it is, with its name in the query."""

    name: str
    url: str
    evidence: NotRequired[str]


class RulingBody(TypedDict):
    """The verdict that a monitor puts in place of the bench's, with reason and clause."""

    run: str
    test: str
    verdict: Verdict
    reason: str
    clause: str


class CountView(TypedDict):
    """How many instances of a planned test stand in a state."""

    test: str
    track: str
    state: State
    count: int
    oldest: int


class ClosedView(TypedDict):
    """How many instances of an event were left incomplete at its close."""

    event: str
    closed: int

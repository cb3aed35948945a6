"""What the API takes and answers about subscriptions and announcements, and what webhooks send; the
fields are those of the JSON.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict  # typing's own cannot be described before Python 3.12

from sandbox.notices.happening import Narrowed, Topic
from sandbox.notices.requested import Carrier
from sandbox.notices.subscriptions import State
from sandbox.testbench.script import Verdict

Whose = Literal["me", "team"]


class NarrowedBody(TypedDict):
    """Of which runs, reviews and instances somebody is told; what is left out does not narrow."""

    track: NotRequired[str]
    system: NotRequired[str]
    team: NotRequired[str]
    verdict: NotRequired[str]


class SubscriptionBody(TypedDict):
    """What somebody asks to be told.

    `target` is the address of a webhook or of a mailbox, or a channel as the bot names it; `whose`
    is *me* unless it says *team*.  The bot asks for somebody else, by the id `person`, and may ask
    for an `hour` at which all is told at once, by its own clock.
    """

    carrier: Carrier
    target: str
    topics: list[Topic]
    narrowed: NotRequired[NarrowedBody]
    language: NotRequired[str]
    whose: NotRequired[Whose]
    person: NotRequired[str]
    hour: NotRequired[int | None]


class SubscriptionView(TypedDict):
    """A subscription; `at` is in milliseconds since 1970, `reason` is why it is disabled."""

    id: str
    whose: Whose
    team_id: str
    person_id: str
    by: str
    at: int
    carrier: Carrier
    target: str
    topics: list[Topic]
    narrowed: Narrowed
    language: str
    state: State
    reason: str
    hour: int | None


class MadeSubscriptionView(SubscriptionView):
    """A new one; `secret` signs what its webhook sends, and is shown this once: empty for the
    rest.
    """

    secret: str


class TryView(TypedDict):
    """A try to send: when (milliseconds since 1970), how long it took (milliseconds), and what came
    of it: the status of the reply, or why there was none.
    """

    number: int
    at: int
    took: int
    outcome: str


class NoticeView(TypedDict):
    """What was said, or is still to be said, to a subscriber; `id` is the webhook-id."""

    id: str
    type: str
    at: int
    state: Literal["waiting", "sent", "dead"]
    tries: list[TryView]


class AgainBody(TypedDict):
    """Which notice to send again; all that were given up where it is left out."""

    notice: NotRequired[str]


class AgainView(TypedDict):
    """How many notices are sent again."""

    count: int


class AnnouncementBody(TypedDict):
    """Words by the tag of a language, and until when they stand (RFC 3339): a day unless it says;
    with `wakes` a chat calls whoever is there.
    """

    texts: dict[str, str]
    until: NotRequired[str]
    wakes: NotRequired[bool]


class AnnouncementView(TypedDict):
    """An announcement; moments are in milliseconds since 1970."""

    id: int
    texts: dict[str, str]
    at: int
    until: int
    by: str
    is_ended: bool
    wakes: bool


class RunNews(TypedDict):
    """A run that moved."""

    id: str
    href: str
    track: str
    system: str
    team: str
    state: str
    verdict: Verdict | None


class ReviewNews(RunNews):
    """A run about which a monitor was asked, or decided."""

    standing: str


class InstanceNews(TypedDict):
    """A test instance that moved; `act` is what was done."""

    id: str
    href: str
    event: str
    test: str
    track: str
    systems: list[str]
    teams: list[str]
    state: str
    act: str


class GradingNews(TypedDict):
    """A hand-in whose results were released."""

    id: str
    assignment: str
    team: str


class AnnouncementNews(TypedDict):
    """Something that was announced, until a moment in milliseconds since 1970."""

    id: int
    href: str
    until: int
    texts: dict[str, str]


class SubscriptionNews(TypedDict):
    """A subscription that was tried, or disabled for a reason."""

    id: str
    href: str
    by: NotRequired[str]
    carrier: NotRequired[Carrier]
    reason: NotRequired[str]

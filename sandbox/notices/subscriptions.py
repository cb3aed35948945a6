"""Subscriptions: who is told of what, by which carrier, where to, in which language.

A subscription is a team's or a person's own.  A webhook is signed by a secret that is shown once
and sealed; an address for e-mail is told nothing before somebody who reads it has confirmed it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, astuple, dataclass, replace
from typing import Any, Literal, get_args

from sandbox.clock import Clock
from sandbox.errors import Forbidden, NotFound, TooLarge
from sandbox.event.identity import ANYONE, NO_TEAM, NOBODY, Author, Person, PersonId, TeamId
from sandbox.event.people import People
from sandbox.event.rights import Whose, allow, may
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import Language
from sandbox.ids import NewId, id_of
from sandbox.limits import SUBSCRIPTIONS
from sandbox.notices.happening import Narrowed, Topic
from sandbox.notices.requested import CARRIERS, Carrier, SubscriptionRequest, checked
from sandbox.notices.signing import new_secret
from sandbox.sealing import Keys, Sealed
from sandbox.store.sealed import SealedStore
from sandbox.store.subscriptions import SIGNING, SubscriptionRow, SubscriptionStore, sealed_name

State = Literal["active", "unconfirmed", "disabled"]
KEPT = ("by", "target", "topics", "language", "root", "since", "reason", "ticket", "hour")
"""Of a subscription, beside whose it is and of which things it tells."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription; `at` is when it was made, in milliseconds since 1970.

    Attributes:
        id: Its id.
        team: Whose it is, by id; empty for a person's own.
        person: Who made it, by id.
        by: Who made it, as a label.
        carrier: By what it is carried.
        target: Where to.
        topics: Of what.
        narrowed: Of which of them.
        language: In which language.
        state: Whether it is at work.
        root: The address at which the sandbox stands.
        since: From which moment on it is told what happens, in milliseconds since 1970.
        reason: Why it is disabled; empty for one that is not.
        ticket: By which whoever reads an address confirms it, or ends it.
        hour: Of the day at which the bot tells all at once; None for each thing when it happens.
    """

    id: str
    team: TeamId
    person: PersonId
    by: str
    at: int
    carrier: Carrier
    target: str
    topics: tuple[Topic, ...]
    narrowed: Narrowed
    language: Language
    state: State
    root: str
    since: int
    reason: str = ""
    ticket: str = ""
    hour: int | None = None

    @property
    def whose(self) -> Whose:
        """Returns what rights.py asks: whose it is."""
        return Whose(self.team, Author(self.person, self.by, self.at))

    @property
    def owner(self) -> tuple[str, str]:
        """Whose it is, so that two can be compared: a team, or a person."""
        return (self.team, "") if self.team else ("", self.person)

    @property
    def is_at_work(self) -> bool:
        """Whether this server sends to it; what is said in a chat the bot asks for by itself."""
        return self.state == "active" and self.carrier != "chat"


@dataclass(frozen=True, slots=True)
class Sealing:
    """What seals the secrets of webhooks, and where they are kept."""

    keys: Keys
    store: SealedStore

    def sealed(self, id: str, secret: str) -> Sealed | None:
        """Returns the secret of a subscription as it is kept; None for none."""
        return self.keys.seal(sealed_name(id), SIGNING, secret) if secret else None

    def opened(self, id: str) -> str:
        """Returns the secret of a subscription.

        Args:
            id: Of a subscription that is carried by webhook.

        Raises:
            PreconditionFailed: The key that opens it is not here.
        """
        name = sealed_name(id)
        return self.keys.open(name, SIGNING, self.store.of(name)[SIGNING])


class Subscriptions:
    """Makes, changes and ends them over one store.

    Args:
        store: Where they are kept.
        people: Whose rights count.
        sealing: Keeps what webhooks are signed with.
        clock: Tells when one was made.
        new_id: Names a new one.
    """

    def __init__(
        self,
        store: SubscriptionStore,
        people: People,
        sealing: Sealing,
        *,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._store = store
        self._people = people
        self._sealing = sealing
        self._clock = clock
        self._new_id = new_id

    def make(
        self,
        asked: SubscriptionRequest,
        person: Person,
        team: TeamId = NO_TEAM,
        *,
        owner: Person | None = None,
    ) -> tuple[Subscription, str]:
        """Keeps a subscription; one of a chat that is there already stays as it is.

        Args:
            asked: What is asked for.
            person: Who asks.
            team: Whose it is to be; the owner's own for none.
            owner: For whom it is asked; who asks for None.

        Returns:
            It, and the secret of a webhook, which nobody can read again; empty for the rest.

        Raises:
            Forbidden: The team is another one, or it is of a chat and the bot does not ask.
            BadRequest: Target or hour is none, or topics or language are not known.
            TooLarge: There are SUBSCRIPTIONS of the same owner already.
        """
        subscription = self._new(asked, owner or person, team)
        # the bot alone knows who has written where: nobody has it write to places of others
        if subscription.carrier == "chat" and not may(person, "subscribe"):
            raise Forbidden("notices.chat_by_bot", where="carrier")
        allow(person, "subscribe", subscription.whose)
        known = self._store.find(subscription.id)
        if known is not None:
            return _read(known), ""
        self._refuse_too_many(subscription)
        secret = new_secret() if subscription.carrier == "webhook" else ""
        sealed = self._sealing.sealed(subscription.id, secret)
        self._store.add(_row_of(subscription), sealed)
        return subscription, secret

    def _new(self, asked: SubscriptionRequest, person: Person, team: TeamId) -> Subscription:
        carrier, topics, language = checked(asked)
        now = milliseconds_of(self._clock())
        is_mail = carrier == "mail"
        return Subscription(
            _id_in_chat(asked, person, team) if carrier == "chat" else self._new_id(),
            team,
            person.id,
            person.name or NOBODY,
            now,
            carrier,
            asked.target.strip(),
            topics,
            asked.narrowed,
            language,
            "unconfirmed" if is_mail else "active",
            asked.root,
            since=now,
            ticket=secrets.token_urlsafe(24) if is_mail else "",
            hour=asked.hour,
        )

    def seen_by(self, person: Person) -> list[Subscription]:
        """Returns those that a person may change, the oldest first."""
        return [row for row in self.all() if may(person, "subscribe", row.whose)]

    def all(self) -> list[Subscription]:
        """Returns all, the oldest first."""
        return [_read(row) for row in self._store.all()]

    def find(self, id: str, person: Person) -> Subscription:
        """Returns one for somebody who may change it; raises NotFound, Forbidden."""
        row = self._store.find(id)
        if row is None:
            raise NotFound("notices.none_of_id", where="subscription", id=id[:40])
        subscription = _read(row)
        allow(person, "subscribe", subscription.whose)
        return subscription

    def of_notice(self, id: str) -> Subscription | None:
        """Returns the one to which a notice is to be said; None for one that has ended."""
        row = self._store.find(id)
        return _read(row) if row else None

    def beside(self, subscription: Subscription) -> list[Subscription]:
        """Returns the others at work of the same owner, by which they still can be told."""
        return [
            row
            for row in self.all()
            if row.id != subscription.id and row.is_at_work and row.owner == subscription.owner
        ]

    def by_ticket(self, ticket: str) -> Subscription:
        """Returns the one whose mails hold a ticket; raises NotFound."""
        for subscription in self.all():
            if subscription.ticket and secrets.compare_digest(
                subscription.ticket.encode(), ticket.encode()
            ):
                return subscription
        raise NotFound("notices.no_ticket", where="ticket")

    def end(self, subscription: Subscription) -> None:
        """Ends one, with what was still to be said to it.

        Args:
            subscription: Which; one that has ended meanwhile stays ended.
        """
        self._store.remove(subscription.id)

    def enable(self, subscription: Subscription) -> Subscription:
        """Sets one that was disabled, or not confirmed yet, to work.

        Args:
            subscription: Which; it is told what happens from now on.

        Returns:
            It, as it is kept now.
        """
        return self._change(subscription, "active", "", "subscriptions.enabled")

    def disable(self, subscription: Subscription, reason: str) -> Subscription:
        """Stops one; it stays there for its owner to see why.

        Args:
            subscription: Which.
            reason: What came of the last try.

        Returns:
            It, as it is kept now.
        """
        return self._change(subscription, "disabled", reason, "subscriptions.disabled")

    def secret_of(self, subscription: Subscription) -> str:
        """Returns the secret of a webhook; raises PreconditionFailed where its key is not here."""
        return self._sealing.opened(subscription.id)

    def listener(self, subscription: Subscription) -> Person | None:
        """Returns as whom a subscription hears: a member of its team, or its person as they are
        today; None where they are no longer at the event.
        """
        if self._people.is_open:
            return ANYONE
        if subscription.team:
            teams = {team.id: team.name for team in self._people.teams()}
            name = teams.get(subscription.team)
            return Person("", "participant", name, team_id=subscription.team) if name else None
        everybody = self._people.all()
        return next((person for person in everybody if person.id == subscription.person), None)

    def _change(
        self, subscription: Subscription, state: State, reason: str, act: str
    ) -> Subscription:
        now = milliseconds_of(self._clock())
        changed = replace(subscription, state=state, reason=reason, since=now)
        self._store.change(changed.id, state=state, body=_row_of(changed).body, act=act)
        return changed

    def _refuse_too_many(self, subscription: Subscription) -> None:
        owners = [row.owner for row in self.all()]
        if owners.count(subscription.owner) >= SUBSCRIPTIONS:
            raise TooLarge("notices.too_many", where="team", limit=SUBSCRIPTIONS)


def _id_in_chat(asked: SubscriptionRequest, person: Person, team: TeamId) -> str:
    """Returns the same id for the same wish: a bot that was killed says again what it had asked."""
    wish = (*asked.topics, *astuple(asked.narrowed), str(asked.hour))
    return id_of("chat", team, "" if team else person.id, asked.target.strip(), *wish)


def _row_of(subscription: Subscription) -> SubscriptionRow:
    body: dict[str, Any] = {name: getattr(subscription, name) for name in KEPT}
    body["narrowed"] = asdict(subscription.narrowed)
    plain = (subscription.id, subscription.team, subscription.person, subscription.carrier)
    return SubscriptionRow(*plain, subscription.at, subscription.state, body)


def _read(row: SubscriptionRow) -> Subscription:
    body: Mapping[str, Any] = row.body
    carrier = next(known for known in CARRIERS if known == row.carrier)
    state = next(known for known in get_args(State) if known == row.state)
    return Subscription(
        row.id,
        TeamId(row.team),
        PersonId(row.person),
        body["by"],
        row.at,
        carrier,
        body["target"],
        tuple(body["topics"]),
        Narrowed(**body["narrowed"]),
        body["language"],
        state,
        body["root"],
        body["since"],
        body["reason"],
        body["ticket"],
        # one that is older than hours has none
        body.get("hour"),
    )

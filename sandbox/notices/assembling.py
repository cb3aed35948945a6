"""All that is told to subscribers, in one place: made over one server's database and runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.errors import PreconditionFailed
from sandbox.event.identity import NO_TEAM, Person, TeamId
from sandbox.event.instances import Instances
from sandbox.event.run_service import RunService
from sandbox.fhir.dates import milliseconds_of
from sandbox.ids import random_id
from sandbox.notices.announcements import Announcements
from sandbox.notices.carrying import Answer, Carrier, Webhooks
from sandbox.notices.courier import Courier, trial_for
from sandbox.notices.gathering import Gathering, Records
from sandbox.notices.mail import Invitation, Mails, relay_of
from sandbox.notices.requested import SubscriptionRequest
from sandbox.notices.subscriptions import Sealing, Subscription, Subscriptions
from sandbox.sealing import Keys
from sandbox.settings import Settings
from sandbox.store.desk import DeskStore
from sandbox.store.notices import NoticeStore
from sandbox.store.sealed import SealedStore
from sandbox.store.subscriptions import SubscriptionStore
from sandbox.web.rates import Rate, Rates

TRIALS = Rate("notices", 30, 3600, "notices.too_often")
"""What somebody may have sent on purpose: an address may be another person's."""
DAY_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Notices:
    """What API and pages ask.

    Attributes:
        subscriptions: Who is told of what.
        announcements: What facilitators announce.
        store: What was said, and what is still to be said.
        courier: Brings it.
        mails: Sends e-mail; None where no server carries it.
        clock: Tells the moment of a trial.
        rates: Count trials.
        gathering: Knows who hears of what.
    """

    subscriptions: Subscriptions
    announcements: Announcements
    store: NoticeStore
    courier: Courier
    mails: Mails | None
    clock: Clock
    rates: Rates
    gathering: Gathering

    @property
    def has_mail(self) -> bool:
        """Whether a server carries mail."""
        return self.mails is not None

    async def invite(self, invitation: Invitation, person: Person) -> Answer:
        """Sends a link by which somebody enters, and returns what came of it.

        Args:
            invitation: To whom, and the link.
            person: Who sends it.

        Raises:
            PreconditionFailed: No server carries mail.
            Busy: Too many were asked for.
            BadRequest: The address is none.
        """
        if self.mails is None:
            raise PreconditionFailed("notices.no_mail", where="address")
        self.rates.take(TRIALS, person.id)
        return await self.mails.invite(invitation)

    def subscribe(
        self,
        asked: SubscriptionRequest,
        person: Person,
        team: TeamId = NO_TEAM,
        *,
        owner: Person | None = None,
    ) -> tuple[Subscription, str]:
        """Keeps a subscription, and asks a new address for e-mail to confirm it.

        Args:
            asked: What is asked for.
            person: Who asks.
            team: Whose it is to be; the owner's own for none.
            owner: For whom it is asked; who asks for None.

        Returns:
            It, and the secret of a webhook; empty for the rest.

        Raises:
            PreconditionFailed: By e-mail, where no server carries it.
            Busy: Too many mails were asked for.
            Forbidden, BadRequest, TooLarge: As `Subscriptions.make` does.
        """
        if asked.carrier == "mail":
            if not self.has_mail:
                raise PreconditionFailed("notices.no_mail", where="carrier")
            self.rates.take(TRIALS, person.id)
        subscription, secret = self.subscriptions.make(asked, person, team, owner=owner)
        if asked.carrier == "mail":
            self._send_trial(subscription)
        return subscription, secret

    def try_out(self, subscription: Subscription, person: Person) -> None:
        """Sends a notice that says nothing, or asks once more to confirm an address.

        Raises:
            PreconditionFailed: The bot carries it.
            Busy: Too many were asked for.
        """
        if subscription.carrier == "chat":
            raise PreconditionFailed("notices.by_bot", where="carrier")
        self.rates.take(TRIALS, person.id)
        self._send_trial(subscription)

    def send_again(self, subscription: Subscription, notice: str = "") -> int:
        """Sends again what was given up, or one notice; returns how many."""
        count = self.store.send_again(subscription.id, notice)
        self.courier.look()
        return count

    def _send_trial(self, subscription: Subscription) -> None:
        at = milliseconds_of(self.clock())
        self.store.add(trial_for(subscription, at=at, occasion=random_id()))
        self.courier.look()

    async def sweep_daily(self) -> None:
        """Deletes what was said long ago, without end."""
        while True:
            await asyncio.sleep(DAY_SECONDS)
            await self.courier.sweep()


def notices_of(
    service: RunService, instances: Instances, settings: Settings, clock: Clock
) -> Notices:
    """Returns what tells subscribers of a server.

    Args:
        service: Its runs and people.
        instances: Its test instances.
        settings: Where its keys are, and its public address.
        clock: Tells the time.

    Raises:
        BadRequest: The environment names a mail server that is none.
    """
    database = service.store.database
    store = NoticeStore(database)
    subscriptions = Subscriptions(
        SubscriptionStore(database),
        service.people,
        Sealing(Keys(settings.data), SealedStore(database)),
        clock=clock,
        new_id=random_id,
    )
    announcements = Announcements(service.store, clock=clock)
    records = Records(service.store, service.runs, instances, DeskStore(database), announcements)
    base_url = settings.base_url
    carriers: dict[str, Carrier] = {}
    carriers["webhook"] = Webhooks(subscriptions, service.ways.outwards, base_url=base_url)
    relay = relay_of()
    mails = Mails(relay, store, clock=clock, base_url=base_url) if relay else None
    if mails is not None:
        carriers["mail"] = mails
    gathering = Gathering(store, subscriptions, records)
    told = (store, subscriptions, gathering, carriers)
    courier = Courier(*told, clock=clock, is_stopping=lambda: service.is_stopping())
    return Notices(subscriptions, announcements, store, courier, mails, clock, Rates(), gathering)

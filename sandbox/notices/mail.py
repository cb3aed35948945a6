"""Notices by e-mail: plain text and HTML in the reader's language, each with the way to end it.

Which server carries them is named by those who run the sandbox, in the environment alone; without
one no mail is sent and nobody can subscribe by it.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from dataclasses import dataclass, field
from email.utils import format_datetime, parseaddr
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sandbox.clock import Clock
from sandbox.errors import BadRequest
from sandbox.fhir.dates import milliseconds_of
from sandbox.i18n import Language, say
from sandbox.notices.carrying import SECONDS, Answer
from sandbox.notices.requested import MAIL
from sandbox.notices.subscriptions import Subscription
from sandbox.notices.wording import CONFIRM, Said, words_of
from sandbox.redact import register_secrets
from sandbox.store.notices import NoticeRow, NoticeStore

if TYPE_CHECKING:  # most servers send no mail, and need not hold what writes it
    import smtplib
    from email.message import EmailMessage

VARIABLE = "CONNECTATHON_SMTP"
FROM_VARIABLE = "CONNECTATHON_MAIL_FROM"
PORTS = {"smtps": 465, "smtp": 587}
LOCAL = ("localhost", "127.0.0.1", "::1")
MAILS = 200
"""How many are sent in an hour, over all readers: a relay that is flooded shuts its door."""
HOUR = 3600 * 1000


@dataclass(frozen=True, slots=True)
class Relay:
    """The server that carries mail: by TLS from the first byte (`smtps`, RFC 8314 3.3) or from
    STARTTLS on (`smtp`, RFC 3207); in clear on this machine alone.
    """

    scheme: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def is_near(self) -> bool:
        """Whether it stands on this machine, so that no network hears what is sent."""
        return self.host in LOCAL


def relay_of() -> Relay | None:
    """Returns the server that the environment names; None for none.

    Raises:
        BadRequest: It is no address of a mail server, or nobody is named as the sender.
    """
    text = os.environ.get(VARIABLE, "").strip()
    if not text:
        return None
    sender = os.environ.get(FROM_VARIABLE, "").strip()
    if MAIL.fullmatch(parseaddr(sender)[1]) is None:
        raise BadRequest("notices.bad_sender", where=FROM_VARIABLE)
    try:
        parts = urlsplit(text)
        port = parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise BadRequest("notices.bad_relay", where=VARIABLE) from None
    if not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise BadRequest("notices.bad_relay", where=VARIABLE)
    password = unquote(parts.password or "")
    register_secrets([password] if password else [])
    return Relay(
        parts.scheme, parts.hostname, port, sender, unquote(parts.username or ""), password
    )


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link by which somebody enters: to whom it is sent, who sends it, and in which language."""

    address: str
    link: str
    by: str
    language: Language


class Mails:
    """Writes and sends mails.

    Args:
        relay: By which server.
        store: Knows how many went out.
        clock: Tells the date of a mail.
        base_url: The public address of the sandbox; empty: the one by which somebody subscribed.
    """

    def __init__(
        self, relay: Relay, store: NoticeStore, *, clock: Clock, base_url: str = ""
    ) -> None:
        self._relay = relay
        self._store = store
        self._clock = clock
        self._base_url = base_url

    async def carry(self, notice: NoticeRow, subscription: Subscription) -> Answer:
        """Sends one, and returns what came of it."""
        since = milliseconds_of(self._clock()) - HOUR
        sent = await asyncio.to_thread(self._store.sent_since, since, carrier="mail")
        if sent >= MAILS:
            return Answer("rate", is_try=False)
        mail = self._written(notice, subscription)
        return await asyncio.to_thread(send, mail, self._relay)

    async def invite(self, invitation: Invitation) -> Answer:
        """Sends a link by which somebody enters, at once: as it is a secret, nothing of it is kept,
        and whoever sends it sees what came of it.

        Args:
            invitation: To whom, and the link.

        Raises:
            BadRequest: The address is none.
        """
        if MAIL.fullmatch(invitation.address) is None:
            raise BadRequest("notices.bad_mail", where="address", found=invitation.address[:60])
        mail = _invitation(invitation)
        mail["From"] = self._relay.sender
        mail["Date"] = format_datetime(self._clock())
        return await asyncio.to_thread(send, mail, self._relay)

    def _written(self, notice: NoticeRow, subscription: Subscription) -> EmailMessage:
        root = self._base_url or subscription.root
        said = words_of(notice, subscription.language, root)
        door = f"{root}/mail/{subscription.ticket}"
        if notice.kind == CONFIRM:
            said = Said(said.subject, said.text, f"{door}?lang={subscription.language}")
        mail = mail_of(said, subscription, door)
        mail["From"] = self._relay.sender
        mail["Date"] = format_datetime(self._clock())
        domain = parseaddr(self._relay.sender)[1].rpartition("@")[2]
        # the same at each try, so that a reader's program shows it once
        mail["Message-ID"] = f"<{notice.id}@{domain}>"
        return mail


def mail_of(said: Said, subscription: Subscription, door: str) -> EmailMessage:
    """Returns a mail, without its sender, date and id.

    Args:
        said: What it says.
        subscription: To whom, and in which language.
        door: The page by which whoever reads it ends it.
    """
    language = subscription.language
    more = say("notices.mail.more", language)
    end = say("notices.mail.end", language)
    why = say("notices.mail.why", language, by=subscription.by)
    leave = f"{door}?lang={language}"
    mail = _empty()
    mail["To"] = subscription.target
    # a name that somebody chose stands in it: a line break would begin a header of theirs
    mail["Subject"] = " ".join(said.subject.split())
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834 5: nobody's absence answers it
    mail["List-Unsubscribe"] = f"<{door}>"  # RFC 2369
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058 3.1
    lines = [said.subject, said.text, f"{more}: {said.link}", f"-- \n{why}\n{end}: {leave}"]
    mail.set_content("\n\n".join(filter(None, lines)) + "\n")
    words = f"<p>{escape(said.text)}</p>" if said.text else ""
    mail.add_alternative(
        f'<!doctype html><html lang="{language}"><body><h1 style="font-size:1.2em">'
        f'{escape(said.subject)}</h1>{words}<p><a href="{escape(said.link)}">{escape(more)}</a></p>'
        f'<hr><p><small>{escape(why)} <a href="{escape(leave)}">{escape(end)}</a></small></p>'
        "</body></html>\n",
        subtype="html",
    )
    # last: what begins with Content- goes to a part while parts are made
    mail["Content-Language"] = language
    return mail


def _empty() -> EmailMessage:
    from email.message import EmailMessage
    from email.policy import SMTP

    # no relay on the way need know 8BITMIME (RFC 6152)
    return EmailMessage(policy=SMTP.clone(cte_type="7bit"))


def _invitation(invitation: Invitation) -> EmailMessage:
    language = invitation.language
    by = " ".join(invitation.by.split())
    subject = say("notices.invited.subject", language)
    text = say("notices.invited.text", language, by=by)
    enter = say("notices.invited.enter", language)
    mail = _empty()
    mail["To"] = invitation.address
    mail["Subject"] = subject
    mail.set_content(f"{text}\n\n{enter}: {invitation.link}\n")
    mail.add_alternative(
        f'<!doctype html><html lang="{language}"><body><p>{escape(text)}</p>'
        f'<p><a href="{escape(invitation.link)}">{escape(enter)}</a></p></body></html>\n',
        subtype="html",
    )
    mail["Content-Language"] = language
    return mail


def send(mail: EmailMessage, relay: Relay) -> Answer:
    """Hands a mail to a server; what does not work is an answer."""
    import smtplib

    try:
        with _opened(relay) as server:
            if relay.user:
                server.login(relay.user, relay.password)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        status = max(code for code, _ in error.recipients.values())
        # RFC 5321 4.2.1: of 5yz the same will be refused again
        return Answer(f"smtp.{status}", is_gone=status >= 500)
    except smtplib.SMTPResponseException as error:
        return Answer(f"smtp.{error.smtp_code}")
    except TimeoutError:
        return Answer("timeout")
    except (smtplib.SMTPException, OSError):  # ssl.SSLError is one
        return Answer("unreachable")
    return Answer("smtp.250", is_taken=True)


def _opened(relay: Relay) -> smtplib.SMTP:
    """Returns a connection to a server, by TLS unless it stands on this machine."""
    import smtplib

    context = ssl.create_default_context()
    if relay.scheme == "smtps":
        return smtplib.SMTP_SSL(relay.host, relay.port, timeout=SECONDS, context=context)
    server = smtplib.SMTP(relay.host, relay.port, timeout=SECONDS)
    try:
        if not relay.is_near:
            server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server

"""The sessions of people: by the secret of one they are known again, until it is over or ended.

A session is over after so many days in all, and earlier where nobody uses it.  When it was used
last is written to the hour, so that reading a page does not mean writing a line each time.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress

from sandbox.errors import NotFound, PreconditionFailed, StoreUnavailable
from sandbox.event.identity import Person
from sandbox.event.people_log import PeopleLog
from sandbox.event.roster import Session
from sandbox.limits import SEEN_MINUTES, SESSION_IDLE_HOURS

MINUTE = 60 * 1000


class Sessions:
    """Recognises, lists and ends sessions over the log of people."""

    def __init__(self, log: PeopleLog) -> None:
        self._log = log

    def who(self, secret: str) -> Person | None:
        """Returns the person of a session; None for one that is over or none."""
        hash = hash_of(secret)
        roster = self._log.roster
        session = roster.sessions.get(hash)
        now = self._log.now()
        if session is None or not _is_good(session, now):
            return None
        if now - session.seen > SEEN_MINUTES * MINUTE:
            # who reads a page is not refused because it cannot be written down
            with suppress(StoreUnavailable, PreconditionFailed):
                self._log.write(lambda: [("seen", {"session": hash})])
        return roster.people.get(session.person)

    def of(self, person: Person) -> list[Session]:
        """Returns the sessions of a person, those used last first."""
        now = self._log.now()
        mine = [
            session
            for session in self._log.roster.sessions.values()
            if session.person == person.id and _is_good(session, now)
        ]
        return sorted(mine, key=lambda session: (-session.seen, -session.since))

    def id_of(self, secret: str) -> str:
        """Returns the id of the session of a secret; empty for none."""
        session = self._log.roster.sessions.get(hash_of(secret))
        return session.id if session else ""

    def end(self, id: str, person: Person) -> None:
        """Ends a session of a person; raises NotFound for one that is none of theirs."""
        hashes = [
            hash
            for hash, session in self._log.roster.sessions.items()
            if (session.id, session.person) == (id, person.id)
        ]
        if not hashes:
            raise NotFound("people.no_session", where=id, id=id)
        self._log.write(lambda: [("left", {"session": hash}) for hash in hashes])

    def leave(self, secret: str) -> None:
        """Ends the session of a secret."""
        self._log.write(lambda: [("left", {"session": hash_of(secret)})])


def hash_of(secret: str) -> str:
    """Returns what is kept of a secret of ours."""
    # without salt or rounds: these are 128 bits of chance or more, and no passwords
    return hashlib.sha256(secret.encode()).hexdigest()


def _is_good(session: Session, now: int) -> bool:
    # older logs do not tell of their use, and nobody is sent away for that
    is_idle = bool(session.seen) and now - session.seen > SESSION_IDLE_HOURS * 60 * MINUTE
    return now <= session.until and not is_idle

"""Reads what happened from the log and writes down who is to be told, each once.

Who is told what they may see: a subscription hears as its team or person, by the same rights as
when they ask themselves.  Several processes may gather; who was slower has written nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import NotFound
from sandbox.event.identity import Author, TeamId
from sandbox.event.instances import Instances
from sandbox.event.rights import Whose, may
from sandbox.event.run_list import row_of
from sandbox.event.runs import Runs
from sandbox.ids import id_of
from sandbox.notices.announcements import Announcements
from sandbox.notices.happening import KINDS, Happening, Told, happening_of
from sandbox.notices.subscriptions import Subscription, Subscriptions
from sandbox.store.desk import DeskStore
from sandbox.store.notices import NoticeRow, NoticeStore
from sandbox.store.runs import Event, RunStore

LINES = 200
"""How many lines are read at a time."""
STEP = 1000
"""How far the log moves on before that is kept where nobody was told anything."""


@dataclass(frozen=True, slots=True)
class _News:
    """What is told, and whose it is; None for everybody's."""

    told: Told
    whose: Whose | None


@dataclass(frozen=True, slots=True)
class Records:
    """Where what happened is looked up."""

    logs: RunStore
    runs: Runs
    instances: Instances
    desk: DeskStore
    announcements: Announcements


class Gathering:
    """Writes notices of what happens; `records` says what it was."""

    def __init__(self, store: NoticeStore, subscriptions: Subscriptions, records: Records) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._records = records
        self._readers: Mapping[str, Callable[[int, Happening], _News]] = {
            "run": self._run,
            "review": self._run,
            "instance": self._instance,
            "graded": self._graded,
            "announcement": self._announced,
        }

    def gather(self) -> bool:
        """Writes down who is to be told what happened since the last time.

        Returns:
            Whether more has happened than was read at once.
        """
        newest = self._records.logs.place()
        before = self._store.place()
        if before is None:
            self._store.begin(newest)
            return False
        if newest == before:
            return False
        listening = [row for row in self._subscriptions.all() if row.is_at_work]
        lines = (
            self._store.lines(after=before, until=newest, kinds=KINDS, limit=LINES)
            if listening
            else []
        )
        if not lines and newest - before < STEP:
            return False
        has_more = len(lines) == LINES
        place = lines[-1][0] if has_more else newest
        notices = [notice for at, line in lines for notice in self._notices(at, line, listening)]
        self._store.write(notices, before=before, place=place)
        return has_more

    def hearing(self, run: str, subscriptions: Sequence[Subscription]) -> list[Subscription]:
        """Returns which of some subscriptions hear of a run.

        Args:
            run: Its id.
            subscriptions: Of whatever carrier.

        Raises:
            NotFound: There is no such run.
        """
        news = self._run(0, Happening("run", "run.ended", run))
        return [row for row in subscriptions if self._hears(row, news)]

    def _notices(
        self, place: int, line: Event, listening: Sequence[Subscription]
    ) -> list[NoticeRow]:
        happening = happening_of(line)
        if happening is None:
            return []
        asking = [
            row for row in listening if happening.topic in row.topics and line.at >= row.since
        ]
        if not asking:
            return []
        try:
            news = self._readers[happening.topic](line.at, happening)
        except NotFound:  # purged meanwhile
            return []
        hearing = [row for row in asking if self._hears(row, news)]
        return [notice_for(row, news.told, f"{place}") for row in hearing]

    def _hears(self, subscription: Subscription, news: _News) -> bool:
        listener = self._subscriptions.listener(subscription)
        if listener is None:
            return False
        if news.whose is None:
            return True
        is_theirs = may(listener, "see_run", news.whose)
        return is_theirs and subscription.narrowed.fits(news.told.data)

    def _run(self, at: int, happening: Happening) -> _News:
        run = self._records.runs.read(happening.id)
        row = row_of(run)
        data = {
            "id": run.id,
            "track": run.track.id,
            "system": run.system,
            "team": run.team,
            "state": run.state,
            "verdict": row.verdict or None,
        }
        if happening.topic == "review":
            data["standing"] = row.standing
        return _News(Told(happening, at, data), run.whose)

    def _instance(self, at: int, happening: Happening) -> _News:
        instance = self._records.instances.read(happening.id)
        parts = instance.parts.values()
        data = {
            "id": instance.id,
            "event": instance.event,
            "test": instance.test,
            "track": instance.track,
            "systems": [part.system for part in parts],
            "teams": [part.team for part in parts],
            "state": instance.state,
            "act": happening.act,
        }
        return _News(Told(happening, at, data), instance.whose)

    def _graded(self, at: int, happening: Happening) -> _News:
        row = self._records.desk.hand_in(happening.id)
        if row is None:
            raise NotFound("notices.none_of_id", where="hand_in", id=happening.id)
        data = {"id": row.id, "assignment": row.assignment, "team": row.team}
        whose = Whose(TeamId(row.body["team_id"]), Author(**row.body["by"]))
        return _News(Told(happening, at, data), whose)

    def _announced(self, at: int, happening: Happening) -> _News:
        announcement = self._records.announcements.find(int(happening.id))
        data = {"id": announcement.id, "until": announcement.until}
        return _News(Told(happening, at, data, announcement.texts), None)


def notice_for(subscription: Subscription, told: Told, occasion: str) -> NoticeRow:
    """Returns what is to be said to a subscriber; of the same occasion it has the same id.

    Args:
        subscription: To whom.
        told: What.
        occasion: By which it is known again, such as the place of its line in the log.
    """
    id = f"msg_{id_of('notice', subscription.id, occasion)}"
    body: dict[str, Any] = {"data": told.data, "texts": told.texts}
    text = json.dumps(body, ensure_ascii=False)
    return NoticeRow(id, subscription.id, told.at, told.happening.type, text)

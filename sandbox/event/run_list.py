"""The runs of an event as lists: which a person may see, which count as results, and those of each
key.

The store keeps a row for each run (store/run_rows.py); what a row says is read here from the run's
log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace

from sandbox.errors import NotFound
from sandbox.event.identity import NOBODY, Author, Person, PersonId, TeamId
from sandbox.event.reviews import DECISIONS, Review
from sandbox.event.rights import SHARED, Act, Whose, reach
from sandbox.event.run import Run, State
from sandbox.event.run_logs import RunLogs
from sandbox.event.systems import HERE
from sandbox.store.attempts import AttemptStore
from sandbox.store.leases import Lease
from sandbox.store.paging import Page
from sandbox.store.run_rows import LONGEST_ASKED, Circle, Newest, RunRow, RunRows, Wanted
from sandbox.store.runs import Line, RunStore
from sandbox.testbench.script import ROLL_UP, Verdict
from sandbox.testbench.tracks import TRACKS

BUNDLED = "bundled"
REGISTERED = "registered"
ADDRESS = "address"
KINDS = (BUNDLED, REGISTERED, ADDRESS)
"""Against what a run was: the bundled server, a system that is registered, or an address alone."""
REVIEWED = ("to_verify", *DECISIONS)
OPEN: tuple[State, ...] = ("queued", "running", "waiting")
SAYING: tuple[Verdict, ...] = ("pass", "warn", "fail", "review")
"""The verdicts of tests that came to a result."""
HISTORY = 4
"""How many runs before the newest a cell of the matrix tells of."""
PAIR = ("system", "track", "is_whole")
MEETING = ("track", "system", "recipient", "is_whole")
WORTH = ("kind", "state", "is_conclusive", "is_whole")
"""What decides whether a run is a result."""
ALL = Wanted()


@dataclass(frozen=True, slots=True)
class Apart:
    """How many runs the report does not count, by why."""

    rehearsals: int
    unfinished: int
    cancelled: int
    inconclusive: int
    partial: int


class RunList:
    """Keeps the rows of runs beside their logs, and asks for them, over one store."""

    def __init__(self, store: RunStore) -> None:
        self.logs = RunLogs(store)
        self._rows = RunRows(store.database, store)
        self._attempts = AttemptStore(store.database)
        self._rows.catch_up(self._read)

    def append(
        self,
        run: str,
        lines: Sequence[Line],
        *,
        blobs: Sequence[bytes] = (),
        behind: int | None = None,
        lease: Lease | None = None,
    ) -> None:
        """Appends lines to the log of a run and keeps its row; raises PreconditionFailed where the
        log is not as far as `behind`, LeaseLost where the run is no longer its holder's.
        """
        self._rows.append(run, lines, self._read, blobs=blobs, behind=behind, lease=lease)

    def instance_of(self, run: str) -> str:
        """Returns the id of the test instance of which a run is an attempt; "" for none."""
        return self._attempts.instance_of(run)

    def page(self, wanted: Wanted = ALL, *, limit: int = 50, cursor: str = "") -> Page[RunRow]:
        """Returns a page of runs, the newest first; raises BadRequest for a wrong cursor."""
        return self._rows.page(_of_today(wanted), limit=limit, cursor=cursor)

    def seen_by(self, person: Person) -> frozenset[str] | None:
        """Returns the ids of the runs that a person may see; None for whoever sees all."""
        wanted = seen_by(person, "see_run", _of_today(ALL))
        if wanted == _of_today(ALL):
            return None
        return frozenset(row.run for row in self._rows.all(wanted))

    def queue(self, wanted: Wanted = ALL, *, limit: int = 50, cursor: str = "") -> Page[RunRow]:
        """Returns a page of the runs that are to be verified, what waits longest first."""
        waiting = replace(_of_today(wanted), standings=("to_verify",))
        return self._rows.page(waiting, order=LONGEST_ASKED, limit=limit, cursor=cursor)

    def open(self, keeper: str) -> list[RunRow]:
        """Returns the runs of a keeper that are not over, the oldest first."""
        return self._rows.all(replace(_of_today(ALL), states=OPEN, keeper=keeper))

    def shown(self, wanted: Wanted = ALL) -> tuple[list[Newest], list[RunRow]]:
        """Returns of each system and track the runs that the matrix shows: the newest with those
        before it, and the newest reviewed; the whole ones and those of some tests apart.
        """
        shown = played(_of_today(wanted))
        return self._rows.newest(shown, by=PAIR, before=HISTORY), self._looked_at(shown)

    def counted(self, wanted: Wanted = ALL) -> tuple[list[Newest], list[RunRow]]:
        """Returns of each system and track the newest run that the report counts, and the newest
        reviewed of them.
        """
        counted = results(_of_today(wanted))
        return self._rows.newest(counted, by=PAIR), self._looked_at(counted)

    def _looked_at(self, wanted: Wanted) -> list[RunRow]:
        return [newest.row for newest in self._rows.newest(reviewed(wanted), by=PAIR)]

    def met(self, tracks: Sequence[str], wanted: Wanted = ALL) -> list[Newest]:
        """Returns of each track, system and recipient the newest runs with those before them."""
        shown = played(replace(wanted, tracks=tracks))
        return self._rows.newest(shown, by=MEETING, before=HISTORY) if tracks else []

    def settled(self, track: str) -> set[tuple[str, str]]:
        """Returns the pairs of system and recipient that have met well already, or whose run still
        waits.
        """
        of_track = Wanted(tracks=(track,))
        well = replace(of_track, states=("done",), verdicts=("pass", "warn"))
        waiting = replace(of_track, states=("waiting",))
        found = [
            newest.row
            for wanted in (well, waiting)
            for newest in self._rows.newest(wanted, by=("system", "track", "recipient"))
        ]
        return {(row.system, row.recipient) for row in found}

    def apart(self, wanted: Wanted = ALL) -> Apart:
        """Returns how many of the runs are no results, each counted once, by the first reason."""
        counts = self._rows.counts(_of_today(wanted), by=WORTH)
        apart: Counter[str] = Counter()
        for (kind, state, is_conclusive, is_whole), count in counts.items():
            apart[_why_not(kind, state, bool(is_conclusive), bool(is_whole))] += count
        return Apart(**{field.name: apart[field.name] for field in fields(Apart)})

    def _read(self, id: str) -> RunRow | None:
        """Returns the row of a run as its log tells it; None for a track that is no more."""
        with suppress(NotFound):
            so_far = self.logs.read(id)
            return row_of(so_far.run, asked=so_far.asked) if so_far else None
        return None


def _why_not(kind: str, state: str, is_conclusive: bool, is_whole: bool) -> str:
    """Returns why a run is no result, as Apart has it; empty for one that is."""
    if kind == BUNDLED:
        return "rehearsals"
    if state != "done":
        return "cancelled" if state == "cancelled" else "unfinished"
    if not is_conclusive:
        return "inconclusive"
    return "" if is_whole else "partial"


def row_of(run: Run, *, asked: int = 0) -> RunRow:
    """Returns the row of a run.

    Args:
        run: The run.
        asked: When it was last asked to be verified, in milliseconds since 1970; 0 for never.
    """
    verdicts = [outcome.verdict for outcome in run.outcomes.values()]
    recipient = run.track.recipient
    return RunRow(
        run=run.id,
        at=run.at,
        track=run.track.id,
        system=run.system,
        kind=kind_of(run.system),
        recipient=run.given.get(recipient.input, "") if recipient else "",
        keeper=run.keeper,
        team_id=run.team_id,
        team=run.team,
        country=run.country,
        by_id=run.author.id,
        by_name=run.author.name,
        others=" ".join(run.others),
        state=run.state,
        verdict=run.verdict if verdicts else "",
        is_whole=run.is_whole,
        is_conclusive=any(verdict in SAYING for verdict in verdicts),
        tests=len(run.tests),
        passed=sum(verdict in ("pass", "warn") for verdict in verdicts),
        known=len(run.known_failures),
        standing=run.review.standing,
        since=asked,
        monitor_id=run.review.monitor_id,
        review=json.dumps(asdict(run.review), ensure_ascii=False),
    )


def kind_of(system: str) -> str:
    """Returns against what a run of a system is: one of KINDS."""
    if system == HERE:
        return BUNDLED
    # an address is its own name, since nothing is registered under it
    return ADDRESS if "://" in system else REGISTERED


def review_in(row: RunRow) -> Review:
    """Returns the review of a row."""
    return Review(**json.loads(row.review))


def whose(row: RunRow) -> Whose:
    """Returns what rights.py asks: whose run it is."""
    author = Author(PersonId(row.by_id), row.by_name, row.at)
    return Whose(TeamId(row.team_id), author, tuple(map(TeamId, row.others.split())))


def seen_by(person: Person, act: Act, wanted: Wanted = ALL) -> Wanted:
    """Returns what of the runs that are wanted a person may do something to, as `may` would say of
    each.
    """
    within = reach(person, act)
    circle = replace(_begun_by(person), team=person.team_id, takes_part=act in SHARED)
    if within.own and within.foreign:
        return wanted
    if within.foreign:
        return replace(wanted, foreign=(*wanted.foreign, circle))
    # a circle of nobody holds nothing
    return replace(wanted, own=(*wanted.own, circle if within.own else Circle()))


def begun_by(person: Person, wanted: Wanted = ALL) -> Wanted:
    """Returns what of the runs that are wanted a person began."""
    return replace(wanted, own=(*wanted.own, _begun_by(person)))


def results(wanted: Wanted = ALL) -> Wanted:
    """Returns what of the runs that are wanted counts in the report: finished runs of all tests of
    a track, some of which came to a result, against the systems of teams.
    """
    return replace(
        wanted,
        kinds=(REGISTERED, ADDRESS),
        states=("done",),
        is_whole=True,
        is_conclusive=True,
    )


def played(wanted: Wanted = ALL) -> Wanted:
    """Returns what of the runs that are wanted the matrix shows: those with a verdict that nobody
    cancelled.
    """
    return replace(wanted, states=(*OPEN, "done"), verdicts=ROLL_UP)


def reviewed(wanted: Wanted) -> Wanted:
    """Returns what of the runs that are wanted a monitor has looked at or is to look at."""
    return replace(wanted, standings=REVIEWED)


def _begun_by(person: Person) -> Circle:
    return Circle(person=person.id, name=person.name or NOBODY, since=person.since)


def _of_today(wanted: Wanted) -> Wanted:
    """Returns what is wanted of the tracks that there are: runs of others cannot be read."""
    return wanted if wanted.tracks else replace(wanted, tracks=tuple(TRACKS))

"""`connectathon jobs`: runs, gradings and notices that wait or are at work, and which server
process plays a run; one of them is cancelled by its id.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.i18n import Language, as_language, say

if TYPE_CHECKING:
    from sandbox.store.jobs import Job


def jobs(
    data: Data = None,
    lang: Lang = LANGUAGE,
    as_json: Annotated[bool, typer.Option("--json", help=tell("jobs.json"))] = False,
    cancel: Annotated[str, typer.Option(help=tell("jobs.cancel"), metavar="ID")] = "",
) -> None:
    """Lists them, the oldest first: id, beginning, kind, what it is, system, state, how often it
    was taken in hand, who plays it.
    """
    from sandbox.cli.stored import opened
    from sandbox.fhir.json import write_json
    from sandbox.store.jobs import jobs as all_jobs

    language = as_language(lang)
    if cancel:
        print(say("jobs.cancelled", language, job=_cancelled(cancel, data)))
        return
    with opened(data) as partitions:
        listed = all_jobs(partitions.main)
    if as_json:
        print(write_json(listed).decode())
        return
    for job in listed:
        print(_line(job, language))


def _line(job: Job, language: Language) -> str:
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of

    kind = say(f"jobs.kind.{job.kind}", language)
    state = say(f"jobs.state_of.{job.state}", language)
    names = f"{kind:<10} {job.what:<24} {job.system or job.team:<20}"
    when = fhir_instant(moment_of(job.at))
    return f"{job.id}  {when}  {names} {state}  {job.taken}  {job.holder or '–'}"


def _cancelled(id: str, data: Path | None) -> str:
    """Ends a job; returns its id.  Raises NotFound where none of that id waits or is at work."""
    from sandbox.cli.results import runs_at
    from sandbox.clock import utc_now
    from sandbox.desk.desk import CANCELLED
    from sandbox.errors import NotFound
    from sandbox.fhir.dates import milliseconds_of
    from sandbox.store.desk import DeskStore
    from sandbox.store.jobs import jobs as all_jobs
    from sandbox.store.notices import NoticeStore

    with runs_at(data) as (runs, store):
        kinds = {job.id: job.kind for job in all_jobs(store.database)}
        if kinds.get(id) == "run":
            has_ended = runs.cancel(id).state == "cancelled"
        elif kinds.get(id) == "grading":
            now = milliseconds_of(utc_now())
            has_ended = DeskStore(store.database).cancel(id, CANCELLED, at=now)
        else:
            has_ended = kinds.get(id) == "notice" and NoticeStore(store.database).give_up(id)
    if not has_ended:  # or it ended by itself meanwhile
        raise NotFound("jobs.none_of_id", where="--cancel", id=id)
    return id

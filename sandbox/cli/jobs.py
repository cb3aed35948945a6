"""`connectathon jobs`: the runs that wait or are played, and which server process is at which."""

from __future__ import annotations

from typing import Annotated

import typer

from sandbox.cli import LANGUAGE, tell
from sandbox.cli.options import Data, Lang
from sandbox.cli.stored import opened
from sandbox.i18n import as_language, say


def jobs(
    data: Data = None,
    lang: Lang = LANGUAGE,
    as_json: Annotated[bool, typer.Option("--json", help=tell("jobs.json"))] = False,
) -> None:
    """Lists them, the oldest first: run, beginning, track, system, state, how often it was taken,
    who plays it.
    """
    from sandbox.clock import fhir_instant
    from sandbox.fhir.dates import moment_of
    from sandbox.fhir.json import write_json
    from sandbox.store import leases

    with opened(data) as partitions:
        listed = leases.jobs(partitions.main)
    if as_json:
        print(write_json(listed).decode())
        return
    for job in listed:
        state = say(f"testbench.state.{job.state}", as_language(lang))
        names = f"{job.track:<24} {job.system:<20}"
        when = fhir_instant(moment_of(job.at))
        print(f"{job.run}  {when}  {names} {state}  {job.taken}  {job.holder or '–'}")

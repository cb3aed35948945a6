"""`connectathon purge`: forgets runs that are older than a number of days, with all of their
evidence.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from sandbox.cli import tell
from sandbox.cli.options import Data
from sandbox.cli.results import runs_at


def purge(
    days: Annotated[int, typer.Option(help=tell("purge.days"), min=0)],
    data: Data = None,
) -> None:
    """People and registered systems stay; what a newer run rests on as well stays with it."""
    from sandbox.clock import utc_now
    from sandbox.fhir.dates import milliseconds_of

    with runs_at(data) as (_, store):
        gone = store.forget(before=milliseconds_of(utc_now() - timedelta(days=days)))
    print(tell("purge.done", count=gone, days=days))

"""An event brought back on an empty machine by the script of `deploy/`: how long the copy takes and how long the way back, with
as many runs, gradings and bodies as there were.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from tests import postgres
from tests.bench.cluster import Cluster
from tests.places import PROJECT

COUNTED = ("run_row", "event", "blob", "resource", "version", "search_token", "hand_in")
SCRIPT = PROJECT / "deploy" / "restore.sh"


def restored(copy: Path, url: str, data: Path) -> subprocess.CompletedProcess[str]:
    """Types the script's name on a machine that has the program.

    Args:
        copy: What `connectathon data backup` wrote.
        url: The database, which is not there yet.
        data: The folder that its servers are to have.
    """
    program = data.with_name("connectathon")
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sandbox.cli "$@"\n')
    program.chmod(0o755)
    place = {"DATABASE_URL": url, "CONNECTATHON_DATA": str(data), "CONNECTATHON": str(program)}
    return subprocess.run(
        [SCRIPT, copy], env={**os.environ, **place}, capture_output=True, text=True, check=False
    )


def brought_back(cluster: Cluster, folder: Path) -> dict[str, object]:
    """Copies the event of a cluster, and brings it back on a database of its own.

    Args:
        cluster: Whose servers may go on meanwhile.
        folder: For the copy, and for what comes back.

    Returns:
        The seconds of both, the megabytes of the copy, and the rows of each table before and after.

    Raises:
        AssertionError: Either went wrong.
    """
    begin = time.monotonic()
    backup = cluster.run("data", "backup", str(folder / "copy"))
    assert backup.returncode == 0, backup.stderr
    copied = time.monotonic() - begin
    size = sum(file.stat().st_size for file in (folder / "copy").rglob("*") if file.is_file())
    with postgres.running() as empty:
        url = empty.replace("/postgres?", "/event?")
        begin = time.monotonic()
        done = restored(folder / "copy", url, folder / "there")
        seconds = time.monotonic() - begin
        assert done.returncode == 0, done.stderr
        there = Cluster(folder / "there", url)
        rows = {"before": counts(cluster), "after": counts(there)}
        there.close()
    return {
        "copy_seconds": round(copied, 1),
        "copy_megabytes": round(size / 1e6, 1),
        "restore_seconds": round(seconds, 1),
        "rows": rows,
    }


def counts(cluster: Cluster) -> dict[str, int]:
    """Returns how many rows the tables have that grow with an event, of teams' spaces as well."""
    places = cluster.asked(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name = ANY(%s)",
        [*COUNTED],
    )
    rows = Counter[str]()
    for schema, table in places:
        ((count,),) = cluster.asked(f'SELECT count(*) FROM "{schema}"."{table}"')
        rows[str(table)] += int(str(count))
    return dict(rows)

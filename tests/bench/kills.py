"""Kills of servers and workers, as many as are wished in as many sittings: `make kills KILLS=200`.

Rounds of twenty are counted in KILLS.md beside this file, each with the commit that it was done with and the day.  A commit
that changes nothing of the program goes on with the rounds of the one before; whoever stops in between goes on later.

What a killed worker was at waits for half a minute until its lease is over. The next round does not: its kills meet those
runs too, and a round is counted when all of its own are over.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests import postgres
from tests.bench.cluster import Cluster, Partners, partners, until
from tests.bench.hosting import WEB, WORKER, begun_among_kills
from tests.places import PROJECT

TABLE = Path(__file__).with_name("KILLS.md")
ROUND = 20
PATIENCE = 600.0
HEAD = """# Kills of servers and workers

Each line is a round on one PostgreSQL: two servers and two workers, of which one is killed (SIGKILL) at a time of chance while
runs are begun and played; each killed one is started again beside the others. Written by `make kills`.

| commit | day | kills | runs | lost | ended twice | mixed attempts | load of the machine |
|---|---|---|---|---|---|---|---|
"""


def commit() -> str:
    """Returns the commit that last changed the program, marked where it is changed since."""
    named = _git("log", "-1", "--format=%h", "--", "sandbox").strip()
    return named + ("+" if _git("status", "--porcelain", "--", "sandbox").strip() else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout


def done_with(named: str) -> int:
    """Returns how many kills the table tells of a commit."""
    rows = [line.strip("| ").split(" | ") for line in _rows()]
    return sum(int(row[2]) for row in rows if row[0] == named)


def _rows() -> list[str]:
    text = TABLE.read_text(encoding="utf-8") if TABLE.is_file() else HEAD
    return text.partition("|---|---|---|---|---|---|---|---|\n")[2].splitlines()


def note(named: str, counts: dict[str, int], *, runs: int) -> None:
    """Adds a round to the table."""
    day = datetime.now(UTC).date().isoformat()
    figures = [ROUND, runs, *counts.values(), round(os.getloadavg()[0])]
    row = f"| {named} | {day} | " + " | ".join(map(str, figures)) + " |"
    TABLE.write_text(HEAD + "\n".join([*_rows(), row]) + "\n", encoding="utf-8")
    print(row, flush=True)


@contextmanager
def at_work() -> Iterator[Cluster]:
    """Gives two servers and two workers, on a database of their own."""
    with postgres.running() as url, tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder), url)
        try:
            for name in ("web-1", "web-2"):
                cluster.start(name, *WEB)
            for name in ("worker-1", "worker-2"):
                cluster.start(name, *WORKER)
            yield cluster
        finally:
            cluster.close()


def main() -> int:
    """Goes on until so many are told of this commit; returns how many faults there were."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    wanted = options.parse_args().kills
    named = commit()
    if done_with(named) >= wanted:
        return 0
    with partners() as teams, at_work() as cluster:
        return _rounds(cluster, teams, named, wanted)


def _rounds(cluster: Cluster, teams: Partners, named: str, wanted: int) -> int:
    faults = 0
    begun: list[list[str]] = []
    while faults == 0 and (begun or done_with(named) < wanted):
        if done_with(named) + ROUND * len(begun) < wanted:
            begun.append(begun_among_kills(cluster, teams, count=ROUND))
        else:
            until(lambda: cluster.is_over(begun[0]), seconds=PATIENCE)
        for ids in [ids for ids in begun if cluster.is_over(ids)]:
            begun.remove(ids)
            counts = cluster.faults(ids)
            note(named, counts, runs=len(ids))
            faults += sum(counts.values())
    return faults


if __name__ == "__main__":
    sys.exit(main())

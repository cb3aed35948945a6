"""The figures of a server as Prometheus reads them (text format 0.0.4): requests, runs, workers,
streams, space.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from prometheus_client import PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import (
    CollectorRegistry,
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.registry import Collector

from sandbox import __version__
from sandbox.event.turns import Turns
from sandbox.operations.traffic import BOUNDS, Times, Traffic
from sandbox.store.figures import Figures
from sandbox.workers import Pool

NAME = "connectathon"
Labelled = TypeVar("Labelled", CounterMetricFamily, GaugeMetricFamily)
Family = CounterMetricFamily | GaugeMetricFamily | HistogramMetricFamily


@dataclass(frozen=True, slots=True)
class Reading:
    """What the figures are read from.

    Attributes:
        traffic: The requests of this process.
        figures: What stands in the database.
        pool: The workers of this process.
        turns: The runs that this process plays.
        folder: The data folder.
        now: Milliseconds since 1970.
    """

    traffic: Traffic
    figures: Figures
    pool: Pool
    turns: Turns
    folder: Path
    now: int


def written(reading: Reading) -> bytes:
    """Returns the figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Read(reading))
    # memory, time of the processor and open files of this process
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return generate_latest(registry)


class _Read(Collector):
    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Family]:
        """Yields the families of figures."""
        reading = self._reading
        answers, times = reading.traffic.copied()
        yield _labelled(
            CounterMetricFamily(
                f"{NAME}_requests",
                "Requests that were answered",
                labels=("method", "route", "status"),
            ),
            {(method, route, str(status)): n for (method, route, status), n in answers.items()},
        )
        yield _durations(times)
        yield _gauge("requests_open", "Requests that are being answered", reading.traffic.open)
        yield _gauge("streams_open", "Streams that pages and bots follow", reading.traffic.streams)
        yield _gauge(
            "bots_open", "Bots among them; 0 where the chat hears nothing", reading.traffic.bots
        )
        yield _gauge("workers_busy", "Jobs that workers are at", reading.pool.busy)
        yield _gauge("workers_waiting", "Jobs that wait for a worker", reading.pool.waiting)
        yield from _of_turns(reading.turns)
        yield from _of_database(reading)
        yield from _of_space(reading.folder)
        yield _labelled(
            GaugeMetricFamily(f"{NAME}_info", "The version that runs", labels=("version",)),
            {(__version__,): 1},
        )


def _of_turns(turns: Turns) -> Iterator[Family]:
    yield _gauge("runs_playing", "Runs that this process plays", turns.playing)
    yield _gauge("runs_at_most", "Runs that it plays at the same time at most", turns.most)
    yield CounterMetricFamily(
        f"{NAME}_runs_taken", "Runs that it has taken in hand", value=turns.taken
    )
    yield CounterMetricFamily(
        f"{NAME}_lease_refusals",
        "Runs among them that another process took over; what it still wrote was refused",
        value=turns.refused,
    )


def _of_database(reading: Reading) -> Iterator[Family]:
    figures = reading.figures
    by_state = ("state",)
    yield _labelled(
        GaugeMetricFamily(f"{NAME}_runs", "Runs by state", labels=by_state),
        {(state,): count for state, count in figures.runs.items()},
    )
    yield _labelled(
        GaugeMetricFamily(f"{NAME}_instances", "Test instances by state", labels=by_state),
        {(state,): count for state, count in figures.instances.items()},
    )
    yield _labelled(
        GaugeMetricFamily(f"{NAME}_jobs", "Jobs that are not over", labels=("kind", "state")),
        {(kind, state): count for (kind, state), count in figures.jobs.items()},
    )
    by_kind = ("kind",)
    yield _labelled(
        GaugeMetricFamily(f"{NAME}_jobs_waiting", "Jobs that nobody is at", labels=by_kind),
        {(kind,): waiting.count for kind, waiting in figures.waiting.items()},
    )
    yield _labelled(
        GaugeMetricFamily(
            f"{NAME}_job_waits_seconds", "How long the oldest of them has waited", labels=by_kind
        ),
        {
            (kind,): (reading.now - waiting.since) / 1000 if waiting.count else 0
            for kind, waiting in figures.waiting.items()
        },
    )
    yield _gauge("spaces", "Teams with a space of their own", figures.spaces)


def _of_space(folder: Path) -> Iterator[Family]:
    files = [*folder.glob("*.db*"), *folder.glob("tenants/*.db*")]
    size = sum(file.stat().st_size for file in files if file.is_file())
    yield _gauge("data_bytes", "Size of the database files, 0 with PostgreSQL", size)
    if folder.exists():
        free = shutil.disk_usage(folder).free
        yield _gauge("data_free_bytes", "Space that is left where the data folder is", free)


def _durations(times: dict[str, Times]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(
        f"{NAME}_request_seconds", "How long answers took, streams left out", labels=("route",)
    )
    for route, taken in times.items():
        buckets: list[tuple[str, float]] = []
        below = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), taken.below, strict=True):
            below += count
            buckets.append((bound, below))
        family.add_metric((route,), buckets, taken.seconds)
    return family


def _gauge(name: str, help: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{NAME}_{name}", help, value=value)


def _labelled(family: Labelled, values: dict[tuple[str, ...], float]) -> Labelled:
    for labels, value in values.items():
        family.add_metric(labels, value)
    return family

"""Warm time of both engines over the collected documents, in turns, by the same profile."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.collecting import not_collecting
from sandbox.fhir.json import parse_json
from sandbox.validation import validate
from tests import corpora
from tests.bench.oracle import java
from tests.bench.oracle.case import Case
from tests.bench.oracle.definitions import knowledge
from tests.bench.oracle.sets import collected_files

WARM_UP = 4  # passes; a young JVM compiles while it runs
MEASURED = 3


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds a document: median and 95th percentile of both engines, and how many times faster ours is."""

    their_median: float
    their_p95: float
    our_median: float
    our_p95: float

    @property
    def ratio_of_medians(self) -> float:
        return self.their_median / self.our_median

    @property
    def ratio_of_p95(self) -> float:
        return self.their_p95 / self.our_p95

    def as_figures(self) -> dict[str, float]:
        """Returns the figures by name, the ratios among them."""
        return asdict(self) | {
            "ratio_of_medians": self.ratio_of_medians,
            "ratio_of_p95": self.ratio_of_p95,
        }


def measure(folder: Path) -> Times:
    """Measures reading and judging; of each document the median of the measured passes counts.

    The engines take turns pass by pass, so that a machine that gets faster or slower in between, as
    shared ones do by half, is as fast for both.  By documents, each would find the caches cold.
    """
    files = collected_files()
    cases = [Case("time", file.name, file.name, "core", file, corpora.BUNDLE_IPS) for file in files]
    theirs: list[float] = []
    ours: list[float] = []
    with java.engine("core", folder) as ask_one:
        for _ in range(WARM_UP + MEASURED):
            theirs += [ask_one(case).milliseconds for case in cases]
            ours += [_judged(file) for file in files]
    return Times(*_median_and_p95(theirs, len(files)), *_median_and_p95(ours, len(files)))


def _judged(file: Path) -> float:
    body = file.read_bytes()
    with not_collecting():  # as in the workers that judge
        begun = time.perf_counter()
        validate(parse_json(body), profiles=[corpora.BUNDLE_IPS], knowledge=knowledge("core"))
        return (time.perf_counter() - begun) * 1000


def _median_and_p95(times: list[float], count: int) -> tuple[float, float]:
    measured = times[WARM_UP * count :]
    documents = [statistics.median(measured[index::count]) for index in range(count)]
    return statistics.median(documents), statistics.quantiles(documents, n=20)[-1]

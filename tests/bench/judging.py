"""The judge alone, in CPU time: real documents, how cost grows with the entries, hostile inputs, a cold process."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.collecting import not_collecting
from sandbox.fhir.json import parse_json
from sandbox.validation import validate, validate_source
from tests import corpora
from tests.conftest import CASES, VECTORS

Figure = tuple[str, str, str]
URN = "urn:uuid:00000000-0000-4000-8000-"
PATIENT = URN + "000000000000"


def figures() -> Iterator[Figure]:
    """Yields name, figure, and what it must reach."""
    yield from _documents()
    yield from _growth()
    yield from _hostile()
    yield from _cold()


def _documents() -> Iterator[Figure]:
    """Judges real documents warm, each as its best of three, beside reading the same text as JSON."""
    files = sorted((VECTORS / "ips").glob("*.json"))
    if not files:
        yield "validate, real IPS documents, warm", "not measured", "needs the vectors"
        return
    taken, read = [], []
    for file in files:
        content = file.read_bytes()
        document = parse_json(content)
        validate(document, profiles=["ips"])
        taken.append(min(_seconds(partial(validate, document, profiles=["ips"])) for _ in range(3)))
        read.append(min(_seconds(partial(parse_json, content)) for _ in range(3)))
    taken.sort()
    times = statistics.median(taken) / statistics.median(read)
    yield (
        f"validate, {len(files)} IPS documents, median",
        f"{statistics.median(taken) * 1000:.0f} ms",
        f"{times:.0f} times reading them",
    )
    yield (
        "  the same, 95th percentile",
        f"{taken[round(0.95 * (len(taken) - 1))] * 1000:.0f} ms",
        "",
    )


def _growth() -> Iterator[Figure]:
    """Judges Bundles of 1,000 and of 20,000 entries, each of which refers to another."""
    for kind in ("collection", "document"):
        validate(a_bundle(kind, 100))
        few, many = (
            _seconds(partial(validate, a_bundle(kind, count))) / count for count in (1_000, 20_000)
        )
        yield f"validate, {kind} of 20,000 entries", f"{many * 20_000:.1f} s", "at most 5 s"
        yield "  an entry of it beside one of 1,000", f"{many / few:.2f} times", "at most 1.5"


def _hostile() -> Iterator[Figure]:
    """Judges what was made to take long; how the server stands them is a test (`tests/vectors/test_hostile.py`)."""
    for file in sorted((CASES / "hostile").glob("*.json")):
        content = file.read_bytes()
        yield (
            f"validate, hostile {file.stem}",
            f"{_seconds(partial(validate_source, content)) * 1000:.0f} ms",
            "at most 200 ms",
        )


def _cold() -> Iterator[Figure]:
    """Runs the command as its own process; the CPU time of the process with all that it loads counts."""
    collected = sorted((VECTORS / "ips").glob("*.json"), key=lambda file: file.stat().st_size)
    middle = [collected[len(collected) // 2].read_bytes()] if collected else []
    examples = corpora.ips_examples() if corpora.IPS.is_file() else ()
    example = [body for name, body, _ in examples if name.endswith("Bundle-01.json")]
    yield _cold_figure(
        "validate, a collected IPS, cold CPU", middle, [], lacking="needs the vectors"
    )
    yield _cold_figure(
        "validate, IPS Bundle-01 by profile, cold CPU",
        example,
        ["--profile", "ips"],
        lacking="make packages",
    )


def _cold_figure(name: str, contents: list[bytes], options: list[str], *, lacking: str) -> Figure:
    """Measures with bytecode at hand, as an installation has it: the first run writes it and does not count."""
    if not contents:
        return name, "not measured", lacking
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document.json"
        file.write_bytes(contents[0])
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "sandbox.cli", "validate", str(file), *options]
        _, *taken = (_seconds_of_process(command, environment) for _ in range(10))
    return name, f"{statistics.median(taken):.2f} s", "at most 0.8 s"


def a_bundle(kind: str, count: int) -> dict[str, Any]:
    """Returns a Bundle of small resources that refer to a patient; in a document a Composition refers to them all."""
    urls = [f"{URN}{number:012d}" for number in range(1, count - 1)]
    subject = {"reference": PATIENT}
    composition = {
        "resourceType": "Composition", "status": "final", "type": {"text": "x"}, "subject": subject,
        "date": "2026-01-01", "author": [subject], "title": "x",
        "section": [{"title": "x", "entry": [{"reference": url} for url in urls]}],
    }  # fmt: skip
    small = [
        {
            "fullUrl": url,
            "resource": {"resourceType": "Basic", "code": {"text": "x"}, "subject": subject},
        }
        for url in urls
    ]
    return {
        "resourceType": "Bundle", "type": kind, "timestamp": "2026-01-01T00:00:00Z",
        "identifier": {"system": "urn:ietf:rfc:3986", "value": URN + "aaaaaaaaaaaa"},
        "entry": [
            {"fullUrl": URN + "bbbbbbbbbbbb", "resource": composition},
            {"fullUrl": PATIENT, "resource": {"resourceType": "Patient", "active": True}},
            *small,
        ],
    }  # fmt: skip


def _seconds(work: Callable[[], object]) -> float:
    with not_collecting():  # as in the workers that judge
        begun = time.process_time()
        work()
        return time.process_time() - begun


def _seconds_of_process(command: list[str], environment: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

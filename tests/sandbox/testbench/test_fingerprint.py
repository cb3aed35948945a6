"""A fingerprint changes with what a test asks or judges by, and with nothing else."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox.testbench import fingerprint as fingerprints
from sandbox.testbench.fingerprint import changed_parts, fingerprint
from sandbox.testbench.script import Test
from sandbox.testbench.tracks import TRACKS

BASICS = TRACKS["fhir.basics"].tests[0]
SOURCE = TRACKS["mhd.source"].tests[0]


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of what fingerprints are taken of, in which a test may change something."""
    here = tmp_path / "sandbox"
    for name in ("testbench", "validation", "definitions/core", "limits.py", "messages/en"):
        original = fingerprints.HERE / name
        copy = shutil.copytree if original.is_dir() else shutil.copy
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        copy(original, here / name)
    forget()
    monkeypatch.setattr(fingerprints, "HERE", here)
    yield here
    forget()


def forget() -> None:
    for cached in (fingerprints._bench, fingerprints._judge, fingerprints._imports):
        cached.cache_clear()


def after(place: Path, test: Test) -> str:
    """The fingerprint once a file says something more."""
    place.write_bytes(place.read_bytes() + b"\n# changed\n")
    forget()
    return fingerprint(test)


def test_every_test_of_the_bench_has_one_and_they_differ_by_module() -> None:
    everyone = {test.id: fingerprint(test) for track in TRACKS.values() for test in track.tests}
    assert all(len(check) == 25 for check in everyone.values())
    assert fingerprint(BASICS) != fingerprint(SOURCE)
    assert changed_parts(fingerprint(BASICS), fingerprint(SOURCE)) == ("bench",)


def test_a_change_of_its_own_module_is_one_of_the_bench(copied: Path) -> None:
    before, of_source = fingerprint(BASICS), fingerprint(SOURCE)
    now = after(copied / "testbench" / "tracks" / "fhir_basics.py", BASICS)
    assert changed_parts(before, now) == ("bench",)
    assert fingerprint(SOURCE) == of_source


def test_a_change_of_what_it_uses_of_the_bench_is_one(copied: Path) -> None:
    before = fingerprint(BASICS)
    assert changed_parts(before, after(copied / "testbench" / "script.py", BASICS)) == ("bench",)


@pytest.mark.parametrize("name", ["validation/__init__.py", "limits.py"])
def test_a_change_of_the_judge_is_one_for_all(copied: Path, name: str) -> None:
    before = fingerprint(BASICS)
    assert changed_parts(before, after(copied / name, BASICS)) == ("judge",)


def test_a_table_of_definitions_is_part_of_the_judge(copied: Path) -> None:
    before = fingerprint(BASICS)
    table = next(file for file in (copied / "definitions" / "core").rglob("*") if file.is_file())
    assert changed_parts(before, after(table, BASICS)) == ("judge",)


def test_other_wording_and_other_ends_of_lines_are_no_change(copied: Path) -> None:
    before = fingerprint(BASICS)
    sentences = copied / "messages" / "en" / "basics.toml"
    assert after(sentences, BASICS) == before
    module = copied / "testbench" / "tracks" / "fhir_basics.py"
    module.write_bytes(module.read_bytes().replace(b"\n", b"\r\n"))
    forget()
    assert fingerprint(BASICS) == before


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change over at nearly each allocation, as they seldom do under load."""
    interval = sys.getswitchinterval()
    threshold = gc.get_threshold()

    def collected(*_: object) -> None:
        sum(range(50))

    sys.setswitchinterval(1e-6)
    gc.set_threshold(50)
    gc.callbacks.append(collected)
    yield
    gc.callbacks.remove(collected)
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


@pytest.mark.usefixtures("restless")
def test_modules_are_read_by_several_threads_at_once() -> None:
    """Python 3.11 ends `ast.parse` with a SystemError there: two starts at once were answered with 500."""
    modules = [f"sandbox.testbench.{name}" for name in ("engine", "guard", "inbox", "sending")]
    modules += [f"sandbox.testbench.tracks.{name}" for name in ("mhd_recipient", "mhd_source")]
    read = fingerprints._imports.__wrapped__
    wanted = {name: read(name) for name in modules}
    with ThreadPoolExecutor(8) as pool:
        for name, named in zip(modules * 40, pool.map(read, modules * 40), strict=True):
            assert named == wanted[name]

"""A run from a team's own machine is judged again, marked, and never believed by its own words."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from sandbox.errors import BadRequest, SandboxError, TooLarge
from sandbox.event import handing_in
from sandbox.event.evidence import signed
from sandbox.event.handing_in import hand_in, read_handed_in
from sandbox.event.instance_acts import Words
from sandbox.event.partners import Chosen
from sandbox.event.run import Run
from sandbox.event.runs import Runs
from sandbox.event.systems import System
from sandbox.ids import sequence_of_ids
from sandbox.store.partitions import Partitions
from sandbox.store.runs import RunStore
from tests.conftest import TickingClock
from tests.sandbox.event.test_instances import ANA, MONITOR, PIA, Floor, floor
from tests.sandbox.testbench.playing import sender_to

__all__ = ["floor"]


@pytest.fixture
def at_home(tmp_path: Path, empty: TestClient) -> bytes:
    """The evidence of the basics, played at home against a server that refuses every deletion."""
    partitions = Partitions(tmp_path / "home")
    runs = Runs(RunStore(partitions.main), clock=TickingClock(), new_id=sequence_of_ids("home"))
    run = runs.start("fhir.basics", System("ours", "http://sandbox.test/fhir"))

    async def play() -> None:
        async with sender_to(empty) as send:
            await runs.carry_out(run.id, send)

    asyncio.run(play())
    content = runs.evidence(run.id)
    partitions.close()
    return content


def spoiled(content: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Returns evidence whose log says something else, and whose hashes are right again."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    about = json.loads(files.pop("manifest.json"))
    files.pop("manifest.jws", b"")
    lines = [json.loads(line) for line in files["events.ndjson"].splitlines()]
    for line in lines:
        change(line)
    files["events.ndjson"] = "".join(json.dumps(line) + "\n" for line in lines).encode()
    return signed({"run": about["run"]}, files, None)


def verdicts(run: Run) -> dict[str, str]:
    return {outcome.test: outcome.verdict for outcome in run.outcomes.values()}


def taken(floor: Floor, content: bytes) -> Run:
    system = floor.service.system("recipient-pe")
    handed = read_handed_in(content)
    return asyncio.run(hand_in(floor.service.runs, handed, system, PIA, clock=TickingClock()))


def test_it_is_judged_again_and_kept_once(floor: Floor, at_home: bytes) -> None:
    run = taken(floor, at_home)
    assert (run.state, run.verdict, run.system, run.team) == (
        "done",
        "pass",
        "recipient-pe",
        "peru",
    )
    assert run.is_whole
    assert run.is_handed_in
    assert taken(floor, at_home).id == run.id
    first = next(iter(run.outcomes.values()))
    assert floor.service.runs.exchange(run.id, first.exchanges[0]).status == 200


def test_a_verdict_that_somebody_wrote_is_not_believed(floor: Floor, at_home: bytes) -> None:
    def refuse(line: dict[str, Any]) -> None:
        if line["kind"] == "exchange" and line["body"]["method"] == "GET":
            line["body"]["status"] = 500  # every read failed, and every verdict still says pass

    run = taken(floor, spoiled(at_home, refuse))
    assert run.verdict == "fail"
    assert verdicts(run) != verdicts(taken(floor, at_home))


def test_what_it_rests_on_is_decided_by_a_person(floor: Floor, at_home: bytes) -> None:
    begun = floor.instances.start("rehearsal", "1.1", Chosen("recipient-pe"), PIA)
    asyncio.run(floor.instances.hand_in(begun.id, "recipient", at_home, PIA))
    (result,) = floor.instances.bench(floor.instances.read(begun.id))
    assert (result.is_passed, result.is_handed_in) == (True, True)
    # the bench alone proves this test; of a run that nobody here saw it does not
    assert floor.instances.act(begun.id, "submit", PIA).state == "to_verify"
    floor.instances.act(begun.id, "claim", MONITOR)
    decided = floor.instances.act(begun.id, "decide", MONITOR, Words(decision="verified"))
    assert decided.state == "verified"


def changed_body(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    name = next(name for name in files if name.startswith("bodies/") and files[name])
    return rezipped({**files, name: files[name] + b" "})


def rezipped(files: Mapping[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


def _other_track(line: dict[str, Any]) -> None:
    if line["kind"] == "queued":
        line["body"]["track"] = "no.such"


def _no_number(line: dict[str, Any]) -> None:
    line["body"].pop("number", None)


def _no_body(line: dict[str, Any]) -> None:
    if line["kind"] == "exchange":
        line["body"]["body"] = "0" * 64


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda content: b"not a zip", "not_whole"),
        (lambda content: b"", "not_whole"),
        (lambda content: content[: len(content) // 2], "not_whole"),
        (changed_body, "not_whole"),
        (lambda content: signed({"run": "x"}, {}, None), "no_run"),
        (lambda content: signed({"run": "x"}, {"events.ndjson": b"[]\n"}, None), "no_run"),
        (lambda content: spoiled(content, _other_track), "no_run"),
        (lambda content: spoiled(content, _no_number), "no_run"),
        (lambda content: spoiled(content, _no_body), "no_run"),
    ],
)
def test_what_is_no_evidence_is_refused(
    floor: Floor, at_home: bytes, spoil: Callable[[bytes], bytes], why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        taken(floor, spoil(at_home))


def test_a_zip_that_unpacks_to_very_much_is_refused_before_it_is(floor: Floor) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bodies/0", b"\0" * (201 * 2**20))
    with pytest.raises(SandboxError, match="not_whole"):
        taken(floor, content.getvalue())


def test_too_many_bytes_or_lines_are_refused(
    floor: Floor, at_home: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_in, "HANDED_IN_LINES", 3)
    with pytest.raises(TooLarge):
        taken(floor, at_home)
    monkeypatch.setattr(handing_in, "HANDED_IN_BYTES", 100)
    with pytest.raises(TooLarge):
        taken(floor, at_home)


def test_a_run_of_another_track_is_no_attempt(floor: Floor, at_home: bytes) -> None:
    begun = floor.both_in()
    with pytest.raises(BadRequest, match="other_run"):
        asyncio.run(floor.instances.hand_in(begun.id, "source", at_home, ANA))

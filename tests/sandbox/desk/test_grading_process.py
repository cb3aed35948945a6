"""What waits is graded, also where nobody has told of it: a process that was killed left it behind."""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import utc_now
from sandbox.desk import grading_process
from sandbox.desk.desk import GIVEN_UP, Desk, Sender
from sandbox.desk.grading_process import GradingProcess
from sandbox.event.identity import named_team
from sandbox.event.people import ANYONE
from sandbox.ids import random_id
from sandbox.limits import GRADING_STARTS
from sandbox.settings import Settings
from sandbox.store.desk import DeskStore
from sandbox.store.partitions import Partitions
from tests.sandbox.desk.made import LESSON, a_notebook, handed_in


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_what_was_left_behind_is_graded_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading_process, "LOOK_SECONDS", 0.1)
    settings = Settings(data=tmp_path / "data", graders=1)
    with closing(Partitions(settings.data)) as partitions:
        store = DeskStore(partitions.main)
        desk = Desk(store, settings.data / "desk", clock=utc_now, new_id=random_id)
        left = handed_in(desk)
        # its process is gone with its word
        assert store.take(now=1, seconds=0, most=GRADING_STARTS, given_up=GIVEN_UP)

        async def watch() -> None:
            watching = asyncio.create_task(GradingProcess(settings).watch(store))
            async with asyncio.timeout(120):
                while desk.read(left.id).state == "grading":
                    await asyncio.sleep(0.1)
            watching.cancel()
            await asyncio.wait({watching})

        asyncio.run(watch())
        graded = desk.read(left.id)
        assert (graded.state, graded.result["score"]) == ("graded", 3)


@pytest.mark.slow
def test_what_nobody_here_can_grade_is_not_tried_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grading_process, "LOOK_SECONDS", 0.05)
    monkeypatch.setenv("PATH", "")  # no walls are found there
    begun: list[Any] = []

    class Counted(subprocess.Popen[bytes]):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            begun.append(self)

    monkeypatch.setattr(subprocess, "Popen", Counted)
    settings = Settings(data=tmp_path / "data", graders=1)
    with closing(Partitions(settings.data)) as partitions:
        store = DeskStore(partitions.main)
        desk = Desk(store, settings.data / "desk", clock=utc_now, new_id=random_id)
        sender = Sender("Chile", named_team("Chile"), ANYONE, "command")
        waits = desk.hand_in(a_notebook(), f"{LESSON}.ipynb", sender)

        async def watch() -> None:
            watching = asyncio.create_task(GradingProcess(settings).watch(store))
            async with asyncio.timeout(120):
                while not begun or begun[0].poll() is None:
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            watching.cancel()
            await asyncio.wait({watching})

        asyncio.run(watch())
        assert (len(begun), desk.read(waits.id).state) == (1, "queued")


def test_a_process_without_graders_looks_for_nothing(tmp_path: Path) -> None:
    with closing(Partitions(tmp_path)) as partitions:
        process = GradingProcess(Settings(data=tmp_path, graders=0))
        asyncio.run(asyncio.wait_for(process.watch(DeskStore(partitions.main)), 5))

"""What was refused is gone with its answer: no frame that read it waits for the collector of cycles."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx
import pytest

from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.threads import in_thread, run_in_threadpool
from tests.conftest import TickingClock
from tests.places import PROJECT

OURS = str(PROJECT / "sandbox")
DEEP = ('{"resourceType":"Bundle","x":' + "[" * 120 + "]" * 120 + "}").encode()
FHIR = "application/fhir+json"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
REFUSED: list[tuple[str, str, str, bytes]] = [
    ("POST", "/fhir", FHIR, DEEP),
    ("PUT", "/fhir/Patient/x", FHIR, DEEP),
    ("PATCH", "/fhir/Patient/x", "application/json-patch+json", b"[]"),
    ("POST", "/fhir/Patient/$validate", FHIR, DEEP),
    ("GET", "/fhir/Observation?value-quantity=NaN", "", b""),
    ("POST", "/mediator/fhir/Bundle", FHIR, DEEP),
    ("POST", "/ddcc", FHIR, DEEP),
    ("POST", "/api/validations", FHIR, b"\xff"),
    ("POST", "/api/validations?profile=http://none.example", FHIR, b'{"resourceType":"Patient"}'),
    ("POST", "/api/runs", JSON, b'{"track": "mhd.source", "system": "nobody"}'),
    ("POST", "/api/cards", JSON, b'{"content": ' + DEEP + b"}"),
    ("POST", "/v2/vshcValidation", JSON, b'{"qrCodeContent": "HC1:AAAA"}'),
    ("POST", "/v2/vshcIssuance", JSON, DEEP),
    ("GET", "/runs/none", "", b""),
    ("POST", "/validate", FORM, b"profile=automatic"),
    ("POST", "/certificates", FORM, b"text=HC1:AAAA"),
    ("POST", "/certificates/picture", "image/png", b"no picture"),
]  # fmt: skip


@contextmanager
def nothing_collected() -> Iterator[list[FrameType]]:
    """Gives the frames that only the collector could free of what is done inside."""
    gc.disable()
    # what is there already is not walked: behind thousands of tests that would take seconds
    gc.freeze()
    frames: list[FrameType] = []
    try:
        yield frames
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        frames += [left for left in gc.garbage if isinstance(left, FrameType)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize(("method", "address", "media", "content"), REFUSED)
def test_a_refusal_leaves_nothing_behind(
    tmp_path: Path, method: str, address: str, media: str, content: bytes
) -> None:
    async def ask() -> list[str]:
        settings = Settings(tmp_path / "sandbox", seed="none", graders=0)
        app = create_app(settings, clock=TickingClock())
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"Content-Type": media} if media else {}
            await client.request(method, address, content=content, headers=headers)  # loads rooms
            with nothing_collected() as frames:
                reply = await client.request(method, address, content=content, headers=headers)
                await run_in_threadpool(str)  # the thread has let go of what it did before
        assert 200 <= reply.status_code < 500
        return [
            f"{frame.f_code.co_filename.removeprefix(OURS)} {frame.f_code.co_qualname}"
            for frame in frames
            if frame.f_code.co_filename.startswith(OURS)
        ]

    assert asyncio.run(ask()) == []


class Document:
    """Something that can be looked for."""


def test_an_error_from_a_thread_is_freed_by_whoever_handles_it() -> None:
    read: list[weakref.ref[Document]] = []

    def refuse(content: str) -> None:
        document = Document()
        read.append(weakref.ref(document))
        raise ValueError(content)

    async def handle() -> list[Document | None]:
        with pytest.raises(ValueError, match="no"):
            await run_in_threadpool(refuse, "no")
        await run_in_threadpool(str)  # the thread has let go of what it did before
        return [reference() for reference in read]

    with nothing_collected():
        assert asyncio.run(handle()) == [None]


def test_a_result_comes_back_from_a_thread_with_its_arguments() -> None:
    async def ask() -> str:
        return await run_in_threadpool(json.dumps, {"b": 1, "a": 2}, sort_keys=True)

    assert asyncio.run(ask()) == '{"a": 2, "b": 1}'


def test_an_error_of_a_thread_names_the_place_where_it_was_raised() -> None:
    def fail() -> None:
        raise KeyError("here")

    async def ask() -> None:
        await in_thread(fail)

    with pytest.raises(KeyError) as raised:
        asyncio.run(ask())
    assert raised.traceback[-1].name == "fail"


def test_nobody_waits_for_a_thread_in_another_way() -> None:
    ways = ("import run_in_threadpool", "to_thread.run_sync(")
    allowed = {"sandbox/threads.py"}
    others = {
        str(file.relative_to(PROJECT))
        for file in (PROJECT / "sandbox").rglob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if any(way in line for way in ways) and not line.startswith("from sandbox.threads import")
    }
    assert others == allowed

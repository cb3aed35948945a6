"""How long learners wait who come to a hub at once, and what memory each of them takes: `make labs PEOPLE=20` (`make hub`
first).

A learner comes by a link of the event, presses its button, and has Lab, a kernel and the first cells of a lesson done.
There is no browser: what one computes is computed on the learner's own machine.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import os
import re
import sys
import tempfile
import time
import uuid
from pathlib import Path

import httpx
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

from tests.journeys.test_event import served
from tests.journeys.test_hub import LESSON, a_hub

PEOPLE = 20
MOST_SECONDS = 60.0
MOST_MEGABYTES = 300.0
PATIENCE = 600.0
CELLS = """
from sandbox.course import lesson
L = lesson("00_welcome")
L.picture("tracks")
metadata = L.client.get("metadata")
L.progress()
"""
FIELD = re.compile(r'name="_xsrf" value="([^"]+)"')
PROGRESS = re.compile(r'EventSource\("([^"]+)"\)')


def invited(event: str, count: int, *, token: str = "") -> dict[str, str]:
    """Adds people to an event; returns the code of each by the name of their server.

    Args:
        event: Its address.
        count: How many.
        token: Of the event, where it lets nobody in without.
    """
    facilitator = {"name": "Inés", "role": "facilitator"}
    allowed = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=event, trust_env=False, timeout=PATIENCE, headers=allowed) as client:
        code = client.post("/api/people", json=facilitator).json()["enter"]
        entered = client.post("/api/enter", json={"code": code.rpartition("/")[2]}).json()
        client.headers["Authorization"] = f"Bearer {entered['session']}"
        codes = {}
        for number in range(count):
            person = {"name": f"Ana {number}", "role": "participant", "team": f"Team {number}"}
            row = client.post("/api/people", json=person).raise_for_status().json()
            codes[str(row["id"]).lower()] = row["enter"].rpartition("/")[2]
    return codes


async def learn(hub: str, user: str, code: str) -> float:
    """Comes by a link, and does the first cells of a lesson; returns how many seconds that took."""
    begin = time.monotonic()
    async with httpx.AsyncClient(
        base_url=hub, trust_env=False, timeout=PATIENCE, follow_redirects=True
    ) as client:
        link = f"/hub/event/{code}?next={LESSON}"
        field = FIELD.search((await client.get(link)).text)
        assert field, "no button"
        page = (await client.post(link, data={"_xsrf": field[1]})).raise_for_status()
        # the hub shows how far the start is, and sends on whoever looks again behind its last word
        while page.status_code != 200 or f"/user/{user}/lab" not in page.url.path:
            assert time.monotonic() - begin < PATIENCE, page.text[:500]
            await _started(client, page.text)
            page = await client.get(LESSON)
        base = f"/user/{user}"
        token = {"X-XSRFToken": _cookie(client, "_xsrf", base)}
        kernel = await client.post(f"{base}/api/kernels", json={}, headers=token)
        place = f"{base}/api/kernels/{kernel.raise_for_status().json()['id']}/channels"
        await _execute(f"{hub.replace('http', 'ws', 1)}{place}", _cookies(client))
    return time.monotonic() - begin


async def _started(client: httpx.AsyncClient, page: str) -> None:
    """Waits as the hub's page does in a browser: by a stream, since who asks again and again is work for the hub."""
    place = PROGRESS.search(page)
    if place is None:
        await asyncio.sleep(0.2)
        return
    async with client.stream("GET", html.unescape(place[1])) as stream:
        async for line in stream.aiter_lines():
            told = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            assert not told.get("failed"), told
            if told.get("ready"):
                return


async def _execute(address: str, cookies: str) -> None:
    """Has a kernel do the cells, and waits until they are done."""
    connection = await websocket_connect(HTTPRequest(address, headers={"Cookie": cookies}))
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"}
    message = {
        "header": {**header, "username": "", "session": uuid.uuid4().hex, "date": ""},
        "parent_header": {},
        "metadata": {},
        "content": {"code": CELLS, "silent": False, "allow_stdin": False},
        "channel": "shell",
    }
    try:
        await connection.write_message(json.dumps(message))
        while said := await connection.read_message():
            reply = json.loads(said)
            if reply["header"]["msg_type"] == "execute_reply":
                assert reply["content"]["status"] == "ok", reply["content"]
                return
        raise AssertionError("the kernel is gone")
    finally:
        connection.close()
        while await connection.read_message() is not None:
            pass  # until it is closed


def _cookie(client: httpx.AsyncClient, name: str, base: str) -> str:
    # the hub has one of the same name
    (value,) = {
        cookie.value
        for cookie in client.cookies.jar
        if cookie.name == name and cookie.path.startswith(base)
    }
    return str(value)


def _cookies(client: httpx.AsyncClient) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in client.cookies.jar)


def megabytes_of(folder: Path) -> float:
    """Returns the memory of the processes of one person, each page that several share in parts."""
    return sum(map(_proportional, _processes(f"{folder}/"))) / 1024


def seconds_of(folder: Path) -> float:
    """Returns the seconds of the processor that the processes of one person took."""
    ticks = 0
    for place in _processes(f"{folder}/"):
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        # its own, and those of programs that it has called and that have ended
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes(of: str) -> list[Path]:
    places = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if of.encode() in (place / "environ").read_bytes():
                places.append(place)
        except OSError:  # it ended meanwhile
            continue
    return places


def _proportional(place: Path) -> int:
    rows = (place / "smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))


async def _all_at_once(hub: str, codes: dict[str, str]) -> list[float]:
    return await asyncio.gather(*(learn(hub, user, code) for user, code in codes.items()))


def main() -> int:
    """Prints the figures; returns how many fall short."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=PEOPLE)
    count = options.parse_args().people
    with tempfile.TemporaryDirectory() as name, served(Path(name) / "event") as event:
        codes = invited(event, count)
        with a_hub(Path(name), event) as hub:
            waits = asyncio.run(_all_at_once(hub, codes))
            homes = [Path(name) / "people" / user for user in codes]
            sizes = [megabytes_of(home) for home in homes]
            processor = [seconds_of(home) for home in homes]
    print(f"{count} Labs at once: the last is there behind {max(waits):.0f} s", end="")
    print(f", the most of one {max(sizes):.0f} MB, {sum(processor) / count:.1f} s of a core each")
    return (max(waits) > MOST_SECONDS) + (max(sizes) > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())

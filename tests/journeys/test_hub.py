"""JupyterHub as `deploy/jupyterhub` sets it up: two people come by a link of the event and work at once, each on their own.

Screens in out/screens/hub.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import SYSTEMS
from tests.journeys.test_event import browser, served
from tests.places import PROJECT

HUB = SYSTEMS / "jupyterhub"
CONFIG = PROJECT / "deploy" / "jupyterhub" / "jupyterhub_config.py"
SCREENS = PROJECT / "out" / "screens" / "hub"
PATIENCE = 120  # seconds
LESSON = "/hub/user-redirect/lab/tree/notebooks/es/00_welcome.ipynb"
LIMIT = 3 << 30
pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("browser"),
    pytest.mark.needs("hub"),
    pytest.mark.xdist_group("browser"),
]
__all__ = ["browser"]


def free_ports(count: int) -> list[int]:
    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in with_ports]
    for listener in with_ports:
        listener.close()
    return ports


@contextmanager
def a_hub(folder: Path, event: str) -> Iterator[str]:
    port, api, proxy = free_ports(3)
    environment = {
        "PATH": f"{HUB / 'bin'}:/usr/bin:/bin",
        "HOME": str(folder),
        "PYTHONPATH": str(PROJECT),
        "CONNECTATHON_EVENT": event,
        "CONNECTATHON_HUB_FOLDER": str(folder / "people"),
        "CONNECTATHON_HUB_PORT": str(port),
        "CONNECTATHON_HUB_API_PORT": str(api),
        "CONNECTATHON_HUB_PROXY_PORT": str(proxy),
        "CONNECTATHON_HUB_MEMORY": str(LIMIT),
        "CONNECTATHON_SPACES": json.dumps({"Chile": "chile"}),
        "CONFIGURABLE_HTTP_PROXY": str(HUB / "node_modules" / ".bin" / "configurable-http-proxy"),
    }
    log = (folder / "hub.log").open("wb")
    command = [HUB / "bin" / "python", "-m", "jupyterhub", "-f", CONFIG]
    with (
        log,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        ) as process,
    ):
        try:
            _wait_for(f"http://127.0.0.1:{port}/hub/health", process, folder / "hub.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=40)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def people_of(event: str) -> dict[str, dict[str, Any]]:
    """Adds a facilitator and two participants; returns these with the codes that let them in."""
    inés = httpx.post(f"{event}/api/people", json={"name": "Inés", "role": "facilitator"})
    code = inés.json()["enter"].removeprefix("/enter/")
    session = httpx.post(f"{event}/api/enter", json={"code": code}).json()["session"]
    people = {}
    for name, team in (("Ana", "Chile"), ("Pía", "Paraguay")):
        person = {"name": name, "role": "participant", "team": team}
        headers = {"Authorization": f"Bearer {session}"}
        people[name] = httpx.post(f"{event}/api/people", json=person, headers=headers).json()
    return people


def entered(browser: Any, hub: str, code: str) -> Any:
    """A browser of one's own behind the one link, with the lesson open and its kernel there."""
    from playwright.sync_api import expect

    page = browser.new_context(locale="es-CL", viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{hub}/hub/event/{code}?next={LESSON}")
    page.get_by_role("button", name="Entrar").click()
    heading = page.locator(".jp-Notebook").get_by_role("heading", name="00 · ").first
    expect(heading).to_be_visible(timeout=PATIENCE * 1000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=PATIENCE * 1000)
    return page


def test_two_people_come_by_one_link_each_and_work_at_once(tmp_path: Path, browser: Any) -> None:
    from playwright.sync_api import expect

    SCREENS.mkdir(parents=True, exist_ok=True)
    with served(tmp_path / "event") as event:
        people = people_of(event)
        codes = {name: row["enter"].removeprefix("/enter/") for name, row in people.items()}
        ids = {name: str(row["id"]).lower() for name, row in people.items()}
        # Ana was here before: a lesson of hers is older than the project's, with an answer of hers
        mine = tmp_path / "people" / ids["Ana"] / "notebooks" / "pt" / "01_fhir.ipynb"
        mine.parent.mkdir(parents=True)
        mine.write_text('{"cells": [], "mine": "my answer"}', encoding="utf-8")
        with a_hub(tmp_path, event) as hub:
            # whatever looks at the link spends nothing
            assert httpx.get(f"{hub}/hub/event/{codes['Ana']}").status_code == 200
            pages = {name: entered(browser, hub, code) for name, code in codes.items()}
            for page in pages.values():
                page.get_by_role("menuitem", name="Run", exact=True).click()
                page.get_by_text("Run All Cells", exact=True).click()
            for name, page in pages.items():
                done = page.locator(".jp-Notebook").get_by_text("Tu avance: 0 de 3 puntos")
                expect(done).to_be_visible(timeout=PATIENCE * 1000)
                page.screenshot(path=str(SCREENS / f"{ids[name]}.png"))
            # each is on a server of their own, which the other cannot enter
            assert f"/user/{ids['Ana']}/" in pages["Ana"].url
            assert f"/user/{ids['Pía']}/" in pages["Pía"].url
            other = pages["Pía"].request.get(f"{hub}/user/{ids['Ana']}/api/contents")
            assert other.status == 403
            # a code lets in once
            again = browser.new_context(locale="es-CL").new_page()
            again.goto(f"{hub}/hub/event/{codes['Ana']}?next={LESSON}")
            with again.expect_response(lambda reply: reply.request.method == "POST") as said:
                again.get_by_role("button", name="Entrar").click()
            assert said.value.status == 403
            is_on_their_own(tmp_path / "people", ids)
        assert json.loads(mine.read_text(encoding="utf-8"))["mine"] == "my answer"
        assert (mine.parent / "00_welcome.ipynb").exists()


def is_on_their_own(folder: Path, ids: dict[str, str]) -> None:
    """Own progress in own folders; own limits and own identity in each person's processes."""
    for name, id in ids.items():
        team = {"Ana": "Chile", "Pía": "Paraguay"}[name]
        (record,) = (folder / id / ".connectathon" / "progress").rglob("00_welcome.jsonl")
        assert team in str(record)
        kernels = [place for place in processes() if f"people/{id}" in environment_of(place)]
        assert kernels, "no process of this person is left"
        for place in kernels:
            words = environment_of(place)
            assert f"CONNECTATHON_TEAM={team}" in words
            assert ("CONNECTATHON_SPACE=chile" in words) is (team == "Chile")
            limits = (place / "limits").read_text()
            assert f"Max address space         {LIMIT}" in limits


def processes() -> list[Path]:
    """The kernels that run on this machine."""
    return [
        place
        for place in Path("/proc").glob("[0-9]*")
        if "ipykernel_launcher" in _read(place / "cmdline")
    ]


def environment_of(place: Path) -> str:
    return _read(place / "environ")


def _read(file: Path) -> str:
    try:
        return file.read_text(errors="replace").replace("\0", "\n")
    except OSError:  # it ended meanwhile
        return ""

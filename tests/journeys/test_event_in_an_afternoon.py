"""The pages about making an event, rehearsing one and monitoring are right: their commands are typed, where one needs
it against a server."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.journeys.test_event import served
from tests.places import PROJECT

HOW_TO = PROJECT / "docs" / "how-to"
AFTERNOON = "event-in-an-afternoon.md"
PLAN = "lacpass-2023"
pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the pages ask with curl"),
]


def blocks(page: str) -> list[str]:
    """The commands of a page, block by block."""
    text = (HOW_TO / page).read_text(encoding="utf-8")
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def typed(folder: Path, script: str, seconds: float = 180, **words: str) -> str:
    """What commands print that are typed in a folder, in one shell."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {"PATH": path, "PYTHONPATH": str(PROJECT), "CONNECTATHON_DATA": str(folder / "data")}
    done = subprocess.run(
        ["bash", "-c", f"set -e -o pipefail\n{script}"], cwd=folder,
        env={**os.environ, **given, **words, "LANG": "en_US.UTF-8"},
        capture_output=True, text=True, timeout=seconds,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_of_the_page_make_an_event_that_runs(tmp_path: Path) -> None:
    before, during = [], []
    for block in blocks(AFTERNOON):
        (during if during or "$SERVER" in block else before).append(block)
    said = typed(tmp_path, "\n".join(before))
    assert "retention_days  90" in said
    assert "Nothing was changed. 1 place would" in said
    assert "lacpass-2027 is the event that runs now." in said
    assert "LACPASS Connectathon 2027" in said
    link = re.search(r"\S+/enter/\S+", said)
    assert link is not None
    with served(tmp_path / "data") as server:
        said = typed(tmp_path, "\n".join(during), SERVER=server, LINK=link[0])
    assert '"name":"Mario Díaz","is_known":true,"tracks":["1.1"]' in said
    assert '"is_late":true' in said
    assert '{"event":"lacpass-2027","closed":0}' in said
    assert '"confirmed_by":"Inés Soto"' in said
    assert "system,team,country,test,role,state,peers" in said
    assert (tmp_path / "cases.zip").is_file()


def test_the_commands_of_the_page_for_monitors_decide_an_instance(tmp_path: Path) -> None:
    people = [("Inés", "facilitator", ""), ("Ana", "participant", "Chile")]
    people += [("Pía", "participant", "Perú"), ("Mario", "monitor", "")]
    for name, role, team in people:
        typed(tmp_path, f'connectathon people add "{name}" --role {role} --team "{team}"')
    typed(tmp_path, f"connectathon event load {PLAN}; connectathon event now {PLAN}")
    with served(tmp_path / "data") as server:
        links = {
            name: typed(tmp_path, f'connectathon people link "{name}"').split()[-1]
            for name, _, _ in people
        }
        team = {name: asking(server, links[name]) for name in ("Ana", "Pía")}
        id = to_verify(team)
        first, second = blocks("monitor.md")[:-1], blocks("monitor.md")[-1]
        keep = "declare -p SESSION ID > kept; declare -f ask say >> kept"
        words = {"SERVER": server, "LINK": links["Mario"]}
        said = typed(tmp_path, "\n".join([*first, keep]), **words)
        assert id in said
        instance = team["Ana"]("GET", f"/api/instances/{id}")
        assert (instance["state"], instance["comment"]) == (
            "partially", "The allergies are not shown yet.",
        )  # fmt: skip
        for name in instance["missing_evidence"]:
            link = {"name": name, "url": f"https://example.org/{name}", "evidence": name}
            team["Ana"]("POST", f"/api/instances/{id}/attachments", link)
        team["Ana"]("POST", f"/api/instances/{id}/submit", {})
        typed(tmp_path, f"source ./kept\n{second}", **words)
        assert team["Ana"]("GET", f"/api/instances/{id}")["state"] == "verified"


def test_the_commands_of_the_page_rehearse_an_event(tmp_path: Path) -> None:
    commands = blocks("rehearse-an-event.md")
    whole = [block for block in commands if "the-size-of-2023" in block]
    assert len(whole) == 1
    few = [block for block in commands if block not in whole]
    said = typed(tmp_path, "\n".join(few))
    assert re.search(r"\S+/enter/\S+", said)
    assert "lacpass-2023-simulation is kept as it stands on" in said
    for name in ("report.pdf", "certificates.pdf"):
        assert (tmp_path / name).read_bytes().startswith(b"%PDF-")
    counted = json.loads(said[said.index("{\n") : said.rindex("}\n") + 1])
    assert counted["by_state"]["verified"] > 0


@pytest.mark.skipif(
    not os.environ.get("CONNECTATHON_REPLAY"), reason="takes minutes: CONNECTATHON_REPLAY=all"
)
def test_the_whole_event_comes_to_the_figures_of_2023(tmp_path: Path) -> None:
    (whole,) = (block for block in blocks("rehearse-an-event.md") if "the-size-of-2023" in block)
    said = typed(tmp_path, whole, seconds=600)  # ends with 1 where a figure differs
    assert re.search(r"test instances +403 +403", said)


def asking(server: str, link: str) -> Callable[..., Any]:
    """How somebody asks who came in by a link."""
    code = {"code": link.rpartition("/")[2]}
    session = httpx.post(f"{server}/api/enter", json=code).json()["session"]

    def ask(method: str, path: str, body: Any = None) -> Any:
        headers = {"X-Connectathon-Session": session}
        reply = httpx.request(method, f"{server}{path}", json=body, headers=headers)
        assert reply.is_success, reply.text
        return reply.json()

    return ask


def to_verify(team: dict[str, Callable[..., Any]]) -> str:
    """An instance of two countries that a monitor alone proves, sent to be verified."""
    for name, system, actor in (
        ("Ana", "visor-cl", "document-consumer"),
        ("Pía", "nodo-pe", "document-responder"),
    ):
        body = {"name": system, "base": "http://127.0.0.1:9/fhir", "actors": [actor]}
        team[name]("POST", "/api/systems", body)
    body = {"event": PLAN, "test": "1.10", "system": "visor-cl", "partner": "nodo-pe"}
    begun = team["Ana"]("POST", "/api/instances", body)
    invited = begun["parts"][1]["role"]
    team["Pía"]("POST", f"/api/instances/{begun['id']}/accept", {"role": invited})
    team["Ana"]("POST", f"/api/instances/{begun['id']}/submit", {})
    return str(begun["id"])

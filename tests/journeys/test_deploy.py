"""The files of `deploy/` with the programs that they are for; each is skipped where its program is not there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from bot.fakeslack.server import FakeSlack
from sandbox.course.connection import start_server
from tests.conftest import HADOLINT
from tests.places import PROJECT
from tests.sandbox.api.test_streams import EVENTS, a_run, events

DEPLOY = PROJECT / "deploy"
UNITS = ("connectathon@.service", "connectathon-worker@.service", "connectathon-bot.service")
NGINX = shutil.which("nginx")
SYSTEMD = shutil.which("systemd-analyze")
WAIT = 20.0
"""What nginx and the folders of a system package need to run as anybody, below one folder."""
AROUND = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    {site}
}}
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def site_at(port: int, behind: int, beside: int) -> str:
    """Returns our configuration with its name, certificate and ports replaced."""
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    site = re.sub(r" *ssl_certificate\w* .*\n", "", site)
    site = site.replace("keepalive_timeout 5s", "keepalive_timeout 1s")
    site = site.replace("server_name connectathon.example.org;", "server_name _;")
    return site.replace(":8401", f":{behind}").replace(":8402", f":{beside}")


@contextmanager
def nginx(folder: Path, behind: int, beside: int = 0) -> Iterator[httpx.Client]:
    """Runs it before two servers, of which the second is not there where none is named."""
    assert NGINX
    port = free_port()
    file = folder / "nginx.conf"
    site = site_at(port, behind, beside or free_port())
    file.write_text(AROUND.format(folder=folder, site=site), encoding="utf-8")
    command = [NGINX, "-c", str(file), "-p", str(folder), "-e", "stderr"]
    transport = httpx.HTTPTransport(retries=8)  # until it listens
    address = f"http://127.0.0.1:{port}"
    with (
        subprocess.Popen(command) as process,
        httpx.Client(
            base_url=address, timeout=WAIT, trust_env=False, transport=transport
        ) as client,
    ):
        try:
            yield client
        finally:
            process.terminate()


@pytest.mark.slow
@pytest.mark.needs("nginx")
def test_live_pages_come_through_nginx_and_what_a_client_claims_does_not(tmp_path: Path) -> None:
    server = start_server(
        {
            "CONNECTATHON_DATA": str(tmp_path / "data"),
            "CONNECTATHON_SEED": "none",
            "CONNECTATHON_PROXIES": "127.0.0.1",
        }
    )
    behind = int(server.connection.url.rpartition(":")[2])
    try:
        with nginx(tmp_path, behind) as client:
            # one of the two servers is gone, which nobody notices
            assert {client.get("/ready").status_code for _ in range(4)} == {200}
            with client.stream("GET", "/api/events", headers=EVENTS) as stream:
                lines = stream.iter_lines()
                events(lines, 1)
                id = a_run(client)
                (move,) = events(lines, 1)
            assert move["data"] == {"run": id, "kind": "queued"}
            forged = {"X-Forwarded-Prefix": "/evil", "X-Forwarded-Host": "evil.example"}
            page = client.get("/fhir/metadata", headers=forged)
            assert page.status_code == 200
            assert "evil" not in page.text
            assert re.fullmatch("[0-9a-f]{32}", page.headers["x-request-id"])
            assert client.get("/metrics").status_code == 200
            too_much = client.post("/fhir/Patient", content=b" " * 21_000_000)
            assert too_much.status_code == 413
            assert client.get("/fhir/Patient?name=" + "a" * 20_000).status_code == 200
    finally:
        server.stop()


def composed() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8"))
    return dict(services["services"])


def test_the_image_is_made_of_what_is_there_and_belongs_to_nobody_special() -> None:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    copied = [
        word
        for line in lines
        if line.startswith("COPY ") and "--from=" not in line
        for word in line.split()[1:-1]
    ]
    missing = [name for name in copied if not (PROJECT / name).exists()]
    assert (len(copied) > 8, missing) == (True, [])
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied)
    # two stages on one base, which whoever builds may name
    assert [line for line in lines if line.startswith("FROM ")] == [
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]
    (user,) = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


@pytest.mark.needs("linters")
@pytest.mark.parametrize("name", ["Dockerfile", "jupyterhub/Dockerfile"])
def test_hadolint_has_nothing_to_say_about_an_image(name: str, tmp_path: Path) -> None:
    def said(file: Path) -> tuple[int, str]:
        done = subprocess.run([HADOLINT, file], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert said(DEPLOY / name) == (0, "")
    # it is one that speaks: a base whose version nobody names
    worse = tmp_path / "Dockerfile"
    text = (DEPLOY / name).read_text(encoding="utf-8")
    worse.write_text(f"{text}\nFROM debian\n", encoding="utf-8")
    assert "DL3006" in said(worse)[1]


@pytest.mark.parametrize("script", ["image.sh", "restore.sh"])
def test_a_script_is_one_that_a_shell_reads(script: str) -> None:
    subprocess.run(["sh", "-n", DEPLOY / script], check=True)


def test_the_image_of_the_hub_is_made_of_what_is_tried_here() -> None:
    text = (DEPLOY / "jupyterhub" / "Dockerfile").read_text(encoding="utf-8")
    lines = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for program in ("jupyterhub==", "configurable-http-proxy@"):
        (ours,) = set(re.findall(rf"{program}(\S+)", text))
        assert set(re.findall(rf"{program}(\S+)", lines)) == {ours}
    copied = [line.split()[1] for line in text.splitlines() if line.startswith("COPY j")]
    assert copied == ["jupyterhub_config.py"]
    assert (DEPLOY / "jupyterhub" / copied[0]).is_file()


def test_what_the_image_installs_is_what_the_project_is_built_from() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    for folder in (*wheel["packages"], *wheel["force-include"]):
        assert f"COPY {folder} {folder}\n" in text


@pytest.mark.slow
@pytest.mark.parametrize("told_by", ["compose.yml", "connectathon-bot.service"])
def test_the_bot_starts_as_it_is_written(tmp_path: Path, told_by: str) -> None:
    if told_by == "compose.yml":
        service = composed()["bot"]
        (words, names) = (service["command"], service["environment"])
    else:
        unit = (DEPLOY / told_by).read_text(encoding="utf-8")
        (line,) = re.findall(r"^ExecStart=/opt/connectathon/bin/connectathon (.*)$", unit, re.M)
        (words, names) = (line.split(), re.findall(r"[A-Z]+_[A-Z_]+", unit.partition("[Unit]")[0]))
    given = {"SLACK_BOT_TOKEN": "xoxb-t", "SLACK_APP_TOKEN": "xapp-t"}
    assert {*given, "CONNECTATHON_BASE_URL", "CONNECTATHON_BOT_SESSION"} <= {*names}

    async def start() -> None:
        slack = FakeSlack()
        await slack.start()
        place = {"CONNECTATHON_DATA": str(tmp_path), "SLACK_API_URL": slack.base}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "sandbox.cli", *words, env={**os.environ, **given, **place}
        )
        async with asyncio.timeout(WAIT * 3):
            await slack.connected()
        process.terminate()
        await process.wait()
        await slack.stop()

    asyncio.run(start())
    assert (tmp_path / "bot.sqlite").exists()


@pytest.mark.skipif(SYSTEMD is None, reason="systemd is not there")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_has_nothing_to_say_about_a_unit(name: str, tmp_path: Path) -> None:
    assert SYSTEMD
    unit = (DEPLOY / name).read_text(encoding="utf-8")
    # its program is installed where the event runs, not here
    written = unit.replace("/opt/connectathon/bin/connectathon", sys.executable)
    (tmp_path / name).write_text(written, encoding="utf-8")
    told = subprocess.run(
        [SYSTEMD, "verify", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    # an unknown key is a line of warning and exit 0
    assert (told.returncode, told.stdout + told.stderr) == (0, "")

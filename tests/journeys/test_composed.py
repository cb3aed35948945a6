"""`deploy/compose.yml` without containers: each service by its own words, in the order that they wait for each other, and an
event on it: a worker that plays a run, figures, and a learner who comes to a Lab through the same proxy.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from string import Template
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import postgres
from tests.bench.cluster import Partners, partners, until
from tests.bench.labs import invited, learn
from tests.journeys.test_deploy import AROUND, DEPLOY, NGINX, WAIT, composed, free_port
from tests.journeys.test_hub import CONFIG, HUB
from tests.places import PROJECT

pytestmark = [
    pytest.mark.daily("long journeys", share=1 / 6, each="module"),
    pytest.mark.slow,
    pytest.mark.needs("postgres"),
    pytest.mark.needs("nginx"),
    pytest.mark.needs("hub"),
]
PORTS = ("8401", "8402", "8411", "8500", "8501", "8502")
"""Those that the files name; each is another here."""
TOKEN = "a-long-token-of-the-event"
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def order(services: dict[str, Any]) -> list[str]:
    """Returns the services as compose starts them: each behind what it depends on."""
    waits = {name: list(service.get("depends_on", ())) for name, service in services.items()}
    return list(TopologicalSorter(waits).static_order())


def words_of_hub() -> list[str]:
    """Returns what its Dockerfile runs, with the program and the file of this machine in the place of those of the image."""
    text = (DEPLOY / "jupyterhub" / "Dockerfile").read_text(encoding="utf-8")
    words = [
        word
        for key in ("ENTRYPOINT", "CMD")
        for line in re.findall(rf"^{key} (.*)$", text, re.MULTILINE)
        for word in json.loads(line)
    ]
    here = {
        "/opt/connectathon/bin/python": str(HUB / "bin" / "python"),
        "/opt/connectathon/jupyterhub_config.py": str(CONFIG),
    }
    assert {*here} <= {*words}
    return [here.get(word, word) for word in words]


@dataclass
class Event:
    """What compose.yml describes, as processes of this machine."""

    folder: Path
    database: str
    stack: ExitStack
    ports: dict[str, str] = field(
        default_factory=lambda: {each: str(free_port()) for each in PORTS}
    )
    site: int = field(default_factory=free_port)
    labs: int = field(default_factory=free_port)
    started: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.site}"

    def at_home(self, text: str) -> str:
        """Returns a text of the files with the ports of here."""
        return re.sub("|".join(PORTS), lambda found: self.ports[found[0]], text)

    def environment(self, service: dict[str, Any]) -> dict[str, str]:
        """Returns the variables of a service, as compose fills them in from the file of settings."""
        settings = {
            "CONNECTATHON_TOKEN": TOKEN,
            "CONNECTATHON_BASE_URL": self.address,
            "POSTGRES_PASSWORD": "unused",
        }
        written = {name: str(value) for name, value in service.get("environment", {}).items()}
        filled = {
            name: Template(re.sub(r"\$\{(\w+):-\}", "", value)).substitute(settings)
            for name, value in written.items()
        }
        return {name: self.at_home(value) for name, value in filled.items()}

    def start(self, name: str, service: dict[str, Any]) -> None:
        """Starts a service, and waits as those do that depend on it."""
        self.started.append(name)
        if name == "db":
            self._database(service)
        elif name == "proxy":
            self._proxy(service)
        elif name == "hub":
            self._hub(service)
        else:
            self._sandbox(service)

    def _database(self, service: dict[str, Any]) -> None:
        # as the image does at its first start
        made = self.environment(service)
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {made['POSTGRES_USER']} LOGIN SUPERUSER".encode())
            connection.execute(
                f"CREATE DATABASE {made['POSTGRES_DB']} OWNER {made['POSTGRES_USER']}".encode()
            )
        host = self.database.partition("host=")[2]
        kind, program, *words = service["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "pg_isready")
        folder = postgres.programs()
        assert folder
        subprocess.run([folder / program, *words, "--host", host], check=True, **SILENT)
        self.database = f"postgresql://{made['POSTGRES_USER']}@/{made['POSTGRES_DB']}?host={host}"

    def _sandbox(self, service: dict[str, Any]) -> None:
        assert service["read_only"] is True
        words = [self.at_home(word) for word in service["command"]]
        settings = self.environment(service) | {"DATABASE_URL": self.database}
        place = {"CONNECTATHON_DATA": str(self.folder / "data"), "CONNECTATHON_LANG": "en"}
        here = {"CONNECTATHON_SEED": "none", "CONNECTATHON_GRANTS": "127.0.0.1"}
        log = self.stack.enter_context((self.folder / "log").open("ab"))
        process = self.stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "sandbox.cli", *words],
                env={**os.environ, **settings, **place, **here},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        )
        self.stack.callback(process.terminate)
        assert process.stdout
        assert process.stdout.readline(), (self.folder / "log").read_text(encoding="utf-8")

    def _hub(self, service: dict[str, Any]) -> None:
        place = self.folder / "hub"
        place.mkdir()
        settings = self.environment(service)
        # its volume
        settings["CONNECTATHON_HUB_FOLDER"] = str(place / "people")
        proxy = HUB / "node_modules" / ".bin" / "configurable-http-proxy"
        environment = {
            "PATH": f"{HUB / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(place),
            "PYTHONPATH": str(PROJECT),
            "CONFIGURABLE_HTTP_PROXY": str(proxy),
        }
        process = self.stack.enter_context(
            subprocess.Popen(words_of_hub(), cwd=place, env={**environment, **settings}, **SILENT)
        )
        self.stack.callback(process.terminate)

    def _proxy(self, service: dict[str, Any]) -> None:
        mounted = [volume.split(":")[0] for volume in service["volumes"]]
        files = [DEPLOY / place for place in mounted if place.endswith(".conf")]
        sites = self.at_home("\n".join(file.read_text(encoding="utf-8") for file in files))
        sites = re.sub(r" *ssl_certificate\w* .*\n", "", sites)
        for name, port in (("connectathon", self.site), ("labs.connectathon", self.labs)):
            listens = f"listen 443 ssl;\n    server_name {name}.example.org;"
            assert listens in sites
            sites = sites.replace(listens, f"listen 127.0.0.1:{port};\n    server_name _;")
        file = self.folder / "nginx.conf"
        file.write_text(AROUND.format(folder=self.folder, site=sites), encoding="utf-8")
        assert NGINX
        command = [NGINX, "-c", str(file), "-p", str(self.folder), "-e", "stderr"]
        process = self.stack.enter_context(subprocess.Popen(command))
        self.stack.callback(process.terminate)


@pytest.fixture
def systems() -> Iterator[Partners]:
    with partners() as of_teams:
        yield of_teams


def is_there(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False, timeout=WAIT).status_code == 200
    except httpx.HTTPError:
        return False


def test_an_event_with_labs_goes_up_as_compose_says(tmp_path: Path, systems: Partners) -> None:
    services = {name: service for name, service in composed().items() if name != "bot"}
    with postgres.running() as database, ExitStack() as stack:
        event = Event(tmp_path, database, stack)
        for name in order(services):
            event.start(name, services[name])
        assert event.started[0] == "db"
        assert {*event.started[-2:]} == {"hub", "proxy"}
        until(lambda: is_there(f"{event.address}/ready"))
        until(lambda: is_there(f"http://127.0.0.1:{event.ports['8500']}/hub/health"))
        # the wall of the event stands, and the proxy keeps figures from others
        assert httpx.get(f"{event.address}/api/runs", trust_env=False).status_code == 401
        a_run_is_played(event, systems)
        ((user, code),) = invited(event.address, 1, token=TOKEN).items()
        # by the proxy: the button, the start, the page of Lab, and a kernel that asks the event
        asyncio.run(learn(f"http://127.0.0.1:{event.labs}", user, code))


def a_run_is_played(event: Event, systems: Partners) -> None:
    """Starts a run through the proxy, which the worker plays, and reads of it in the worker's figures."""
    allowed = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(
        base_url=event.address, headers=allowed, trust_env=False, timeout=WAIT
    ) as client:
        system = {"name": "ministry", "base": f"{systems.base}/ministry/fhir"}
        assert client.post("/api/systems", json=system).is_success
        wanted = {"track": "mhd.recipient", "system": "ministry", "tests": ["RCP-01"]}
        id = client.post("/api/runs", json=wanted).raise_for_status().json()["id"]
        until(lambda: client.get(f"/api/runs/{id}").json()["state"] == "done")
    told = figures(f"http://127.0.0.1:{event.ports['8411']}")
    assert told["connectathon_runs_at_most",] == 16
    assert told["connectathon_runs_taken_total",] == told["connectathon_runs", "done"] == 1
    assert told["connectathon_lease_refusals_total",] == 0


def figures(address: str) -> dict[tuple[str, ...], float]:
    """Returns the figures of a worker by name and labels, as Prometheus reads them."""
    told = httpx.get(f"{address}/metrics", trust_env=False, timeout=WAIT).text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(told)
        for sample in family.samples
    }

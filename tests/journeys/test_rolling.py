"""Two servers are restarted one after the other behind a proxy of `deploy/`, and nobody who asks notices: `make rolling`,
since what is two seconds long here needs a machine that is not busy.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.bench.cluster import Cluster, Partners, partners, until
from tests.journeys.test_deploy import DEPLOY, free_port, nginx

CADDY = shutil.which("caddy")
DRAIN = "2"
"""Seconds; what proxies keep idle connections for is shortened in the same measure."""
WEB = ("serve", "--drain", DRAIN, "--graders", "0", "--proxy", "127.0.0.1")
ASKERS = 5
EACH = 10
"""Requests of each in a second: fifty of all together."""
SEEN_SECONDS = 5
pytestmark = [
    pytest.mark.slow,
    pytest.mark.needs("postgres"),
    pytest.mark.skipif(
        not os.environ.get("CONNECTATHON_ROLLING"),
        reason="held by `make rolling`, on a machine that is not busy",
    ),
]


@contextmanager
def caddy(folder: Path, behind: int, beside: int) -> Iterator[httpx.Client]:
    assert CADDY
    port = free_port()
    site = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    site = site.replace("connectathon.example.org", f"http://127.0.0.1:{port}")
    site = site.replace(":8401", f":{behind}").replace(":8402", f":{beside}")
    site = site.replace("keepalive 5s", "keepalive 1s")
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + site, encoding="utf-8")
    command = [CADDY, "run", "--config", str(file), "--adapter", "caddyfile"]
    place = {"XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}
    transport = httpx.HTTPTransport(retries=8)  # until it listens
    with (
        subprocess.Popen(command, env=place, stderr=subprocess.DEVNULL) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=20, trust_env=False, transport=transport
        ) as client,
    ):
        try:
            yield client
        finally:
            process.terminate()


PROXIES = {
    "nginx": pytest.param(nginx, marks=pytest.mark.needs("nginx")),
    "caddy": pytest.param(caddy, marks=pytest.mark.needs("caddy")),
}


@dataclass
class Askers:
    """Clients that go on reading and writing; they repeat nothing, and each keeps its connection."""

    address: str
    count: int = 0
    failures: list[str] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(each,)) for each in range(ASKERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def _ask(self, asker: int) -> None:
        with httpx.Client(base_url=self.address, timeout=30, trust_env=False) as client:
            due = time.monotonic()
            # by the clock: who waits behind each answer asks the less the longer answers take
            while not self.is_over.wait(max(0.0, due - time.monotonic())):
                due += 1 / EACH
                self.count += 1
                try:
                    # half of them must not be repeated by anybody: what was written may be written
                    if self.count % 2:
                        reply = client.post("/fhir/Basic", json={"resourceType": "Basic"})
                    else:
                        reply = client.get("/fhir/Patient?_count=1")
                    if reply.status_code >= 400:
                        # an empty one is the proxy's own
                        said = f"{reply.status_code} {reply.text[:200]}"
                        self.failures.append(f"{asker}: {reply.request.method} {said}")
                except httpx.HTTPError as error:
                    self.failures.append(f"{asker}: {error!r}")


@pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)
def test_a_rolling_restart_fails_no_request_and_repeats_no_run(
    proxy: object, tmp_path: Path, postgres_database: str
) -> None:
    assert callable(proxy)
    cluster = Cluster(tmp_path / "data", postgres_database)
    with partners() as teams:
        try:
            roll(cluster, teams, proxy, tmp_path)
        finally:
            cluster.close()


def roll(cluster: Cluster, teams: Partners, proxy: object, folder: Path) -> None:
    assert callable(proxy)
    for name in ("web-1", "web-2"):
        cluster.start(name, *WEB)
    ports = [int(address.rpartition(":")[2]) for address in cluster.addresses.values()]
    cluster.register("web-1", [f"s{number}" for number in range(12)], teams.base)
    teams.takes = 0.5
    with proxy(folder, *ports) as client:
        until(lambda: client.get("/ready").status_code == 200)
        askers = Askers(str(client.base_url))
        begin = time.monotonic()
        with askers.at_work():
            ids = [cluster.begin("web-1", f"s{number}") for number in range(6)]
            for name in ("web-1", "web-2"):
                cluster.end(name, signal.SIGTERM)
                cluster.start(name, *WEB)
                # as deploy/README.md says: until the proxy has seen that it is back
                time.sleep(SEEN_SECONDS)
                ids += [cluster.begin(name, f"s{number}") for number in range(6, 9)]
        print(f"{askers.count} requests, {askers.count / (time.monotonic() - begin):.0f} a second")
        assert askers.failures == []
        # half of a minute of fifty a second, or as many as a full machine lets through
        assert askers.count > 100
        until(lambda: cluster.is_over(ids))
    assert cluster.faults(ids) == {"lost": 0, "ended twice": 0, "mixed attempts": 0}
    assert teams.overlaps == 0

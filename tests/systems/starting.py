"""The servers by others: where each is installed, how it is started, and where its argued verdicts stand."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from tests.conftest import HAPI_JPA, SYSTEMS

HERE = Path(__file__).parent
PATIENT = '{"resourceType": "Patient", "id": "one", "name": [{"family": "Ensayo"}]}'


@dataclass(frozen=True, slots=True)
class System:
    """A server by others.

    `needs` must be installed below `out/systems`, and `table` holds what each test has to say of it.
    """

    name: str
    needs: str
    table: Path
    start: Callable[[], AbstractContextManager[str]]

    @property
    def is_there(self) -> bool:
        """Whether it is installed on this machine."""
        return (SYSTEMS / self.needs).is_dir()


@contextmanager
def java(installed: str, jar: str) -> Iterator[str]:
    """Runs a Java server, which prints its base when it is there; HAPI JPA takes a minute."""
    folder = SYSTEMS / installed
    with printing(["java", "-Xmx2g", "-cp", f"{folder}/{jar}:{folder}/lib/*", "Main"]) as base:
        yield base


@contextmanager
def medplum() -> Iterator[str]:
    """Runs Medplum's router over its store in memory behind HTTP of ours."""
    modules = SYSTEMS / "medplum" / "node_modules"
    with printing(["node", str(HERE / "medplum" / "serve.mjs"), str(modules)]) as base:
        yield base


@contextmanager
def printing(command: list[str]) -> Iterator[str]:
    """Runs a server whose first line is its base."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.strip().replace("localhost", "127.0.0.1")
        finally:
            process.terminate()
            process.communicate(timeout=60)


@contextmanager
def fhirsnake() -> Iterator[str]:
    """Runs fhirsnake, a small server of files, over one patient."""
    (packages,) = (SYSTEMS / "fhirsnake" / "lib").glob("python*/site-packages/fhirsnake")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(SYSTEMS / "fhirsnake" / "bin" / "uvicorn"), "--port", str(port), "main:app"]
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "resources" / "Patient").mkdir(parents=True)
        (Path(folder) / "resources" / "Patient" / "one.json").write_text(PATIENT, encoding="utf-8")
        with subprocess.Popen(
            command, cwd=folder, env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                yield _answering(f"http://127.0.0.1:{port}")
            finally:
                process.terminate()
                process.communicate(timeout=30)


def _answering(address: str) -> str:
    """Returns an address once it answers."""
    for _ in range(100):
        try:
            httpx.get(f"{address}/Patient/one", trust_env=False).raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    return address


ALL = (
    System("fhirsnake", "fhirsnake", HERE / "fhirsnake" / "expected.toml", fhirsnake),
    System(
        "hapi", "hapi/lib", HERE / "hapi" / "expected.toml", partial(java, "hapi", "hapi-1.jar")
    ),
    *(
        System(
            f"hapi-jpa {version}",
            f"hapi-jpa-{version}/lib",
            HERE / "hapi-jpa" / "expected.toml",
            partial(java, f"hapi-jpa-{version}", "hapi-jpa-1.jar"),
        )
        for version in HAPI_JPA
    ),
    System(
        "medplum",
        "medplum/node_modules/@medplum/fhir-router",
        HERE / "medplum" / "expected.toml",
        medplum,
    ),
    System("ipf", "ipf/lib", HERE / "ipf" / "expected.toml", partial(java, "ipf", "ipf-1.jar")),
)

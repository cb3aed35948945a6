"""Without a clone: the wheel, installed in an environment of its own, serves, teaches and judges."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.course.exercises import LESSONS
from tests.places import PROJECT

pytestmark = pytest.mark.xdist_group("wheel")  # what it starts is started once
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a fresh environment that holds the wheel and borrows our dependencies."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        *PIP,
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--wheel-dir",
        str(folder),
        str(PROJECT),
    ]
    subprocess.run(build, check=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    (site,) = environment.glob("lib/python*/site-packages")
    subprocess.run(
        [*PIP, "install", "--no-deps", "--no-index", f"--target={site}", str(wheel)], check=True
    )
    # A plain line is searched behind our own wheel, and the checkout that is installed there is not.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return environment / "bin"


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "python"), "-c", "import sandbox; print(sandbox.__file__)"]
    place = subprocess.run(
        command,
        cwd=tmp_path,
        env=surroundings(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(place.stdout.strip()).is_relative_to(installed.parent)


def surroundings(home: Path) -> dict[str, str]:
    """An environment of somebody who has no checkout."""
    return {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "es_CL.UTF-8"}


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[str]:
    command = [
        str(installed / "python"),
        "-m",
        "sandbox.cli",
        "serve",
        "--port",
        "0",
        "--until-stdin-closes",
    ]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=surroundings(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
        assert address
        yield address[0]
        server.terminate()


def test_the_wheel_serves_patients_presets_pages_and_lessons(served: str) -> None:
    with httpx.Client(base_url=served) as client:
        assert client.get("/fhir/Patient?_summary=count").json()["total"] >= 10
        assert client.get("/api/presets").json() != []
        assert len(client.get("/api/lessons").json()) == len(LESSONS)
        for script in ("/live.js", "/picture.js", "/style.css"):
            assert client.get(script).status_code == 200
        for language, title in (("es", "Entender una falla"), ("pt", "Entender uma falha")):
            page = client.get("/help/read-a-failure", params={"lang": language}).text
            assert f"<h1>{title}</h1>" in page


def test_the_wheel_examines_itself_and_judges(installed: Path, tmp_path: Path) -> None:
    document = PROJECT / "datasets" / "seeds" / "training" / "20-broken-summary.json"

    def said(*words: str, exits: int) -> str:
        command = [str(installed / "python"), "-m", "sandbox.cli", *words]
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=surroundings(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout

    assert "Todos los paquetes declarados" in said("doctor", exits=0)
    assert "no es válido" in said("validate", str(document), "--lang", "es", exits=1)

"""Clients by others do a day's work against the server; each runs in an environment of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.course.connection import start_server
from tests import corpora
from tests.conftest import CLIENTS

pytestmark = [
    pytest.mark.daily("clients", share=1 / 3),
    pytest.mark.needs("clients"),
    pytest.mark.slow,
]
HERE = Path(__file__).parent
# a machine that is busy lets a client read its packages for minutes; one that hangs ends
PATIENCE = 600
CREATED = "201 Created"
COMMON = {
    "created": "1", "read": "Rojas", "updated": "2", "patched": "unknown", "page": 2, "all pages": 5,
    "history": ["PATCH", "PUT", "POST"],
}  # fmt: skip


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    server = start_server({"CONNECTATHON_DATA": str(tmp_path), "CONNECTATHON_SEED": "training"})
    yield server.connection.url + "/fhir"
    server.stop()


def run(*command: object) -> dict[str, Any]:
    said = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert said.returncode == 0, said.stderr[-3000:]
    return dict(json.loads(said.stdout.splitlines()[-1]))


def test_fhirpy(base: str) -> None:
    seen = run(CLIENTS / "fhirpy" / "bin" / "python", HERE / "with_fhirpy.py", base)
    own = {"count": 5, "included": 6, "get or create": [True, False], "transaction": [CREATED] * 2}
    assert seen == {**COMMON, **own, "deleted": "ResourceNotFound"}


def test_fhirclient(base: str) -> None:
    seen = run(CLIENTS / "fhirclient" / "bin" / "python", HERE / "with_fhirclient.py", base)
    assert seen == {**COMMON, "capability": "4.0.1", "transaction": [CREATED], "deleted": "410"}


def test_fhir_kit_client(base: str) -> None:
    module = CLIENTS / "node_modules" / "fhir-kit-client" / "dist" / "index.js"
    seen = run("node", HERE / "with_fhir_kit_client.mjs", base, module)
    own = {
        "vread": "female",
        "compartment": 5,
        "everything": 6,
        "transaction": [CREATED] * 2,
        "resolved": True,
    }
    assert seen == {**COMMON, **own, "capability": "4.0.1", "deleted": 410}


@pytest.mark.parametrize("library", ["fhirpy", "fhirclient", "fhir-kit-client"])
def test_a_client_of_others_is_a_patient_demographics_consumer(base: str, library: str) -> None:
    """What each sends was read in its source first: a number with its domain, `|` as %7C, and FHIR's own type of JSON."""
    address = base.removesuffix("/fhir")
    body = {"track": "pdqm.consumer", "system": "sandbox", "inputs": {"view": "yes"}}
    started = httpx.post(f"{address}/api/runs", json=body, timeout=60).raise_for_status().json()
    inbox = address + started["inbox"]
    if library == "fhir-kit-client":
        module = CLIENTS / "node_modules" / library / "dist" / "index.js"
        seen = run("node", HERE / "looking_for_a_patient.mjs", inbox, module)
    else:
        python = CLIENTS / library / "bin" / "python"
        seen = run(python, HERE / "looking_for_a_patient.py", inbox)
    assert seen == {"patients": 1, "gender": "female"}
    httpx.get(f"{inbox}/$proof", params={"patients": seen["patients"]}, timeout=60)
    tests = httpx.get(f"{address}/api/runs/{started['id']}", timeout=60).json()["tests"]
    verdicts = {test["number"]: test["verdict"] for test in tests}
    assert verdicts == dict.fromkeys((f"PDC-0{number}" for number in range(1, 7)), "pass") | {
        "PDC-07": "skip",
        "PDC-08": "skip",
    }


@pytest.mark.needs("packages")
def test_the_rest_pack_of_pyrofile(base: str) -> None:
    python = CLIENTS / "pyrofile-validator" / "bin" / "python"
    inputs = ["resourceType=Patient", "resourceId=rosa-fuenzalida", "versionId=1"]
    seen = run(python, HERE / "with_pyrofile.py", base, corpora.R4, *inputs)
    assert len(seen) == 8
    assert {name: status for name, status in seen.items() if status != ["PASS"]} == {}


DAY = {
    "registered": "ours",
    "systems": ["ours"],
    "verdict": "pass",
    "runs": 1,
    "matrix": ["fhir.basics"],
    "refused": [404, 404, "testbench.no_track"],
}


def described(base: str, folder: Path) -> Path:
    """The description of the API of a running server, as a file."""
    file = folder / "openapi.json"
    address = base.removesuffix("/fhir") + "/api/openapi.json"
    file.write_bytes(httpx.get(address, timeout=PATIENCE).content)
    return file


def test_a_client_that_openapi_python_client_generates(base: str, tmp_path: Path) -> None:
    python = CLIENTS / "openapi-python-client" / "bin" / "python"
    made = ["--path", described(base, tmp_path), "--output-path", tmp_path / "made"]
    made += ["--meta", "none", "--config", HERE / "generating.yml", "--fail-on-warning"]
    generated = [python, "-m", "openapi_python_client", "generate", *made]
    # it formats what it writes by the ruff beside it
    environment = {**os.environ, "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}
    words = [str(word) for word in generated]
    subprocess.run(words, check=True, timeout=PATIENCE, env=environment)
    address = base.removesuffix("/fhir")
    seen = run("env", f"PYTHONPATH={tmp_path}", python, HERE / "with_generated_python.py", address)
    assert seen == {**DAY, "valid": False}


def test_types_that_openapi_typescript_generates(base: str, tmp_path: Path) -> None:
    modules = CLIENTS / "node_modules"
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "with_generated_types.ts", tmp_path / "day.ts")
    types = [modules / ".bin" / "openapi-typescript", described(base, tmp_path), "-o", "made.d.ts"]
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--skipLibCheck", "day.ts"]
    for command in (types, [modules / ".bin" / "tsc", *options]):
        done = subprocess.run(
            [str(word) for word in command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert run("node", tmp_path / "day.js", base.removesuffix("/fhir")) == DAY

"""Data folders as earlier commits left them: `python -m tests.upgrades.make COMMIT…`.

Each commit is checked out beside this one, and its own code serves: a monitor and a team come in, a run is played, asked
to be verified, and a run of a client takes a request to its inbox.  What is left is packed into `folders/COMMIT.tar.xz`.
"""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import httpx

from tests.places import PROJECT

FOLDERS = Path(__file__).parent / "folders"
PATIENCE = 120.0
PEOPLE = {"facilitator": "Ana Souza", "monitor": "Inés Pérez"}


def make(commit: str, scratch: Path) -> None:
    """Packs the data folder that a commit leaves."""
    place, data = scratch / commit, scratch / f"{commit}-data"
    subprocess.run(
        ["git", "worktree", "add", "--quiet", "--detach", str(place), commit],
        cwd=PROJECT,
        check=True,
    )
    environment = {
        **os.environ,
        "CONNECTATHON_DATA": str(data),
        "CONNECTATHON_LANG": "en",
        "PYTHONPATH": "",
    }
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "sandbox.cli", "serve", "--port", "0", "--seed", "none", "--until-stdin-closes"],
            cwd=place, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as server:  # fmt: skip
            line = server.stdout.readline() if server.stdout else ""
            address = "http://" + line.partition("http://")[2].split()[0].rstrip("/,;")
            with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE) as client:
                _work(client)
            if server.stdin:
                server.stdin.close()
            server.wait(PATIENCE)
        FOLDERS.mkdir(exist_ok=True)
        with (
            lzma.open(FOLDERS / f"{commit}.tar.xz", "wb", preset=9) as packed,
            tarfile.open(fileobj=packed, mode="w") as archive,
        ):
            archive.add(data / "sandbox.db", "sandbox.db")
    finally:
        subprocess.run(
            ["git", "worktree", "remove", "--force", str(place)], cwd=PROJECT, check=True
        )


def _work(client: httpx.Client) -> None:
    """Does what an event does, by what all versions of the API have in common."""
    client.put(
        "/fhir/Patient/kept", json={"resourceType": "Patient", "id": "kept"}
    ).raise_for_status()
    system = {
        "name": "ministry",
        "base": f"{client.base_url}fhir",
        "team": "Chile",
        "country": "CL",
    }
    client.post("/api/systems", json=system).raise_for_status()
    run = _begun(client, {"track": "mhd.recipient", "system": "sandbox", "tests": ["RCP-01"]})
    end = time.monotonic() + PATIENCE
    while client.get(f"/api/runs/{run}").json()["state"] != "done":
        assert time.monotonic() < end
        time.sleep(0.2)
    waits = _begun(client, {"track": "mhd.source", "system": "ministry"})
    inbox = client.get(f"/api/runs/{waits}").json()["inbox"]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": []}
    client.post(f"/inbox/{inbox.rpartition('/inbox/')[2].partition('/')[0]}/fhir", json=bundle)
    sessions = {role: _entered(client, name, role) for role, name in PEOPLE.items()}
    for role, act in (("facilitator", "ask"), ("monitor", "claim"), ("monitor", "decide")):
        words = {"decision": "verified", "comment": "seen"} if act == "decide" else {}
        client.post(
            f"/api/runs/{run}/review/{act}", json=words, headers=sessions[role]
        ).raise_for_status()


def _entered(client: httpx.Client, name: str, role: str) -> dict[str, str]:
    """Adds a person, who comes in; returns what they show from then on."""
    added = client.post("/api/people", json={"name": name, "role": role})
    added.raise_for_status()
    code = added.json()["enter"].rpartition("/")[2]
    came = client.post("/api/enter", json={"code": code, "name": name})
    came.raise_for_status()
    shown = {"Authorization": f"Bearer {came.json()['session']}"}
    if role == "facilitator":
        client.headers.update(shown)
    return shown


def _begun(client: httpx.Client, request: dict[str, object]) -> str:
    reply = client.post("/api/runs", json=request)
    reply.raise_for_status()
    return str(reply.json()["id"])


def main() -> None:
    """Makes one folder for each commit that is named."""
    with tempfile.TemporaryDirectory() as scratch:
        for commit in sys.argv[1:]:
            make(commit, Path(scratch))


if __name__ == "__main__":
    main()

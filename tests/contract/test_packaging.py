"""What the project promises outside its code: pins, environment files, README, Binder."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

from sandbox.cli.environment import environment_files, environment_yml, pins_with_hashes
from tests import verbs
from tests.places import PROJECT

ROOT = PROJECT
README = ROOT / "README.md"


def pins(name: str) -> dict[str, str]:
    """The pins of a lock with all that they say: version, marker, hashes."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(pin.split("==", 1) for pin in pins_with_hashes(text))


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    named = [*project["project"]["dependencies"], *groups["build"], *groups["dev"]]
    return {re.split(r"[<>=\[]", name)[0] for name in named if isinstance(name, str)}


def test_environment_files_hold_the_pins_of_their_locks() -> None:
    for file, lock in environment_files().items():
        expected = environment_yml(lock.read_text(encoding="utf-8"))
        assert file.read_bytes() == expected.encode()
        assert not file.is_symlink()


def test_the_lock_pins_every_dependency_and_the_development_lock_agrees() -> None:
    run, develop = pins("requirements.lock"), pins("requirements-dev.lock")
    assert dependencies() <= set(develop)
    assert {name: develop[name] for name in run} == run


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_pin_has_hashes(name: str) -> None:
    for pin in pins_with_hashes((ROOT / name).read_text(encoding="utf-8")):
        first, *hashes = pin.splitlines()
        assert "==" in first
        assert hashes
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", line) for line in hashes), first


@pytest.mark.parametrize("file", environment_files(), ids=lambda file: file.parent.name)
def test_conda_would_hand_pip_every_pin_with_its_hashes_on_one_line(file: Path) -> None:
    """Whether conda itself does is untried: no machine of this project has it."""
    (pip,) = (
        item["pip"]
        for item in yaml.safe_load(file.read_text(encoding="utf-8"))["dependencies"]
        if isinstance(item, dict)
    )
    lock = environment_files()[file].read_text(encoding="utf-8")
    assert [" ".join(pin.split()) for pin in pins_with_hashes(lock)] == pip


def test_who_develops_with_conda_gets_tests_and_nbval_too() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    for name in ("pytest", "nbval", "mypy", "hatchling"):
        assert re.search(rf"^ +{name}==", text, re.MULTILINE), name
    assert "conda env create -f environment.yml" in README.read_text(encoding="utf-8")


def test_the_build_backend_is_locked_and_no_installation_fetches_another() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    backend = project["build-system"]["requires"]
    assert project["dependency-groups"]["build"] == backend
    assert {re.split(r"[<>=]", name)[0] for name in backend} <= set(pins("requirements.lock"))
    for place in ("Makefile", "README.md", "binder/postBuild"):
        text = (ROOT / place).read_text(encoding="utf-8")
        for options in re.findall(r"pip (?:install|wheel)(.*?--no-deps.*?)(?:[`|]|$)", text, re.M):
            assert "--no-build-isolation" in options, (place, options)


def test_every_dependency_has_its_line_in_the_readme() -> None:
    table = README.read_text(encoding="utf-8")
    assert [name for name in sorted(dependencies()) if f"| `{name}` |" not in table] == []


def test_every_make_verb_stands_beside_its_plain_command() -> None:
    assert verbs.PAGE.read_text(encoding="utf-8") == verbs.page()
    readme = README.read_text(encoding="utf-8")
    for verb in ("lab", "test", "setup", "serve"):
        assert f"| `make {verb}`" in readme


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "datasets/README.md"]
)
def test_links_to_files_lead_somewhere(name: str) -> None:
    file = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)", file.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (file.parent / target).exists(), target


def test_binder_would_take_our_environment() -> None:
    """repo2docker writes its recipe without an engine; a wrong layout would fail, or silently use another file."""
    command = [
        sys.executable,
        "-m",
        "repo2docker",
        "--no-build",
        "--debug",
        "--Repo2Docker.default_buildpack=None",
        ".",
    ]
    said = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    recipe = said.stdout + said.stderr
    assert said.returncode == 0, recipe[-800:]
    assert "binder/environment.yml" in recipe
    assert "postBuild" in recipe
    assert "R2D_ENTRYPOINT" in recipe


def test_binder_scripts_can_be_executed_and_stop_at_errors() -> None:
    for name in ("postBuild", "start"):
        file = ROOT / "binder" / name
        assert file.stat().st_mode & 0o111
        assert "set -e" in file.read_text(encoding="utf-8")
    assert (ROOT / "binder" / "start").read_text(encoding="utf-8").rstrip().endswith('exec "$@"')


@pytest.mark.slow
def test_what_binder_does_behind_conda_runs_in_a_fresh_environment(tmp_path: Path) -> None:
    """postBuild and start as Binder calls them; the packages are those of this environment, which has the same pins."""
    port = 8400
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if trial.connect_ex(("127.0.0.1", port)) == 0:
            pytest.skip("another sandbox has Binder's port")
    fresh = tmp_path / "fresh"
    subprocess.run([sys.executable, "-m", "venv", fresh], check=True, timeout=120)
    environment = {
        "PATH": f"{fresh / 'bin'}:/usr/bin:/bin", "HOME": str(tmp_path), "NB_PYTHON_PREFIX": str(fresh),
        "PYTHONPATH": sysconfig.get_path("purelib"), "CONNECTATHON_DATA": str(tmp_path / "data"),
        "PIP_NO_INDEX": "1",
    }  # fmt: skip
    built = subprocess.run(
        ["binder/postBuild"], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout + built.stderr
    settings = fresh / "share" / "jupyter" / "lab" / "settings" / "overrides.json"
    assert json.loads(settings.read_text(encoding="utf-8"))
    asked = (
        "import time; from sandbox.course.connection import find_or_start, probe\n"
        f"end = time.monotonic() + 60\nwhile time.monotonic() < end and not probe('http://127.0.0.1:{port}'):"
        " time.sleep(0.1)\nprint(find_or_start())"
    )
    with subprocess.Popen(
        ["binder/start", "python", "-c", asked], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, start_new_session=True,
    ) as started:  # fmt: skip
        said = started.stdout.readline() if started.stdout else ""
        # what Binder would end with its container
        os.killpg(started.pid, signal.SIGTERM)
    assert f"http://127.0.0.1:{port}" in said
    assert "started=False" in said


def test_no_key_and_no_secret_is_in_the_tree() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    suspects = re.compile(r"BEGIN [A-Z ]*PRIVATE KEY|xox[abp]-[0-9]|AKIA[0-9A-Z]{16}")
    for name in listed:
        file = Path(ROOT / name)
        if (
            file.suffix in {".py", ".md", ".json", ".toml", ".yml", ".ipynb", ".lock", ""}
            and file.is_file()
        ):
            assert not suspects.search(file.read_text(encoding="utf-8", errors="ignore")), name

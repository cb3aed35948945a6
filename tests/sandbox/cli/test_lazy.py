"""A verb starts fast: it loads what it needs and nothing of the others, and the list of verbs stays whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sandbox.cli.verbs import VERBS, app
from sandbox.i18n import LANGUAGES, Language, say
from tests.places import PROJECT

pytestmark = pytest.mark.daily("starting", share=1 / 3)

LOADED = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from sandbox.cli import main
main()
"""
HELP_OF_ALL = """
import json
from typer.testing import CliRunner
from sandbox.cli.verbs import VERBS, app
print(json.dumps({verb: CliRunner().invoke(app, [verb, "--help"]).output for verb in VERBS}))
"""
NOT_FOR_JUDGING = {
    "asyncio", "cryptography", "fhir", "google_re2", "httpx", "jinja2", "langcodes", "lxml", "polib",
    "psycopg", "pydantic", "re2", "rich", "sqlite3", "ssl", "starlette", "ucumvert", "uvicorn", "yaml", "bot", "sandbox.api",
    "sandbox.app", "sandbox.certificates", "sandbox.course", "sandbox.pages", "sandbox.server", "sandbox.store",
    "sandbox.testbench", "sandbox.trust",
}  # fmt: skip


def test_validate_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    document = tmp_path / "patient.json"
    document.write_text(json.dumps({"resourceType": "Patient", "active": True}))
    loaded = modules_after("validate", str(document))
    assert "sandbox.validation" in loaded
    assert not loaded & NOT_FOR_JUDGING


def test_a_server_loads_nothing_that_colours_a_terminal() -> None:
    script = (
        "import json, sys, sandbox.app; print(json.dumps([*filter(sys.modules.get, sys.modules)]))"
    )
    loaded = set(json.loads(run_alone(script=script).stdout))
    assert "httpx" in loaded
    assert not loaded & {"rich", "pygments", "httpx._main"}


def test_a_server_starts_without_its_pages_lessons_and_api() -> None:
    script = """
import json, sys, tempfile
from pathlib import Path
from starlette.testclient import TestClient
from sandbox.app import create_app
from sandbox.server.registry import INTERACTIONS
from sandbox.settings import Settings
known = len(INTERACTIONS)
with TestClient(create_app(Settings(Path(tempfile.mkdtemp()), graders=0))) as client:
    for path in ("/health", "/ready", "/fhir/metadata", "/fhir/Patient?_count=1"):
        client.get(path).raise_for_status()
    before = [*sys.modules]
    client.get("/").raise_for_status()
    # what is registered later is missing from what a server says of itself
    assert len(INTERACTIONS) == known
    print(json.dumps([before, [*sys.modules]]))
"""
    before, behind = map(set, json.loads(run_alone(script=script).stdout))
    later = {"sandbox.pages", "sandbox.course", "sandbox.api.interfaces"}
    assert not before & later
    assert behind >= later


def test_help_loads_no_server() -> None:
    loaded = modules_after("--help")
    assert "sandbox.cli.serve" in loaded
    assert not loaded & {"httpx", "jinja2", "sandbox.api", "sandbox.event", "sandbox.server"}


@pytest.mark.parametrize("verb", ["people", "tokens"])
def test_who_lets_people_in_loads_nothing_that_plays(verb: str, tmp_path: Path) -> None:
    loaded = modules_after(verb, "list", "--data", str(tmp_path))
    assert "sandbox.store.runs" in loaded
    assert not loaded & {"httpx", "sandbox.event.runs", "sandbox.testbench.tracks"}


def test_what_commands_take_from_the_api_brings_none_of_its_routes() -> None:
    script = "import json, sys, sandbox.api.authorities; print(json.dumps([*sys.modules]))"
    loaded = set(json.loads(run_alone(script=script).stdout))
    assert not loaded & {"sandbox.api.interfaces", "sandbox.event.run_service", "sandbox.desk"}


def test_a_verb_loads_no_other_verb() -> None:
    loaded = modules_after("packages", "list")
    assert [verb for verb in VERBS if f"sandbox.cli.{verb}" in loaded] == ["packages"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_help_lists_every_verb_in_each_language(language: Language) -> None:
    shown = " ".join(run_alone("--help", language=language).stdout.split())
    assert all(f" {verb} {first_words(verb, language)}" in shown for verb in VERBS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_verb_has_its_help_in_each_language(language: Language) -> None:
    pages = json.loads(run_alone(language=language, script=HELP_OF_ALL).stdout)
    lacking = [
        verb for verb in VERBS if first_words(verb, language) not in " ".join(pages[verb].split())
    ]
    assert lacking == []


def test_every_file_of_a_verb_stands_in_the_list() -> None:
    folder = PROJECT / "sandbox" / "cli"
    files = {file.stem for file in folder.glob("*.py") if f"\ndef {file.stem}(" in file.read_text()}
    assert files == set(VERBS)


def test_a_mistyped_verb_is_answered_with_the_nearest() -> None:
    refused = CliRunner().invoke(app, ["vlidate", "x"])
    assert refused.exit_code == 2
    assert "validate" in refused.output


def first_words(verb: str, language: Language) -> str:
    return " ".join(say(f"cli.{verb}.help", language).split()[:3])


def modules_after(*words: str) -> set[str]:
    """Returns the modules and packages that a verb has loaded when its process ends."""
    ended = run_alone(*words, script=LOADED)
    return set(json.loads(ended.stderr.splitlines()[-1]))


def run_alone(
    *words: str, language: Language = "en", script: str = ""
) -> subprocess.CompletedProcess[str]:
    start = ["-c", script] if script else ["-m", "sandbox.cli"]
    environment = {**os.environ, "CONNECTATHON_LANG": language, "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, *start, *words], env=environment, cwd=PROJECT, check=True, capture_output=True, text=True,
    )  # fmt: skip

"""The pages for teams that build on their own are right: their commands are typed."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.journeys.test_event import served
from tests.journeys.test_event_in_an_afternoon import HOW_TO, blocks, typed
from tests.places import PROJECT

CI = "test-in-your-own-ci.md"
pytestmark = [
    pytest.mark.daily("journeys", share=0.25, each="module"),
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the pages ask with curl"),
]


def test_the_script_of_the_page_tests_a_system_and_writes_junit(tmp_path: Path) -> None:
    script, run, tolerant = blocks(CI)
    with served(tmp_path / "data") as server:
        words = {
            "SYSTEM": f"{server}/fhir",
            "PATIENT": "rosa-fuenzalida",
            "IDENTIFIER": "urn:oid:2.16.152|48215377-1",
        }
        said = typed(tmp_path, f"{script}\n{tolerant}", **words)
        assert "IPS-01" in said
        suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
        assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
        requests = (tmp_path / "requests.http").read_text(encoding="utf-8")
        assert f"GET {server}/fhir/Patient/rosa-fuenzalida/$summary" in requests
        # a system that knows nobody fails, and its CI is told so
        failing = f"{script}\n{run.strip()} && exit 9 || test $? -eq 1"
        typed(tmp_path, failing, **{**words, "PATIENT": "nobody"})
        suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
        assert int(suite.get("failures", "0")) > 0


def test_the_files_for_ci_run_that_script_and_keep_what_it_writes() -> None:
    text = (HOW_TO / CI).read_text(encoding="utf-8")
    files = [part.partition("```")[0] for part in text.split("```yaml\n")[1:]]
    github, gitlab = (yaml.safe_load(file) for file in files)
    steps = github["jobs"]["bench"]["steps"]
    assert {"run": "sh ci.sh"} in steps
    assert "junit.xml" in steps[-1]["with"]["path"]
    assert "sh ci.sh" in gitlab["bench"]["script"]
    assert gitlab["bench"]["artifacts"]["reports"]["junit"] == "junit.xml"
    names = set(github["jobs"]["bench"]["env"])
    assert names == set(gitlab["bench"]["variables"]) == {"SYSTEM", "PATIENT", "IDENTIFIER"}


@pytest.mark.parametrize(
    ("language", "place"),
    [
        pytest.param("java", 0, marks=pytest.mark.needs("java")),
        pytest.param("php", 1, marks=pytest.mark.needs("php")),
    ],
)
def test_a_starter_begins_red(tmp_path: Path, language: str, place: int) -> None:
    starters = str(PROJECT / "notebooks" / "starters")
    said = typed(tmp_path, blocks("start-in-java-or-php.md")[place], STARTERS=starters)
    assert "✗ IPS-01" in said or "IPS-01" in said
    assert "fail" in said.splitlines()[-1]
    assert (tmp_path / f"my-{language}" / "padron.csv").exists()

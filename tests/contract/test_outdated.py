"""`make outdated` names the pins that are behind, those alone, and says where it could not ask."""

from __future__ import annotations

import os
import subprocess
import sys

from packaging.requirements import Requirement

from tests.outdated import behind
from tests.places import PROJECT

NOBODY_LISTENS = "http://127.0.0.1:9/simple"


def newer(name: str, version: str, latest: str) -> dict[str, str]:
    return {"name": name, "version": version, "latest_version": latest}


def test_a_pin_that_is_behind_is_named_with_both_versions() -> None:
    locked = [Requirement("typing-extensions==4.12.0"), Requirement("jinja2==3.1.6")]
    listed = [newer("typing_extensions", "4.12.0", "4.15.0")]
    assert behind(listed, locked) == ["typing-extensions 4.12.0 -> 4.15.0"]


def test_what_is_not_pinned_or_is_already_newer_in_the_lock_is_not_named() -> None:
    locked = [Requirement("jinja2==3.1.6")]
    assert behind([newer("ruff", "0.1", "0.2"), newer("jinja2", "3.1.5", "3.1.6")], locked) == []


def test_a_pin_of_another_platform_is_not_named() -> None:
    listed = [newer("a-package", "1.0", "2.0")]
    assert behind(listed, [Requirement("a-package==1.0 ; os_name == 'nowhere'")]) == []
    assert behind(listed, [Requirement("a-package==1.0 ; os_name != 'nowhere'")]) != []


def test_an_index_that_cannot_be_reached_is_not_taken_for_news_of_nothing() -> None:
    environment = {
        **os.environ,
        "PIP_INDEX_URL": NOBODY_LISTENS,
        "PIP_RETRIES": "0",
        "PIP_TIMEOUT": "2",
    }
    asked = subprocess.run(
        [sys.executable, "-m", "tests.outdated"],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 1
    assert asked.stdout == ""
    assert asked.stderr.strip() == "not checked: pip reaches no package index"

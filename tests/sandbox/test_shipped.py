"""What comes with the project, in a checkout."""

from pathlib import Path

import pytest

from sandbox.cli.lab import lessons_root
from sandbox.course.sources import lesson_names
from sandbox.i18n import LANGUAGES
from sandbox.shipped import SOURCES, is_checkout, shipped


@pytest.mark.parametrize("name", ["datasets", "docs", "notebooks"])
def test_a_checkout_has_the_folders_beside_its_packages(name: str) -> None:
    assert is_checkout()
    assert shipped(name) == SOURCES / name
    assert any(shipped(name).iterdir())


def test_lab_shows_the_checkout_or_a_copy_that_keeps_what_a_learner_wrote(tmp_path: Path) -> None:
    assert lessons_root(None) == SOURCES

    folder = lessons_root(tmp_path)
    own = folder / "notebooks" / "es" / "01_fhir.ipynb"
    own.write_text("mine", encoding="utf-8")
    (folder / "notebooks" / "es" / "02_ips.ipynb").unlink()
    lessons_root(tmp_path)

    assert own.read_text(encoding="utf-8") == "mine"
    for language in LANGUAGES:
        there = {file.name for file in (folder / "notebooks" / language).iterdir()}
        assert there == {f"{name}.ipynb" for name in lesson_names()}

"""Lab speaks the lessons' language where a pack of it is installed, and its own where there is none."""

import json
from pathlib import Path

import pytest

from sandbox.cli.lablanguage import GROUP, SETTING, configuration_of, locale_of


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packs as pip installs them: a distribution with an entry point each."""
    for locale in ("aa_AA", "qb_BB", "qb_CC"):
        info = tmp_path / f"pack_{locale}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: pack-{locale}\nVersion: 1.0\n"
        )
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{locale} = pack_{locale}\n")
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("packs")
@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("aa", "aa_AA"),
        ("aa-ZZ", "aa_AA"),
        ("qb-CC", "qb_CC"),
        ("qb", "qb_BB"),
        ("en", ""),
        ("a", ""),
    ],
)
def test_the_pack_that_agrees_best_is_taken(language: str, locale: str) -> None:
    assert locale_of(language) == locale


@pytest.mark.usefixtures("packs")
def test_what_lab_reads_names_the_locale_and_is_forgotten_with_the_next_language(
    tmp_path: Path,
) -> None:
    file = (
        configuration_of("aa", tmp_path / "jupyter")
        / "labconfig"
        / "default_setting_overrides.json"
    )
    assert json.loads(file.read_text()) == {SETTING: {"locale": "aa_AA"}}
    configuration_of("en", tmp_path / "jupyter")
    assert json.loads(file.read_text()) == {}

"""The pages that explain the house name every room, and lead somewhere."""

import re

import pytest

from tests.places import PROJECT

DOCS = PROJECT / "docs"
DESIGN = (DOCS / "design.md").read_text(encoding="utf-8")
FOLDERS = (
    folder for folder in (PROJECT / "sandbox").iterdir() if (folder / "__init__.py").exists()
)
ROOMS = sorted(folder.name for folder in FOLDERS)
REFERENCE = re.compile(r"docs/design\.md (\d)(?:, decision (\d+))?")


@pytest.mark.parametrize("room", ROOMS)
def test_design_and_readme_name_every_room(room: str) -> None:
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    built = readme.partition("## How it is built")[2].partition("\n## ")[0]
    assert re.search(
        rf"\b{room}\b", DESIGN.partition("## 2. Rooms")[2].partition("Before November")[0]
    )
    assert re.search(rf"\b{room}\b", built)


@pytest.mark.parametrize("page", ["README.md", "docs/what-works.md"])
def test_nobody_has_to_count_again_for_each_test_that_is_added(page: str) -> None:
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert re.findall(r"[0-9]+ (?:tracks|tests|broken twins)\b", text) == []


def test_what_cites_the_design_cites_what_stands_there() -> None:
    cited = set()
    for folder in ("sandbox", "bot", "tests"):
        for file in (PROJECT / folder).rglob("*.py"):
            cited |= set(REFERENCE.findall(file.read_text(encoding="utf-8")))
    assert cited
    decisions = DESIGN.partition("## 3. Decisions")[2].partition("\n## ")[0]
    for section, decision in cited:
        assert f"\n## {section}. " in DESIGN
        assert not decision or f"\n{decision}. " in decisions


@pytest.mark.parametrize("page", sorted(str(file.relative_to(DOCS)) for file in DOCS.rglob("*.md")))
def test_links_of_the_docs_lead_somewhere(page: str) -> None:
    file = DOCS / page
    for target in re.findall(r"\]\(([^)#\s]+)", file.read_text(encoding="utf-8")):
        assert "://" in target or (file.parent / target).exists(), target


def test_the_glossary_is_in_order_and_says_each_word_once() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \|", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    words = [row.partition(",")[0].strip() for row in rows[1:]]
    assert words == sorted(set(words))

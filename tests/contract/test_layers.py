"""Layers import only downwards; the bot imports of the sandbox only how a sentence is found (docs/design.md 2)."""

import ast
import sys
from pathlib import Path

import pytest

from tests.places import PROJECT

# From the top down.  A room may import rooms of lower rows and itself; rooms of one row are strangers to each other.
ROWS: list[list[str]] = [
    ["cli"],
    ["app"],
    ["operations", "pages"],
    ["api"],
    ["replay"],
    ["desk", "notices"],
    ["course"],
    ["event"],
    ["mhd", "lacpass", "twins"],
    ["server", "testbench"],
    ["ddcc", "sharing"],
    ["ips", "submissions", "trust"],
    ["credentials"],
    ["certificates"],
    ["validation"],
    ["terminology"],
    ["definitions"],
    ["fhirpath"],
    ["store", "web", "workers"],
    ["exchange", "reports"],
    ["fhir"],
    ["sealing"],
    ["errors", "gaps", "sentences", "calendars"],
    ["unanswered"],
    [
        "settings",
        "shipped",
        "packs",
        "clock",
        "ids",
        "i18n",
        "redact",
        "findings",
        "countries",
    ],
    ["limits", "collecting", "threads"],
]
# What a room may not import though it lies below: these arrows were taken out on purpose.
STRANGERS = {
    ("server", "ddcc"),  # the server is FHIR's; WHO's certificates are handed in by app.py
    ("replay", "event"),  # people and monitors of a replay know the sandbox by its API alone
    ("replay", "testbench"),
}
HEIGHT = {room: len(ROWS) - row for row, rooms in enumerate(ROWS) for room in rooms}
MODULES = sorted((PROJECT / "sandbox").rglob("*.py"))


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def imports_of(file: Path) -> set[str]:
    """Returns the modules of ours that a file imports, also inside functions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            if node.module == "sandbox":
                names |= {
                    f"sandbox.{alias.name}"
                    for alias in node.names
                    if not alias.name.startswith("_")
                }
    return {name for name in names if name.split(".")[0] in ("sandbox", "bot")}


def forbidden(importer: str, imported: str) -> bool:
    """Tells whether a room may not import another."""
    is_upwards = importer != imported and HEIGHT[imported] >= HEIGHT[importer]
    return is_upwards or (importer, imported) in STRANGERS


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PROJECT)))
def test_a_module_imports_only_rooms_below_its_own(file: Path) -> None:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    if len(parts) == 2 and parts[1] == "__init__":
        return
    ours = {name for name in imports_of(file) if name.startswith("sandbox") and room_of(name)}
    upwards = {name for name in ours if forbidden(parts[1], room_of(name))}
    assert upwards == set()
    is_its_verb = parts in (
        ("sandbox", "cli", "bot"),
        ("sandbox", "cli", "chat"),
    )  # where the bot is started
    assert is_its_verb or not any(name.startswith("bot") for name in imports_of(file))


def test_every_room_has_its_place_in_the_rows() -> None:
    rooms = {file.relative_to(PROJECT / "sandbox").parts[0].removesuffix(".py") for file in MODULES}
    assert rooms - {"__init__", "messages"} <= set(HEIGHT)


def test_the_rule_would_find_an_import_upwards() -> None:
    assert forbidden("fhir", "server")
    assert forbidden("server", "testbench")
    assert forbidden("server", "ddcc")
    assert not forbidden("server", "fhir")


def test_the_bot_asks_the_sandbox_by_its_api_and_shares_only_the_catalogues() -> None:
    for file in (PROJECT / "bot").rglob("*.py"):
        ours = {name for name in imports_of(file) if name.startswith("sandbox")}
        assert ours <= {"sandbox", "sandbox.i18n"}, file
    assert imports_of(PROJECT / "sandbox" / "i18n.py") == set()


OF_PROGRAMS = {"Crypto", "cbor2", "cryptography", "fhir", "httpx", "joserfc", "rfc8785"}


def test_lessons_import_only_the_course() -> None:
    for file in (PROJECT / "notebooks" / "src").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        imported = [
            name.strip()
            for line in text.splitlines()
            if line.startswith(("import ", "from "))
            for name in line.split(" import ")[0].split(maxsplit=1)[1].split(",")
        ]
        foreign = {name.partition(".")[0] for name in imported if name != "sandbox.course"}
        assert "sandbox.course" in imported
        # what a learner's own program would use (docs/design.md 2)
        assert foreign <= {*OF_PROGRAMS, *sys.stdlib_module_names}, file.name

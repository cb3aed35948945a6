"""Whatever has a name outside is found in the sources by one text search: the number and the name of
a test, a route, a verb of the bot.

Catalogues do not count: they hold words about a thing, and not the thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount

from bot.grammar import COMMANDS
from sandbox import app
from sandbox.server.registry import INTERACTIONS
from sandbox.settings import Settings
from sandbox.testbench.tracks import TRACKS
from sandbox.web.on_demand import OnDemand
from tests.places import PROJECT

# What only tells of the routes: what answers there has to be found too.
TOLD_OF = {"sandbox/api/openapi.py", "sandbox/api/event_operations.py"}
# The same routes stand below each of these, and are searched for by what is behind it.
SPACES = {
    "/t/{team}": "a team's space has the event's endpoints that the main data has",
    "/ddcc": "the event's two mediators of certificates answer alike",
    "/icvp": "the event's two mediators of certificates answer alike",
    "/lacchain": "the chain answers without the name of a ministry, as the committee's own did",
    "/lacchain/{country:str}": "each ministry has the chain's endpoints in its own space",
}
EXEMPT = {"/api/openapi.json": "the description itself, which answers where it is written"}
TESTS = [(track, test) for track in TRACKS.values() for test in track.tests]


def text_of(*rooms: str, endings: tuple[str, ...] = (".py", ".toml")) -> str:
    files = (file for room in rooms for file in sorted((PROJECT / room).rglob("*")))
    return "\n".join(
        file.read_text(encoding="utf-8")
        for file in files
        if file.suffix in endings
        and "messages" not in file.parts
        and file.relative_to(PROJECT).as_posix() not in TOLD_OF
    )


SOURCES = text_of("sandbox").replace("{{", "{").replace("}}", "}")  # as f-strings have it
BENCH = text_of("sandbox/testbench")
BOT = text_of("bot", endings=(".py",))


def is_declared(name: str, text: str) -> bool:
    """Tells whether a name stands there whole, as a text or as that of a function."""
    return f'"{name}"' in text or f"def {name}(" in text


def is_written(path: str) -> bool:
    """Tells whether a path stands whole in the sources, or what is behind a space that it is in."""
    tails = [path.removeprefix(space) for space in SPACES if path.startswith(f"{space}/")]
    return f'"{path}"' in SOURCES or any(
        f'}}{tail}"' in SOURCES or is_written(tail) for tail in tails
    )


def paths_of(routes: list[BaseRoute], before: str = "") -> Iterator[str]:
    for route in routes:
        path = before + str(getattr(route, "path", ""))
        if isinstance(route, Mount):
            yield from paths_of(route.routes, path)
        else:
            yield path


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The paths of all that the sandbox answers."""
    made: list[Starlette] = []

    class Kept(Starlette):
        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)  # type: ignore[arg-type]
            made.append(self)

    monkeypatch.setattr(app, "Starlette", Kept)
    app.create_app(Settings(tmp_path / "data", seed="none", graders=0))
    # what loads with the first request is behind the routes that are there at once
    behind = [one.router.default.router for one in made if isinstance(one.router.default, OnDemand)]
    return {path for one in [*made, *behind] for path in paths_of(one.routes)}


def test_a_test_is_found_by_its_number() -> None:
    assert [test.number for _, test in TESTS if f'"{test.number}"' not in BENCH] == []


def test_a_test_is_found_by_its_name() -> None:
    names = [(track.id, test.id.removeprefix(f"{track.id}.")) for track, test in TESTS]
    assert [found for found in names if not is_declared(found[1], BENCH)] == []


def test_a_track_is_found_by_its_id() -> None:
    assert [track for track in TRACKS if f'"{track}"' not in BENCH] == []


def test_a_route_is_found_by_its_path(paths: set[str]) -> None:
    assert len(paths) > 300
    assert sorted(path for path in paths - set(EXEMPT) if not is_written(path)) == []


def test_an_interaction_is_found_by_its_pattern() -> None:
    patterns = {"/".join(known.pattern) for known in INTERACTIONS}
    assert sorted(pattern for pattern in patterns if f'"{pattern}"' not in SOURCES) == []


def test_no_space_and_no_exemption_is_left_over(paths: set[str]) -> None:
    assert [path for path in EXEMPT if path not in paths or is_written(path)] == []
    alone = [path for path in paths if f'"{path}"' not in SOURCES]
    used = {space for space in SPACES for path in alone if path.startswith(f"{space}/")}
    assert used == set(SPACES)


def test_a_verb_of_the_bot_is_found_with_what_does_it() -> None:
    verbs = [command.verb for command in COMMANDS]
    assert [verb for verb in verbs if f'"{verb}"' not in BOT or f"def on_{verb}(" not in BOT] == []

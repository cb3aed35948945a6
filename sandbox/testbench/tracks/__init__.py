"""The tracks: each is a file here whose TRACK declares all about it, found by importing this
package.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

from sandbox.errors import NotFound
from sandbox.testbench.inputs import SHARED, Input
from sandbox.testbench.script import Test, Track

TRACKS: dict[str, Track] = {}
HOMES: dict[str, str] = {}
"""The module that declares each track, by which another process finds it."""


def register(track: Track, *, home: str) -> None:
    """Adds a track to those that can be run.

    Args:
        track: The track, as a name at the top of a module holds it.
        home: The name of that module.

    Raises:
        ValueError: Its id is taken, a test of it takes an input that is neither its own nor shared,
            or another track means something else by the name of one.
    """
    used = {name for test in track.tests for name in test.inputs}
    unknown = used - {*SHARED, *track.inputs}
    # a system is registered with one value for each name, which every track then reads
    elsewhere = declared_inputs()
    clashes = {
        name for name, declared in track.inputs.items() if elsewhere.get(name, declared) != declared
    }
    if track.id in TRACKS or unknown or clashes:
        raise ValueError(f"{track.id} is taken, or one of {sorted(unknown | clashes)}")
    TRACKS[track.id] = track
    HOMES[track.id] = home


def number_of(id: str) -> str:
    """Returns the short number of a test; its id, where no track has it any more."""
    tests = (test for track in TRACKS.values() for test in track.tests)
    return next((test.number for test in tests if test.id == id), id)


def home_of(test: Test) -> str:
    """Returns the name of the module that declares a test."""
    return next(HOMES[track.id] for track in TRACKS.values() if test in track.tests)


def declared_inputs() -> dict[str, Input]:
    """Returns all inputs that tests may take, by name."""
    own = {name: input for track in TRACKS.values() for name, input in track.inputs.items()}
    return SHARED | own


def actors() -> tuple[str, ...]:
    """Returns the actors that a system can register as: those tested, and those that are peers."""
    tested = [track.actor for track in TRACKS.values() if track.actor]
    met = [peer.actor for track in TRACKS.values() for peer in track.peers]
    return tuple(dict.fromkeys((*tested, *met)))


def inputs_of(track: str) -> set[str]:
    """Returns the names of the inputs that the tests of a track take."""
    return {name for test in choose(track) for name in test.inputs}


def choose(track: str, tests: Sequence[str] = ()) -> tuple[Test, ...]:
    """Returns the tests of a track, or those named by id or number.

    Raises:
        NotFound: The track, or a test of that name, is not there; it says which are.
    """
    chosen = TRACKS.get(track)
    if chosen is None:
        raise NotFound("testbench.no_track", where=track, name=track, known=", ".join(TRACKS))
    for name in tests:
        if name not in {word for test in chosen.tests for word in (test.id, test.number)}:
            known = ", ".join(test.number for test in chosen.tests)
            raise NotFound("testbench.no_test", where=name, name=name, track=track, known=known)
    return tuple(
        test for test in chosen.tests if not tests or test.id in tests or test.number in tests
    )


def choose_with_needs(track: str, tests: Sequence[str] = ()) -> tuple[Test, ...]:
    """Returns the tests of a track that are named, and those whose results they build on.

    Raises:
        NotFound: The track, or a test of that name, is not there.
    """
    named = choose(track, tests)
    numbers = {test.number for test in named} | {
        number for test in named for number in test.after.values()
    }
    return tuple(test for test in choose(track) if test.number in numbers)


def _register_all() -> None:
    """Registers the TRACK of each file here; files without one hold what tracks share."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    tracks = [(module.TRACK, module.__name__) for module in modules if hasattr(module, "TRACK")]
    # what any system may be comes first: pages and chat propose it to whoever has just arrived
    for track, home in sorted(tracks, key=lambda row: (bool(row[0].actor), row[0].id)):
        register(track, home=home)


_register_all()

"""The judge is proved: the right server passes, and each broken twin fails exactly the tests that are named for it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from sandbox.i18n import ENGLISH, load_room
from sandbox.testbench.tracks import TRACKS
from sandbox.twins import TWINS
from tests.conftest import a_sandbox
from tests.places import PROJECT
from tests.sandbox.testbench.playing import PROVED, played, played_all, verdicts

# each is played once, by one worker
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("twins")]
# told of systems with one habit, in test_unusual_systems
KEYS_ON_UNUSUAL_SYSTEMS = {"basics.byte_order_mark", "basics.no_self", "basics.other_host"}
# told of a server by others that has none and speaks FHIR elsewhere (tests/systems)
KEYS_ON_OTHER_SERVERS = {"basics.no_capabilities"}
EXPECTED = tomllib.loads(Path(__file__).with_name("twins.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Played:
    """What is kept of all tracks played against one server: verdicts, and the keys of findings."""

    verdicts: dict[str, list[str]]
    keys: frozenset[str]


@pytest.fixture(scope="module")
def played_twin(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Played]:
    """Plays all tracks against a twin, or against the right server (no name), once for all tests."""

    @cache
    def play(twin: str) -> Played:
        folder = tmp_path_factory.mktemp(twin or "right")
        with a_sandbox(folder, seed="training", twin=twin) as client:
            results = played_all(client)
        keys = frozenset(finding.key for result in results for finding in result.findings)
        return Played(verdicts(results), keys)

    return play


def test_the_right_server_passes_every_test(played_twin: Callable[[str], Played]) -> None:
    assert played_twin("").verdicts == {}


@pytest.mark.parametrize("version", ["4.2.2", "4.2.3", "ci"])
@pytest.mark.parametrize("track", ["mhd.recipient", "mhd.responder", "mhd.simplified"])
def test_a_server_of_each_version_of_mhd_passes_when_it_is_sent_that_version(
    track: str, version: str, tmp_path: Path
) -> None:
    with a_sandbox(tmp_path, seed="training", mhd=version) as client:
        given = {"mhd": version, "comprehensive": "yes", "uncontained": "yes", "simplified": "yes"}
        told = verdicts(played(track, client, **given))
        assert told in ({}, {"skip": ["RSP-22"]})  # which needs a patient


def test_a_server_of_a_later_mhd_minds_what_an_earlier_one_had(tmp_path: Path) -> None:
    with a_sandbox(tmp_path, mhd="ci") as client:
        told = verdicts(played("mhd.recipient", client, mhd="4.2.3"))
        assert "RCP-01" in told["fail"]


@pytest.mark.daily("twins", share=0.15)
@pytest.mark.parametrize("twin", TWINS)
def test_a_broken_twin_fails_exactly_the_named_tests(
    twin: str, played_twin: Callable[[str], Played]
) -> None:
    assert played_twin(twin).verdicts == {
        verdict: sorted(numbers) for verdict, numbers in EXPECTED[twin].items()
    }


def test_every_twin_has_its_expectation_and_every_test_has_a_twin_that_does_not_pass_it() -> None:
    assert set(EXPECTED) == set(TWINS)
    caught = {number for row in EXPECTED.values() for numbers in row.values() for number in numbers}
    known = {test.number for track in PROVED for test in TRACKS[track].tests}
    assert known <= caught


def test_every_test_has_a_title_and_an_id_of_its_own() -> None:
    for track in TRACKS.values():
        titles = {name for name in load_room(ENGLISH, track.room) if name.startswith("title.")}
        assert titles == {f"title.{test.id.rpartition('.')[2]}" for test in track.tests}
        assert (
            len({test.id for test in track.tests})
            == len({test.number for test in track.tests})
            == len(track.tests)
        )


def test_each_recipient_test_of_nist_has_a_counterpart() -> None:
    text = (PROJECT / "docs" / "nist-recipient.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Z1]\w+) \| (RCP-\w+) \|$", text, re.MULTILINE)
    assert len(rows) == 43
    assert {number for _, number in rows} <= {test.number for test in TRACKS["mhd.recipient"].tests}


@pytest.mark.daily("twins", share=0)
def test_every_sentence_of_these_tracks_is_told_of_some_twin(
    played_twin: Callable[[str], Played],
) -> None:
    """A check that no system fails, or that says nothing of any, would be no check."""
    keys = frozenset[str]().union(*(played_twin(twin).keys for twin in ("", *TWINS)))
    for track in PROVED:
        room = TRACKS[track].room
        sentences = {
            f"{room}.{name[:-5]}" for name in load_room("en", room) if name.endswith(".text")
        }
        assert sentences <= keys | KEYS_ON_UNUSUAL_SYSTEMS | KEYS_ON_OTHER_SERVERS

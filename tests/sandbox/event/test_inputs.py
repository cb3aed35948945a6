"""What a run is told: each input in its kind, presets, and what an event has locked."""

from __future__ import annotations

import tomllib

import pytest

from sandbox.errors import BadRequest, NotFound
from sandbox.event.inputs import known_to, read_inputs
from sandbox.event.presets import presets
from sandbox.i18n import LANGUAGES, MESSAGES, has_message
from sandbox.testbench.inputs import SHARED
from sandbox.testbench.tracks import TRACKS, declared_inputs

DID = "did:lac1:1iT4xFM6oUKZ9kijCvA7yPhUgiqGLLDjHJofBwn33N4uEeSoHhmnBaYXkmnHQEsoum2G"
ALL = known_to(*TRACKS)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("comprehensive", "yes", "yes"), ("comprehensive", "Sí", "yes"), ("comprehensive", " SIM ", "yes"),
        ("comprehensive", "no", None), ("comprehensive", "não", None), ("comprehensive", "", None),
        ("ruleset", "2026", "2026"), ("patient", " luzia-nogueira ", "luzia-nogueira"),
        ("identifier", "urn:oid:1.2|3", "urn:oid:1.2|3"), ("url", "https://a.test/x", "https://a.test/x"),
        ("document", "no document at all", "no document at all"), ("issuer", DID, DID), ("deactivated", DID, DID),
        ("revoked", f"0x{'0a' * 32}", f"0x{'0a' * 32}"), ("revoked", "0a" * 32, "0a" * 32),
    ],
)  # fmt: skip
def test_a_value_is_read_in_its_one_form(name: str, text: str, value: str | None) -> None:
    assert read_inputs({name: text}, known=ALL).get(name) == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("comprehensive", "perhaps", "yes | no"), ("ruleset", "1999", "2023 | "), ("patient", "Patient/1", "{1,64}"),
        ("identifier", "12345", "system|value"), ("url", "file:///etc/passwd", "http"), ("recipient", "http://a", "a-z"),
        ("issuer", "CL", "did:method"), ("issuer", "did:lac1:", "did:method"), ("revoked", "0a", "{64}"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused_with_its_form(
    name: str, text: str, expected: str
) -> None:
    with pytest.raises(BadRequest) as refused:
        read_inputs({name: text}, known=ALL)
    finding = refused.value.as_finding()
    assert (finding.key, finding.where) == ("testbench.bad_input", name)
    assert expected in str(finding.params["expected"])


def test_every_input_is_declared_and_has_its_meaning() -> None:
    assert set(declared_inputs()) == ALL
    for name in declared_inputs():
        assert has_message(f"testbench.input.{name}")


def test_what_one_track_alone_takes_is_said_in_its_own_catalogue() -> None:
    takers = {name: [track for track in TRACKS.values() if name in track.inputs] for name in ALL}
    for name, tracks in takers.items():
        if len(tracks) == 1 and name not in SHARED:
            catalogue = (MESSAGES / "en" / f"{tracks[0].room}.toml").read_text(encoding="utf-8")
            added = tomllib.loads(catalogue)["into"]
            assert name in added["testbench"]["input"]
            is_affirmed = tracks[0].inputs[name].kind == "yes"
            assert not is_affirmed or name in added["floor"]["option"]


def test_a_preset_gives_what_the_track_takes_and_what_is_given_wins() -> None:
    found = read_inputs(
        {"preset": "lacpass-2026", "comprehensive": "no"}, known={"comprehensive", "ruleset"}
    )
    assert found == {"preset": "lacpass-2026", "ruleset": "2026"}
    assert read_inputs({"preset": "lacpass-2026"}, known={"patient"}) == {"preset": "lacpass-2026"}


def test_what_a_preset_locks_cannot_be_said_otherwise() -> None:
    assert (
        read_inputs({"preset": "lacpass-2026", "ruleset": "2026"}, known=ALL)["ruleset"] == "2026"
    )
    with pytest.raises(BadRequest) as refused:
        read_inputs({"preset": "lacpass-2026", "ruleset": "2023"}, known=ALL)
    assert refused.value.as_finding().key == "testbench.locked_input"
    with pytest.raises(NotFound):
        read_inputs({"preset": "nothing"}, known=ALL)


def test_every_preset_says_what_some_test_takes_and_has_a_title_in_each_language() -> None:
    assert presets()
    for one in presets().values():
        assert set(one.title) >= {tag for tag, each in LANGUAGES.items() if each.is_complete}
        assert read_inputs(one.inputs, known=ALL) == one.inputs
        assert set(one.locked) <= set(one.inputs)

"""Each bench test names the lesson that teaches what it asks, where there is one: the lesson speaks of it."""

from __future__ import annotations

import pytest

from sandbox.course.exercises import LESSONS
from sandbox.course.sources import read_lesson
from sandbox.testbench.tracks import TRACKS

SPOKEN_OF = {
    "fhir.basics": "Patient", "terminology.readiness": "$lookup",
    "pdqm.consumer": "PDQm", "pdqm.supplier": "PDQm", "ips.content": "Composition", "ips.server": "$summary",
    "mhd.consumer": "ITI-67", "mhd.generate": "DocumentReference", "mhd.peers": "ITI-65", "mhd.recipient": "ITI-65",
    "mhd.responder": "ITI-67", "mhd.simplified": "ITI-65", "mhd.source": "ITI-65",
    "ddcc.generation": "questionnaire", "ddcc.results": "questionnaire",
    "hcert.content": "EU DCC", "icvp.content": "International Certificate",
    "pki.onboarding": "L.onboarding", "trustlist.consumer": "trust list",
    "vhl.issuer": "VHL", "vhl.receiver": "passcode",
    "did.registry": "registry", "lacpass.wallet-2023": "DID", "vc.content": "credential", "vc.peers": "credential",
    "vci.issuer": "OpenID4VCI", "vci.wallet": "OpenID4VCI", "vp.verifier": "OpenID4VP", "vp.wallet": "OpenID4VP",
}  # fmt: skip
"""What the lesson of a track says, by which one finds there what its tests ask; of any other track it
names the family, such as SVCM of `svcm.repository`."""
NOT_TAUGHT = {"ddcc.registry", "ddcc.repository", "meow.issuer", "shc.content"}
"""No lesson speaks of where DDCC's documents are kept, of medication overviews, nor of SMART Health Cards."""
NAMES = {name.partition("_")[0]: name for name in LESSONS}


def test_what_is_said_of_tracks_is_said_of_those_that_there_are() -> None:
    assert set(SPOKEN_OF) | NOT_TAUGHT <= set(TRACKS)
    assert not set(SPOKEN_OF) & NOT_TAUGHT


@pytest.mark.parametrize("track", sorted(set(TRACKS) - NOT_TAUGHT))
def test_the_lesson_of_a_test_speaks_of_what_it_asks(track: str) -> None:
    for test in TRACKS[track].tests:
        assert test.lesson in NAMES, test.id
        text = "\n".join(cell.learner for cell in read_lesson(NAMES[test.lesson]))
        word = SPOKEN_OF.get(track)
        is_said = word in text if word else track.partition(".")[0] in text.casefold()
        assert is_said, (test.id, test.lesson)


@pytest.mark.parametrize("track", sorted(NOT_TAUGHT))
def test_what_no_lesson_teaches_names_none(track: str) -> None:
    assert {test.lesson for test in TRACKS[track].tests} == {""}

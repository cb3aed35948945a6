"""Messages name roles, evidence and checks as people do, in the language of the reader."""

from __future__ import annotations

from sandbox.errors import BadRequest
from sandbox.event.bench_proof import BenchResult
from sandbox.event.in_words import (
    evidence_in_words,
    inputs_in_words,
    left_in_words,
    roles_in_words,
    tracks_in_words,
)
from sandbox.event.plan import Evidence, PlannedTest, RoleInTest
from sandbox.event.required import Unjudged
from sandbox.sentences import text_of

SHARER = RoleInTest(
    "sharer", "vhl-sharer", {"en": "Who shares", "es": "Quien comparte"}, bench=("vhl.issuer",)
)
CODE = Evidence("code", {"en": "The code as a picture", "es": "El código como imagen"})
TEST = PlannedTest("1", "1", {}, {}, (SHARER,), evidence=(CODE,))
LEFT = (
    Unjudged("vhl.issuer.trust_list", "lacking", ("trustlist",)),
    Unjudged("vhl.issuer.wrong_passcode", "absent"),
)
RESULT = BenchResult("sharer", "vhl.issuer", verdict="warn", left_out=LEFT)


def test_each_is_said_by_its_title() -> None:
    assert roles_in_words(TEST, ["sharer"]) == {
        "en": "Who shares",
        "es": "Quien comparte",
        "pt": "Who shares",
    }
    assert evidence_in_words(TEST, ["code"])["es"] == "El código como imagen"
    assert tracks_in_words(TEST, [RESULT])["es"] == "Compartir por enlace de salud (Quien comparte)"
    assert left_in_words([RESULT], "absent")["en"] == "VHI-08 Refuses a wrong passcode, and counts"
    assert left_in_words([RESULT], "lacking")["pt"].startswith("VHI-03 A lista de confiança")
    assert (
        inputs_in_words([RESULT])["es"]
        == "dirección de un documento DID con las claves de confianza"
    )


def test_a_refusal_says_it_in_the_language_of_whoever_reads() -> None:
    refused = BadRequest(
        "instances.no_evidence", names=evidence_in_words(TEST, ["code"])
    ).as_finding()
    assert text_of(refused, "es") == "Falta evidencia que el plan exige: El código como imagen."
    assert text_of(refused, "en").endswith("The code as a picture.")

"""A certificate judged step by step: the right one passes, and each fault fails the test that it belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.hcert import encoded
from sandbox.certificates.keys import kid_of
from sandbox.clock import fhir_instant
from sandbox.event.inputs import read_input
from sandbox.testbench.engine import play_track
from sandbox.testbench.script import Asked, Result
from sandbox.testbench.tracks import TRACKS
from sandbox.trust.folder import TrustFolder
from sandbox.trust.pki import new_dsc
from tests.conftest import a_sandbox
from tests.sandbox.certificates.making import CONTENTS, NOW, NUMBERS, chile, claims, signed
from tests.sandbox.certificates.test_steps import FAULTS, a_dose
from tests.sandbox.testbench.playing import GIVEN, played, verdicts

TESTS_OF = {
    "prefix": "HCC-02", "base45": "HCC-01", "inflate": "HCC-01", "cose": "HCC-03", "claims": "HCC-04", "dialect": "HCC-05",
    "schema": "HCC-06", "kid": "HCC-03", "validity": "HCC-07",
}  # fmt: skip
LIST = "http://sandbox.test/v2/trustlist/did.json"


def judged(text: str) -> list[Result]:
    """Plays the track over a text without a trust list, so that nobody is asked."""

    async def nobody(asked: Asked) -> Any:
        raise AssertionError(f"asked {asked}")

    given = {**GIVEN, "certificate": text, "now": fhir_instant(NOW)}
    return asyncio.run(play_track(TRACKS["hcert.content"], given, nobody))


@pytest.mark.parametrize("name", NUMBERS)
def test_the_right_certificate_passes_in_every_form(name: str) -> None:
    found = verdicts(judged(signed(CONTENTS[name], NUMBERS[name])))
    assert found == {"skip": ["HCC-08", "HCC-09", "HCC-10", "HCC-12"]}


ASKED = [
    one for one in FAULTS if one[1] in TESTS_OF and one[3] != "longer_than_key"
]  # which asks for the key


@pytest.mark.parametrize(("make", "step", "status", "reason", "verdict"), ASKED)
def test_each_fault_is_told_by_the_test_that_it_belongs_to(
    make: Callable[[], str], step: str, status: str, reason: str, verdict: str
) -> None:
    results = judged(make())
    is_unreadable = verdict == "unreadable"
    number = "HCC-01" if is_unreadable else TESTS_OF[step]
    (result,) = [one for one in results if one.test.number == number]
    assert f"certificates.{reason}" in [one.key for one in result.findings]
    assert result.verdict == ("fail" if status == "fail" else "warn")


def test_without_a_known_form_nothing_is_said_of_its_fields() -> None:
    found = verdicts(judged(signed({"x": 1}, 99)))
    assert found == {
        "fail": ["HCC-05"],
        "skip": ["HCC-06", "HCC-08", "HCC-09", "HCC-10", "HCC-11", "HCC-12"],
    }


def test_what_is_beyond_the_form_is_told_by_its_place() -> None:
    (result,) = [one for one in judged(a_dose(phone="1")) if one.test.number == "HCC-11"]
    assert (result.verdict, [one.where for one in result.findings]) == ("warn", ["v.phone"])


def test_a_trust_list_decides_who_has_signed(tmp_path: Path) -> None:
    trust = TrustFolder(tmp_path / "sandbox" / "trust")
    mine = trust.init("CL", at=NOW).dsc[0]
    for_tests = trust.add_dsc("CL", at=NOW, groups=("t",))
    content = claims(CONTENTS["eu_dcc"], 1)
    with a_sandbox(tmp_path) as client:

        def found(pair: Any, place: str = LIST) -> dict[str, list[str]]:
            text = encoded(content, pair.key, kid=kid_of(pair.certificate))
            given = {"certificate": text, "trustlist": place, "now": fhir_instant(NOW)}
            return verdicts(played("hcert.content", client, **given))

        assert found(mine) == {}
        # what could not be looked at is skipped, and never passes
        assert found(new_dsc("CL", chile().sca, at=NOW)) == {
            "fail": ["HCC-09"],
            "skip": ["HCC-10", "HCC-12"],
        }
        assert found(for_tests) == {"fail": ["HCC-10"]}
        assert found(mine, "http://sandbox.test/v2/trustlist/NONE/did.json")["fail"] == ["HCC-08"]


def test_a_blank_at_the_end_of_a_code_is_kept() -> None:
    assert read_input("certificate", "HC1:AB \n") == "HC1:AB "
    assert read_input("url", " http://a ") == "http://a"

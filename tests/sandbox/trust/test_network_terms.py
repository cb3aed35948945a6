"""Lists as WHO's network deploys them: its context names the environment, its terms are read by their names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.certificates.keys import KeyList
from sandbox.certificates.verifying import verify
from sandbox.trust.documents import CONTEXTS, document_of, read_list
from sandbox.trust.network_terms import code_of
from tests.sandbox.certificates.making import CONTENTS, NOW, listed, signed

SMART = "https://smart.who.int/trust"
EARLIER = "https://worldhealthorganization.github.io/smart-trust"
SETS = {"domain": "Domains", "participant": "Participants", "keyusage": "KeyUsage"}
Document = dict[str, Any]


def deployed(host: str = "tng-cdn-uat.who.int", mark: str = "-UAT", base: str = SMART) -> Document:
    """A list with the three contexts of the deployed ones, under the name of an environment."""
    (keys,) = listed()._keys.values()
    document = document_of(keys, host=host, path="v2/trustlist")
    context = f"{base}/tng-context/v1{mark}.jsonld"
    return {**document, "@context": [*CONTEXTS, context]}


def spelled_out(document: Document, mark: str = "-UAT") -> Document:
    """The same list with its codes as the context means them."""
    for method in document["verificationMethod"]:
        for word, name in SETS.items():
            place = f"{SMART}/ValueSet-{name}{mark}.jsonld"
            method[word] = {"code": f"{place}{method[word]['code']}"}
    return document


RIGHT: dict[str, Callable[[], Document]] = {
    "UAT": deployed,
    "UAT by the earlier address": lambda: deployed(base=EARLIER),
    "DEV": lambda: deployed("tng-cdn-dev.who.int", "-DEV"),
    "PROD": lambda: deployed("tng-cdn.who.int", ""),
    "codes spelled out": lambda: spelled_out(deployed()),
    "another publisher": lambda: deployed("lists.example", "-DEV"),
}
WRONG: dict[str, tuple[Callable[[], Document], str, str]] = {
    "a list of tests in production": (lambda: deployed("tng-cdn.who.int", "-UAT"), "@context", "UAT"),
    "a list of development in UAT": (lambda: deployed(mark="-DEV"), "@context", "DEV"),
    "production's context in UAT": (lambda: deployed(mark=""), "@context", "PROD"),
    "codes of development in UAT": (
        lambda: spelled_out(deployed(), "-DEV"), "verificationMethod[0].domain", "DEV",
    ),
}  # fmt: skip
CODES = {
    "#DSC": "DSC",
    " DSC ": "DSC",
    f"{SMART}/ValueSet-KeyUsage-UAT.jsonld#DSC": "DSC",
    "https://elsewhere.example/list#DSC": "https://elsewhere.example/list#DSC",
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_deployed_list_is_read_by_its_terms(name: str) -> None:
    judged = read_list(RIGHT[name](), at=NOW)
    assert [each for each in judged.findings if each.severity in ("error", "warning")] == []
    (key,) = judged.keys
    assert (key.country, key.domain, key.usage) == ("CL", "DCC", "DSC")
    assert verify(signed(CONTENTS["eu_dcc"], 1), KeyList(judged.keys), at=NOW).verdict == "valid"


@pytest.mark.parametrize("name", WRONG)
def test_a_list_of_another_environment_is_not_believed(name: str) -> None:
    make, where, environment = WRONG[name]
    judged = read_list(make(), at=NOW)
    told = {
        each.where: each.found for each in judged.findings if each.key == "trust.other_environment"
    }
    assert told[where] == environment
    assert judged.keys == ()
    (refusal,) = judged.refused
    assert "trust.other_environment" in {reason.key for reason in refusal.reasons}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_read_in_each_of_its_forms(code: str) -> None:
    assert code_of({"code": code}) == code_of(code) == CODES[code]


@pytest.mark.parametrize("odd", [None, 7, [], {}, {"code": 7}, {"code": {"id": "#DSC"}}])
def test_what_is_no_code_says_nothing(odd: Any) -> None:
    assert code_of(odd) == ""

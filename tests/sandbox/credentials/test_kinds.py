"""Kinds of credential: each is told by its content or by name, says what its source says, and tells what it leaves out."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.certificates.keys import trusted
from sandbox.certificates.links import Link, written
from sandbox.credentials.folder import CredentialFolder
from sandbox.credentials.issuing import (
    Authority,
    Order,
    bitstring_list,
    issue_credential,
    token_list,
)
from sandbox.credentials.kinds import KINDS, kind_for
from sandbox.credentials.report import Known, by_thumbprint
from sandbox.credentials.sdjwt.presenting import present, read_sdjwt
from sandbox.credentials.verifying import verify
from sandbox.errors import BadRequest
from sandbox.trust.revocations import unrecorded
from tests.places import PROJECT
from tests.sandbox.certificates.making import CONTENTS, NOW, chile
from tests.sandbox.credentials.making import ASKED, AT, HOLDER, did_of, reasons

ROSA = PROJECT / "datasets" / "seeds" / "training" / "01-cl-rosa-fuenzalida.json"
SUMMARY: dict[str, Any] = json.loads(ROSA.read_text(encoding="utf-8"))
LINK = written(Link("https://files.example/1", bytes(32), 1_900_000_000, "P", "Summary of Rosa"))
SOURCES: dict[str, Any] = {
    "health_link": LINK,
    "medications": CONTENTS["meow"],
    "summary": SUMMARY,
    "vaccination": CONTENTS["icvp_2025"],
}
LISTS = "http://127.0.0.1:8400/vci/CL/status"
WORD: dict[str, Any] = {"audience": ASKED.audience, "nonce": ASKED.nonce, "at": AT}


def medicines(**changes: Any) -> dict[str, Any]:
    bundle = copy.deepcopy(SUMMARY)
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "MedicationStatement":
            entry["resource"].update(changes)
    return bundle


def refused(name: str, content: Any) -> str:
    with pytest.raises(BadRequest) as error:
        kind_for(content, name).read(content)
    return str(error.value.key)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for child in value.values() for leaf in leaves(child)]
    if isinstance(value, list):
        return [leaf for child in value for leaf in leaves(child)]
    return [value]


def test_a_kind_is_told_by_its_content_and_a_summary_by_its_name() -> None:
    told = {name: kind_for(content).name for name, content in SOURCES.items()}
    assert told == {**{name: name for name in SOURCES}, "summary": "vaccination"}
    assert kind_for(SUMMARY, "summary").name == "summary"
    assert kind_for(CONTENTS["vhl_list"]).name == "health_link"
    assert refused("passport", {}) == "credentials.no_kind"


@pytest.mark.parametrize("name", ["medications", "summary"])
def test_every_claim_is_a_value_of_the_source(name: str) -> None:
    claims = kind_for(SUMMARY, name).read(SUMMARY).claims
    values = set(map(str, leaves(SUMMARY)))
    said = [value for value in leaves(claims) if value != claims["name"]]
    assert len(said) > 4
    assert {str(value) for value in said} <= values
    assert claims["name"].split()[0] in values


def test_a_summary_says_its_four_lists_and_what_it_leaves_out() -> None:
    said = KINDS["summary"].read(SUMMARY)
    counts = {name: len(part) for name, part in said.claims.items() if isinstance(part, list)}
    assert counts == {"problems": 2, "medications": 2, "allergies": 1, "vaccines": 1}
    assert "Observation" in said.left_out
    assert any(path.startswith("Condition.") for path in said.left_out)
    overview = KINDS["medications"].read(SUMMARY)
    assert "problems" not in overview.claims
    assert "Condition" in overview.left_out


def test_an_overview_says_each_medicine() -> None:
    said = KINDS["medications"].read({**CONTENTS["meow"], "x": "1"})
    assert said.claims["medications"] == [{"text": "Metformin", "dosage": "500 mg"}]
    assert said.left_out == ("x",)


def test_what_is_not_so_becomes_no_claim() -> None:
    for status in ("entered-in-error", "not-taken"):
        content = medicines(status=status)
        assert refused("medications", content) == "credentials.too_little"
        said = KINDS["summary"].read(content)
        assert "medications" not in said.claims
        assert "MedicationStatement" in said.left_out


def test_no_code_gets_the_system_of_another() -> None:
    codings = [{"code": "1"}, {"system": "http://snomed.info/sct", "code": "2", "display": "Two"}]
    content = medicines(medicationCodeableConcept={"coding": codings, "text": "One"})
    (first, _) = KINDS["medications"].read(content).claims["medications"]
    assert (first["text"], first["code"], first.get("system")) == ("One", "1", None)


def test_a_medicine_that_is_referred_to_is_read() -> None:
    content = medicines(medicationReference={"reference": "Medication/m"})
    for entry in content["entry"]:
        entry["resource"].pop("medicationCodeableConcept", None)
    content["entry"].append(
        {"resource": {"resourceType": "Medication", "id": "m", "code": {"text": "Enalapril"}}}
    )
    told = KINDS["medications"].read(content).claims["medications"]
    assert {row["text"] for row in told} == {"Enalapril"}


def test_a_health_link_says_its_end_and_that_it_asks_for_a_passcode() -> None:
    said = KINDS["health_link"].read(LINK)
    assert said.claims == {
        "link": LINK,
        "label": "Summary of Rosa",
        "link_expires": 1_900_000_000,
        "needs_passcode": True,
    }


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("health_link", "shlink:/eyJ1cmwi", "no_health_link"),
        ("health_link", {}, "no_health_link"),
        ("health_link", CONTENTS["vhl"], "no_health_link"),
        ("medications", {}, "no_extract"),
        ("medications", {"m": [], "n": "Rosa"}, "too_little"),
        ("summary", [], "no_extract"),
        ("summary", {"resourceType": "Bundle", "entry": []}, "several_patients"),
        ("summary", {"resourceType": "Bundle", "entry": [*SUMMARY["entry"], *SUMMARY["entry"]]}, "several_patients"),
        ("vaccination", {"resourceType": "Immunization", "status": "not-done"}, "not_given"),
    ],
)  # fmt: skip
def test_what_says_too_little_is_refused(name: str, content: Any, key: str) -> None:
    assert refused(name, content) == f"credentials.{key}"


@pytest.mark.parametrize("name", SOURCES)
def test_each_kind_is_issued_verified_and_shown_in_part(name: str, tmp_path: Path) -> None:
    signer = chile().dsc[0]
    authority = Authority(signer.key, signer.certificate, LISTS)
    folder = CredentialFolder(tmp_path, record=unrecorded)
    kind = KINDS[name]
    claims = kind.read(SOURCES[name]).claims
    begins = max(NOW, AT - timedelta(days=1))
    order = Order(claims, did_of(HOLDER), folder.new_place(), begins, AT + timedelta(days=30), name)
    text = issue_credential("dc+sd-jwt", order, authority)
    documents: dict[str, Any] = {
        f"{LISTS}/tokens": token_list(folder.bits("least"), f"{LISTS}/tokens", authority, at=AT),
        f"{LISTS}/bits": bitstring_list(folder.bits("most"), f"{LISTS}/bits", authority, at=AT),
    }
    known = Known(documents, None, by_thumbprint([trusted(signer.certificate)]))
    pattern = kind.disclosable[-1]
    shown = present(text, [pattern], HOLDER, **WORD)
    report = verify(shown, known, at=AT, asked=ASKED)
    assert report.verdict == "valid", reasons(report)
    assert report.claims is not None
    assert report.claims["vct"] == kind.vct
    nothing = read_sdjwt(present(text, [], HOLDER, **WORD)).opened().claims
    assert not {path[0] for path in kind.disclosable} & set(nothing)
    if not kind.is_w3c:
        with pytest.raises(BadRequest, match="no_configuration"):
            issue_credential("ldp_vc", order, authority)

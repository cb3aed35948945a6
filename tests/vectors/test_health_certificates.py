"""Texts that WHO's validator reads, and the cases of the European schema, as their index says."""

from __future__ import annotations

import json

import pytest

from sandbox.certificates.dialects import all_dialects, check
from sandbox.certificates.hcert import read
from sandbox.certificates.others import is_divoc, is_vds, read_divoc, read_vds
from tests.conftest import VECTORS

ROOT = VECTORS / "certificates"
TEXTS = sorted(ROOT.glob("*validator/**/*.txt")) if ROOT.is_dir() else []
pytestmark = pytest.mark.needs("vectors")
# file: the dialect that is met, and the steps at which it is not as specified
WHO = {
    "EUQR1Contents": ("eu_dcc", set()),
    "EUColombiaContents": ("eu_dcc", {"schema"}),
    "EUIndonesiaContents": ("eu_dcc", {"schema"}),
    "EUItalyAcceptanceQRContents": ("eu_dcc", set()),
    "EUUruguayContents": ("eu_dcc", {"claims"}),
    "EUUruguay2Contents": ("eu_dcc", set()),
    "WHOQR1Contents": ("ddcc_vs_flat", {"claims"}),
    "WHOQR2Contents": ("ddcc_vs_flat", {"claims", "schema"}),
    "WHOSingaporePCRContents": ("ddcc_tr_flat", {"claims"}),
    "DVCTestQR": ("icvp_2023", {"claims"}),
    "DVCTest2QR": ("icvp_2023", {"claims"}),
    "DVCTest3QR": ("icvp_2023", {"claims"}),
}


def test_every_text_of_whos_validator_is_read_in_its_dialect() -> None:
    texts = {file.stem: file.read_text(encoding="utf-8") for file in TEXTS}
    met = {}
    for name, text in texts.items():
        if text.startswith("HC1:"):
            found = read(text)
            odd = {one.name for one in found.steps if one.status != "ok"}
            met[name] = (found.dialect.name if found.dialect else "", odd)
    assert met == WHO


def test_the_content_is_the_one_that_was_unpacked_by_others() -> None:
    compared = 0
    for file in TEXTS:
        other = file.with_name(file.name.replace("Contents.txt", "Unpacked.txt"))
        if (
            not file.name.endswith("Contents.txt")
            or not file.read_text().startswith("HC1:")
            or not other.exists()
        ):
            continue
        expected = json.loads(other.read_text(encoding="utf-8"))
        if "v" in expected or "t" in expected:
            assert read(file.read_text(encoding="utf-8")).content == expected, file.name
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_the_cases_of_the_schema(kind: str) -> None:
    dialect = next(one for one in all_dialects() if one.name == "eu_dcc")
    files = sorted((ROOT / "ehn-dcc-schema" / "test" / kind).glob("*.json"))
    verdicts = {}
    for file in files:
        held = json.loads(file.read_text(encoding="utf-8"))
        found = [one for one in check(dialect, held) if one.severity == "error"]
        verdicts[file.name] = not found
    assert len(verdicts) == {"valid": 13, "invalid": 6}[kind]
    assert {name for name, right in verdicts.items() if right != (kind == "valid")} == set()


def test_the_examples_of_the_schema_are_right() -> None:
    dialect = next(one for one in all_dialects() if one.name == "eu_dcc")
    files = sorted((ROOT / "ehn-dcc-schema" / "examples").rglob("*.json"))
    wrong = {
        file.name: [
            (one.key, one.where, one.found)
            for one in check(dialect, json.loads(file.read_text("utf-8")))
        ]
        for file in files
    }
    assert len(files) == 27
    assert {
        name: told
        for name, told in wrong.items()
        if any("field_v" not in key for key, _, _ in told)
    } == {}


# Japan's certificate writes NULL where nothing may stand
SIGNED = {"ICAOAUQR1Contents": "ok", "ICAOJPQR1Contents": "warn"}


def test_certificates_of_other_formats_are_read_as_others_unpacked_them() -> None:
    compared = []
    for file in TEXTS:
        text = file.read_text(encoding="utf-8")
        if "ddcc-validator" in str(file) and (is_vds(text) or is_divoc(text)):
            found = read_vds(text) if is_vds(text) else read_divoc(text)
            other = file.with_name(file.name.replace("Contents.txt", "Unpacked.json"))
            expected = json.loads(other.read_text("utf-8")) if other.exists() else json.loads(text)
            held = found.claims.content[None] if found.claims else None
            assert held == (expected["data"] if is_vds(text) else expected), file.name
            assert found.verdict == "unverified", file.name
            assert found.step("signature").status == SIGNED.get(file.stem, "skipped"), file.name
            compared.append(file.stem)
    assert len(compared) == 5

"""Each format is read by the parser of its kind, and says what was found."""

import csv
import io
import json
import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sandbox.findings import Finding
from sandbox.i18n import LANGUAGES, Language
from sandbox.reports import AskedReport, Format, Judged, Level, write_report
from sandbox.validation import validate, validate_source
from tests.builders import a_patient
from tests.conftest import CLIENTS

BODY = json.dumps(a_patient(gender="F<b>", name=[{"use": "x"}, {"use": "x"}]), indent=1).encode()
WRONG = Judged("some folder/á.json", BODY, validate_source(BODY))
RIGHT = Judged("b.json", json.dumps(a_patient()).encode(), [])


def report(
    format: Format, *documents: Judged, language: Language = "es", level: Level = Level.information
) -> str:
    return write_report(documents or (WRONG, RIGHT), AskedReport(language, level), format=format)


def test_junit_has_a_suite_for_each_document_and_a_failure_for_each_sentence() -> None:
    root = ET.fromstring(report(Format.junit))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == [WRONG.name, RIGHT.name]
    failures = suites[WRONG.name].findall("testcase/failure")
    assert int(root.get("failures", "")) == len(failures) >= 2
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    assert any("Patient.name[1].use" in (failure.text or "") for failure in failures)
    assert suites[RIGHT.name].find("testcase/failure") is None


def test_junit_fails_at_what_a_build_stops_at() -> None:
    warned = Judged(
        "a",
        b"{}",
        [Finding("x", "warning", "validation.not_in_value_set", params={"value_set": "\x01"})],
    )
    assert 'failures="0"' in write_report([warned], AskedReport("en"), format=Format.junit)
    assert "<failure" in write_report(
        [warned], AskedReport("en", fail_on=Level.warning), format=Format.junit
    )


def test_csv_has_a_row_for_each_finding_and_no_formula() -> None:
    found = Finding(
        "x",
        "error",
        "validation.not_in_value_set",
        params={"value_set": "x"},
        found="=1+1",
        where="@x",
    )
    hostile = Judged("=cmd.json", b"{}", [found])
    rows = list(csv.DictReader(io.StringIO(report(Format.csv, WRONG, hostile))))
    assert len(rows) == len(WRONG.findings) + 1
    assert [row["also"].partition(" ")[2] for row in rows] == ["Patient.name[1].use", "", ""]
    assert (rows[-1]["file"], rows[-1]["found"], rows[-1]["where"]) == (
        "'=cmd.json",
        "'=1+1",
        "'@x",
    )


def test_an_outcome_is_a_right_resource_that_says_line_and_column() -> None:
    wrong, right = json.loads(report(Format.outcome))
    for outcome in (wrong, right):
        assert [one for one in validate(outcome) if one.severity in ("error", "fatal")] == []
    extensions = {
        one["url"].rpartition("-")[2]: one["valueInteger"] for one in wrong["issue"][0]["extension"]
    }
    assert extensions == {"line": WRONG.findings[0].line, "col": WRONG.findings[0].column}


def test_json_hides_what_is_below_the_level() -> None:
    told = Finding("x", "information", "validation.not_in_value_set", params={"value_set": "x"})
    document = Judged("a.json", b"{}", [told])
    ((all_rows,), (errors,)) = (
        json.loads(report(Format.json, document, level=one))
        for one in (Level.information, Level.error)
    )
    assert all_rows["findings"]
    assert errors["findings"] == []
    assert errors["valid"] is True


@pytest.mark.parametrize("language", LANGUAGES)
def test_sarif_has_rules_with_their_clauses_and_results_with_their_places(
    language: Language,
) -> None:
    (run,) = json.loads(report(Format.sarif, language=language))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["language"] == language
    for result, finding in zip(run["results"], WRONG.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.key
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "some%20folder/%C3%A1.json"
        assert place["region"] == {"startLine": finding.line, "startColumn": finding.column}


def test_a_rule_of_sarif_leads_to_the_page_of_its_clause() -> None:
    control = b'{"resourceType": "Patient", "name": [{"text": "\\u0001a"}]}'
    (run,) = json.loads(report(Format.sarif, Judged("a.json", control, validate_source(control))))[
        "runs"
    ]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["helpUri"] == "https://hl7.org/fhir/R4/datatypes.html#string"
    assert rule["properties"]["clause"] == "FHIR R4 datatypes.html#string"


def test_sarif_knows_a_finding_again_when_its_line_moves() -> None:
    moved = b"\n\n" + BODY

    def prints(document: Judged) -> list[str]:
        (run,) = json.loads(report(Format.sarif, document))["runs"]
        return [one["partialFingerprints"]["placeAndValue/v1"] for one in run["results"]]

    assert prints(Judged(WRONG.name, moved, validate_source(moved))) == prints(WRONG)
    assert len(set(prints(WRONG))) == len(WRONG.findings)


def multitool(folder: Path, text: str) -> list[str]:
    """Returns the rules by which Microsoft's own tool refuses a SARIF file."""
    tool = CLIENTS / "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool"
    if not tool.is_file():
        pytest.skip("no sarif-multitool in out/clients: make clients")
    file = folder / "report.sarif"
    file.write_text(text, encoding="utf-8")
    verdict = folder / "verdict.sarif"
    # it would ask for each helpUri: nothing listens at the proxy that it is given
    nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    plain = {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}  # runs without libicu
    subprocess.run(
        [tool, "validate", file, "--output", verdict, "--log", "ForceOverwrite", "--quiet"],
        env={**os.environ, **nowhere, **plain},
        check=True,
        capture_output=True,
        timeout=120,
    )
    (run,) = json.loads(verdict.read_text(encoding="utf-8-sig"))["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    return [result["ruleId"] for result in run.get("results", [])]


@pytest.mark.needs("clients")
def test_sarif_is_accepted_by_the_tool_of_its_makers(tmp_path: Path) -> None:
    for documents in ((WRONG, RIGHT), (RIGHT,)):
        assert multitool(tmp_path, report(Format.sarif, *documents)) == []


@pytest.mark.needs("clients")
def test_the_tool_refuses_what_is_no_sarif(tmp_path: Path) -> None:
    wrong = json.loads(report(Format.sarif))
    del wrong["runs"][0]["tool"]["driver"]
    assert "JSON1002" in multitool(tmp_path, json.dumps(wrong))


def test_two_findings_that_differ_in_value_are_two_sentences() -> None:
    body = json.dumps(a_patient(name=[{"use": "x"}, {"use": "y"}])).encode()
    text = report(Format.text, Judged("a.json", body, validate_source(body)), level=Level.error)
    assert "lugar" not in text


def test_every_format_tells_all_places_of_a_finding() -> None:
    """Both names have the same wrong use; the second place has a line of its own."""
    second = next(finding for finding in WRONG.findings if finding.also).also[0]
    assert second.where == "Patient.name[1].use"
    assert second.line > 1
    [rows, _] = json.loads(report(Format.json))
    assert second.line in [spot["line"] for row in rows["findings"] for spot in row["also"]]
    results = json.loads(report(Format.sarif))["runs"][0]["results"]
    related = [place for result in results for place in result.get("relatedLocations", ())]
    assert [place["physicalLocation"]["region"]["startLine"] for place in related] == [second.line]
    [outcome, _] = json.loads(report(Format.outcome))
    assert ["Patient.name[0].use", second.where] in [
        issue["expression"] for issue in outcome["issue"]
    ]
    for format in (Format.text, Format.csv, Format.junit):
        assert f"{second.line}:{second.column} {second.where}" in report(format)


def test_a_value_of_a_short_list_is_advised_and_none_of_a_long_one() -> None:
    assert "male, female, other, unknown" in report(Format.text, WRONG)
    language = json.dumps(
        a_patient(communication=[{"language": {"coding": [{"system": "urn:x", "code": "y"}]}}])
    )
    judged = Judged("a.json", language.encode(), validate_source(language.encode()))
    assert "Elige un código de ese conjunto" in report(Format.text, judged)

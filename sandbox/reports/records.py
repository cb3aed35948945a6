"""Findings as records for programs: JSON, FHIR's OperationOutcome, and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from sandbox.fhir.json import Json
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding, Spot
from sandbox.i18n import Language
from sandbox.reports.documents import AskedReport, Judged
from sandbox.sentences import fix_of, text_of, why_of

# By these extensions a validator says where in the source text an issue is (HL7 FHIR Extensions
# 5.2).
LINE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"
COLUMN = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "severity", "key", "where", "line", "column", "text", "expected", "found", "fix", "clause",
    "because", "also",
)  # fmt: skip


def finding_record(finding: Finding, language: Language) -> dict[str, object]:
    """Returns a finding with its place and its sentences, under the names of COLUMNS; `also` are
    its further places.
    """
    return {
        "severity": finding.severity,
        "key": finding.key,
        "where": finding.where,
        "line": finding.line,
        "column": finding.column,
        "text": text_of(finding, language),
        "expected": finding.expected,
        "found": finding.found,
        "fix": fix_of(finding, language),
        "clause": finding.clause,
        "because": why_of(finding, language),
        "also": [asdict(spot) for spot in finding.also],
    }


def as_json(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns a list with an object for each document: file, valid, findings."""
    rows = [
        {
            "file": document.name,
            "valid": document.is_valid,
            "findings": [
                finding_record(finding, asked.language) for finding in asked.shown(document)
            ],
        }
        for document in documents
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def as_outcomes(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns a list with an OperationOutcome for each document (FHIR R4 operationoutcome.html)."""
    outcomes = [placed_outcome(asked.shown(document), asked.language) for document in documents]
    return json.dumps(outcomes, ensure_ascii=False, indent=1) + "\n"


def placed_outcome(findings: Sequence[Finding], language: Language) -> Json:
    """Returns an OperationOutcome whose issues say line and column; without findings, one that says
    that all is well.
    """
    outcome = operation_outcome(findings, language)
    for finding, issue in zip(findings, outcome["issue"], strict=True):
        if finding.line:
            issue["extension"] = [
                {"url": LINE, "valueInteger": finding.line},
                {"url": COLUMN, "valueInteger": finding.column},
            ]
    if not findings:  # FHIR R4 operationoutcome.html: issue is 1..*
        outcome["issue"] = [{"severity": "information", "code": "informational"}]
    return outcome


def as_csv(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns a row for each finding behind a row with the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180 2
    writer.writerow(["file", *COLUMNS])
    for document in documents:
        for finding in asked.shown(document):
            record = finding_record(finding, asked.language)
            record["also"] = "\n".join(map(_written, finding.also))
            writer.writerow(
                [_harmless(document.name), *(_harmless(str(record[name])) for name in COLUMNS)]
            )
    return text.getvalue()


def _written(spot: Spot) -> str:
    return f"{spot.line}:{spot.column} {spot.where}" if spot.line else spot.where


def _harmless(word: str) -> str:
    """A spreadsheet takes what begins with one of these for a formula, and a document may be
    hostile.
    """
    return f"'{word}" if word.startswith(FORMULA) else word

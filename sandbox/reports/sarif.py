"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines of a change."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from sandbox import __version__
from sandbox.fhir.json import Json
from sandbox.findings import Finding, Severity, Spot
from sandbox.i18n import Language
from sandbox.reports.documents import AskedReport, Judged
from sandbox.sentences import cited, fix_of, text_of

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
LEVELS: dict[Severity, str] = {
    "fatal": "error",
    "error": "error",
    "warning": "warning",
    "information": "note",
}
ROOT = "SRCROOT"
PAGE = re.compile(r"FHIR R4 ([a-z][\w-]*\.html(?:#[\w.\-\[\]]+)?)")
HOME = "https://hl7.org/fhir/R4/"


def as_sarif(documents: Sequence[Judged], asked: AskedReport) -> str:
    """Returns one run: a rule for each key that was met, a result for each finding."""
    findings = [(document, finding) for document in documents for finding in asked.shown(document)]
    rules: dict[str, Json] = {}
    for _, finding in findings:
        rules.setdefault(finding.key, _rule(finding, asked.language))
    numbers = {key: number for number, key in enumerate(rules)}
    run: Json = {
        "tool": {
            "driver": {
                "name": "connectathon-sandbox",
                "version": __version__,
                "informationUri": HOME,
                "rules": list(rules.values()),
            }
        },
        "language": asked.language,
        # Our columns count characters, not UTF-16 units.
        "columnKind": "unicodeCodePoints",
        "artifacts": [{"location": _artifact(document.name)} for document in documents],
        "results": [
            _result(document, finding, numbers, asked.language) for document, finding in findings
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=1) + "\n"


def _rule(finding: Finding, language: Language) -> Json:
    """A rule is a key; its page is that of the clause, where R4 has one."""
    page = PAGE.search(finding.clause)
    words = finding.key.partition(".")[2].replace(".", "_").split("_")
    rule: Json = {
        "id": finding.key,
        "name": "".join(word.capitalize() for word in words),
        "shortDescription": {"text": finding.clause or finding.key},
        "help": {"text": fix_of(finding, language)},
        "properties": {"clause": finding.clause},
    }
    if page:
        rule["helpUri"] = HOME + page[1]
    return rule


def _result(
    document: Judged, finding: Finding, numbers: Mapping[str, int], language: Language
) -> Json:
    # SARIF shows one place of a result; the others are related
    first, *further = (_location(document, spot) for spot in finding.spots)
    text = text_of(finding, language)
    fix = fix_of(finding, language)
    clause = cited(finding, language)
    result: Json = {
        "ruleId": finding.key,
        "ruleIndex": numbers[finding.key],
        "level": LEVELS[finding.severity],
        "message": {"text": f"{text} → {fix}" + (f" [{clause}]" if clause else "")},
        "locations": [first],
        "partialFingerprints": {"placeAndValue/v1": _fingerprint(finding)},
        "properties": {
            "expected": finding.expected,
            "found": finding.found,
            "clause": finding.clause,
        },
    }
    if further:
        result["relatedLocations"] = [
            {"id": number, **location} for number, location in enumerate(further, 1)
        ]
    return result


def _location(document: Judged, spot: Spot) -> Json:
    place: Json = {"artifactLocation": _artifact(document.name)}
    if spot.line:
        # SARIF 2.1.0 3.30.6: a column is at least 1, and 0 means unknown here
        place["region"] = {"startLine": spot.line, "startColumn": max(spot.column, 1)}
    location: Json = {"physicalLocation": place}
    if spot.where:
        location["logicalLocations"] = [{"fullyQualifiedName": spot.where, "kind": "element"}]
    return location


def _fingerprint(finding: Finding) -> str:
    """Stays the same when lines move, so that a code host knows a finding again."""
    words = "\n".join((finding.key, finding.where, finding.expected, finding.found, finding.clause))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def _artifact(name: str) -> Json:
    """Returns where a document is: relative to the root of the sources, or its whole address."""
    path = PurePath(name)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": ROOT}

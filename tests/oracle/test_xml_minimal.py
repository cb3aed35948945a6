"""Each rule of xml.html gets its verdict: nothing against the right document, the fault named in the wrong one."""

from __future__ import annotations

import pytest

from sandbox.findings import Finding
from sandbox.validation.validate import validate_source
from tests.oracle.minimal import Rule, rules

ROWS = [pytest.param(rule, id=rule.id) for rule in rules() if rule.id.startswith("xml-")]
FAULTS = ("fatal", "error", "warning")


def _faults(text: str) -> list[Finding]:
    return [finding for finding in validate_source(text.encode()) if finding.severity in FAULTS]


@pytest.mark.parametrize("rule", ROWS)
def test_the_right_document_has_no_error(rule: Rule) -> None:
    assert [finding for finding in _faults(rule.right) if finding.severity != "warning"] == []


@pytest.mark.parametrize("rule", ROWS)
def test_the_wrong_document_has_its_fault_with_a_line(rule: Rule) -> None:
    faults = [finding for finding in _faults(rule.wrong) if finding.severity == rule.severity]
    assert faults
    assert all(finding.line and finding.column for finding in faults)

"""The public validator cases: our verdict against HL7's Java engine; each difference has its reason.

Errors that the engine took from a terminology server do not count; cases without a recorded outcome are not scored.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.definitions.build import compile_package
from sandbox.definitions.store import Definitions, core_definitions, core_resources
from sandbox.definitions.types import TypeCatalogue
from sandbox.definitions.xml import read_xml
from sandbox.errors import SandboxError
from sandbox.fhir.json import Json, parse_json
from sandbox.validation import Knowledge, Options, validate
from tests.conftest import VECTORS

CASES = VECTORS / "validator"
HL7 = "http://hl7.org/fhir/"
DIFFERENCES = {
    "parameters-profiled-resource-multiple profile": "one of a type's profiles must hold; the engine lets a miss pass [FHIR R4 elementdefinition.html#ElementDefinition.type.profile]",
}


def expectation(java: Any) -> bool | None:
    """Returns whether the engine found an error, or None when its outcome is not at hand."""
    if isinstance(java, dict):
        return bool(java["errorCount"]) if "errorCount" in java else None
    file = CASES / "outcomes" / java
    if not file.exists():
        return None
    issues = json.loads(file.read_text(encoding="utf-8")).get("issue", [])
    return any(
        issue["severity"] in ("error", "fatal") and not from_server(issue) for issue in issues
    )


def from_server(issue: Json) -> bool:
    return any(
        "issue-server" in extension.get("url", "") for extension in issue.get("extension", [])
    )


def read(name: str) -> Json:
    file = CASES / name
    if file.suffix == ".xml":
        return read_xml(file.read_bytes(), TypeCatalogue(core_definitions()))
    return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]  # a resource


def definitions_of(names: list[str]) -> Iterator[Json]:
    for name in names:
        if (CASES / name).exists():
            resource = read(name)
            entries = resource.get("entry", []) if resource["resourceType"] == "Bundle" else []
            yield from [entry["resource"] for entry in entries] or [resource]


def verdict(case: Json, profile: Json | None, core: list[Json]) -> bool:
    """Judges a case by R4, or by the profile that it names as well."""
    names = [*case.get("supporting", []), *case.get("profiles", [])]
    source = profile["source"] if profile else ""
    if profile:
        names += [*profile.get("supporting", []), *([source] if Path(source).suffix else [])]
    urls = (
        [read(source)["url"] if Path(source).suffix in (".json", ".xml") else source]
        if profile
        else []
    )
    knowledge = Knowledge(Definitions([*core, *compile_package(definitions_of(names))]))
    try:
        resource = parse_json((CASES / case["file"]).read_bytes())
    except SandboxError:
        return True
    # The engine's cases rest on its own policy: an extension that nothing defines is refused outside of some domains.
    options = Options(
        extension_domains=(HL7, *filter(None, [case.get("allowed-extension-domain")]))
    )
    findings = validate(resource, profiles=urls, knowledge=knowledge, options=options)
    if case.get("validateContains") == "IGNORE":
        findings = [
            one
            for one in findings
            if ".contained[" not in one.where and one.params.get("name") != "dom-3"
        ]
    return any(finding.severity in ("error", "fatal") for finding in findings)


@pytest.mark.slow
@pytest.mark.needs("vectors")
def test_verdicts_agree_with_the_reference_but_for_the_differences_with_a_reason() -> None:
    core = list(core_resources())
    manifest = json.loads((CASES / "manifest.json").read_text(encoding="utf-8"))
    scored, different = 0, set()
    for case in manifest["test-cases"]:
        for kind, profile, java in (
            ("base", None, case.get("java")),
            ("profile", case.get("profile"), case.get("profile", {}).get("java")),
        ):
            expected = None if java is None else expectation(java)
            if expected is not None:
                scored += 1
                if verdict(case, profile, core) != expected:
                    different.add(f"{case['name']} {kind}")
    assert scored == 84
    assert different == set(DIFFERENCES)

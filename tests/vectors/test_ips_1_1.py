"""IPS 1.1.0 beside 2.0.0: its own examples are judged by it to the last profile."""

import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.fhir.json import parse_json
from sandbox.validation import validate
from tests.conftest import VECTORS

PACKAGE = VECTORS / "guides" / "hl7.fhir.uv.ips-1.1.0.tgz"
IPS = "http://hl7.org/fhir/uv/ips/"
# The documents refer to entries in another style than their fullUrls; what a slice resolves is then not found.
BY_THE_FULL_URLS = {"namesake", "unreached", "missing_slice", "invariant"}
# UCUM 6: an annotation holds no space, and this one is {wine glasses}/d.
OWN_FAULTS = {"Observation-alcohol-use-example.json": {"unknown_unit"}}


def examples() -> Iterator[tuple[str, Any]]:
    if not PACKAGE.is_file():
        return
    with tarfile.open(PACKAGE) as archive:
        for name in sorted(archive.getnames()):
            stream = archive.extractfile(name) if name.startswith("package/example/") else None
            if stream is not None and name.endswith(".json"):
                content = stream.read()
                if "resourceType" in json.loads(content):
                    yield name.rpartition("/")[2], parse_json(content)


@pytest.mark.needs("vectors")
def test_an_example_of_1_1_is_judged_by_1_1_throughout_and_has_no_error_of_its_own() -> None:
    judged = 0
    for name, resource in examples():
        named = resource.get("meta", {}).get("profile", [])
        if resource["resourceType"] == "Bundle":
            named = [IPS + "StructureDefinition/Bundle-uv-ips"]
        profiles = [f"{url}|1.1.0" for url in named if url.startswith(IPS)]
        findings = validate(resource, profiles=profiles)
        assert not [finding for finding in findings if " 2.0.0" in finding.clause], name
        wrong = {
            finding.key.partition(".")[2] for finding in findings if finding.severity == "error"
        }
        explained = (
            BY_THE_FULL_URLS
            if resource["resourceType"] == "Bundle"
            else OWN_FAULTS.get(name, set())
        )
        assert wrong <= explained, name
        judged += bool(profiles)
    assert judged == 4  # its documents; the others name no profile

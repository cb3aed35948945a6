"""Guides as their authors have them on disk: a SUSHI project, a publisher's output, a single file."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.definitions.compiled import read_compiled
from sandbox.definitions.installed import added_files, packages_folder
from sandbox.definitions.packages import BadPackage
from sandbox.definitions.registry import add_package
from sandbox.findings import Finding
from sandbox.validation import validate
from tests.builders import a_patient
from tests.conftest import VECTORS

BASE = "http://example.org/fhir"
R4 = "http://hl7.org/fhir/StructureDefinition/"
MISSING = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"
GUIDE = {
    "resourceType": "ImplementationGuide", "id": "example.guide", "packageId": "example.guide", "version": "0.2.0",
    "dependsOn": [{"packageId": "hl7.fhir.us.core", "version": "6.1.0", "uri": "http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core"}],
    "global": [{"type": "Patient", "profile": f"{BASE}/StructureDefinition/p"}],
}  # fmt: skip


def a_structure(id: str, base: str, **element: Any) -> dict[str, Any]:
    return {
        "resourceType": "StructureDefinition", "id": id, "url": f"{BASE}/StructureDefinition/{id}", "version": "0.2.0",
        "kind": "resource", "type": "Patient", "baseDefinition": base, "derivation": "constraint",
        "differential": {"element": [{"id": "Patient.birthDate", "path": "Patient.birthDate", **element}]},
    }  # fmt: skip


def a_project(folder: Path, *, guide: dict[str, Any] | None = None, config: str = "") -> Path:
    generated = folder / "fsh-generated" / "resources"
    generated.mkdir(parents=True)
    for resource in (
        a_structure("p", R4 + "Patient", min=1),
        a_structure("q", MISSING, min=1),
        guide,
    ):
        if resource:
            (generated / f"{resource['id']}.json").write_text(json.dumps(resource))
    if config:
        (folder / "sushi-config.yaml").write_text(config)
    (folder / "package.json").write_text('{"name": "a-node-project", "version": "9.9.9"}')
    return folder


def a_collection(resource: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": "urn:uuid:6b6c1c0e-6e0f-4d0b-9c8e-1f2a3b4c5d6e", "resource": resource}
        ],
    }


def keys(findings: list[Finding]) -> set[str]:
    return {finding.key.removeprefix("validation.") for finding in findings}


def test_a_sushi_project_is_named_by_its_guide_and_says_what_it_lacks(tmp_path: Path) -> None:
    added = add_package(str(a_project(tmp_path / "project", guide=GUIDE)))
    assert (str(added), added.definitions, added.missing) == (
        "example.guide#0.2.0",
        2,
        ("hl7.fhir.us.core#6.1.0",),
    )


def test_a_sushi_project_without_a_guide_is_named_by_its_configuration(tmp_path: Path) -> None:
    config = "id: example.guide\nversion: 0.3.0\ndependencies:\n  hl7.fhir.us.core: 6.1.0\n  hl7.fhir.uv.ips:\n    version: 1.1.0\n"
    added = add_package(str(a_project(tmp_path / "project", config=config)))
    assert (str(added), added.missing) == ("example.guide#0.3.0", ("hl7.fhir.us.core#6.1.0",))


def test_a_folder_without_either_is_named_by_itself(tmp_path: Path) -> None:
    a_project(tmp_path / "Mi guía")
    assert (
        str(add_package(str(tmp_path / "Mi guía" / "fsh-generated" / "resources")))
        == "resources#current"
    )
    assert str(add_package(str(tmp_path / "Mi guía"))) == "mi-gu-a#current"


def test_the_output_of_the_publisher_is_a_guide(tmp_path: Path) -> None:
    output = tmp_path / "ig" / "output"
    output.mkdir(parents=True)
    (output / "ImplementationGuide-x.json").write_text(json.dumps(GUIDE))
    (output / "StructureDefinition-p.json").write_text(
        json.dumps(a_structure("p", R4 + "Patient", min=1))
    )
    assert (
        str(add_package(str(output)))
        == str(add_package(str(tmp_path / "ig")))
        == "example.guide#0.2.0"
    )


def test_a_file_with_one_definition_or_a_bundle_of_them_is_taken(tmp_path: Path) -> None:
    profile = a_structure("p", R4 + "Patient", min=1)
    one, several = tmp_path / "one.json", tmp_path / "several.json"
    one.write_text(json.dumps(profile))
    several.write_text(json.dumps(a_collection(profile)))
    assert [str(add_package(str(file))) for file in (one, several)] == [
        "one#current",
        "several#current",
    ]
    assert "missing" in keys(validate(a_patient(), profiles=[profile["url"]]))


def test_a_folder_without_definitions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "p.json").write_text(json.dumps(a_patient()))
    with pytest.raises(BadPackage) as caught:
        add_package(str(tmp_path / "photos"))
    assert caught.value.key == "definitions.nothing_inside"
    assert list(packages_folder().glob("*")) == []


def test_a_profile_whose_base_is_missing_says_so_and_names_the_package(tmp_path: Path) -> None:
    add_package(str(a_project(tmp_path / "project", guide={**GUIDE, "global": []})))
    (said,) = validate(a_patient(), profiles=[f"{BASE}/StructureDefinition/q"])
    assert (said.key, said.severity) == ("validation.unknown_base_package", "information")
    assert said.params["package"] == "hl7.fhir.us.core#6.1.0"
    assert said.params["base"] == MISSING
    assert keys(validate(a_patient(), profiles=[f"{BASE}/StructureDefinition/p"])) == {"missing"}


def test_what_an_added_guide_asks_of_every_patient_counts_and_says_why(tmp_path: Path) -> None:
    assert validate(a_patient()) == []
    add_package(str(a_project(tmp_path / "project", guide=GUIDE)))
    assert keys(validate(a_patient())) == {"missing", "global_profile"}
    inside = validate(a_collection(a_patient()))
    assert {finding.where for finding in inside if finding.key == "validation.global_profile"} == {
        "Bundle.entry[0].resource"
    }
    assert validate(a_patient(birthDate="1958")) == []


@pytest.mark.needs("vectors")
@pytest.mark.daily("long", share=0.25)
@pytest.mark.parametrize("name", ["hl7.fhir.uv.ips#1.1.0", "hl7.fhir.us.core#6.1.0"])
def test_published_guides_are_added_with_what_they_build_on(name: str) -> None:
    file = VECTORS / "guides" / f"{name.replace('#', '-')}.tgz"
    added = add_package(str(file))
    assert str(added) == name
    assert added.definitions > 60
    assert not any(one.startswith(("hl7.fhir.r4.core", "hl7.terminology")) for one in added.missing)
    (compiled,) = map(read_compiled, added_files())
    assert {one.name for one in compiled.manifest.dependencies} > {
        "hl7.fhir.r4.core",
        "hl7.terminology.r4",
    }

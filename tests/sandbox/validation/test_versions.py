"""Which other version of a profile an instance meets is told when it fails the one asked for, and only then."""

import pytest

from sandbox.definitions.compiled import Definition, Manifest
from sandbox.definitions.store import Definitions, core_resources
from sandbox.definitions.stripping import strip
from sandbox.validation import Knowledge, Options, validate
from tests.builders import a_patient
from tests.sandbox.validation.profiles import R4, a_profile

URL = "http://example.org/p"


def a_version(version: str, **element: int) -> Definition:
    profile = {
        **a_profile({"path": "Patient.birthDate", **element}),
        "version": version,
        "baseDefinition": R4 + "Patient",
    }
    stripped = strip(profile)
    assert stripped is not None
    return Definition.of(stripped, Manifest("guide", version))


@pytest.fixture(scope="module")
def both() -> Knowledge:
    return Knowledge(
        Definitions([*core_resources(), a_version("2.0.0", min=1), a_version("1.0.0")])
    )


@pytest.mark.parametrize(
    ("profile", "born", "compare", "told"),
    [
        (URL, "", True, ["1.0.0"]),
        (f"{URL}|2.0.0", "", True, ["1.0.0"]),
        (f"{URL}|2.0.0", "1958", True, []),
        (f"{URL}|1.0.0", "", True, []),
        (URL, "", False, []),
        (URL, "yesterday", True, []),
    ],
)
def test_another_version_that_is_met_is_told(
    both: Knowledge, profile: str, born: str, compare: bool, told: list[str]
) -> None:
    patient = a_patient(birthDate=born) if born else a_patient()
    findings = validate(
        patient, profiles=[profile], knowledge=both, options=Options(compare_versions=compare)
    )
    said = [finding for finding in findings if finding.key == "validation.meets_version"]
    assert [finding.params["version"] for finding in said] == told
    assert all(finding.severity == "information" for finding in said)

import pytest

from sandbox.definitions.origins import package_for


@pytest.mark.parametrize(
    ("url", "package"),
    [
        ("http://hl7.org/fhir/us/core/StructureDefinition/us-core-race", "hl7.fhir.us.core"),
        ("http://hl7.org/fhir/uv/sdc/StructureDefinition/x", "hl7.fhir.uv.sdc"),
        ("http://hl7.org/fhir/StructureDefinition/x", "hl7.fhir.uv.extensions.r4"),
        ("http://hl7.org.au/fhir/StructureDefinition/x", "hl7.fhir.au.base"),
        ("http://hl7.org.au/fhir/core/StructureDefinition/x", "hl7.fhir.au.core"),
        ("https://profiles.ihe.net/ITI/MHD/StructureDefinition/x", "ihe.iti.mhd"),
        ("http://hl7.org/fhir/us/x", ""),
        ("http://example.org/fhir/us/core/x", ""),
        ("", ""),
    ],
)
def test_a_url_tells_its_package_where_it_is_known(url: str, package: str) -> None:
    assert package_for(url) == package

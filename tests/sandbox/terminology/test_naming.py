import pytest

from sandbox.terminology.naming import LOINC, SNOMED, Names

V3 = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"
V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
OWN = "http://example.org/CodeSystem/colours"


@pytest.fixture(scope="module")
def names() -> Names:
    return Names([V3, V2, OWN])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("loinc", LOINC),
        ("LOINC", LOINC),
        ("http://loinc.org/", LOINC),
        ("https://loinc.org", LOINC),
        ("http://www.loinc.org", LOINC),
        ("http://LOINC.org", LOINC),
        (" http://loinc.org ", LOINC),
        ("urn:oid:2.16.840.1.113883.6.1", LOINC),
        ("2.16.840.1.113883.6.1", LOINC),
        ("http://snomed.info/sct/", SNOMED),
        ("snomed", SNOMED),
        ("SNOMED CT", SNOMED),
        ("SNOMED-CT", SNOMED),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("ICD-10", "http://hl7.org/fhir/sid/icd-10"),
        ("http://hl7.org/fhir/v3/MaritalStatus", V3),
        ("http://hl7.org/fhir/v2/0203", V2),
        ("https://example.org/CodeSystem/colours/", OWN),
    ],
)
def test_another_spelling_leads_to_the_url(names: Names, written: str, meant: str) -> None:
    assert names.right_url(written) == meant


@pytest.mark.parametrize(
    "system",
    [
        LOINC, SNOMED, V3, OWN,
        "http://snomed.info/sct/900000000000207008",  # an edition, which is no spelling of the system
        "http://example.org/loinc", "http://hl7.org/fhir/v3/NoSuchTable", "urn:oid:1.2.3", "colours", "",
    ],
)  # fmt: skip
def test_what_is_right_or_unknown_has_no_other_url(names: Names, system: str) -> None:
    assert names.right_url(system) == ""

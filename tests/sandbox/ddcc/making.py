"""Answers and summaries for tests of WHO's certificates: whole ones, each to be broken in one place."""

from __future__ import annotations

import copy
from typing import Any

DDCC = "http://smart.who.int/ddcc/Questionnaire/DDCCVSCoreDataSetQuestionnaire"
ICVP = "http://smart.who.int/icvp/Questionnaire/ICVP"
HCID = "URN:HCID:CL-0001"
COMIRNATY = {
    "system": "https://ec.europa.eu/health/documents/community-register",
    "code": "EU/1/20/1528",
}
BIONTECH = {"system": "https://spor.ema.europa.eu/v1/organisations", "code": "ORG-100030215"}
COVID = {"system": "http://id.who.int/icd11/mms", "code": "RA01"}
PRODUCT = {
    "system": "http://smart.who.int/pcmt-vaxprequal/CodeSystem/PreQualProductIDs",
    "code": "YellowFeverProduct1",
}
ANSWERS: dict[str, Any] = {
    "name": {"valueString": "Rosa Catalina Fuenzalida"},
    "birthDate": {"valueDate": "1958-03-21"},
    "identifier": {"valueString": "48215377-1"},
    "sex": {
        "valueCoding": {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"}
    },
    "vaccine": {"valueCoding": {"system": "http://id.who.int/icd11/mms", "code": "XM0GQ8"}},
    "brand": {"valueCoding": COMIRNATY},
    "ma_holder": {"valueCoding": BIONTECH},
    "lot": {"valueString": "PCB0022"},
    "date": {"valueDate": "2026-05-06"},
    "dose": {"valueInteger": 2},
    "total_doses": {"valueInteger": 2},
    "country": {"valueCoding": {"system": "urn:iso:std:iso:3166", "code": "CHL"}},
    "centre": {"valueString": "CESFAM Amanecer"},
    "disease": {"valueCoding": COVID},
    "pha": {"valueString": "Ministerio de Salud"},
    "hcid": {"valueString": HCID},
    "valid_until": {"valueDate": "2027-05-06"},
}


def a_response(without: tuple[str, ...] = (), **changed: Any) -> dict[str, Any]:
    """Returns a QuestionnaireResponse with every answer that is needed, save some, and some changed."""
    answers = {**ANSWERS, **changed}
    items = [
        {"linkId": link, "answer": [one]} for link, one in answers.items() if link not in without
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": DDCC,
        "status": "completed",
        "item": items,
    }


TEST_FORM = "http://smart.who.int/ddcc/DDCCTRCoreDataSetQuestionnaire"
ICD11 = "http://id.who.int/icd11/mms"
TEST_ANSWERS: dict[str, Any] = {
    "name": {"valueString": "Rosa Catalina Fuenzalida"},
    "birthDate": {"valueDate": "1958-03-21"},
    "identifier": {"valueString": "48215377-1"},
    "pathogen": {"valueCoding": {"system": ICD11, "code": "XN109"}},
    "type": {"valueCoding": {"system": "http://loinc.org", "code": "LP6464-4"}},
    "origin": {"valueCoding": {"system": "http://snomed.info/sct", "code": "258500001"}},
    "date": {"valueDateTime": "2026-05-06T10:30:00-04:00"},
    "result": {"valueCoding": {"system": ICD11, "code": "QA02"}},
    "centre": {"valueString": "Laboratorio Amanecer"},
    "country": {"valueCoding": {"system": "urn:iso:std:iso:3166", "code": "CHL"}},
    "pha": {"valueString": "Ministerio de Salud"},
    "hcid": {"valueString": "URN:HCID:CL-0002"},
    "valid_until": {"valueDate": "2027-05-06"},
}


def a_test_response(without: tuple[str, ...] = (), **changed: Any) -> dict[str, Any]:
    """Returns the answers for the certificate of a test result, save some, and some changed."""
    answers = {**TEST_ANSWERS, **changed}
    items = [
        {"linkId": link, "answer": [one]} for link, one in answers.items() if link not in without
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": TEST_FORM,
        "status": "completed",
        "item": items,
    }


def an_icvp_response() -> dict[str, Any]:
    """Returns the answers for an International Certificate of Vaccination."""

    def item(link: str, **answer: Any) -> dict[str, Any]:
        return {"linkId": link, "answer": [answer]}

    details = [
        item("productID", valueCoding=PRODUCT),
        item("date", valueDate="2026-02-01"),
        item("clinicianName", valueString="Dra. Riquelme"),
        item("batchNo", valueString="YF-77"),
        {"linkId": "validityPeriod", "item": [item("startDate", valueDate="2026-02-11")]},
    ]
    items = [
        item("name", valueString="Martín Bustos"),
        item("dob", valueDate="1990-01-02"),
        item("nid", valueString="A123"),
        item("ndt", valueCoding={"code": "PPN"}),
        {"linkId": "vaccineDetails", "item": details},
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": ICVP,
        "status": "completed",
        "item": items,
    }


def a_summary() -> dict[str, Any]:
    """Returns a summary with one dose that says all that a certificate needs, as an IPS document has it."""
    return copy.deepcopy(SUMMARY)


def _entry(name: str, resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": f"urn:uuid:{name}", "resource": resource}


def _extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"http://lacpass.racsel.org/StructureDefinition/{name}", **value}


SUMMARY: dict[str, Any] = {
    "resourceType": "Bundle",
    "type": "document",
    "identifier": {"system": "urn:oid:2.16.152", "value": "ips-1"},
    "timestamp": "2026-07-01T10:00:00Z",
    "entry": [
        _entry("c", {"resourceType": "Composition", "subject": {"reference": "urn:uuid:p"}, "custodian": {"reference": "urn:uuid:o"}}),
        _entry("p", {
            "resourceType": "Patient", "id": "rosa", "gender": "female", "birthDate": "1958-03-21",
            "name": [{"use": "official", "given": ["Rosa", "Catalina"], "family": "Fuenzalida Painemal"}],
            "identifier": [
                {"value": "P48215377", "type": {"coding": [{"code": "PPN"}]}},
                {"value": "48215377-1", "type": {"coding": [{"code": "NI"}]}},
            ],
        }),
        _entry("o", {"resourceType": "Organization", "id": "minsal", "name": "Ministerio de Salud"}),
        _entry("d", {"resourceType": "Practitioner", "id": "dra", "name": [{"given": ["Marta"], "family": "Riquelme"}]}),
        _entry("i", {
            "resourceType": "Immunization", "id": "dose-1", "status": "completed",
            "extension": [
                _extension("DDCCEventBrand", valueCoding=COMIRNATY),
                _extension("DDCCVaccineMarketAuthorization", valueCoding=BIONTECH),
                _extension("DDCCCountryOfEvent", valueCode="CHL"),
                {"url": "http://smart.who.int/pcmt/StructureDefinition/ProductID", "valueCoding": PRODUCT},
            ],
            "vaccineCode": {"coding": [
                {"system": "http://www.whocc.no/atc", "code": "J07BN01"},
                {"system": "http://id.who.int/icd11/mms", "code": "XM0GQ8"},
            ]},
            "patient": {"reference": "urn:uuid:p"}, "occurrenceDateTime": "2026-05-06T10:30:00-04:00", "lotNumber": "PCB0022",
            "location": {"display": "CESFAM Amanecer"}, "performer": [{"actor": {"reference": "urn:uuid:d"}}],
            "protocolApplied": [{"doseNumberPositiveInt": 2, "seriesDosesPositiveInt": 2, "targetDisease": [{"coding": [COVID]}]}],
        }),
    ],
}  # fmt: skip

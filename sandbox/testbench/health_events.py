"""The synthetic person and dose of the DDCC tracks: as answers to WHO's questionnaire, as document,
as registration.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.ddcc.editions import EARLIER, PUBLISHED, Edition
from sandbox.fhir.json import Json
from sandbox.ids import id_of
from sandbox.testbench.script import Given

if TYPE_CHECKING:
    from sandbox.ddcc.document import DocumentOptions

# The event's mediators speak in the canonicals of the earlier build, others in the published ones.
QUESTIONNAIRES = {
    PUBLISHED.base: f"{PUBLISHED.base}/Questionnaire/DDCCVSCoreDataSetQuestionnaire",
    EARLIER.base: f"{EARLIER.base}/DDCCVSCoreDataSetQuestionnaire",
}
OF_TESTS = "DDCCTRCoreDataSetQuestionnaire"
ICD11 = "http://id.who.int/icd11/mms"
KINDS = {str: "valueString", int: "valueInteger", dict: "valueCoding"}
# In JSON a date looks like any text: the questionnaire alone knows which answers are dates.
DATES = frozenset({"birthDate", "date", "valid_until"})
CORE: Json = {
    "name": "Clara Inés Ensayo", "birthDate": "1984-02-29", "identifier": "TEST-7731",
    "sex": {"system": "http://hl7.org/fhir/administrative-gender", "code": "female"},
    "vaccine": {"system": ICD11, "code": "XM0GQ8"},
    "brand": {
        "system": "https://ec.europa.eu/health/documents/community-register",
        "code": "EU/1/20/1528",
    },
    "ma_holder": {"system": "https://spor.ema.europa.eu/v1/organisations", "code": "ORG-100030215"},
    "lot": "ENSAYO-1", "date": "2026-03-02", "dose": 2, "total_doses": 2,
    "country": {"system": "urn:iso:std:iso:3166", "code": "CHL"}, "centre": "Vacunatorio de Ensayo",
    "disease": {"system": ICD11, "code": "RA01"}, "pha": "Autoridad de Ensayo",
    "valid_until": "2031-12-31",
}  # fmt: skip
SNOMED = "http://snomed.info/sct"
RESULT: Json = {  # of a test of the same person, with the codes of WHO's lists
    "name": CORE["name"], "birthDate": CORE["birthDate"], "identifier": CORE["identifier"],
    "pathogen": {"system": ICD11, "code": "XN109"},
    "type": {"system": "http://loinc.org", "code": "LP217198-3"},
    "brand": {"system": "urn:x-test-brands", "code": "ENSAYO-AG", "display": "Ensayo Ag"},
    "manufacturer": {"system": "urn:x-test-makers", "code": "ENS", "display": "Labs Ensayo"},
    "origin": {"system": SNOMED, "code": "258500001"}, "date": "2026-03-02",
    "result": {"system": ICD11, "code": "QA02"},
    "centre": {"system": "urn:x-test-centres", "code": "C-1", "display": "Centro de Ensayo"},
    "country": CORE["country"], "pha": CORE["pha"], "valid_until": CORE["valid_until"],
}  # fmt: skip
DETECTED: Json = {"system": ICD11, "code": "RA01.0"}
NAMES = {  # of the same person and place as people write them elsewhere
    "ar": ("كلارا تجربة", "مركز التطعيم"),
    "zh": ("测试·克拉拉", "疫苗接种点"),
    "ru": ("Клара Пробная", "Пункт вакцинации"),
    "fr": ("Clara Essai-Dupré", "Centre de vaccination"),
    "es": ("Clara Peña Ñandú", "Vacunatorio Ángel"),
}  # fmt: skip


def edition_of(given: Given) -> Edition:
    """Returns the canonicals in which the system is spoken to."""
    return EARLIER if given.get("edition") == "earlier" else PUBLISHED


def hcid_of(given: Given, number: str) -> str:
    """Returns the identifier of the certificate of a test, which no other run has."""
    return f"URN:HCID:{id_of(given['run'], number).upper()}"


def core_of(given: Given, number: str, *, without: tuple[str, ...] = (), **changed: Any) -> Json:
    """Returns the core data set of a test."""
    core = {**CORE, "hcid": hcid_of(given, number), **changed}
    return {name: value for name, value in core.items() if name not in without}


def response_of(core: Json, edition: Edition) -> Json:
    """Returns a core data set as the answers to the questionnaire of an edition."""
    items = [
        {"linkId": name, "answer": [{"valueDate" if name in DATES else KINDS[type(value)]: value}]}
        for name, value in core.items()
    ]
    return {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": QUESTIONNAIRES[edition.base],
        "status": "completed",
        "item": items,
    }


def result_of(given: Given, number: str, *, without: tuple[str, ...] = (), **changed: Any) -> Json:
    """Returns the core data set of a test result.

    Args:
        given: What the test takes: its run names the certificate.
        number: The number of the test.
        without: What nobody answers.
        changed: What is answered otherwise.
    """
    core = {**RESULT, "hcid": hcid_of(given, number), **changed}
    return {name: value for name, value in core.items() if name not in without}


def result_response_of(core: Json, edition: Edition) -> Json:
    """Returns the core data set of a test result as the answers to its questionnaire.

    Args:
        core: The core data set, by the names of the questions.
        edition: In whose canonicals the questionnaire is named.
    """
    response = response_of(core, edition)
    return {**response, "questionnaire": f"{edition.base}/{OF_TESTS}"}


def document_of(core: Json, given: Given) -> Json:
    """Returns a core data set as an unsigned document without codes."""
    from sandbox.ddcc.document import DocumentOptions
    from sandbox.ddcc.document import document_of as written

    options: DocumentOptions = DocumentOptions(
        "ddcc_vs", edition_of(given), datetime.fromisoformat(given["now"])
    )
    return written(core, [], options)


def registration_of(document: Json, given: Given) -> Json:
    """Returns the submission of a document to a registry, which declares the profile of DDCC beside
    that of MHD.
    """
    from sandbox.ddcc.certifying import registration_of as submitted

    bundle = submitted(
        document, base=f"urn:run:{given['run']}", now=datetime.fromisoformat(given["now"])
    )
    # MHD's stays beside it: a Recipient that knows no DDCC judges by that one
    profiles = [*bundle["meta"]["profile"], edition_of(given).profile("DDCCProvideDocumentBundle")]
    return {**bundle, "meta": {"profile": profiles}}


def parameters(**resources: Json) -> Json:
    """Returns resources as Parameters."""
    parts = [{"name": name, "resource": resource} for name, resource in resources.items()]
    return {"resourceType": "Parameters", **({"parameter": parts} if parts else {})}

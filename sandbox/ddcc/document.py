"""The certificate document: Composition, patient, issuer, event and QR codes (DDCC 1.0.0
DDCCDocument).
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from PIL import Image, ImageDraw, ImageFont

from sandbox.certificates.qr import NoPicture, png_of, texts_in
from sandbox.clock import fhir_instant
from sandbox.ddcc import testing
from sandbox.ddcc.editions import Edition
from sandbox.ddcc.parts import LOINC, concept, extension, unknown, urn
from sandbox.ddcc.payloads import stated
from sandbox.fhir.base64binary import read_base64
from sandbox.fhir.json import Json, as_list, member, write_json

TYPE = "82593-5"
SECTION = "11369-6"
HCID = "urn:HCID:"
STATUS = "http://terminology.hl7.org/CodeSystem/immunization-recommendation-status"
DDCC_TITLE = "Digital Documentation of COVID-19 Certificate (DDCC)"
# the forms of DDCC: the profile of the document, and the category of its Composition
DDCC_FORMS = {"ddcc_vs": ("DDCCVSDocument", "ddcc-vs"), "ddcc_tr": ("DDCCTRDocument", "ddcc-tr")}
ICVP_TITLE = "International Certificate of Vaccination or Prophylaxis"
PRODUCT = "http://smart.who.int/pcmt/StructureDefinition/ProductID"
NUMBERS = "http://terminology.hl7.org/CodeSystem/v2-0203"
# A6 at 300 dots to the inch is 105 mm, 1240 dots, wide
WIDTH = 1240
MARGIN = 60
LINE = 34


@dataclass(frozen=True, slots=True)
class Representation:
    """A code of a certificate: its `type` among those of WHO (who, dcc, dvc), what it holds and its
    text.
    """

    type: str
    content: Json
    text: str


@dataclass(frozen=True, slots=True)
class DocumentOptions:
    """How a document is written: for which form, in whose canonicals, when."""

    form: str
    edition: Edition
    now: datetime


def document_of(core: Json, codes: list[Representation], options: DocumentOptions) -> Json:
    """Returns the unsigned document; every resource in it has an address that its HCID gives it."""
    edition = options.edition
    hcid = publication_of(core["hcid"])
    kinds = ("Composition", "Patient", "Organization", "Immunization", "next", *testing.KINDS)
    names = {name: urn(hcid, name) for name in kinds}
    entries = [
        (names["Composition"], _composition(core, names, options)),
        (names["Patient"], _patient(core, edition)),
        (
            names["Organization"],
            {"resourceType": "Organization", "name": core.get("pha") or core["hw"]},
        ),
    ]
    if options.form == "ddcc_tr":
        entries += testing.parts_of(core, names, edition)
    else:
        entries += _doses(core, names, options)
    # behind what they show: a document begins with its Composition (FHIR R4 documents.html)
    entries += [(urn(hcid, code.type), _reference(code, core, names, options)) for code in codes]
    profile, _ = DDCC_FORMS.get(options.form, ("DDCCDocument", ""))
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [edition.profile(profile)]},
        "identifier": {"system": f"{edition.base}/Document", "value": core["hcid"]},
        "type": "document",
        "timestamp": fhir_instant(options.now),
        "link": [{"relation": "publication", "url": hcid}],
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def _doses(core: Json, names: Json, options: DocumentOptions) -> list[tuple[str, Json]]:
    """Returns the dose, and the next one where a day is named."""
    entries = [(names["Immunization"], _immunization(core, names, options))]
    if core.get("due_date"):
        entries.append((names["next"], _recommendation(core, names)))
    return entries


def publication_of(hcid: str) -> str:
    """Returns the address by which a certificate is known: `urn:HCID:` and its identifier."""
    return hcid if hcid.lower().startswith(HCID.lower()) else f"{HCID}{hcid}"


def texts_of(document: Json) -> list[str]:
    """Returns the texts of the QR codes that a document holds as pictures."""
    texts = []
    for entry in as_list(document.get("entry")):
        resource = member(entry, "resource")
        if member(resource, "resourceType") != "DocumentReference":
            continue
        for content in as_list(resource.get("content")):
            attachment = member(content, "attachment")
            data = read_base64(str(member(attachment, "data") or ""))
            if data and str(member(attachment, "contentType")).startswith("image/"):
                # a picture may also be a logo or broken: then it holds no code
                with suppress(NoPicture):
                    texts += texts_in(data)
    return texts


def _composition(core: Json, names: Json, options: DocumentOptions) -> Json:
    issuer = {"reference": names["Organization"]}
    period = stated({"start": core.get("valid_from"), "end": core.get("valid_until")})
    categories = options.edition.codes("DDCC-Composition-Category-CodeSystem")
    _, category = DDCC_FORMS.get(options.form, ("", ""))
    is_test = options.form == "ddcc_tr"
    return stated(
        {
            "resourceType": "Composition",
            "identifier": {"system": f"{options.edition.base}/Composition", "value": core["hcid"]},
            "status": "final",
            "type": concept(LOINC, TYPE),
            "category": [concept(categories, category)] if category else None,
            "subject": {"reference": names["Patient"]},
            "event": [{"period": period}] if period else None,
            "date": fhir_instant(options.now),
            "author": [issuer],
            "title": DDCC_TITLE if options.form in DDCC_FORMS else ICVP_TITLE,
            "attester": [{"mode": "official", "party": issuer}],
            "section": [testing.section_of(names) if is_test else _section(core, names)],
        }
    )


def _section(core: Json, names: Json) -> Json:
    dose = {"reference": names["Immunization"]}
    due = [{"reference": names["next"]}] if core.get("due_date") else []
    return {"code": concept(LOINC, SECTION), "focus": dose, "entry": [dose, *due]}


def _patient(core: Json, edition: Edition) -> Json:
    """Returns the person; what the profile asks for and nobody knows is said to be unknown."""
    gender = core["sex"].get("code") if isinstance(core.get("sex"), dict) else None
    name = {"use": "official", "text": core["name"], "family": core.get("family")}
    if core.get("given"):
        name["given"] = [core["given"]]
    identifier: Json = {"value": core.get("identifier")}
    if isinstance(core.get("document"), dict):
        identifier["type"] = concept(
            NUMBERS, core["document"].get("code") or core["document"].get("display")
        )
    patient: Json = {
        "resourceType": "Patient",
        "identifier": [identifier] if identifier["value"] else None,
        "name": [stated(name)],
        "gender": gender,
        # the profile is that of IPS, which forces a gender though DDCC's data have none
        "_gender": None if gender else unknown(),
        "birthDate": core.get("birthDate"),
        "_birthDate": None if core.get("birthDate") else unknown(),
    }
    return stated(patient)


def _vaccination_extensions(core: Json, options: DocumentOptions) -> list[Json]:
    edition = options.edition
    country = core.get("country")
    extensions = [
        extension(edition.profile(edition.brand), "valueCoding", core.get("brand")),
        extension(
            edition.profile("DDCCVaccineMarketAuthorization"), "valueCoding", core.get("ma_holder")
        ),
        extension(
            edition.profile(edition.country), "valueCode", country.get("code") if country else None
        ),
        extension(edition.profile("DDCCVaccineValidFrom"), "valueDate", core.get("vaccine_valid")),
        extension(PRODUCT, "valueCoding", core.get("product")),
    ]
    return [extension for extension in extensions if extension]


def _immunization(core: Json, names: Json, options: DocumentOptions) -> Json:
    issuer = {"reference": names["Organization"]}
    protocol = {
        "authority": issuer,
        "targetDisease": [{"coding": [core["disease"]]}] if core.get("disease") else None,
        "doseNumberPositiveInt": core.get("dose"),
        "seriesDosesPositiveInt": core.get("total_doses"),
    }
    # ICVP names no vaccine but its product of WHO's list
    vaccine = core.get("vaccine") or core["product"]
    manufacturer = core.get("manufacturer")
    return stated(
        {
            "resourceType": "Immunization",
            "extension": _vaccination_extensions(core, options),
            "status": "completed",
            "vaccineCode": {"coding": [vaccine]},
            "patient": {"reference": names["Patient"]},
            "occurrenceDateTime": core["date"],
            "location": {"display": core["centre"]} if core.get("centre") else None,
            "manufacturer": {"display": manufacturer.get("display") or manufacturer["code"]}
            if manufacturer
            else None,
            "lotNumber": core["lot"],
            "expirationDate": core.get("valid_until"),
            "performer": _performers(core, issuer),
            "protocolApplied": [stated(protocol)] if core.get("dose") else None,
        }
    )


def _performers(core: Json, issuer: Json) -> list[Json]:
    healthworker = core.get("hw")
    return [{"actor": {"identifier": {"value": healthworker}} if healthworker else issuer}]


def _recommendation(core: Json, names: Json) -> Json:
    advice = {
        "vaccineCode": [{"coding": [core["vaccine"]]}],
        "targetDisease": {"coding": [core["disease"]]} if core.get("disease") else None,
        "forecastStatus": concept(STATUS, "due"),
        "dateCriterion": [{"code": concept(LOINC, "30980-7"), "value": core["due_date"]}],
    }
    return {
        "resourceType": "ImmunizationRecommendation",
        "patient": {"reference": names["Patient"]},
        "date": core["date"],
        "recommendation": [stated(advice)],
    }


def _reference(code: Representation, core: Json, names: Json, options: DocumentOptions) -> Json:
    """Returns the QR document: what it holds, as picture and as a page to print (DDCC
    DocumentReferenceQR).
    """
    formats = options.edition.codes("DDCC-QR-Format-CodeSystem")
    picture = png_of(code.text)
    contents = [
        ("serialized", "application/json", write_json(code.content)),
        ("image", "image/png", picture),
        ("pdf", "application/pdf", _page(picture, f"{code.type.upper()}  {core['hcid']}")),
    ]
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": concept(options.edition.codes("DDCC-QR-Type-CodeSystem"), code.type),
        "subject": {"reference": names["Patient"]},
        "date": fhir_instant(options.now),
        "authenticator": {"reference": names["Organization"]},
        "content": [
            {
                "attachment": {"contentType": kind, "data": base64.b64encode(data).decode()},
                "format": {"system": formats, "code": name},
            }
            for name, kind, data in contents
        ],
    }


def _page(picture: bytes, line: str) -> bytes:
    """Returns a page of A6, at 300 dots to the inch, with the code and one line."""
    page = Image.new("1", (WIDTH, WIDTH * 148 // 105), 1)
    with Image.open(io.BytesIO(picture)) as code:
        side = WIDTH - 2 * MARGIN
        # a whole factor: any other blurs the edges of the modules
        factor = max(1, side // code.width)
        page.paste(code.resize((code.width * factor, code.height * factor)), (MARGIN, MARGIN))
    ImageDraw.Draw(page).text(
        (MARGIN, page.height - 2 * LINE), line, font=ImageFont.load_default(LINE), fill=0
    )
    file = io.BytesIO()
    page.save(file, "PDF", resolution=300)
    return file.getvalue()

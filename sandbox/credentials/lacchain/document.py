"""A DDCC core data set as the credential of 2023, signed and hashed as the ministries' component
did (LACPass-client, verifiable.credentials.service; VC-DI-ECDSA 3.3).

The context that it names was published nowhere that is known: it is named as it was, and no bundled
context says what its terms mean.  JCS needs none.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sandbox.credentials.keys import PrivateKey, curve_of
from sandbox.credentials.lacchain.accounts import domain
from sandbox.credentials.proofs.contexts import V2
from sandbox.credentials.proofs.suites import SUITES, TYPE, hashed, value_of
from sandbox.credentials.texts import Json, read_object
from sandbox.errors import BadRequest

CONTEXT = "https://credentials-library.lacchain.net/credentials/health/vaccination/v3"
SUITE = SUITES["ecdsa-jcs-2019"]
SANTIAGO = timezone(timedelta(hours=-3))
NEEDED = (
    "name",
    "certificate.hcid.value",
    "certificate.version",
    "certificate.issuer.identifier.value",
    "vaccination.country.code",
    "vaccination.vaccine.code",
    "vaccination.brand.code",
    "vaccination.lot",
    "vaccination.date",
    "vaccination.dose",
)
# Where each value of the core data set stands in the subject; the brand stays its code.
SUBJECT = {
    "batchNumber": "vaccination.lot",
    "countryOfVaccination": "vaccination.country.code",
    "dateOfVaccination": "vaccination.date",
    "order": "vaccination.dose",
    "totalDoses": "vaccination.totalDoses",
    "administeringCentre": "vaccination.centre",
    "nextVaccinationDate": "vaccination.nextDose",
    "validFrom": "vaccination.validFrom",
    "healthProfessional": "vaccination.practitioner.value",
}
RECIPIENT = {
    "name": "name",
    "birthDate": "birthDate",
    "identifier": "identifier",
    "gender": "sex",
}
VACCINE = {
    "atcCode": "vaccination.vaccine.code",
    "medicinalProductName": "vaccination.brand.code",
    "marketingAuthorizationHolder": "vaccination.maholder.code",
    "disease": "vaccination.disease.code",
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a document reference holds: the core data set, the picture of its code, and a title."""

    core: Json
    picture: str
    description: str


def read_content(bundle: Any) -> Content:
    """Returns what is in the first DocumentReference of a Bundle.

    Raises:
        BadRequest: There is none, or it lacks the picture, the data, the title, or what the
            credential must say.
    """
    reference = _first_reference(bundle)
    picture = _attachment(reference, "image/png")
    data = _attachment(reference, "application/json")
    description = reference.get("description")
    if not isinstance(description, str) or not description.strip():
        raise BadRequest("lacchain.no_description", where="DocumentReference.description")
    try:
        core = read_object(_decoded(data))
    except ValueError:
        raise BadRequest("lacchain.bad_core", where="attachment.data") from None
    lacking = [path for path in NEEDED if at_path(core, path) in (None, "")]
    if lacking:
        shown = ", ".join(lacking)
        raise BadRequest("lacchain.core_lacks", where=lacking[0], found=shown)
    _decoded(picture)
    return Content(core, picture, description)


def at_path(value: Any, path: str) -> Any:
    """Returns a value by the names that lead to it; None for what is not there.

    A name at the end that stands for a code or identifier may be left out: some write a text where
    others have an object.
    """
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif not isinstance(value, str) or name not in ("code", "value", "identifier"):
            return None
    return value


def unsigned(
    content: Content, issuer: str, receiver: str, at: datetime, faults: Collection[str] = ()
) -> Json:
    """Returns the credential without its proof.

    Args:
        content: What was sent.
        issuer: The DID of the ministry.
        receiver: The DID of the person.
        at: When it is made.
        faults: Of FAULTS: what is done as in 2023.
    """
    core = content.core
    period = at_path(core, "certificate.period")
    bounds = period if isinstance(period, dict) else {}
    id = str(uuid.uuid4())
    begins = _moment(bounds.get("start")) or at
    ends = _moment(bounds.get("end"))
    return {
        "@context": [V2, CONTEXT],
        "id": id if "bare_uuid" in faults else f"urn:uuid:{id}",
        "type": ["VerifiableCredential", "VaccinationCertificate"],
        "issuer": issuer,
        "name": str(at_path(core, "certificate.issuer.identifier.value")),
        "identifier": str(at_path(core, "certificate.hcid.value")),
        "validFrom": stamp(begins, faults),
        **({"validUntil": stamp(ends, faults)} if ends else {}),
        "credentialSubject": _subject(content, receiver),
    }


def with_proof_of_2023(
    document: Json, key: PrivateKey, method: str, at: datetime, faults: Collection[str] = ()
) -> Json:
    """Returns a credential with its proof.

    Args:
        document: The credential without proof.
        key: The ministry's.
        method: The id of the key in the document of its DID.
        at: When it is signed.
        faults: Of FAULTS: what is done as in 2023.
    """
    options = {
        "type": TYPE,
        "cryptosuite": SUITE.name,
        "created": stamp(at, faults),
        "proofPurpose": "assertionMethod",
        "verificationMethod": method,
        "domain": domain(),
    }
    if "no_proof_context" not in faults:
        options["@context"] = document["@context"]
    value = value_of(SUITE, document, options, key)
    return {
        **document,
        "proof": {**options, "proofValue": value[1:] if "no_z" in faults else value},
    }


def digests_of(document: Json, key: Any) -> dict[str, str]:
    """Returns by what a credential can be known to the registry: the hash of both hashes, and the
    hash of their hexadecimal text, which the component of 2023 took.

    Args:
        document: The credential with its proof.
        key: By which it is signed.
    """
    bare = {name: part for name, part in document.items() if name != "proof"}
    options = {name: part for name, part in document["proof"].items() if name != "proofValue"}
    content = hashed(SUITE, bare, options, curve_of(key))
    return {
        "bytes": hashlib.sha256(content).hexdigest(),
        "hex": hashlib.sha256(content.hex().encode()).hexdigest(),
    }


def stamp(moment: datetime, faults: Collection[str] = ()) -> str:
    """Returns a moment as a credential says it.

    Args:
        moment: With its zone.
        faults: Of the component of 2023: with `local_time` it is that of Santiago, called UTC.
    """
    universal = moment.astimezone(UTC)
    if "local_time" in faults:
        local = moment.astimezone(SANTIAGO)
        return f"{universal.year}{local.strftime('-%m-%dT%H:%M:%SZ')}"
    return universal.strftime("%Y-%m-%dT%H:%M:%SZ")


def _subject(content: Content, receiver: str) -> Json:
    core = content.core
    subject: Json = {"type": "VaccinationEvent", **_taken(core, SUBJECT)}
    subject["order"] = str(subject["order"])
    return {
        **subject,
        "recipient": {"type": "VaccineRecipient", "id": receiver, **_taken(core, RECIPIENT)},
        "vaccine": {"type": "Vaccine", **_taken(core, VACCINE)},
        "image": {
            "type": "ImageObject",
            "name": "QRCode",
            "alternateName": "QRCode",
            "description": content.description,
            "encodingFormat": "image/png",
            "contentUrl": content.picture,
        },
    }


def _taken(core: Json, table: dict[str, str]) -> Json:
    found = {name: at_path(core, path) for name, path in table.items()}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _first_reference(bundle: Any) -> Json:
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == "DocumentReference":
            return resource
    raise BadRequest("lacchain.no_reference", where="bundle.entry")


def _attachment(reference: Json, kind: str) -> str:
    """Returns the data of the first content of a type, in base64; raises BadRequest."""
    contents = reference.get("content")
    for content in contents if isinstance(contents, list) else []:
        attachment = content.get("attachment") if isinstance(content, dict) else None
        if not isinstance(attachment, dict) or attachment.get("contentType") != kind:
            continue
        if isinstance(attachment.get("data"), str):
            return str(attachment["data"])
    raise BadRequest("lacchain.no_content", where="DocumentReference.content", expected=kind)


def _decoded(data: str) -> bytes:
    import base64
    import binascii

    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest("lacchain.bad_core", where="attachment.data") from None


def _moment(value: Any) -> datetime | None:
    """Returns a date or a moment; None for what is none."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

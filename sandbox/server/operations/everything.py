"""`$everything` of a patient: the record as a searchset (FHIR R4
patient-operation-everything.html).
"""

from __future__ import annotations

from collections.abc import Collection

import orjson

from sandbox.errors import TooLarge
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import read_input
from sandbox.server.operation_types import Types
from sandbox.server.registry import interaction
from sandbox.server.search.compartments import leading_into
from sandbox.server.search.parameters import parameters_of
from sandbox.store.resources import Place, Version

CLAUSE = "FHIR R4 patient-operation-everything.html"
MOST = 2000
TAKES: Types = {
    "start": "moment",
    "end": "moment",
    "_since": "moment",
    "_type": "text",
    "_count": "integer",
}


@interaction("everything", "GET", "Patient/{id}/$everything", level="operation")
@interaction(
    "everything", "POST", "Patient/{id}/$everything", level="operation", affects_state=False
)
def everything(call: Call, services: Services) -> Reply:
    """Returns the patient, what is in its compartment, and what that refers to; `_type` narrows it
    to some types, `_since` to what was changed from then on.
    """
    given = read_input(call, TAKES)
    read(call, services)
    wanted = {word for value in given.values.get("_type", []) for word in str(value).split(",")}
    rows = read_record(call.id, services, types=wanted)
    # '+' of a zone arrives as a blank
    since = interval_of(given.text("_since").replace(" ", "+"))
    if since is not None:
        rows = [row for row in rows if row.updated >= since[0]]
    return Reply(200, searchset_of(rows, call))


def read_record(
    patient_id: str, services: Services, *, types: Collection[str] = ()
) -> list[Version]:
    """Returns a patient, the resources in its compartment, and what those refer to.

    Args:
        patient_id: Logical id of the patient.
        services: Where to look.
        types: Only resources of these types are returned; without any, all are.

    Raises:
        TooLarge: The record has more than MOST resources.
    """
    patient: Place = ("Patient", patient_id)
    record: dict[Place, None] = {patient: None}
    for parameter in leading_into("Patient"):
        # One more than allowed, to tell a complete record from one that was cut.
        record |= dict.fromkeys(services.store.referring([patient], parameter, limit=MOST + 1))
    inside = list(record)
    for type in {place[0] for place in inside}:
        of_type = [place for place in inside if place[0] == type]
        for code, search_parameter in parameters_of(type).items():
            if search_parameter.kind == "reference":
                record |= dict.fromkeys(services.store.referred(of_type, f"{type}.{code}"))
    if len(record) > MOST:
        raise TooLarge("server.too_many_resources", clause=CLAUSE, limit=MOST)
    rows = [services.store.read(*place) for place in record if not types or place[0] in types]
    return [row for row in rows if row is not None and row.body is not None]


def searchset_of(rows: list[Version], call: Call) -> Json:
    """Returns a searchset of one page with these matches."""
    bundle: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(rows)}
    if rows:  # an empty array is no JSON of FHIR (R4 json.html)
        bundle["entry"] = [
            {
                "fullUrl": f"{call.base}/{row.type}/{row.id}",
                "resource": orjson.Fragment(row.body or b""),
                "search": {"mode": "match"},
            }
            for row in rows
        ]
    return bundle

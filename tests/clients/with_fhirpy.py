"""A day's work through fhirpy, in an environment of its own: `python with_fhirpy.py BASE`.  Prints what it saw as JSON."""

import json
import sys

from fhirpy import SyncFHIRClient

# Its count() sends a parameter of another server: lenient handling leaves it out and says so.
client = SyncFHIRClient(sys.argv[1], extra_headers={"Prefer": "handling=lenient"})
seen: dict[str, object] = {}

patient = client.resource("Patient", name=[{"family": "Rojas", "given": ["Ana"]}], gender="female")
patient.save()
seen["created"] = patient["meta"]["versionId"]
again = client.resources("Patient").search(_id=patient.id).get()
seen["read"] = again["name"][0]["family"]

again["birthDate"] = "1980-05-01"
again.save()
seen["updated"] = again["meta"]["versionId"]
again.patch(gender="unknown")
seen["patched"] = client.reference("Patient", patient.id).to_resource()["gender"]

for number in range(5):
    client.resource(
        "Observation", status="final", code={"text": f"n{number}"}, subject=again.to_reference()
    ).save()
found = client.resources("Observation").search(subject=f"Patient/{patient.id}").limit(2)
seen["page"] = len(found.fetch())
seen["all pages"] = len(found.fetch_all())
seen["count"] = client.resources("Observation").search(patient__name="rojas").count()
seen["included"] = len(
    client.resources("Observation")
    .search(status="final", code__text="n")
    .include("Observation", "subject")
    .fetch_raw()["entry"]
)

kept, is_new = (
    client.resources("Patient").search(family="Rojas").get_or_create(client.resource("Patient"))
)
seen["get or create"] = [kept.id == patient.id, is_new]

urn = "urn:uuid:0a1b2c3d-0000-4000-8000-000000000001"
bundle = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": urn,
            "resource": {"resourceType": "Patient"},
            "request": {"method": "POST", "url": "Patient"},
        },
        {
            "resource": {
                "resourceType": "Encounter",
                "status": "planned",
                "class": {"code": "AMB"},
                "subject": {"reference": urn},
            },
            "request": {"method": "POST", "url": "Encounter"},
        },
    ],
}
reply = client.execute("", data=bundle)
seen["transaction"] = [entry["response"]["status"] for entry in reply["entry"]]
history = client.execute(f"Patient/{patient.id}/_history", method="get")
seen["history"] = [entry["request"]["method"] for entry in history["entry"]]
again.delete()
try:
    client.reference("Patient", patient.id).to_resource()
except Exception as error:
    seen["deleted"] = type(error).__name__
print(json.dumps(seen))

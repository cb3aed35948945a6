"""A day's work through SMART's fhirclient, in an environment of its own: `python with_fhirclient.py BASE`.

It reads what the server sends by the models of R4, strictly.  Prints what it saw as JSON.
"""

import json
import sys

from fhirclient import client
from fhirclient.models.bundle import Bundle, BundleEntry, BundleEntryRequest
from fhirclient.models.codeableconcept import CodeableConcept
from fhirclient.models.fhirreference import FHIRReference
from fhirclient.models.humanname import HumanName
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient

smart = client.FHIRClient(settings={"app_id": "test", "api_base": sys.argv[1]})
server = smart.server
server.get_capability()
seen: dict[str, object] = {"capability": server.capabilityStatement.fhirVersion}

patient = Patient()
patient.name = [HumanName({"family": "Rojas", "given": ["Ana"]})]
created = patient.create(server)
patient = Patient(created)
seen["created"] = patient.meta.versionId
seen["read"] = Patient.read(patient.id, server).name[0].family

patient.gender = "female"
patient = Patient(patient.update(server))
seen["updated"] = patient.meta.versionId
answer = server.session.patch(
    f"{sys.argv[1]}/Patient/{patient.id}",
    data=json.dumps([{"op": "replace", "path": "/gender", "value": "unknown"}]),
    headers={"Content-Type": "application/json-patch+json"},
)
seen["patched"] = Patient(answer.json()).gender

for number in range(5):
    observation = Observation()
    observation.status = "final"
    observation.code = CodeableConcept({"text": f"n{number}"})
    observation.subject = FHIRReference({"reference": f"Patient/{patient.id}"})
    observation.create(server)
search = Observation.where({"subject": f"Patient/{patient.id}", "_count": "2"})
seen["page"] = len(search.perform(server).entry)
seen["all pages"] = len(list(search.perform_resources_iter(server)))

bundle = Bundle()
bundle.type = "transaction"
entry = BundleEntry()
entry.resource = Patient({"name": [{"family": "Soto"}]})
entry.request = BundleEntryRequest({"method": "POST", "url": "Patient"})
bundle.entry = [entry]
reply = Bundle(server.post_json("", bundle.as_json()).json())
seen["transaction"] = [entry.response.status for entry in reply.entry]
history = Bundle(server.request_json(f"Patient/{patient.id}/_history"))
seen["history"] = [entry.request.method for entry in history.entry]
patient.delete(server)
try:
    Patient.read(patient.id, server)
except Exception as error:
    seen["deleted"] = str(getattr(getattr(error, "response", None), "status_code", error))
print(json.dumps(seen))

"""Looks for a patient by two libraries, each in an environment of its own: `python looking_for_a_patient.py BASE`."""

import json
import sys

NUMBER = "urn:oid:2.16.76|99902431585"
base = sys.argv[1]
try:
    from fhirpy import SyncFHIRClient
except ImportError:
    from fhirclient.client import FHIRClient
    from fhirclient.models.patient import Patient

    server = FHIRClient(settings={"app_id": "consumer", "api_base": base}).server
    asked = {"identifier": NUMBER, "family": "Nogueira", "birthdate": "1972-08-15"}
    found = Patient.where(struct=asked).perform_resources(server)
    read = Patient.read(found[0].id, server)
    gender = read.gender
else:
    client = SyncFHIRClient(base)
    search = client.resources("Patient").search(
        identifier=NUMBER, family="Nogueira", birthdate="1972-08-15"
    )
    found = search.fetch()
    gender = client.reference("Patient", found[0].id).to_resource()["gender"]
print(json.dumps({"patients": len(found), "gender": gender}))

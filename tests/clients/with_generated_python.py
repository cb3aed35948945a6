"""A day's work with the client that openapi-python-client made of our description; prints what it saw as JSON.

Arguments: the address of the server.  The generated package `made` is beside, in PYTHONPATH.
"""

import json
import sys
import time

from made import Client
from made.api.matrix import matrix
from made.api.runs import list_runs, read_run, start_run
from made.api.systems import list_systems, register_system
from made.api.validations import validate
from made.models import Document, Problem, RunBody, RunView, SystemBody, ValidationView

client = Client(base_url=sys.argv[1])
made = register_system.sync(client=client, body=SystemBody(name="ours", base=f"{sys.argv[1]}/fhir"))
run = start_run.sync(client=client, body=RunBody(track="fhir.basics", system="sandbox"))
assert isinstance(run, RunView), run
while run.state != "done":
    time.sleep(0.1)
    run = read_run.sync(client=client, run=run.id)
refused = start_run.sync_detailed(client=client, body=RunBody(track="nothing", system="sandbox"))
assert isinstance(refused.parsed, Problem), refused
patient = Document.from_dict({"resourceType": "Patient", "gender": "F"})
judged = validate.sync(client=client, body=patient)
assert isinstance(judged, ValidationView), judged
seen = {
    "registered": made.name,
    "systems": sorted(one.name for one in list_systems.sync(client=client)),
    "verdict": run.verdict,
    "runs": len(list_runs.sync(client=client)),
    "matrix": [cell.track for cell in matrix.sync(client=client)],
    "refused": [refused.status_code, refused.parsed.status, refused.parsed.key],
    "valid": judged.valid,
}
print(json.dumps(seen))

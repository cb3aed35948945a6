# %% [markdown] title
# # 10 · The event's own systems
#
# [English](../en/10_event_systems.ipynb) · [Español](../es/10_event_systems.ipynb) · [Português](../pt/10_event_systems.ipynb)
#
# **Time:** about 30 minutes. **Before:** [03 · Document sharing](03_mhd.ipynb) and [05 · Certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Between your system and the others stand systems of the event: a **mediator** that publishes for you, a **regional node** that asks all countries at once, an operation that makes a **certificate** out of a summary. They are convenient, and they have faults: each of those that you meet today has cost some team an afternoon.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. say what the **mediator** does for you, and what stays yours (10.1)
# 2. search **all countries** at once, and notice who did not answer (10.2)
# 3. write a client that copes with the **faults** that are known (10.3)
# 4. read why **`$icvp`** makes no certificate (10.4)

# %% setup
import httpx
from sandbox.course import ____, event_systems, lesson

L = lesson("10_event_systems")
L

# %% [markdown] second-text
# A second sandbox plays the event's systems. Two faults are switched on, and one country of its region is silent.

# %% second
members = {"CL": L.client.base, "PA": "http://127.0.0.1:9/fhir"}
event = event_systems(L.folder, faults=["vague_refusal", "late_address"], members=members)
event

# %% [markdown] mediator
# ## 1 The mediator
#
# To the mediator you send the **document** alone, with `POST …/fhir/Bundle`; it makes the rest and does the transaction [ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html). First through the mediator of your own sandbox, which has no fault:

# %% picture-mediator
L.picture("mediator")

# %% publish
document = L.client.get("Patient/rosa-fuenzalida/$summary").json
sent = L.ask("POST", "/mediator/fhir/Bundle", document)
[entry["response"]["location"] for entry in sent.json["entry"]]

# %% [markdown] ask-10-1
# ### ✎ 10.1 Who does it?
#
# Answer `"team"` or `"mediator"`:
#
# - `document`: makes the IPS, its Composition first
# - `identifier`: gives the document an identifier of its own
# - `signature`: signs it ([FHIR R4 Signature](https://hl7.org/fhir/R4/datatypes.html#Signature))
# - `reference`: writes the DocumentReference
# - `submission_set`: writes the SubmissionSet
# - `patient_id`: gives the patient an id, without which the original stores `Patient/undefined`

# %% ex-10-1 exercise=10.1
# >>> learner
who = {"document": ____, "identifier": ____, "signature": ____, "reference": ____,
       "submission_set": ____, "patient_id": ____}
# >>> solution
who = {"document": "team", "identifier": "team", "signature": "mediator", "reference": "mediator",
       "submission_set": "mediator", "patient_id": "team"}
# <<<
L.check("10.1", who)

# %% [markdown] regional
# ## 2 The regional node
#
# One search ([ITI-67](https://profiles.ihe.net/ITI/MHD/ITI-67.html)) goes to every country. The original drops silently whoever does not answer, and a doctor takes a silent country for one without documents. This one says of each what came of it, in an OperationOutcome among the matches ([FHIR R4 search, outcome](https://hl7.org/fhir/R4/search.html#outcome)).

# %% picture-region
L.picture("region")

# %% search
asked = {"patient.identifier": "urn:oid:2.16.152|48215377-1", "status": "current"}
found = httpx.get(f"{event}/regional/fhir/DocumentReference", params=asked, timeout=30).json()
[entry["resource"]["resourceType"] for entry in found["entry"]]

# %% see-outcome
found["entry"][-1]["resource"]

# %% [markdown] ask-10-2
# ### ✎ 10.2 Who answered, and who did not?
#
# Each issue names the country in its first two letters. An issue of severity `error` is a country that did not answer.

# %% ex-10-2 exercise=10.2
# >>> learner
region = {"answered": ____, "silent": ____}
# >>> solution
issues = found["entry"][-1]["resource"]["issue"]
names = [(issue["details"]["text"][:2], issue["severity"]) for issue in issues]
region = {"answered": [name for name, severity in names if severity != "error"],
          "silent": [name for name, severity in names if severity == "error"]}
# <<<
L.check("10.2", region)

# %% [markdown] faults-text
# ## 3 Faults
#
# Now the same wrong document, whose Composition is not first, to both mediators. Which answer would you like to read at half past five on the last day?

# %% refusals
wrong = {**document, "entry": document["entry"][1:]}
said = L.ask("POST", "/mediator/fhir/Bundle", wrong)
body = L.client.exchanges[-1].request_body
vague = httpx.post(f"{event}/mediator/fhir/Bundle", content=body, timeout=30)
said.json["issue"][1]["details"]["text"], vague.text

# %% [markdown] ask-10-3
# ### ✎ 10.3 What does your client do?
#
# Five faults are known of the event's mediator. For each there is one thing that a client does so that it does not matter: `"validate"` before sending, set a `"limit"` of time, `"retry"` a little later, `"identify"` by an id of its own, `"look"` whether it is there already.
#
# - `vague_refusal`: a refused document gets a bare 400
# - `hanging_refusal`: a refused document gets no answer at all
# - `late_address`: the document is there only some seconds after the answer
# - `undefined_patient`: a patient without an id is stored over another one
# - `duplicates`: a document that comes again is stored again

# %% ex-10-3 exercise=10.3
# >>> learner
cope = {"vague_refusal": ____, "hanging_refusal": ____, "late_address": ____,
        "undefined_patient": ____, "duplicates": ____}
# >>> solution
cope = {"vague_refusal": "validate", "hanging_refusal": "limit", "late_address": "retry",
        "undefined_patient": "identify", "duplicates": "look"}
# <<<
L.check("10.3", cope)

# %% [markdown] icvp-text
# ## 4 A certificate out of a summary
#
# `$icvp` takes a dose out of a stored summary and makes a vaccination certificate ([WHO ICVP](https://smart.who.int/icvp/)). A certificate names the very **product**, from WHO's list; a summary often knows only which kind of vaccine it was.

# %% icvp
stored = L.client.create(document).json["id"]
answer = L.ask("GET", f"/mediator/fhir/Bundle/{stored}/$icvp?immunizationId=rosa-fuenzalida-influenza")
answer

# %% [markdown] ask-10-4
# ### ✎ 10.4 What is missing?
#
# Take out of the answer the status, the place (`expression`) of what is missing, and say whose task it is to add it: `"record"`, where the dose was given, or `"mediator"`.

# %% ex-10-4 exercise=10.4
# >>> learner
missing = {"status": ____, "where": ____, "whose": ____}
# >>> solution
missing = {"status": answer.status, "where": answer.json["issue"][1]["expression"][0], "whose": "record"}
# <<<
L.check("10.4", missing)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call |
# |---|---|
# | publish through the mediator | `POST …/mediator/fhir/Bundle` |
# | search all countries | `GET …/regional/fhir/DocumentReference?…` |
# | see who belongs to the region | `GET …/regional/trusted-parties` |
# | make a certificate | `GET …/mediator/fhir/Bundle/ID/$icvp?immunizationId=…` |
# | be asked every day as the organisers ask | `connectathon readiness ADDRESS` |

# %% [markdown] reflect
# ## Before you go
#
# Your hospital searches twenty countries, and three do not answer. What exactly does the doctor see on the screen? Draw it.

# %% [markdown] next
# ## What comes next
#
# Start the faults one by one against your own client: `connectathon serve --fault late_address`. What it survives here, it survives at the event.

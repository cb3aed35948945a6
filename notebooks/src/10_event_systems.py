# %% [markdown] title
# # 10 · The event's own systems
#
# [English](../en/10_event_systems.ipynb) · [Español](../es/10_event_systems.ipynb) · [Português](../pt/10_event_systems.ipynb)
#
# **Time:** about 40 minutes. **Before:** [03 · Document sharing](03_mhd.ipynb) and [05 · Certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Between your system and the others stand systems of the event: a **mediator** that publishes for you, a **regional node** that asks all countries at once, an operation that makes a **certificate** out of a summary. They are convenient, and they have faults: each of those that you meet today has cost some team an afternoon.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. look a document over for what the **mediator** will not do for you (10.1)
# 2. search **all countries** at once, and notice who did not answer (10.2)
# 3. write a client that outlasts the **faults** that are known (10.3)
# 4. read why **`$icvp`** makes no certificate (10.4)

# %% setup
import time
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

# %% [markdown] team-text
# The mediator writes the DocumentReference and the SubmissionSet (a `List`), and signs the document ([FHIR R4 Signature](https://hl7.org/fhir/R4/datatypes.html#Signature)). Three things it takes as they come, and they stay your team's:
#
# | name | what |
# |---|---|
# | `composition` | the first entry is the Composition ([FHIR R4 documents](https://hl7.org/fhir/R4/documents.html#content)) |
# | `identifier` | the document has an identifier, by which others know it again |
# | `patient_id` | the Patient has an id: without one the original stores `Patient/undefined` |

# %% documents
first, patient, *others = document["entry"]
person = {name: part for name, part in patient["resource"].items() if name != "id"}
without_id = {**patient, "resource": person}
nameless = {name: part for name, part in document.items() if name != "identifier"}
documents = {"right": document, "nameless": nameless,
             "late_composition": {**document, "entry": [patient, *others, first]},
             "without_id": {**document, "entry": [first, *others, without_id]},
             "all_of_it": {**nameless, "entry": [without_id, *others, first]}}

# %% [markdown] ask-10-1
# ### ✎ 10.1 Before it leaves
#
# Look five documents over. Write the function that returns the names of what a document lacks, as a list: `[]` for one that may leave.

# %% ex-10-1 exercise=10.1
# >>> learner
def lacks(document):
    return ____
# >>> solution
def lacks(document):
    resources = [entry["resource"] for entry in document["entry"]]
    patient = next(each for each in resources if each["resourceType"] == "Patient")
    there = {"composition": resources[0]["resourceType"] == "Composition",
             "identifier": "identifier" in document, "patient_id": "id" in patient}
    return [name for name in there if not there[name]]
# <<<
L.check("10.1", {name: lacks(document) for name, document in documents.items()})

# %% [markdown] regional
# ## 2 The regional node
#
# One search ([ITI-67](https://profiles.ihe.net/ITI/MHD/ITI-67.html)) goes to every country. The original drops silently whoever does not answer, and a doctor takes a silent country for one without documents. This one says of each what came of it, in an OperationOutcome among the matches ([FHIR R4 search, outcome](https://hl7.org/fhir/R4/search.html#outcome)).

# %% picture-region
L.picture("region")

# %% search
asked = {"patient.identifier": "urn:oid:2.16.152|48215377-1", "status": "current"}
spoken = {"Accept-Language": L.language}
found = httpx.get(f"{event}/regional/fhir/DocumentReference", params=asked, headers=spoken, timeout=30).json()
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

# %% [markdown] known-faults
# Five faults are known of the event's mediator. For each there is one thing that a client does so that it does not matter:
#
# | fault | what happens | what your client does |
# |---|---|---|
# | `vague_refusal` | a refused document gets a bare 400 | looks the document over before it sends |
# | `hanging_refusal` | a refused document gets no answer at all | stops waiting after a time |
# | `late_address` | the right address of the document follows some seconds after the answer | reads again a little later |
# | `undefined_patient` | a patient without an id is stored over another one | gives an id of its own |
# | `duplicates` | a document that comes again is stored again | looks first whether it is there |

# %% scripted
mediators = {"at_once": [200], "late": [404, 404, 200], "busy": [503, 200],
             "silent": [None, None, 200], "refused": [400], "never": [404]}

def scripted(statuses):
    left = list(statuses)
    return lambda: left.pop(0) if len(left) > 1 else left[0]

# %% [markdown] ask-10-3
# ### ✎ 10.3 A client that waits, but not for ever
#
# `ask()` asks once and returns the status, or `None` where no answer came in time. Write the function that asks until the document is there, and returns **at which try** (from 1) it came. It returns 0
#
# - after five tries in vain,
# - at once where the answer will be the same each time: a 4xx other than 404 ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#name-client-error-4xx)). A 404 may be late, a 5xx may pass.
#
# Between two tries it waits `pause` seconds (`time.sleep`). The six of `mediators` answer by a script, the last word again and again.

# %% ex-10-3 exercise=10.3
# >>> learner
def tries_until_there(ask, pause=0):
    return ____
# >>> solution
def tries_until_there(ask, pause=0):
    for number in range(1, 6):
        status = ask()
        if status == 200:
            return number
        if status is not None and 400 <= status < 500 and status != 404:
            return 0
        time.sleep(pause)
    return 0
# <<<
L.check("10.3", {name: tries_until_there(scripted(mediators[name])) for name in mediators})

# %% [markdown] late-text
# And now a real one. The second sandbox answers at once, and in its DocumentReference stands a temporary name (`urn:uuid:…`); some seconds later the right address. So each try reads the DocumentReference anew.

# %% late
L.ask("POST", "/mediator/fhir/Bundle", document)
sent = httpx.post(f"{event}/mediator/fhir/Bundle", content=L.client.exchanges[-1].request_body, timeout=30).json()
places = [entry["response"]["location"].split("/_history")[0] for entry in sent["entry"]]
reference = next(place for place in places if place.startswith("DocumentReference"))

# %% late-asked
def status_now():
    place = httpx.get(f"{event}/fhir/{reference}").json()["content"][0]["attachment"]["url"]
    return 404 if "urn:uuid" in place else httpx.get(place, timeout=5).status_code

tries_until_there(status_now, pause=1)

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
# Take out of the answer the `status` and `where` something is missing (its `expression`), and say `whose` task it is to add it: `"record"`, where the dose was given, or `"mediator"`.

# %% ex-10-4 exercise=10.4
# >>> learner
missing = ____
# >>> solution
issues = answer.json["issue"]
place = next(issue["expression"][0] for issue in issues if issue["expression"] != ["Bundle"])
missing = {"status": answer.status, "where": place, "whose": "record"}
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

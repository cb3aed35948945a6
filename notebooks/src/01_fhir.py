# %% [markdown] title
# # 01 · FHIR fundamentals
#
# [English](../en/01_fhir.ipynb) · [Español](../es/01_fhir.ipynb) · [Português](../pt/01_fhir.ipynb)
#
# **Time:** about 60 minutes. **Before:** [00 · Welcome](00_welcome.ipynb). **Level:** you can read a Python dictionary.

# %% [markdown] story
# ## The story
#
# You are the technical team of a small country. Tomorrow a patient of yours, **Marisol Ayala Benítez** from Paraguay, will be treated abroad, and the system over there knows only what yours sends. Today you register her, note her weight, correct her record, and learn to read every *no* that a server can say.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. write data as a **resource** of the right type, with formats and codes that others understand (1.1, 1.3)
# 2. **create**, read and **update** it on a server without overwriting anybody's work (1.2, 1.6)
# 3. connect resources by **references** (1.4) and send several at once in a **transaction** (1.7)
# 4. **search** precisely (1.5)
# 5. tell from status and **OperationOutcome** what went wrong and whose turn it is (1.8)
#
# Task 1.9 is open: hidden checks judge it when your facilitator grades. At the end the same checks run against your own system.

# %% setup
from urllib.parse import urlencode

from sandbox.course import ____, lesson, plot

L = lesson("01_fhir")
L

# %% [markdown] resources
# ## 1 Resources
#
# FHIR cuts medical data into **resources**: Patient, Observation, Immunization and about 140 more. Each is one JSON object, says what it is in `resourceType`, and has the elements that [its page in the standard](https://hl7.org/fhir/R4/patient.html) lists. Look at one that is on the server:

# %% read-rosa
L.client.get("Patient/rosa-fuenzalida")

# %% [markdown] ask-1-1
# ### ✎ 1.1 Write Marisol as a resource
#
# Marisol Ayala Benítez is a woman, born on 14 July 1992. Her national identifier is `4567012`; Paraguay's numbers have the system `urn:oid:2.16.600`.
#
# Write the whole dictionary, with `resourceType`, `identifier`, `name`, `gender` and `birthDate`. Use Rosa's record as the pattern: `name` is a list, dates are `YYYY-MM-DD`, and `gender` is one of four English codes in every country.

# %% ex-1-1 exercise=1.1
# >>> learner
patient = ____
# >>> solution
patient = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "4567012"}],
    "name": [{"family": "Ayala Benítez", "given": ["Marisol"]}],
    "gender": "female", "birthDate": "1992-07-14",
}
# <<<
L.check("1.1", patient)

# %% [markdown] create
# ## 2 Create
#
# `POST` to the address of the type stores a new resource. The server chooses the **id** and says in the header `Location` where the resource now lives.

# %% create-code
created = L.client.create(patient)
created

# %% [markdown] ask-1-2
# ### ✎ 1.2 Where does Marisol live now?
#
# Answer with her **relative reference**: type, slash, id. The id is in `created.json`.

# %% ex-1-2 exercise=1.2
# >>> learner
mine = ____
# >>> solution
mine = "Patient/" + created.json["id"]
# <<<
L.check("1.2", mine)

# %% [markdown] identifiers
# **Identifier or id?** The `id` is an address on *this* server; another server will give her another one. The `identifier` comes from the real world and travels with her. Search by identifier, refer by id.

# %% [markdown] codes
# ## 3 Codes
#
# A code means something only together with its **system**, a URI that says whose code it is. `29463-7` is body weight in LOINC and nothing anywhere else. The URI is compared letter by letter; it is a name, not a web page to visit.

# %% see-codes
weights = L.client.get("Observation?code=http://loinc.org|29463-7&_count=1")
weights.json["entry"][0]["resource"]["code"]

# %% [markdown] ask-1-3
# ### ✎ 1.3 Write the coding for body weight

# %% ex-1-3 exercise=1.3
# >>> learner
coding = {"system": ____, "code": ____}
# >>> solution
coding = {"system": "http://loinc.org", "code": "29463-7"}
# <<<
L.check("1.3", coding)

# %% [markdown] ask-1-4
# ## 4 References
#
# An Observation says about whom it is in `subject`, with a **reference**: `{"reference": "Patient/…"}`.
#
# ### ✎ 1.4 Note Marisol's weight: 62.4 kg
#
# Write the Observation, create it, and hand in its reference. A weight is a vital sign, for which R4 has [rules of its own](https://hl7.org/fhir/R4/observation-vitalsigns.html):
#
# - `status` is *final*, and `category` a list with `vital_sign`, which is given
# - `code` is a CodeableConcept: its list `coding` has the coding of 1.3
# - `subject` refers to Marisol, and `effectiveDateTime` says when: the 2nd of November 2026
# - `valueQuantity` has `value`, `unit`, and the unit as a code: its `system` is UCUM, `http://unitsofmeasure.org`

# %% picture-reference
L.picture("reference")

# %% vital-signs
vital_sign = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}

# %% ex-1-4 exercise=1.4
# >>> learner
observation = ____
# >>> solution
weight = {
    "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-11-02",
    "category": [vital_sign], "code": {"coding": [coding]}, "subject": {"reference": mine},
    "valueQuantity": {"value": 62.4, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}
measured = L.client.create(weight)
observation = "Observation/" + measured.json["id"]
# <<<
L.check("1.4", observation)

# %% [markdown] search
# ## 5 Search
#
# `GET Type?name=value` searches. Several parameters together narrow the result. Dates take prefixes: `ge` means *on or after*. A reference can be followed with a dot: this finds observations of all patients called Fuenzalida.

# %% search-example
found = L.client.get("Observation?patient.family=fuenzalida&category=laboratory")
[(entry["resource"]["id"], entry["resource"]["effectiveDateTime"]) for entry in found.json.get("entry", [])]

# %% [markdown] ask-1-5
# ### ✎ 1.5 Find some results
#
# Rosa (`Patient/rosa-fuenzalida`) has several results of HbA1c (LOINC `4548-4`). Write the function that makes the search for the results of *any* patient and code since a year, with the parameters `patient`, `code` and `date`. `urlencode` makes of a dictionary what stands behind the question mark. It is tried with **only those since 2024**.

# %% ex-1-5 exercise=1.5
def results_since(patient, code, year):
    """Returns the search for the results of a patient since a year."""
# >>> learner
    return ____
# >>> solution
    parameters = {"patient": patient, "code": f"http://loinc.org|{code}", "date": f"ge{year}"}
    return "Observation?" + urlencode(parameters)
# <<<

query = results_since("Patient/rosa-fuenzalida", "4548-4", 2024)
L.check("1.5", query)

# %% [markdown] plot-text
# Numbers are compared more easily in a picture. The same search, since 2020:

# %% plot-results
results = L.client.get(results_since("Patient/rosa-fuenzalida", "4548-4", 2020))
found = [entry["resource"] for entry in results.json.get("entry", [])]
values = {each["effectiveDateTime"][:10]: each["valueQuantity"]["value"] for each in found}
plot(values, "HbA1c (%)")

# %% [markdown] versions
# ## 6 Versions
#
# Every change makes a new **version**; the old ones stay in the history. A server cannot know whether you saw the last one, so you say it: `If-Match` carries the **ETag** of the version you changed. If somebody was faster, the server answers 412 and nothing is lost.
#
# An update sends the **whole** resource: what you leave out is gone.

# %% picture-versions
L.picture("versions")

# %% [markdown] ask-1-6
# ### ✎ 1.6 Add Marisol's telephone
#
# Write the function that reads a patient, adds a telephone to those that are there already, and updates with `L.client.update(resource, if_match=…)`. The ETag stands in the header of what was read: `current.header("ETag")`.
#
# `telecom` is a list of objects with `system` (here the code for a telephone) and `value`. Her number is `+595 981 555 014`.

# %% ex-1-6-build
def add_phone(place, number):
    """Adds a telephone to a patient, unless somebody else was faster; returns the answer."""
# >>> learner
    return ____
# >>> solution
    current = L.client.get(place)
    phones = [*current.json.get("telecom", []), {"system": "phone", "value": number}]
    changed = {**current.json, "telecom": phones}
    return L.client.update(changed, if_match=current.header("ETag"))
# <<<

add_phone(mine, "+595 981 555 014")

# %% ex-1-6 exercise=1.6
L.check("1.6", mine)

# %% history
L.client.get(f"{mine}/_history")

# %% [markdown] transaction
# ## 7 Several at once
#
# A **Bundle** of type `transaction` carries several changes: all of them happen, or none. New resources have no id yet, so each entry gets a temporary name in `fullUrl`, a UUID made on the spot. Other entries refer to that name, and the server puts the real reference in its place. `request` says what to do with each entry.

# %% transaction-example
clinic = {"fullUrl": "urn:uuid:6f1c1a52-7a3f-4c55-9f0e-0d4f2a5b9c01",
          "resource": {"resourceType": "Organization", "name": "Puesto de salud"},
          "request": {"method": "POST", "url": "Organization"}}
ward = {"resource": {"resourceType": "Location", "name": "Sala 1",
                     "managingOrganization": {"reference": clinic["fullUrl"]}},
        "request": {"method": "POST", "url": "Location"}}
L.client.transact({"resourceType": "Bundle", "type": "transaction", "entry": [clinic, ward]})

# %% [markdown] ask-1-7
# ### ✎ 1.7 Register Nahuel and his asthma in one step
#
# Nahuel Rojas Vera is new, and so is his asthma (SNOMED CT `195967001`, system `http://snomed.info/sct`). Write both entries, so that the Condition points to the Patient, and put them into a transaction. `new_name` is a UUID made on the spot.

# %% ex-1-7 exercise=1.7
import uuid

new_name = f"urn:uuid:{uuid.uuid4()}"
# >>> learner
bundle = ____
# >>> solution
nahuel = {"fullUrl": new_name, "request": {"method": "POST", "url": "Patient"},
          "resource": {"resourceType": "Patient", "name": [{"family": "Rojas Vera", "given": ["Nahuel"]}]}}
concept = {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]}
asthma = {"request": {"method": "POST", "url": "Condition"},
          "resource": {"resourceType": "Condition", "subject": {"reference": new_name}, "code": concept}}
bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [nahuel, asthma]}
# <<<
L.check("1.7", bundle)

# %% transact-code
L.client.transact(bundle)

# %% [markdown] ask-1-8
# ## 8 Break it
#
# Errors are answers too. The **status** says whose turn it is: 4xx means that the request must change, 5xx that the server failed. The body is an **OperationOutcome** that says what, where and what to do.
#
# ### ✎ 1.8 Predict four statuses
#
# - `unknown_type`: GET `Pacient/1`, a type that does not exist
# - `wrong_body`: POST a Patient to the address of Observation
# - `deleted`: GET a patient who was deleted
# - `stale`: PUT with an If-Match of an old version

# %% ex-1-8 exercise=1.8
# >>> learner
predicted = {"unknown_type": ____, "wrong_body": ____, "deleted": ____, "stale": ____}
# >>> solution
predicted = {"unknown_type": 404, "wrong_body": 400, "deleted": 410, "stale": 412}
# <<<
L.check("1.8", predicted)

# %% [markdown] now-look
# Now look. Read each OperationOutcome: would you have known what to do?

# %% break-type
L.client.get("Pacient/1")

# %% break-body
L.client.send("POST", "Observation", body={"resourceType": "Patient"})

# %% break-deleted
brief = L.client.create({"resourceType": "Patient"})
L.client.delete("Patient/" + brief.json["id"])
L.client.get("Patient/" + brief.json["id"])

# %% break-stale
L.client.update({"resourceType": "Patient", "id": "rosa-fuenzalida"}, if_match='W/"0"')

# %% [markdown] ask-1-9
# ## 9 Open task
#
# ### ✎ 1.9 Register a vaccination
#
# Invent a patient of your country who was vaccinated against yellow fever, and put both on the server: a **Patient** that can be identified abroad, and an **Immunization** that is complete, coded, dated and about that patient. For the vaccine you may use the ATC code `J07BL01` of the system `http://www.whocc.no/atc`.
#
# There is no pattern this time; [the page of Immunization](https://hl7.org/fhir/R4/immunization.html) lists the elements. Hand in both references. Hidden checks judge them when your facilitator grades.

# %% ex-1-9 exercise=1.9
# >>> learner
traveller = ____
vaccination = ____
# >>> solution
traveller = L.client.create({"resourceType": "Patient", "birthDate": "1990-05-02",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "5123987"}],
    "name": [{"family": "Benítez Duarte", "given": ["Arsenio"]}]})
place = "Patient/" + traveller.json["id"]
vaccination = L.client.create({"resourceType": "Immunization", "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]},
    "patient": {"reference": place}, "occurrenceDateTime": "2024-03-11"})
# <<<
L.submit("1.9", {"patient": "Patient/" + traveller.json["id"], "immunization": "Immunization/" + vaccination.json["id"]})

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | create | `L.client.create(resource)` | [FHIR R4 create](https://hl7.org/fhir/R4/http.html#create) |
# | update without overwriting | `L.client.update(resource, if_match=…)` | [FHIR R4 concurrency](https://hl7.org/fhir/R4/http.html#concurrency) |
# | search | `L.client.get("Type?name=value")` | [FHIR R4 search](https://hl7.org/fhir/R4/search.html) |
# | refer | `{"reference": "Patient/…"}` | [FHIR R4 references](https://hl7.org/fhir/R4/references.html#literal) |
# | send several at once | `L.client.transact(bundle)` | [FHIR R4 transaction](https://hl7.org/fhir/R4/http.html#transaction) |
# | delete | `L.client.delete(place)` | [FHIR R4 delete](https://hl7.org/fhir/R4/http.html#delete) |

# %% [markdown] reflect
# ## Before you go
#
# Which of the errors of part 8 would your own system have explained to a stranger? Write down one message that you want to improve before the event.

# %% [markdown] own-system
# ## 10 Your own system
#
# The checks do not know which server they judge. Write the FHIR base address of your team's system in place of the blank, with synthetic data only, and run the cells: they create a patient there and judge it in the same way. Nothing of this part is graded.

# %% own-base
# >>> learner
own = L.against(____)
# >>> solution
own = L.against(L.client.base)
# <<<

# %% own-checks
own_created = own.client.create(patient)
own_created

# %% own-check-cell
# >>> learner
own.check("1.2", ____)
# >>> solution
own.check("1.2", "Patient/" + own_created.json["id"])
# <<<

# %% [markdown] next
# ## What comes next
#
# You can read and write FHIR. In [02 · International Patient Summary](02_ips.ipynb) you put such resources together into a document that any country can read.

# %% [markdown] title
# # 01 · FHIR fundamentals
#
# [English](../en/01_fhir.ipynb) · [Español](../es/01_fhir.ipynb) · [Português](../pt/01_fhir.ipynb)
#
# **Time:** about 40 minutes. **Before:** [00 · Welcome](00_welcome.ipynb). **Level:** you can read a Python dictionary.

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
from sandbox.course import ____, lesson

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
# Use Rosa's record as the pattern: `name` is a list, dates are `YYYY-MM-DD`, and `gender` is one of four English codes in every country.

# %% ex-1-1 exercise=1.1
# >>> learner
patient = {
    "resourceType": ____,
    "identifier": [{"system": "urn:oid:2.16.600", "value": ____}],
    "name": [{"family": ____, "given": ["Marisol"]}],
    "gender": ____, "birthDate": ____,
}
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
# Fill in the coding of 1.3, the reference to Marisol, and the code of the unit. Units are codes too: their system is UCUM. A weight is a vital sign, and R4 wants [more of those](https://hl7.org/fhir/R4/observation-vitalsigns.html): a category and a time, which are there already. The answer to the check is the reference of the new Observation.

# %% picture-reference
L.picture("reference")

# %% vital-signs
vital_sign = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "vital-signs"}]}

# %% ex-1-4-build
# >>> learner
weight = {
    "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-11-02",
    "category": [vital_sign], "code": {"coding": [coding]},
    "subject": {"reference": ____},
    "valueQuantity": {"value": 62.4, "unit": "kg", "system": "http://unitsofmeasure.org", "code": ____},
}
# >>> solution
weight = {
    "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-11-02",
    "category": [vital_sign], "code": {"coding": [coding]},
    "subject": {"reference": mine},
    "valueQuantity": {"value": 62.4, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
}
# <<<
measured = L.client.create(weight)
measured

# %% ex-1-4 exercise=1.4
# >>> learner
observation = ____
# >>> solution
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
# ### ✎ 1.5 Find one result
#
# Rosa (`Patient/rosa-fuenzalida`) has several results of HbA1c (LOINC `4548-4`). Write the search that finds **only those since 2024**. The parameters you need are `patient`, `code` and `date`.

# %% ex-1-5 exercise=1.5
# >>> learner
query = ____
# >>> solution
query = "Observation?patient=Patient/rosa-fuenzalida&code=http://loinc.org|4548-4&date=ge2024"
# <<<
L.check("1.5", query)

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
# `telecom` is a list of objects with `system` (here the code for a telephone) and `value`. Her number is `+595 981 555 014`.

# %% ex-1-6-build
current = L.client.get(mine)
# >>> learner
changed = {**current.json, "telecom": [{"system": ____, "value": ____}]}
# >>> solution
changed = {**current.json, "telecom": [{"system": "phone", "value": "+595 981 555 014"}]}
# <<<
L.client.update(changed, if_match=current.header("ETag"))

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
# Nahuel Rojas Vera is new, and so is his asthma (SNOMED CT `195967001`). Complete the two entries so that the Condition points to the Patient.

# %% ex-1-7-patient
# >>> learner
nahuel = {"fullUrl": "urn:uuid:0b6a7f0e-52a4-4f0b-8a39-3f5a1c2d4e77",
          "resource": {"resourceType": "Patient", "name": [{"family": "Rojas Vera", "given": ["Nahuel"]}]},
          "request": {"method": ____, "url": ____}}
# >>> solution
nahuel = {"fullUrl": "urn:uuid:0b6a7f0e-52a4-4f0b-8a39-3f5a1c2d4e77",
          "resource": {"resourceType": "Patient", "name": [{"family": "Rojas Vera", "given": ["Nahuel"]}]},
          "request": {"method": "POST", "url": "Patient"}}
# <<<

# %% ex-1-7 exercise=1.7
# >>> learner
asthma = {"resource": {"resourceType": "Condition", "subject": {"reference": ____},
                       "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]}},
          "request": {"method": "POST", "url": "Condition"}}
# >>> solution
asthma = {"resource": {"resourceType": "Condition", "subject": {"reference": nahuel["fullUrl"]},
                       "code": {"coding": [{"system": "http://snomed.info/sct", "code": "195967001"}]}},
          "request": {"method": "POST", "url": "Condition"}}
# <<<
bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [nahuel, asthma]}
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

# %% ex-1-9-patient
# >>> learner
traveller = ____
# >>> solution
traveller = L.client.create({"resourceType": "Patient", "birthDate": "1990-05-02",
    "identifier": [{"system": "urn:oid:2.16.600", "value": "5123987"}],
    "name": [{"family": "Benítez Duarte", "given": ["Arsenio"]}]})
# <<<

# %% ex-1-9-immunization
# >>> learner
vaccination = ____
# >>> solution
vaccination = L.client.create({"resourceType": "Immunization", "status": "completed",
    "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]},
    "patient": {"reference": "Patient/" + traveller.json["id"]}, "occurrenceDateTime": "2024-03-11"})
# <<<

# %% ex-1-9 exercise=1.9
# >>> learner
L.submit("1.9", {"patient": ____, "immunization": ____})
# >>> solution
L.submit("1.9", {"patient": "Patient/" + traveller.json["id"],
                 "immunization": "Immunization/" + vaccination.json["id"]})
# <<<

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

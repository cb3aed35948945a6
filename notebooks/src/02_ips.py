# %% [markdown] title
# # 02 · International Patient Summary
#
# [English](../en/02_ips.ipynb) · [Español](../es/02_ips.ipynb) · [Português](../pt/02_ips.ipynb)
#
# **Time:** about 60 minutes. **Before:** [01 · FHIR fundamentals](01_fhir.ipynb).

# %% [markdown] story
# ## The story
#
# Nélida Oyarzún, from Chile, is on her way to a congress in Panama. If she faints there, the emergency room should know within a minute that she has diabetes and takes metformin. Your country keeps her data in its own format; abroad nobody reads that. Today you turn the national record into an **International Patient Summary (IPS)**. Then a summary arrives from another country, broken, and you mend it.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. say which sections an IPS always has (2.1) and write the functions that turn a national record into its entries (2.2, 2.3)
# 2. tell *none known* from *nothing known*, which is a matter of safety (2.3)
# 3. put the document together and **validate** it (2.4)
# 4. read findings and **mend** a document without losing what it says (2.5)
# 5. judge what is an error, what a warning, and what is allowed (2.6)
# 6. add what your **region** asks on top: a custodian and two identifiers (2.8)
#
# Task 2.7 is open: hidden checks judge it when your facilitator grades.

# %% setup
from sandbox.course import ____, build_summary, lesson

L = lesson("02_ips")
L

# %% [markdown] document
# ## 1 What an IPS is
#
# A **document**: a Bundle of type `document` whose first entry is a **Composition**. The Composition says about whom, by whom and when, and has **sections**. Each section has a LOINC code, a narrative that a person can read (`text`), and references to entries that a program can read. All that is referred to travels in the same Bundle. Here is one that the server makes from Rosa's record:

# %% picture-document
L.picture("document")

# %% see-summary
rosa = L.client.get("Patient/rosa-fuenzalida/$summary")
L.show(rosa)

# %% [markdown] see-composition-text
# The same document as the machine sees it. Look at the first section: code, text, entries.

# %% see-composition
rosa.json["entry"][0]["resource"]["section"][0]

# %% [markdown] ask-2-1
# ### ✎ 2.1 Which sections must always be there?
#
# Three sections stand in every IPS, even when there is nothing to say in them: a reader must see that somebody thought of it. Which of these six? [The IPS](https://hl7.org/fhir/uv/ips/) calls them *required*.
#
# | LOINC | section |
# |---|---|
# | `11450-4` | problems |
# | `11369-6` | immunizations |
# | `48765-2` | allergies and intolerances |
# | `30954-2` | results |
# | `10160-0` | medications |
# | `47519-4` | procedures |

# %% ex-2-1 exercise=2.1
# >>> learner
required = [____, ____, ____]
# >>> solution
required = ["11450-4", "48765-2", "10160-0"]
# <<<
L.check("2.1", required)

# %% [markdown] record
# ## 2 The national record
#
# This is how a ministry's system keeps Nélida: its own names, its own dates, capital letters. It stays as it is; you translate.

# %% record-code
ficha = {"run": "48612309-5", "nombres": "NÉLIDA DEL CARMEN", "apellidos": "OYARZÚN CÁRCAMO",
         "sexo": "F", "nacimiento": "14-02-1961", "alergias": "NO REFIERE",
         "diagnosticos": [{"cie10": "E11", "glosa": "Diabetes mellitus tipo 2", "desde": "2011"}],
         "farmacos": [{"atc": "A10BA02", "glosa": "Metformina 850 mg", "desde": "05-2012"}]}

# %% [markdown] patient
# Who she is, is done for you, this time with [fhir.resources](https://github.com/nazrulworld/fhir.resources), a library that knows the shape of each resource and refuses an element that does not exist. Plain dictionaries do as well; the lesson takes both.

# %% patient-code
from fhir.resources.R4B.patient import Patient

patient = Patient(id="nelida", gender="female", birthDate="1961-02-14",
                  name=[{"family": "Oyarzún Cárcamo", "given": ["Nélida", "del Carmen"]}],
                  identifier=[{"system": "urn:oid:2.16.152", "value": ficha["run"]}])
L.validate(patient)

# %% [markdown] ask-2-2
# ### ✎ 2.2 The diagnosis
#
# Write the function that turns *any* diagnosis of the record into a Condition about Nélida (`Patient/nelida`): not the resource by hand, but the rule by which your system will write thousands.
#
# - `subject` leads to her
# - `clinicalStatus` is a CodeableConcept with one coding; its system is `http://terminology.hl7.org/CodeSystem/condition-clinical`. The disease is not over, so the code is *active*
# - `code` has the coding and the words of the record in `text`. `E11` is a code of **ICD-10**. FHIR has a fixed URI for that system: look for it on [the page of code systems](https://hl7.org/fhir/R4/terminologies-systems.html)
# - `onsetDateTime`: the record knows the year and no more; write no more than it knows

# %% ex-2-2 exercise=2.2
def condition_of(diagnosis):
    """Returns a diagnosis of the record as a Condition about Nélida."""
# >>> learner
    return ____
# >>> solution
    status = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
    coding = {"system": "http://hl7.org/fhir/sid/icd-10", "code": diagnosis["cie10"]}
    return {"resourceType": "Condition", "subject": {"reference": "Patient/nelida"},
            "clinicalStatus": {"coding": [status]}, "onsetDateTime": diagnosis["desde"],
            "code": {"coding": [coding], "text": diagnosis["glosa"]}}
# <<<

diabetes = condition_of(ficha["diagnosticos"][0])
L.check("2.2", diabetes)

# %% [markdown] absence
# ## 3 None known is not nothing known
#
# `NO REFIERE` means: she was asked, and knows of no allergy. That is information, and it decides whether somebody dares to give penicillin. An IPS has three ways to say it:
#
# | what is known | how it is said |
# |---|---|
# | asked, none known | an AllergyIntolerance with the SNOMED CT code `716186003` |
# | never asked | the section without entries, with `emptyReason` |
# | an allergy | an AllergyIntolerance with its code |
#
# Leaving the section out, or leaving it empty, is not allowed: it could mean either.

# %% picture-absence
L.picture("absence")

# %% [markdown] ask-2-3
# ### ✎ 2.3 Say that no allergy is known
#
# Again a function: what stands in the field `alergias` becomes an AllergyIntolerance. Its element for the person is `patient`, and the system of its `clinicalStatus` is `http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical`.
#
# The record keeps free text there. For anything but `NO REFIERE` raise a `ValueError`: what your program does not understand must never become *none known*.

# %% ex-2-3 exercise=2.3
def allergy_of(words):
    """Returns what the record says of allergies as an AllergyIntolerance; raises ValueError for other words."""
# >>> learner
    return ____
# >>> solution
    if words != "NO REFIERE":
        raise ValueError(words)
    status = {"system": "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical", "code": "active"}
    coding = {"system": "http://snomed.info/sct", "code": "716186003"}
    return {"resourceType": "AllergyIntolerance", "patient": {"reference": "Patient/nelida"},
            "clinicalStatus": {"coding": [status]}, "code": {"coding": [coding]}}
# <<<

allergy = allergy_of(ficha["alergias"])
L.check("2.3", allergy)

# %% [markdown] refusing
# What does it do with another record? Here it must refuse:

# %% refusing-code
try:
    refused = allergy_of("PENICILINA: URTICARIA EN 2009")
except ValueError as error:
    refused = error
refused

# %% [markdown] ask-2-4
# ## 4 The document
#
# `build_summary(patient, …)` sorts resources into their sections, writes a narrative for each, gives every entry an address and puts the Composition in front. It invents nothing: what is not known is said to be unknown.
#
# ### ✎ 2.4 Nélida's summary
#
# First the function for her drugs: a MedicationStatement that is *active*, with `subject`, `effectivePeriod.start` and `medicationCodeableConcept`. The code system of ATC is `http://www.whocc.no/atc`. The record writes the month first, FHIR the year.
#
# Then put the document together, from **all** diagnoses and drugs of the record.

# %% ex-2-4-medication
def medication_of(drug):
    """Returns a drug of the record as a MedicationStatement."""
# >>> learner
    return ____
# >>> solution
    month, year = drug["desde"].split("-")
    coding = {"system": "http://www.whocc.no/atc", "code": drug["atc"]}
    return {"resourceType": "MedicationStatement", "status": "active",
            "subject": {"reference": "Patient/nelida"}, "effectivePeriod": {"start": f"{year}-{month}"},
            "medicationCodeableConcept": {"coding": [coding], "text": drug["glosa"]}}
# <<<

# %% ex-2-4 exercise=2.4
# >>> learner
summary = build_summary(patient, ____)
# >>> solution
known = [condition_of(diagnosis) for diagnosis in ficha["diagnosticos"]]
known += [medication_of(drug) for drug in ficha["farmacos"]]
summary = build_summary(patient, *known, allergy_of(ficha["alergias"]))
# <<<
L.check("2.4", summary)

# %% validate-summary
L.validate(summary, profile="ips")

# %% show-summary
L.show(summary)

# %% [markdown] abroad
# ## 5 A summary from abroad
#
# Another country sent a summary of Luzia Nogueira. A person can guess what it means. A program cannot, and yours must not guess. Validate it and read each finding: **where** it is, **what** is wrong, **what to do**, and the clause in brackets that says so.

# %% abroad-validate
abroad = L.client.get("Bundle/summary-from-abroad").json
L.validate(abroad, profile="ips")

# %% [markdown] ask-2-5
# ### ✎ 2.5 Mend it
#
# Four faults, all seen at real connectathons. Write the function that mends the document and keeps all that it says; taking the faulty part out would be easy and wrong.
#
# 1. The Composition is not the first entry.
# 2. `gender` is a local letter.
# 3. The medication section (`10160-0`) has no narrative: `text` has `status` and `div`, and the `div` is XHTML.
# 4. The allergy section (`48765-2`) refers to something that is not in the Bundle, although the allergy is: refer to it by its `fullUrl`.
#
# Two small tools are given; they find a place in a document.

# %% mend-tools
def entry_of(document, type):
    """Returns the entry with the resource of a type."""
    return next(entry for entry in document["entry"] if entry["resource"]["resourceType"] == type)

def section_of(document, code):
    """Returns the section with a LOINC code."""
    sections = entry_of(document, "Composition")["resource"]["section"]
    return next(section for section in sections if section["code"]["coding"][0]["code"] == code)

# %% ex-2-5 exercise=2.5
def mend(document):
    """Returns the document without its four faults."""
# >>> learner
    return ____
# >>> solution
    first = entry_of(document, "Composition")
    document["entry"] = [first, *(entry for entry in document["entry"] if entry is not first)]
    entry_of(document, "Patient")["resource"]["gender"] = "female"
    words = '<div xmlns="http://www.w3.org/1999/xhtml">Levotiroxina 75 microgramas</div>'
    section_of(document, "10160-0")["text"] = {"status": "generated", "div": words}
    allergy = entry_of(document, "AllergyIntolerance")
    section_of(document, "48765-2")["entry"] = [{"reference": allergy["fullUrl"]}]
    return document
# <<<

mended = mend(L.client.get("Bundle/summary-from-abroad").json)
L.check("2.5", mended)

# %% mended-validate
L.validate(mended, profile="ips")

# %% [markdown] ask-2-6
# ## 6 Break it
#
# Not every deviation is an error. An **error** breaks a rule. A **warning** is understood and should still be changed. Some things are simply allowed, although you would do them otherwise.
#
# ### ✎ 2.6 Predict what the judge says
#
# Answer `"error"`, `"warning"` or `"nothing"` for Rosa's summary with one change each, judged by the rules of the event of 2026:
#
# - `no_allergies`: the allergy section is taken out
# - `local_gender`: `gender` is `"femenino"`
# - `oid_with_dot`: an identifier system is `urn:oid.2.16.152`, with a dot, as the region's guide prints it
# - `text_only`: a diagnosis has only `text`, no code

# %% ex-2-6 exercise=2.6
# >>> learner
predicted = {"no_allergies": ____, "local_gender": ____, "oid_with_dot": ____, "text_only": ____}
# >>> solution
predicted = {"no_allergies": "error", "local_gender": "error", "oid_with_dot": "warning", "text_only": "nothing"}
# <<<
L.check("2.6", predicted)

# %% [markdown] now-look
# Now look. Change the path and the value and try your own.

# %% break-tool
def broken(change):
    copy = L.client.get("Patient/rosa-fuenzalida/$summary").json
    change({entry["resource"]["resourceType"]: entry["resource"] for entry in copy["entry"]})
    L.validate(copy, profile="ips", year=2026)

# %% break-section
broken(lambda by_type: by_type["Composition"]["section"].pop(1))

# %% break-gender
broken(lambda by_type: by_type["Patient"].update(gender="femenino"))

# %% break-oid
broken(lambda by_type: by_type["Patient"]["identifier"][0].update(system="urn:oid.2.16.152"))

# %% break-text
broken(lambda by_type: by_type["Condition"].update(code={"text": "Hipertensión"}))

# %% [markdown] ask-2-7
# ## 7 Open task
#
# ### ✎ 2.7 A summary of your own country
#
# Invent a patient of your country, found abroad by an identifier of your national system, who was vaccinated against yellow fever (ATC `J07BL01`). Say what is known about allergies, in one of the three ways of part 3. Build the summary and hand in the document. Hidden checks judge it when your facilitator grades.

# %% ex-2-7-build
# >>> learner
mine = build_summary(____)
# >>> solution
number = {"system": "urn:oid:2.16.600", "value": "5123987"}
traveller = {"resourceType": "Patient", "birthDate": "1990-05-02", "identifier": [number],
             "name": [{"family": "Benítez", "given": ["Arsenio"]}]}
shot = {"resourceType": "Immunization", "status": "completed", "occurrenceDateTime": "2024-03-11",
        "vaccineCode": {"coding": [{"system": "http://www.whocc.no/atc", "code": "J07BL01"}]}}
mine = build_summary(traveller, shot)
# <<<

# %% ex-2-7 exercise=2.7
L.submit("2.7", mine)

# %% [markdown] region
# ## 8 What your region asks on top
#
# An IPS is the same all over the world. A **region** may ask for more: the guide of [RACSEL](https://racsel.org) for Latin America and the Caribbean wants to know who keeps the document, and two ways to find the person. `lac-2026` is the profile of the event of 2026. Ask the judge about the same summary:

# %% region-validate
L.validate(summary, profile="lac-2026")

# %% [markdown] region-pattern
# Rosa's record has both identifiers already. Look at what tells them apart, and at what is alike:

# %% region-rosa
L.client.get("Patient/rosa-fuenzalida").json["identifier"]

# %% [markdown] ask-2-8
# ### ✎ 2.8 Nélida's summary for the region
#
# Write the function that adds to a document what `lac-2026` asks:
#
# 1. Her **identifiers**, both `official`: the national number `48612309-5`, and the passport `P48612309` with Chile's system of passports, as Rosa's record has it.
# 2. The **custodian**, the ministry that keeps the document: an Organization with a `name` and the country `CL` in its address, as one more entry with a `fullUrl` of its own (a `urn:uuid:`), to which `Composition.custodian` refers.
#
# `entry_of` of part 5 finds the places.

# %% ex-2-8 exercise=2.8
def regional(document):
    """Returns the document with identifiers and custodian as the region has them."""
# >>> learner
    return ____
# >>> solution
    kinds = {"NI": ("urn:oid:2.16.152", "48612309-5"), "PPN": ("urn:oid:2.16.840.1.113883.4.330.152", "P48612309")}
    entry_of(document, "Patient")["resource"]["identifier"] = [
        {"use": "official", "system": system, "value": value,
         "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": kind}]}}
        for kind, (system, value) in kinds.items()]
    ministry = {"resourceType": "Organization", "name": "Ministerio de Salud", "address": [{"country": "CL"}]}
    place = "urn:uuid:7f0c7c0e-3b1e-4f0a-9a3e-0a6f6d1f9c52"
    entry_of(document, "Composition")["resource"]["custodian"] = {"reference": place}
    return {**document, "entry": [*document["entry"], {"fullUrl": place, "resource": ministry}]}
# <<<

fresh = build_summary(patient, diabetes, allergy, medication_of(ficha["farmacos"][0]))
L.check("2.8", regional(fresh) if fresh else ____)

# %% region-again
L.validate(regional(fresh) if fresh else ____, profile="lac-2026")

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | get a summary | `L.client.get("Patient/…/$summary")` | [IPS](https://hl7.org/fhir/uv/ips/ipsGeneration.html) |
# | build one | `build_summary(patient, …)` | [IPS Composition](https://hl7.org/fhir/uv/ips/StructureDefinition-Composition-uv-ips.html) |
# | have it judged | `L.validate(summary, profile="ips")` | [IPS Bundle](https://hl7.org/fhir/uv/ips/StructureDefinition-Bundle-uv-ips.html) |
# | see it as a person does | `L.show(summary)` | [FHIR R4 documents](https://hl7.org/fhir/R4/documents.html) |
# | say that nothing is known | `emptyReason` | [FHIR R4 Composition.section.emptyReason](https://hl7.org/fhir/R4/composition-definitions.html#Composition.section.emptyReason) |
# | meet a region's profile | `L.validate(document, profile="lac-2026")` | [RACSEL](https://racsel.org) |

# %% [markdown] reflect
# ## Before you go
#
# Which of the four faults of part 5 could your own system produce? Write down where in your code you would prevent it.

# %% [markdown] own-system
# ## 9 Your own system
#
# If your system answers `$summary`, write its FHIR base address and the id of a synthetic patient, and run the cells. If it makes documents in another way, paste one and validate that. Nothing of this part is graded.

# %% own-summary
# >>> learner
own = L.against(____)
own_summary = own.client.get(____)
# >>> solution
own = L.against(L.client.base)
own_summary = own.client.get("Patient/rosa-fuenzalida/$summary")
# <<<

# %% own-validate
L.validate(own_summary, profile="ips")

# %% [markdown] next
# ## What comes next
#
# You have a summary that anybody can read. In [03 · Document sharing](03_mhd.ipynb) you publish it so that a hospital in another country can find and fetch it.

# %% [markdown] title
# # 04 · Terminology
#
# [English](../en/04_terminology.ipynb) · [Español](../es/04_terminology.ipynb) · [Português](../pt/04_terminology.ipynb)
#
# **Time:** about 35 minutes. **Before:** [01 · FHIR fundamentals](01_fhir.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa's summary arrives in Brazil. The doctor there does not read Spanish, and the Chilean clinic has its own code list. What saves the day is that codes can be **looked up**, **checked** and **translated** by a server, in any language. Before each connectathon the organisers test exactly this, country by country, and most countries fail for small reasons.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. **expand** a value set (4.1) and **look up** a code in your language (4.2)
# 2. tell *wrong* from *cannot be told here* (4.3), which decides whether you reject a patient's data
# 3. write a **concept map** from a national code list to SNOMED CT (4.4)
# 4. **translate** by way of SNOMED CT to ICD-11 (4.5, 4.6)
#
# Task 4.7 is open: hidden checks judge it when your facilitator grades.

# %% setup
from sandbox.course import ____, lesson

L = lesson("04_terminology")
L

# %% [markdown] words
# ## 1 Four words
#
# | resource | what it is | operation |
# |---|---|---|
# | **CodeSystem** | codes and what they mean: SNOMED CT, LOINC, your national list | `$lookup` |
# | **ValueSet** | a choice of codes that an element may have | `$expand`, `$validate-code` |
# | **ConceptMap** | rows that lead from the codes of one system to those of another | `$translate` |
#
# IHE calls a server that answers these a *Terminology Repository* (profile SVCM). Everything has a **canonical URL**, a name that is the same on every server. Here the server looks up what Rosa's HbA1c is called:

# %% picture-terminology
L.picture("terminology")

# %% lookup-example
L.client.get("CodeSystem/$lookup?system=http://loinc.org&code=4548-4")

# %% [markdown] ask-4-1
# ### ✎ 4.1 Expand a value set
#
# `Patient.gender` may have the codes of the value set with the URL `http://hl7.org/fhir/ValueSet/administrative-gender`. Write the request that lists them: operation, question mark, `url=…`.

# %% ex-4-1 exercise=4.1
# >>> learner
expand = ____
# >>> solution
expand = "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender"
# <<<
L.check("4.1", expand)

# %% expand-code
L.client.get(expand)

# %% [markdown] ask-4-2
# ## 2 In the reader's language
#
# A display is for people, a code for programs: the same code is shown in each country's words. `displayLanguage` asks for a language by its two letters.
#
# ### ✎ 4.2 Look up a diagnosis
#
# Write the request that tells what the code `59621000` of SNOMED CT (`http://snomed.info/sct`) is called in Spanish or Portuguese.

# %% ex-4-2 exercise=4.2
# >>> learner
lookup = ____
# >>> solution
lookup = "CodeSystem/$lookup?system=http://snomed.info/sct&code=59621000&displayLanguage=es"
# <<<
L.check("4.2", lookup)

# %% lookup-code
L.client.get(lookup)

# %% [markdown] unknown
# ## 3 An unknown code is not an error
#
# SNOMED CT has more than 350,000 concepts; this server holds a few dozen, as examples. Asked for another one it could say *wrong*, and would reject a right diagnosis. Or *right*, and would wave nonsense through. It says neither: **cannot be told here**. That is a third answer, and your system needs it as well. Only where a code system is **complete** does a missing code mean that it does not exist.

# %% [markdown] ask-4-3
# ### ✎ 4.3 Predict three answers
#
# Answer `"true"`, `"false"` or `"not checked"`:
#
# - `female`: is `female` a code of the value set of 4.1?
# - `femenino`: is `femenino` one?
# - `infarction`: is `22298006`, which is not among the examples of this server, a code of SNOMED CT?

# %% ex-4-3 exercise=4.3
# >>> learner
predicted = {"female": ____, "femenino": ____, "infarction": ____}
# >>> solution
predicted = {"female": "true", "femenino": "false", "infarction": "not checked"}
# <<<
L.check("4.3", predicted)

# %% [markdown] now-look-codes
# Now look. The last one is a 501: *I cannot do that*, not *no*.

# %% validate-female
gender = "url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender"
L.client.get(f"ValueSet/$validate-code?{gender}&code=female")

# %% validate-femenino
L.client.get(f"ValueSet/$validate-code?{gender}&code=femenino")

# %% validate-infarction
L.client.get("CodeSystem/$validate-code?url=http://snomed.info/sct&code=22298006")

# %% [markdown] local
# ## 4 A national code list
#
# The Chilean clinic of this lesson codes diagnoses by a list of its own. As a CodeSystem with a URL it can travel; that nobody abroad knows it is mended by a map.

# %% local-system
diagnosticos = {"resourceType": "CodeSystem", "id": "diagnosticos-cl", "status": "draft", "content": "complete",
    "url": "http://node-cl.example/terminology", "concept": [
        {"code": "DG-017", "display": "Hipertensión arterial esencial"},
        {"code": "DG-042", "display": "Asma bronquial"},
        {"code": "DG-113", "display": "Ojo, mal de"}]}
L.client.update(diagnosticos)

# %% [markdown] ask-4-4
# ### ✎ 4.4 Map it to SNOMED CT
#
# Each row says the target and how near it is: `equivalent`, `wider`, `narrower`, … What has no counterpart is said to be `unmatched`, without a code; forcing one would be worse than none.
#
# - `DG-017` is SNOMED CT `59621000`
# - `DG-042` is SNOMED CT `195967001`
# - `DG-113` is an illness of popular tradition; no concept at hand means the same

# %% ex-4-4-rows
# >>> learner
rows = [{"code": "DG-017", "target": [{"code": ____, "equivalence": "equivalent"}]},
        {"code": "DG-042", "target": [{"code": ____, "equivalence": ____}]},
        {"code": "DG-113", "target": [{"equivalence": ____}]}]
# >>> solution
rows = [{"code": "DG-017", "target": [{"code": "59621000", "equivalence": "equivalent"}]},
        {"code": "DG-042", "target": [{"code": "195967001", "equivalence": "equivalent"}]},
        {"code": "DG-113", "target": [{"equivalence": "unmatched"}]}]
# <<<

# %% ex-4-4 exercise=4.4
# >>> learner
systems = {"source": ____, "target": ____}
# >>> solution
systems = {"source": "http://node-cl.example/terminology", "target": "http://snomed.info/sct"}
# <<<
mapped = {"resourceType": "ConceptMap", "id": "diagnosticos-cl", "status": "draft",
          "url": "http://node-cl.example/ConceptMap/diagnosticos", "group": [{**systems, "element": rows}]}
L.check("4.4", mapped)

# %% store-map
L.client.update(mapped)

# %% [markdown] ask-4-5
# ## 5 Translate
#
# ITI-101, `$translate`, follows the maps that a server has. Yours leads from the local list to SNOMED CT; one that came with the server leads from SNOMED CT to ICD-11. Two steps lead from the clinic to the statistics of the WHO.
#
# ### ✎ 4.5 From DG-042 to ICD-11
#
# Run both steps and hand in the codes that you found.

# %% picture-translating
L.picture("translating")

# %% translate-first
L.client.get("ConceptMap/$translate?system=http://node-cl.example/terminology&code=DG-042")

# %% translate-second
# >>> learner
step = "ConceptMap/$translate?system=http://snomed.info/sct&targetsystem=http://id.who.int/icd/release/11/mms&code=" + ____
# >>> solution
step = "ConceptMap/$translate?system=http://snomed.info/sct&targetsystem=http://id.who.int/icd/release/11/mms&code=" + "195967001"
# <<<
L.client.get(step)

# %% ex-4-5 exercise=4.5
# >>> learner
codes = {"snomed": ____, "icd11": ____}
# >>> solution
codes = {"snomed": "195967001", "icd11": "CA23"}
# <<<
L.check("4.5", codes)

# %% [markdown] ask-4-6
# ## 6 Break it
#
# A translation can fail in several ways, and only one of them is a fault of the request. The answer to a right question is 200 with `result`, also when nothing was found.
#
# ### ✎ 4.6 Predict four answers
#
# Answer `"true"` or `"false"` for `result`, or `"400"`:
#
# - `no_row`: dengue (SNOMED CT `38362002`) to ICD-11; no map has a row for it
# - `no_target`: the local code `DG-113`, which is `unmatched`
# - `reverse`: from ICD-11 `CA23` back to SNOMED CT, with `reverse=true`
# - `no_code`: the request does not say which code

# %% ex-4-6 exercise=4.6
# >>> learner
outcomes = {"no_row": ____, "no_target": ____, "reverse": ____, "no_code": ____}
# >>> solution
outcomes = {"no_row": "false", "no_target": "false", "reverse": "true", "no_code": "400"}
# <<<
L.check("4.6", outcomes)

# %% [markdown] now-look
# Now look.

# %% break-row
L.client.get("ConceptMap/$translate?system=http://snomed.info/sct&targetsystem=http://id.who.int/icd/release/11/mms&code=38362002")

# %% break-target
L.client.get("ConceptMap/$translate?system=http://node-cl.example/terminology&code=DG-113")

# %% break-reverse
L.client.get("ConceptMap/$translate?system=http://id.who.int/icd/release/11/mms&code=CA23&reverse=true")

# %% break-code
L.client.get("ConceptMap/$translate?system=http://snomed.info/sct")

# %% [markdown] ask-4-7
# ## 7 Open task
#
# ### ✎ 4.7 Your national list
#
# Put three resources of your own on the server: a **CodeSystem** with at least three concepts, a **ValueSet** of all its codes, and a **ConceptMap** from it to SNOMED CT with a row for every code. Be honest where nothing fits. Hand in their places.

# %% ex-4-7-build
# >>> learner
places = {"system": ____, "set": ____, "map": ____}
# >>> solution
url, names = "http://node-py.example/diagnosticos", {"A": "Asma", "B": "Migraña", "C": "Pasmo"}
L.client.update({**diagnosticos, "id": "py", "url": url, "concept": [{"code": k, "display": v} for k, v in names.items()]})
L.client.update({"resourceType": "ValueSet", "id": "py", "url": url + "/all", "status": "draft",
                 "compose": {"include": [{"system": url}]}})
found = {"A": [{"code": "195967001", "equivalence": "equivalent"}], "B": [{"code": "37796009", "equivalence": "equivalent"}],
         "C": [{"equivalence": "unmatched"}]}
L.client.update({**mapped, "id": "py", "url": url + "/map", "group": [{"source": url, "target": "http://snomed.info/sct",
                 "element": [{"code": k, "target": v} for k, v in found.items()]}]})
places = {"system": "CodeSystem/py", "set": "ValueSet/py", "map": "ConceptMap/py"}
# <<<

# %% ex-4-7 exercise=4.7
L.submit("4.7", places)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | list the codes of a value set | `ValueSet/$expand?url=…` | [FHIR R4 $expand](https://hl7.org/fhir/R4/valueset-operation-expand.html) |
# | ask what a code means | `CodeSystem/$lookup?system=…&code=…` | [FHIR R4 $lookup](https://hl7.org/fhir/R4/codesystem-operation-lookup.html) |
# | ask whether it belongs | `ValueSet/$validate-code?url=…&code=…` | [FHIR R4 $validate-code](https://hl7.org/fhir/R4/valueset-operation-validate-code.html) |
# | translate it | `ConceptMap/$translate?system=…&code=…` | [FHIR R4 $translate](https://hl7.org/fhir/R4/conceptmap-operation-translate.html) |
# | say how near a target is | `equivalence` | [FHIR R4 equivalence](https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html) |

# %% [markdown] reflect
# ## Before you go
#
# What does your system do today with a code that it does not know: reject it, keep it, or lose it? Write down what it should do.

# %% [markdown] own-system
# ## 8 Your own terminology server
#
# Write the FHIR base address of your country's terminology server and run the cell with a code of your national list. Nothing of this part is graded.

# %% own-lookup
# >>> learner
own = L.against(____)
own.client.get("CodeSystem/$lookup?" + ____)
# >>> solution
own = L.against(L.client.base)
own.client.get("CodeSystem/$lookup?" + "system=http://node-cl.example/terminology&code=DG-042")
# <<<

# %% [markdown] next
# ## What comes next
#
# Data, documents and their codes now cross borders. In [05 · Vaccination certificates](05_certificates.ipynb) a dose does, in a code that anybody can check.

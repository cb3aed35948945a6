# %% [markdown] title
# # 04 · Terminology
#
# [English](../en/04_terminology.ipynb) · [Español](../es/04_terminology.ipynb) · [Português](../pt/04_terminology.ipynb)
#
# **Time:** about 50 minutes. **Before:** [01 · FHIR fundamentals](01_fhir.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa's summary arrives in Brazil. The doctor there does not read Spanish, and the Chilean clinic has its own code list. What saves the day is that codes can be **looked up**, **checked** and **translated** by a server, in any language. Before each connectathon the organisers test exactly this, country by country, and most countries fail for small reasons.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. **expand** a value set (4.1) and **look up** a code in your language (4.2)
# 2. tell *wrong* from *cannot be told here* (4.3), which decides whether you reject a patient's data
# 3. make a **concept map** of a national code list to SNOMED CT (4.4)
# 4. have your program **translate** by way of SNOMED CT to ICD-11 (4.5, 4.6)
#
# Task 4.7 is open: hidden checks judge it when your facilitator grades.

# %% setup
from urllib.parse import urlencode

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
# Write the function that makes the request for any code: `system`, `code` and the language in which its name is wanted. `urlencode` makes of a dictionary what stands behind the question mark, and writes signs such as `&` so that they do no harm. It is tried with the code `59621000` of SNOMED CT (`http://snomed.info/sct`).

# %% ex-4-2 exercise=4.2
def lookup_of(system, code, language):
    """Returns the request for the name of a code in a language."""
# >>> learner
    return ____
# >>> solution
    parameters = {"system": system, "code": code, "displayLanguage": language}
    return "CodeSystem/$lookup?" + urlencode(parameters)
# <<<

lookup = lookup_of("http://snomed.info/sct", "59621000", "es")
L.check("4.2", lookup)

# %% lookup-code
L.client.get(lookup)

# %% [markdown] unknown
# ## 3 An unknown code is not an error
#
# SNOMED CT has more than 350,000 concepts; this server holds a few dozen, as examples. Asked for another one it could say *wrong*, and would reject a right diagnosis. Or *right*, and would wave nonsense through. It says neither: **cannot be told here**. That is a third answer, and your system needs it as well. Only where a code system is **complete** does a missing code mean that it does not exist.

# %% [markdown] ask-4-3
# ### ✎ 4.3 Read three answers
#
# Write the function that makes of an answer of `$validate-code` one of three words, as your system needs them: `"true"`, `"false"` or `"not checked"`. Three codes are asked about: guess first, then look at the answers in the cell below, then write.
#
# - `female`: is `female` a code of the value set of 4.1?
# - `femenino`: is `femenino` one?
# - `infarction`: is `22298006`, which is not among the examples of this server, a code of SNOMED CT?

# %% validate-three
gender = "url=http://hl7.org/fhir/ValueSet/administrative-gender&system=http://hl7.org/fhir/administrative-gender"
requests = {"female": f"ValueSet/$validate-code?{gender}&code=female",
            "femenino": f"ValueSet/$validate-code?{gender}&code=femenino",
            "infarction": "CodeSystem/$validate-code?url=http://snomed.info/sct&code=22298006"}
answers = {name: L.client.get(request) for name, request in requests.items()}

# %% ex-4-3 exercise=4.3
def verdict_of(answer):
    """Returns what a server says of a code: true, false or not checked."""
# >>> learner
    return ____
# >>> solution
    if answer.status == 501:
        return "not checked"
    values = {parameter["name"]: parameter for parameter in answer.json["parameter"]}
    return "true" if values["result"]["valueBoolean"] else "false"
# <<<

L.check("4.3", {name: verdict_of(answer) for name, answer in answers.items()})

# %% [markdown] now-look-codes
# The answers. The last one is a 501: *I cannot do that*, not *no*.

# %% validate-female
answers["female"]

# %% validate-femenino
answers["femenino"]

# %% validate-infarction
answers["infarction"]

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
# Whoever knows both lists gives you a table; your program makes a ConceptMap of it. Each row (`element`) has the local `code` and a list `target`, which says the other code and how near it is: `equivalent`, `wider`, `narrower`, … What has no counterpart is said to be `unmatched`, without a code; forcing one would be worse than none.
#
# - `DG-017` is SNOMED CT `59621000`
# - `DG-042` is SNOMED CT `195967001`
# - `DG-113` is an illness of popular tradition; no concept at hand means the same
#
# The rows stand in a `group` beside `source` and `target`, the URLs of both systems; `group` is a list. `status` is *draft*.

# %% ex-4-4
def map_of(table, source, target):
    """Returns the ConceptMap of a table from local codes to others; None stands for no counterpart."""
# >>> learner
    return ____
# >>> solution
    rows = []
    for code, other in table.items():
        found = {"code": other, "equivalence": "equivalent"} if other else {"equivalence": "unmatched"}
        rows.append({"code": code, "target": [found]})
    group = {"source": source, "target": target, "element": rows}
    return {"resourceType": "ConceptMap", "status": "draft", "group": [group]}
# <<<

# %% check-4-4 exercise=4.4
table = {"DG-017": "59621000", "DG-042": "195967001", "DG-113": None}
rows = map_of(table, "http://node-cl.example/terminology", "http://snomed.info/sct")
mapped = {**rows, "id": "diagnosticos-cl", "url": "http://node-cl.example/ConceptMap/diagnosticos"} if rows else ____
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
# Look at the answer to the first step: where is the code? Write the function that asks and takes it out of any such answer, and `None` where there is no match. Then run both steps by it.

# %% picture-translating
L.picture("translating")

# %% translate-first
L.client.get("ConceptMap/$translate?system=http://node-cl.example/terminology&code=DG-042")

# %% ex-4-5
def translated(system, code, target):
    """Returns the code of another system that the server has for a code; None where it has none."""
# >>> learner
    return ____
# >>> solution
    parameters = {"system": system, "code": code, "targetsystem": target}
    answer = L.client.get("ConceptMap/$translate?" + urlencode(parameters))
    for parameter in answer.json["parameter"]:
        if parameter["name"] == "match":
            parts = {part["name"]: part for part in parameter["part"]}
            return parts["concept"]["valueCoding"]["code"]
# <<<

# %% check-4-5 exercise=4.5
snomed = translated("http://node-cl.example/terminology", "DG-042", "http://snomed.info/sct")
icd11 = translated("http://snomed.info/sct", snomed, "http://id.who.int/icd/release/11/mms")
L.check("4.5", {"snomed": snomed, "icd11": icd11})

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
url = "http://node-py.example/diagnosticos"
names = {"A": "Asma", "B": "Migraña", "C": "Pasmo"}
concepts = [{"code": code, "display": name} for code, name in names.items()]
L.client.update({**diagnosticos, "id": "py", "url": url, "concept": concepts})
L.client.update({"resourceType": "ValueSet", "id": "py", "url": url + "/all", "status": "draft",
                 "compose": {"include": [{"system": url}]}})
own_map = map_of({"A": "195967001", "B": "37796009", "C": None}, url, "http://snomed.info/sct")
L.client.update({**own_map, "id": "py", "url": url + "/map"})
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
own.client.get(____)
# >>> solution
own = L.against(L.client.base)
own.client.get(lookup_of("http://node-cl.example/terminology", "DG-042", "es"))
# <<<

# %% [markdown] next
# ## What comes next
#
# Data, documents and their codes now cross borders. In [05 · Vaccination certificates](05_certificates.ipynb) a dose does, in a code that anybody can check.

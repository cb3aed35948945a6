# %% [markdown] title
# # 20 · Night shift on ward 4
#
# [English](../en/20_ward.ipynb) · [Español](../es/20_ward.ipynb) · [Português](../pt/20_ward.ipynb)
#
# **Time:** 15 minutes. **Before:** [01 · FHIR fundamentals](01_fhir.ipynb). You take over a ward of which you know nothing, and ask its data.

# %% setup
from sandbox.course import ____, lesson

L = lesson("20_ward")
L

# %% [markdown] ask-20-1
# ### ✎ 20.1 How many patients does the ward look after?
#
# A patient's `managingOrganization` says who keeps the record. The search parameter is `organization`, and the ward is `Organization/ward-4`.

# %% of-the-ward
patients = L.client.get("Patient?organization=Organization/ward-4")
patients

# %% ex-20-1 exercise=20.1
# >>> learner
how_many = ____
# >>> solution
how_many = patients.json["total"]
# <<<
L.check("20.1", how_many)

# %% [markdown] ask-20-2
# ### ✎ 20.2 Whose heart beats fastest?
#
# Answer with the reference of the patient. Somebody else grades you on a night of their own: write what finds the answer, not the answer.

# %% heart-rates
rates = L.client.get("Observation?code=http://loinc.org|8867-4&subject:Patient.organization=Organization/ward-4&_count=100")
measured = [entry["resource"] for entry in rates.json["entry"]]
measured[0]["valueQuantity"]

# %% ex-20-2 exercise=20.2
# >>> learner
fastest = ____
# >>> solution
fastest = max(measured, key=lambda one: one["valueQuantity"]["value"])["subject"]["reference"]
# <<<
L.check("20.2", fastest)

# %% [markdown] ask-20-3
# ### ✎ 20.3 Write the coding for a heart rate

# %% ex-20-3 exercise=20.3
# >>> learner
coding = {"system": ____, "code": ____}
# >>> solution
coding = {"system": "http://loinc.org", "code": "8867-4"}
# <<<
L.check("20.3", coding)

# %% [markdown] ask-20-4
# ### ✎ 20.4 Who must be seen at once?
#
# Hand in the references (`Observation/…`) of all heart rates of the ward above 100 beats a minute, as a list. Hidden checks judge it when your teacher grades.

# %% ex-20-4 exercise=20.4
# >>> learner
L.submit("20.4", ____)
# >>> solution
L.submit("20.4", [f"Observation/{one['id']}" for one in measured if one["valueQuantity"]["value"] > 100])
# <<<

# %% progress
L.progress()

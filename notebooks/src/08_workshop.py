# %% [markdown] title
# # 08 · Workshop: your own system
#
# [English](../en/08_workshop.ipynb) · [Español](../es/08_workshop.ipynb) · [Português](../pt/08_workshop.ipynb)
#
# **Time:** about 120 minutes; each part stands alone. **Before:** [02 · International Patient Summary](02_ips.ipynb) and [03 · Document sharing](03_mhd.ipynb).

# %% [markdown] story
# ## The story
#
# Until now the sandbox did much for you. A ministry has no sandbox: it has a **national record**, kept for its own purposes for twenty years, and a date at which its system must stand at the connectathon. Today you write that system, function by function. You start from empty functions; the **test bench** of the event is red, and you turn it green. At the end your functions move into one file that runs without the sandbox and without this notebook.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. read your own record, whatever it is kept in (8.1, 8.2)
# 2. make FHIR of it: patient (8.3), allergies, problems and medications (8.4)
# 3. build an **International Patient Summary** that passes the bench (8.5)
# 4. publish it as a **Document Source** (8.6)
# 5. find, fetch and read one as a **Document Consumer** (8.7, 8.8)
# 6. run all of it as a service of your own, and have it tested from outside

# %% setup
from sandbox.course import ____, lesson, own_service, write_records

L = lesson("08_workshop")
L

# %% picture-own-system
L.picture("own_system")

# %% [markdown] rules
# ## How it works
#
# - Each ✎ is an empty function. Its docstring says what it takes and returns; write its body. Three to six lines are enough.
# - Use what Python has, [httpx](https://www.python-httpx.org/) and [fhir.resources](https://github.com/nazrulworld/fhir.resources): nothing of the sandbox. It will not be there later.
# - `L.check` judges one function, `L.bench` runs the tests of the event over all that you have. Test numbers such as IPC-07 are those that you will read at the event.
# - Stuck? `L.hint("8.1")` gives three hints, the last nearly everything.

# %% imports
import base64, csv, hashlib, json, sqlite3
from contextlib import closing
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from urllib.parse import urljoin
from uuid import uuid4

import httpx
from fhir.resources.R4B.allergyintolerance import AllergyIntolerance
from fhir.resources.R4B.composition import Composition
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.medicationstatement import MedicationStatement
from fhir.resources.R4B.organization import Organization
from fhir.resources.R4B.patient import Patient

# %% records
folder = write_records(L.folder)
sorted(file.name for file in folder.glob("padron.*"))

# %% [markdown] record
# ## 1 The record
#
# The same two people stand in three files, as three ministries would have them. Look at all three. Notice what is **not** as FHIR wants it: the encoding (Latin-1), the dates, the capitals, and `NINGUNA` where a code is expected.

# %% record-csv
print((folder / "padron.csv").read_text(encoding="latin-1"))

# %% record-hl7
print((folder / "padron.hl7").read_text(encoding="latin-1"))

# %% record-sqlite
with closing(sqlite3.connect(folder / "padron.sqlite")) as base:
    tables = base.execute("SELECT sql FROM sqlite_master").fetchall()
    print(*tables, *base.execute("SELECT * FROM dato"), sep="\n")

# %% [markdown] ask-8-1
# ### ✎ 8.1 Read the rows of one person
#
# Choose the file that is most like yours and fill **one** of the three functions. All give the same: one dictionary for each fact, with the names `ci`, `nombre`, `nacimiento`, `sexo`, `clase`, `codigo`, `texto`, `desde`. Dates stay as they are for now.
#
# [csv](https://docs.python.org/3/library/csv.html#csv.DictReader) · [sqlite3](https://docs.python.org/3/library/sqlite3.html#sqlite3-howto-row-factory) · [HL7 v2: segments, fields, components](https://www.hl7.org/implement/standards/product_brief.cfm?product_id=185)

# %% rows-csv
def rows_of_csv(folder: Path, number: str) -> list[dict]:
    """Returns the rows of a person in `padron.csv`: Latin-1, with semicolons."""
# >>> solution
    with (folder / "padron.csv").open(encoding="latin-1", newline="") as file:
        return [row for row in csv.DictReader(file, delimiter=";") if row["ci"] == number]
# <<<

# %% rows-sqlite
def rows_of_sqlite(folder: Path, number: str) -> list[dict]:
    """Returns the rows of a person in `padron.sqlite`: persona joined with dato by ci."""
# >>> solution
    with closing(sqlite3.connect(folder / "padron.sqlite")) as base:
        base.row_factory = sqlite3.Row
        joined = "SELECT * FROM persona JOIN dato USING (ci) WHERE ci = ?"
        return [dict(row) for row in base.execute(joined, [number])]
# <<<

# %% [markdown] hl7-help
# For HL7 v2 a helper is given: it makes a fact of the fields of a segment `AL1`, `DG1` or `ZMD`. What remains is to find the message of the person, to split it into segments and fields, and to take the person from `PID`: name in field 5, birth in 7, sex in 8.

# %% hl7-given
CLASSES = {"AL1": ("ALERGIA", 6), "DG1": ("PROBLEMA", 5), "ZMD": ("MEDICAMENTO", 5)}

def fact_of(fields: list[str]) -> dict:
    """Returns the fact of a segment: what kind, code, text and since when."""
    kind, date = CLASSES[fields[0]]
    code, text, _ = fields[3].split("^")
    return {"clase": kind, "codigo": code, "texto": text, "desde": fields[date]}

# %% rows-hl7
def rows_of_hl7(folder: Path, number: str) -> list[dict]:
    """Returns the rows of a person in `padron.hl7`: Latin-1, each message begins with MSH."""
# >>> solution
    text = (folder / "padron.hl7").read_text(encoding="latin-1")
    message = next((part for part in text.split("MSH|") if f"|{number}^" in part), "")
    segments = [line.split("|") for line in message.splitlines()]
    pid = next((fields for fields in segments if fields[0] == "PID"), [""] * 9)
    person = {"ci": number, "nombre": pid[5].replace("^", ", "), "nacimiento": pid[7], "sexo": pid[8]}
    return [person | fact_of(fields) for fields in segments if fields[0] in CLASSES]
# <<<

# %% ex-8-1 exercise=8.1
# >>> learner
rows_of = ____  # rows_of_csv, rows_of_sqlite or rows_of_hl7
# >>> solution
rows_of = rows_of_csv
# <<<
L.check("8.1", rows_of(folder, "3456789"))

# %% [markdown] ask-8-2
# ### ✎ 8.2 Dates
#
# FHIR writes the year first, and only as much as is known: `1984-09-17`, `2012-05`, `2011` ([FHIR R4 date](https://hl7.org/fhir/R4/datatypes.html#date)). What the record does not know, you must not invent: a first of January has decided about operations already.

# %% dates
def date_of(text: str) -> str | None:
    """Returns a date of the record as FHIR writes it; None for an empty text.

    It may come as 17/09/1984, 05/2012, 19840917, 201205, 1984-09-17 or 2011.
    """
# >>> solution
    if "/" in text:
        return "-".join(reversed(text.split("/")))
    digits = text.replace("-", "")
    parts = [digits[:4], digits[4:6], digits[6:8]]
    return "-".join(part for part in parts if part) or None
# <<<

# %% ex-8-2 exercise=8.2
samples = ["17/09/1984", "05/2012", "19840917", "201205", "1984-09-17", "2011"]
L.check("8.2", {text: date_of(text) for text in samples})

# %% [markdown] ask-8-3
# ## 2 FHIR of it
#
# ### ✎ 8.3 The patient
#
# `fhir.resources` refuses an element that does not exist; whether the content is right it does not know. Numbers of Paraguay have the system `urn:oid:2.16.600`. `BENÍTEZ GODOY, MARÍA ESTELA` is a family name and a list of given names, not in capitals ([FHIR R4 HumanName](https://hl7.org/fhir/R4/datatypes.html#HumanName), [administrative-gender](https://hl7.org/fhir/R4/valueset-administrative-gender.html)).

# %% patient
SEXES = {"F": "female", "M": "male"}

def patient_of(row: dict) -> Patient:
    """Returns the patient of a row: identifier, name, gender, birth date."""
# >>> solution
    family, given = row["nombre"].title().split(", ")
    return Patient(identifier=[{"system": "urn:oid:2.16.600", "value": row["ci"]}],
                   name=[{"family": family, "given": given.split()}],
                   gender=SEXES.get(row["sexo"], "unknown"), birthDate=date_of(row["nacimiento"]))
# <<<

# %% ex-8-3 exercise=8.3
rows = rows_of(folder, "3456789") or [{}]
L.check("8.3", patient_of(rows[0]))

# %% [markdown] ask-8-4
# ### ✎ 8.4 Allergies, problems, medications
#
# Three functions, each from a row and the reference of the patient. The code systems are those of the record: allergies in SNOMED CT, problems in ICD-10, medications in ATC; [their URIs](https://hl7.org/fhir/R4/terminologies-systems.html) are given. The text of the record travels along as `code.text`: whoever does not know the code reads it.
#
# `NINGUNA` is a word of the ministry. Ramón was asked and knows of no allergy: in SNOMED CT that is `716186003` ([IPS 2.0.0 on what is absent](https://hl7.org/fhir/uv/ips/STU2/Empty-Sections-And-Missing-Data.html)). An IPS wants to know of each medication since when (`effectivePeriod`).

# %% coded-given
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ATC = "http://www.whocc.no/atc"
STATUS = "http://terminology.hl7.org/CodeSystem/"

def coded(system: str, code: str, text: str = "") -> dict:
    """Returns a CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})

# %% allergy
def allergy_of(row: dict, patient: str) -> AllergyIntolerance:
    """Returns the allergy of a row, as active, or that none is known where its code is NINGUNA."""
# >>> solution
    code = "716186003" if row["codigo"] == "NINGUNA" else row["codigo"]
    return AllergyIntolerance(patient={"reference": patient}, code=coded(SNOMED, code, row["texto"]),
                              clinicalStatus=coded(STATUS + "allergyintolerance-clinical", "active"),
                              onsetDateTime=date_of(row["desde"]))
# <<<

# %% problem
def problem_of(row: dict, patient: str) -> Condition:
    """Returns the problem of a row, as active, since when it is known."""
# >>> solution
    return Condition(subject={"reference": patient}, code=coded(ICD10, row["codigo"], row["texto"]),
                     clinicalStatus=coded(STATUS + "condition-clinical", "active"),
                     onsetDateTime=date_of(row["desde"]))
# <<<

# %% medication
def medication_of(row: dict, patient: str) -> MedicationStatement:
    """Returns the medication of a row, as taken since its date."""
# >>> solution
    return MedicationStatement(subject={"reference": patient}, status="active",
                               medicationCodeableConcept=coded(ATC, row["codigo"], row["texto"]),
                               effectivePeriod={"start": date_of(row["desde"])})
# <<<

# %% ex-8-4 exercise=8.4
known = {row["clase"]: row for row in rows_of(folder, "3456789") or []}
asked = {row["clase"]: row for row in rows_of(folder, "1234567") or []}
made = {"allergy": allergy_of(known.get("ALERGIA", {}), "Patient/1"),
        "problem": problem_of(known.get("PROBLEMA", {}), "Patient/1"),
        "medication": medication_of(known.get("MEDICAMENTO", {}), "Patient/1"),
        "none": allergy_of(asked.get("ALERGIA", {}), "Patient/2")}
L.check("8.4", made)

# %% [markdown] ask-8-5
# ## 3 The summary
#
# ### ✎ 8.5 Sections and document
#
# A section has a title, its LOINC code, a narrative, and references to its entries. Of Ramón the record says nothing about medications: nobody asked. Then a section has no entry but an `emptyReason`: `unavailable` of `list-empty-reason` ([FHIR R4 Composition.section](https://hl7.org/fhir/R4/composition-definitions.html#Composition.section.emptyReason), [IPS 2.0.0 Composition](https://hl7.org/fhir/uv/ips/STU2/StructureDefinition-Composition-uv-ips.html)).
#
# Inside a document everything has a name of its own, `urn:uuid:…`, and refers by it ([FHIR R4 Bundle, references](https://hl7.org/fhir/R4/bundle.html#references)). Given are `entry_of`, which makes an entry under a new name, `narrative_of` and `bundle_of`.

# %% document-given
LOINC = "http://loinc.org"
SECTIONS = [("ALERGIA", "48765-2", "Alergias"), ("PROBLEMA", "11450-4", "Problemas"),
            ("MEDICAMENTO", "10160-0", "Medicamentos")]

def resource_of(row: dict, patient: str):
    """Returns what a row says, by its kind."""
    makers = {"ALERGIA": allergy_of, "PROBLEMA": problem_of, "MEDICAMENTO": medication_of}
    return makers[row["clase"]](row, patient)

def entry_of(resource) -> dict:
    """Returns an entry of a document with an object of fhir.resources, under a new name."""
    content = json.loads(resource.model_dump_json(exclude_none=True))
    return {"fullUrl": f"urn:uuid:{uuid4()}", "resource": content}

# %% narrative-given
def narrative_of(entries: list[dict]) -> dict:
    """Returns what a person reads of a section: the text of each code."""
    resources = [entry["resource"] for entry in entries]
    concepts = [each.get("code") or each["medicationCodeableConcept"] for each in resources]
    words = [escape(concept.get("text", "–")) for concept in concepts] or ["–"]
    items = "".join(f"<li>{word}</li>" for word in words)
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><ul>{items}</ul></div>'
    return {"status": "generated", "div": div}

# %% bundle-given
def bundle_of(entries: list[dict]) -> dict:
    """Returns the document with these entries, under a name of its own."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    name = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"}
    return {"resourceType": "Bundle", "type": "document", "identifier": name, "timestamp": now,
            "entry": entries}

# %% section
def section_of(code: str, title: str, entries: list[dict]) -> dict:
    """Returns a section with its entries; with emptyReason `unavailable` where there are none."""
# >>> solution
    section = {"title": title, "code": coded(LOINC, code), "text": narrative_of(entries)}
    if not entries:
        return section | {"emptyReason": coded(STATUS + "list-empty-reason", "unavailable")}
    return section | {"entry": [{"reference": entry["fullUrl"]} for entry in entries]}
# <<<

# %% composition
def composition_of(patient: str, author: str, sections: list[dict]) -> Composition:
    """Returns the Composition: final, LOINC 60591-5, with a title, about the patient, made now."""
# >>> solution
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return Composition(status="final", type=coded(LOINC, "60591-5"), title="Resumen de paciente",
                       date=now, subject={"reference": patient}, author=[{"reference": author}],
                       section=sections)
# <<<

# %% document
def document_of(rows: list[dict]) -> dict | None:
    """Returns the document of a person: Composition, patient, author, and all that the sections name."""
# >>> solution
    who, by = entry_of(patient_of(rows[0])), entry_of(Organization(name="Ministerio de Salud"))
    facts = [(row["clase"], entry_of(resource_of(row, who["fullUrl"]))) for row in rows]
    sections = [section_of(code, title, [entry for kind, entry in facts if kind == wanted])
                for wanted, code, title in SECTIONS]
    first = entry_of(composition_of(who["fullUrl"], by["fullUrl"], sections))
    return bundle_of([first, who, by, *(entry for _, entry in facts)])
# <<<

# %% ex-8-5 exercise=8.5
documents = {"maria": document_of(rows_of(folder, "3456789")),
             "ramon": document_of(rows_of(folder, "1234567"))}
L.check("8.5", documents)

# %% [markdown] bench-content-text
# Now the bench, as at the event: the track `ips.content` takes one document and judges it part by part. A number in red says where to look; fill the function, run its cell and this one again.

# %% bench-content
L.bench("ips.content", document=documents["maria"])

# %% show-document
L.show(documents["maria"] or ____)

# %% [markdown] ask-8-6
# ## 4 Document Source
#
# ### ✎ 8.6 A submission
#
# One transaction Bundle ([MHD ITI-65, message semantics](https://profiles.ihe.net/ITI/MHD/ITI-65.html#23654121-message-semantics)): the SubmissionSet, which is given; the **DocumentReference**; the **Binary** with the bytes; and the patient, so that the Recipient knows whom it is about. Serialize the document **once**: size and hash are of exactly the bytes that the Binary holds.

# %% picture-parts
L.picture("submission")

# %% submission-given
URI = "urn:ietf:rfc:3986"
MHD = "https://profiles.ihe.net/ITI/MHD/StructureDefinition/"
IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/Bundle-uv-ips"
LISTS = "https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes"

def submission_set_of(reference: str, patient: str, now: str) -> dict:
    """Returns the SubmissionSet: who submits what, about whom, when. The OID is your system's."""
    source = {"system": URI, "value": "urn:oid:2.25.176435098213345"}
    return {"resourceType": "List", "status": "current", "mode": "working", "date": now,
            "code": coded(LISTS, "submissionset"),
            "extension": [{"url": MHD + "ihe-sourceId", "valueIdentifier": source}],
            "subject": {"reference": patient}, "entry": [{"item": {"reference": reference}}]}

# %% posted-given
def posted(name: str, resource: dict) -> dict:
    """Returns an entry that creates a resource; a patient only where nobody has that number yet."""
    request = {"method": "POST", "url": resource["resourceType"]}
    if resource["resourceType"] == "Patient":
        identifier = resource["identifier"][0]
        request["ifNoneExist"] = f"identifier={identifier['system']}|{identifier['value']}"
    return {"fullUrl": name, "resource": resource, "request": request}

# %% transaction-given
def binary_of(content: bytes) -> dict:
    """Returns the Binary that holds the bytes."""
    data = base64.b64encode(content).decode()
    return {"resourceType": "Binary", "contentType": "application/fhir+json", "data": data}

def transaction_of(entries: list[dict]) -> dict:
    """Returns the Bundle, which says in its profile what level of metadata it has."""
    profile = [MHD + "IHE.MHD.Minimal.ProvideBundle"]
    return {"resourceType": "Bundle", "meta": {"profile": profile}, "type": "transaction", "entry": entries}

# %% attachment
def attachment_of(content: bytes, url: str) -> dict:
    """Returns the attachment of bytes: contentType application/fhir+json, url, size, hash."""
# >>> solution
    digest = base64.b64encode(hashlib.sha1(content).digest()).decode()
    return {"contentType": "application/fhir+json", "url": url, "size": len(content), "hash": digest}
# <<<

# %% reference
def reference_of(document: dict, attachment: dict, patient: str) -> dict:
    """Returns the DocumentReference: current, of the document's identifier (use: usual), type, date.

    Its one content has the attachment and the format, system URI and code IPS.
    """
# >>> solution
    content = {"attachment": attachment, "format": {"system": URI, "code": IPS}}
    return {"resourceType": "DocumentReference", "status": "current", "date": document["timestamp"],
            "masterIdentifier": {**document["identifier"], "use": "usual"},
            "type": document["entry"][0]["resource"]["type"],
            "subject": {"reference": patient}, "content": [content]}
# <<<

# %% submission
def submission_of(document: dict) -> dict | None:
    """Returns the transaction: SubmissionSet, DocumentReference, Binary, patient."""
# >>> solution
    content = json.dumps(document).encode()
    patient = document["entry"][1]
    name, card, what = (f"urn:uuid:{uuid4()}" for _ in range(3))
    submitted = submission_set_of(card, patient["fullUrl"], document["timestamp"])
    reference = reference_of(document, attachment_of(content, what), patient["fullUrl"])
    return transaction_of([posted(name, submitted), posted(card, reference),
                           posted(what, binary_of(content)), posted(patient["fullUrl"], patient["resource"])])
# <<<

# %% ex-8-6 exercise=8.6
submitted = submission_of(documents["maria"])
L.check("8.6", submitted)

# %% [markdown] publish-text
# To publish is one POST to the base of the Recipient. `L.bench("mhd.source")` opens a run that waits: its `base` is the inbox, a FHIR server of its own, to which you send as to any other.

# %% publish
def publish(base: str, document: dict) -> httpx.Response | None:
    """Sends the submission as application/fhir+json to a Recipient, and returns its answer."""
# >>> solution
    headers = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
    body = json.dumps(submission_of(document))
    return httpx.post(base, content=body, headers=headers, timeout=30)
# <<<

# %% bench-source
inbox = L.bench("mhd.source")
publish(inbox.base, documents["maria"])
inbox

# %% [markdown] ask-8-7
# ## 5 Document Consumer
#
# ### ✎ 8.7 Find and fetch
#
# The other way round: you are the hospital. Search by identifier, with `status=current`, and say which format you want ([MHD ITI-67](https://profiles.ihe.net/ITI/MHD/ITI-67.html#23674121-query-search-parameters)). A searchset may hold remarks of the server as well: keep the DocumentReferences. Take the newest by `date`, which may lack; follow its `attachment.url`, also where it is relative; and unwrap a Binary ([MHD ITI-68](https://profiles.ihe.net/ITI/MHD/ITI-68.html)).

# %% find
ACCEPT = {"Accept": "application/fhir+json"}

def find(base: str, identifier: str) -> list[dict] | None:
    """Returns the current DocumentReferences of a patient, by `system|value`."""
# >>> solution
    asked = {"patient.identifier": identifier, "status": "current"}
    answer = httpx.get(f"{base}/DocumentReference", params=asked, headers=ACCEPT, timeout=30).json()
    found = [entry["resource"] for entry in answer.get("entry", [])]
    return [resource for resource in found if resource["resourceType"] == "DocumentReference"]
# <<<

# %% retrieve
def retrieve(base: str, references: list[dict]) -> dict | None:
    """Returns the document of the newest reference, out of its Binary where it came in one."""
# >>> solution
    newest = max(references, key=lambda reference: reference.get("date", ""))
    url = urljoin(f"{base}/", newest["content"][0]["attachment"]["url"])
    answer = httpx.get(url, headers=ACCEPT, timeout=30).json()
    is_wrapped = answer["resourceType"] == "Binary"
    return json.loads(base64.b64decode(answer["data"])) if is_wrapped else answer
# <<<

# %% ex-8-7 exercise=8.7
desk = L.bench("mhd.consumer", awkward="yes", view="yes")
publish(desk.base, documents["maria"])
received = retrieve(desk.base, find(desk.base, "urn:oid:2.16.600|3456789"))
L.check("8.7", received)

# %% [markdown] ask-8-8
# ### ✎ 8.8 A viewer
#
# A doctor has a minute. Show what stands in the three sections, in words: of each entry the `text` of its code, or else the `display` of its first coding. Go by the LOINC codes of the sections, since titles are in any language, and follow the references: what is in the Bundle and in no section is no part of the summary ([IPS 2.0.0, sections](https://hl7.org/fhir/uv/ips/STU2/Structure-of-the-International-Patient-Summary.html)).

# %% view-given
NAMES = {"48765-2": "allergies", "11450-4": "problems", "10160-0": "medications"}

def words_of(resource: dict) -> str:
    """Returns what a person reads of an entry."""
    concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    return concept.get("text") or concept.get("coding", [{}])[0].get("display", "?")

# %% view
def view(document: dict) -> dict[str, list[str]] | None:
    """Returns the words of each entry under allergies, problems and medications."""
# >>> solution
    by_name = {entry["fullUrl"]: entry["resource"] for entry in document["entry"]}
    shown = {}
    for section in document["entry"][0]["resource"]["section"]:
        name = NAMES.get(section["code"]["coding"][0]["code"])
        references = [entry["reference"] for entry in section.get("entry", [])]
        shown |= {name: [words_of(by_name[reference]) for reference in references]} if name else {}
    return shown
# <<<

# %% ex-8-8 exercise=8.8
seen = view(received)
L.check("8.8", seen)

# %% [markdown] proof-text
# The bench cannot look at your screen. It asks whoever sits there: how many allergies and medications does your viewer show? You tell it with `$proof`, and CON-07 compares that with the document that you fetched.

# %% bench-consumer
if seen:
    counts = {name: len(seen[name]) for name in ("allergies", "medications")}
    httpx.get(f"{desk.base}/$proof", params=counts, headers=ACCEPT)
desk

# %% [markdown] service-text
# ## 6 Out of the notebook
#
# A notebook is no system. `own_service` writes your functions and what they use into one file, `team_system.py`, and starts it as `python -m team_system serve`. It answers `Patient/ID`, `Patient/ID/$summary` and `Patient/$summary?identifier=`. Nothing of the sandbox is in it: take it home, and grow it there.

# %% service
functions = {"rows_of": rows_of, "document_of": document_of, "publish": publish,
             "find": find, "retrieve": retrieve, "view": view}
service = own_service(folder, functions)
service

# %% [markdown] outside-text
# Now the bench stands outside and asks, as at the event ([IPS 2.0.0 $summary](https://hl7.org/fhir/uv/ips/STU2/OperationDefinition-summary.html)). In a terminal the same is
#
# `connectathon run ips.server --system ADDRESS --input patient=3456789 --input "identifier=urn:oid:2.16.600|3456789"`

# %% bench-server
L.bench("ips.server", system=service.base, patient="3456789", identifier="urn:oid:2.16.600|3456789")

# %% outside-source
again = L.bench("mhd.source")
service.call("publish", "1234567", again.base)
again

# %% progress
L.progress()

# %% [markdown] met
# ## What you have built
#
# | function | actor | tests of the bench |
# |---|---|---|
# | `rows_of`, `date_of` | your own record | |
# | `patient_of` … `document_of` | Content Creator | IPC-01 to IPC-16, IPS-01 to IPS-07 |
# | `submission_of`, `publish` | Document Source | SRC-01 to SRC-26 |
# | `find`, `retrieve` | Document Consumer | CON-02 to CON-06 |
# | `view` | Document Consumer, View Option | CON-07 |

# %% [markdown] reflect
# ## Before you go
#
# Open `team_system.py` and read it from top to bottom. What is missing before it may stand on the internet? Write down three things.

# %% [markdown] next
# ## What comes next
#
# Put your own record in the place of `padron.*`: the functions behind `rows_of` need not change. In [09 · The rehearsal](09_rehearsal.ipynb) you register the system and play an event from its plan to its results. Does your team build in Java or PHP? The same functions stand empty in `notebooks/starters/java` and `notebooks/starters/php`, with the same tests. And in [14 · Workshop: certificates and links of your own](14_certificates.ipynb) you write issuer, verifier and health link.

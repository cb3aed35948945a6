# %% [markdown] title
# # 03 · Document sharing
#
# [English](../en/03_mhd.ipynb) · [Español](../es/03_mhd.ipynb) · [Português](../pt/03_mhd.ipynb)
#
# **Time:** about 60 minutes. **Before:** [02 · International Patient Summary](02_ips.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa Fuenzalida, from Chile, is brought to a hospital in Panama. The doctor there knows her national number from her identity card and nothing else. Your system must have **published** her summary before; the hospital's system must **find**, **retrieve** and **verify** it. Today you play both, and then you break what you built.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. name the actors and transactions of **IHE MHD** (3.1)
# 2. compute **size and hash** as FHIR wants them, which many systems get wrong (3.2)
# 3. describe a document and **publish** it (3.3), and **replace** it in one transaction (3.6)
# 4. **find** it by a national identifier (3.4) and **retrieve** its bytes (3.5)
# 5. read what a server answers when it refuses a submission (3.7)
#
# Task 3.8 is open: hidden checks judge it when your facilitator grades.

# %% setup
import base64, hashlib, json
from datetime import UTC, datetime
from urllib.parse import quote
from sandbox.course import ____, DocumentConsumer, build_summary, lesson, submission

L = lesson("03_mhd")
consumer = DocumentConsumer(L.client)
L

# %% [markdown] actors
# ## 1 Who does what
#
# **MHD** (Mobile access to Health Documents) is the profile of IHE for sharing documents over FHIR.
#
# | actor | does | transaction |
# |---|---|---|
# | Document Source | sends a document with its metadata | Provide Document Bundle, ITI-65 |
# | Document Recipient | receives and stores both | |
# | Document Consumer | searches metadata | Find Document References, ITI-67 |
# | | fetches the bytes | Retrieve Document, ITI-68 |
# | Document Responder | answers both | |
#
# ITI-66 looks for SubmissionSets and folders; few systems need it. The **DocumentReference** is the library card: it describes the document and says where it is. Reading the card is not reading the book.

# %% picture-sharing
L.picture("sharing")

# %% [markdown] ask-3-1
# ### ✎ 3.1 Which transaction?
#
# Answer with the names such as `"ITI-65"`:
#
# - `publish`: the ministry of Chile sends Rosa's summary to its server
# - `find`: the hospital asks which documents there are about her
# - `retrieve`: the hospital fetches the summary itself

# %% ex-3-1 exercise=3.1
# >>> learner
who = {"publish": ____, "find": ____, "retrieve": ____}
# >>> solution
who = {"publish": "ITI-65", "find": "ITI-67", "retrieve": "ITI-68"}
# <<<
L.check("3.1", who)

# %% [markdown] submission
# ## 2 A submission
#
# A Source sends one transaction Bundle with three parts: the **SubmissionSet** (a List: something is submitted), the **DocumentReference** (the description) and the **Binary** (the bytes). Here is one, ready made by `submission`. You will write the middle part yourself, on which all finding depends; the frame around it stays given.

# %% submission-code
summary = L.client.get("Patient/rosa-fuenzalida/$summary")
document, content = summary.json, summary.body
bundle = submission(document, patient="Patient/rosa-fuenzalida")
[(entry["resource"]["resourceType"], entry["fullUrl"], entry["request"]) for entry in bundle["entry"]]

# %% submission-reference
bundle["entry"][1]["resource"]

# %% [markdown] ask-3-2
# ## 3 The hash trap
#
# `size` and `hash` let a Consumer notice that bytes changed on their way. Both are of the **bytes of the document**, not of the base64 text that carries them. `hash` is the **SHA-1 digest in base64**; other standards write the same digest in hexadecimal, and even the published examples of MHD 4.2.3 encode it wrongly.
#
# ### ✎ 3.2 Size and hash
#
# Write the function that describes any bytes: a dictionary with `contentType`, `size` and `hash`. `hashlib.sha1(content)` has two methods that give the digest: which one gives bytes?

# %% ex-3-2 exercise=3.2
def attachment_of(content, type):
    """Returns what describes bytes: contentType, size and hash."""
# >>> learner
    return ____
# >>> solution
    digest = hashlib.sha1(content).digest()
    return {"contentType": type, "size": len(content), "hash": base64.b64encode(digest).decode()}
# <<<

L.check("3.2", attachment_of("Rosa Fuenzalida: alergia a la penicilina, sí".encode(), "text/plain"))

# %% [markdown] ask-3-3
# ## 4 Publish
#
# ### ✎ 3.3 Publish Rosa's summary
#
# Write the function that makes the DocumentReference of any document:
#
# - `status` is *current*; `date` is now, with its time zone: `datetime.now(UTC).isoformat()`
# - `type` says what kind of document it is; the document's own Composition has it
# - `subject` refers to the patient, as this server knows her
# - `masterIdentifier` is the document's own `identifier`, with `use` *usual*
# - `content` is a list with one object; its `attachment` is what you wrote in 3.2, with the `url` of the bytes
#
# You get the document as the **bytes** that are sent; `json.loads` lets you read in them. Describe those bytes, and no others: written anew, the same document may be one space longer. `envelope` puts the SubmissionSet and the Binary around your part.

# %% envelope-given
def envelope(content, patient):
    """Returns the submission of a document, given as bytes."""
    bundle = submission(json.loads(content), patient=patient)
    _, described, binary = bundle["entry"]
    binary["resource"]["data"] = base64.b64encode(content).decode()
    described["resource"] = reference_of(content, patient, binary["fullUrl"])
    return bundle

# %% ex-3-3-publish
def reference_of(content, patient, url):
    """Returns the DocumentReference of a document, given as bytes, that stands at a url."""
# >>> learner
    return ____
# >>> solution
    document = json.loads(content)
    attachment = attachment_of(content, "application/fhir+json")
    return {"resourceType": "DocumentReference", "status": "current", "date": datetime.now(UTC).isoformat(),
            "type": document["entry"][0]["resource"]["type"], "subject": {"reference": patient},
            "masterIdentifier": {**document["identifier"], "use": "usual"},
            "content": [{"attachment": {**attachment, "url": url}}]}
# <<<

L.validate(reference_of(content, "Patient/rosa-fuenzalida", "Binary/1"))

# %% [markdown] place
# Now send it. The answer has one entry for each part, with the place where it was stored (`response.location`). Other servers answer in another order or with whole addresses: write the function that finds the place of a type, without the version (`/_history/…`). Hand in the place of the DocumentReference.

# %% send-submission
sent = L.client.transact(envelope(content, "Patient/rosa-fuenzalida"))
sent

# %% ex-3-3 exercise=3.3
def place_of(answer, type):
    """Returns where a transaction has stored the resource of a type, without the version."""
# >>> learner
    return ____
# >>> solution
    for entry in answer.json["entry"]:
        place = entry["response"].get("location", "").partition("/_history")[0]
        if f"{type}/" in place:
            return place
# <<<

mine = place_of(sent, "DocumentReference")
L.check("3.3", mine)

# %% [markdown] ask-3-4
# ## 5 Find
#
# Now you are the hospital in Panama. You do not know the id that Chile's server gave to Rosa, only her number `48215377-1`; Chile's numbers have the system `urn:oid:2.16.152`. A search can follow a reference with a dot: `patient.identifier` asks for the identifier of the patient that a document is about. What was replaced is still there, so ask for `status=current`.
#
# ### ✎ 3.4 The Consumer's search
#
# Write the function that makes the search of any number. An identifier may hold a `&` or a space, which would end or break the address: `quote(text, safe="")` writes them so that they travel unharmed. Quote the whole of `system|value`.

# %% ex-3-4 exercise=3.4
def search_of(system, value):
    """Returns the search of the current documents of a patient."""
# >>> learner
    return ____
# >>> solution
    number = quote(f"{system}|{value}", safe="")
    return f"DocumentReference?patient.identifier={number}&status=current"
# <<<

query = search_of("urn:oid:2.16.152", "48215377-1")
L.check("3.4", query)

# %% find-code
found = L.client.get(query)
found

# %% [markdown] retrieve
# ## 6 Retrieve
#
# There may be several documents, and the answer may hold other things than documents (part 7). Write the function that chooses the newest DocumentReference by its `date`.
#
# The address of the bytes stands in `content[0].attachment.url`. Follow it; do not build it yourself, it may lead to another server.

# %% retrieve-code
def newest_of(bundle):
    """Returns the newest DocumentReference of a search."""
# >>> learner
    return ____
# >>> solution
    resources = [entry["resource"] for entry in bundle.get("entry", [])]
    references = [each for each in resources if each["resourceType"] == "DocumentReference"]
    return max(references, key=lambda reference: reference["date"])
# <<<

retrieved = consumer.retrieve(newest_of(found.json))
retrieved

# %% [markdown] ask-3-5
# ### ✎ 3.5 The document
#
# Look closely at what came back. Asked for FHIR, some servers send the document, others the **Binary** resource with the document in base64 inside; both do as a standard says, and a Consumer must cope with both. Write the function that returns the document as a dictionary, however it came. `retrieved.json` is what arrived.

# %% ex-3-5 exercise=3.5
def document_in(answer):
    """Returns the document that an answer has brought, wrapped in a Binary or not."""
# >>> learner
    return ____
# >>> solution
    content = answer.json
    if content["resourceType"] == "Binary":
        content = json.loads(base64.b64decode(content["data"]))
    return content
# <<<

received = document_in(retrieved)
L.check("3.5", received)

# %% verify-code
consumer.verify(newest_of(found.json), retrieved)

# %% show-received
L.show(received)

# %% [markdown] tolerate
# ## 7 What a Consumer must tolerate
#
# - **several current documents** of one patient: take the newest, by `date`
# - **other formats**: a PDF or a CDA beside the FHIR document; look at `contentType` and `format`
# - **no hash and no size**: both are optional, and a document that is made on demand cannot have them
# - **other entries** in a search result: an OperationOutcome may tell that one of several servers did not answer
# - **an address on another server**, which may ask for another token
#
# What it must never tolerate: a hash that does not fit, or a document about another patient.

# %% [markdown] ask-3-6
# ## 8 Replace
#
# Rosa was at the doctor's again. A new summary does not change the old one; it **replaces** it. The new DocumentReference says so in `relatesTo`, and the same transaction marks the old one as `superseded` with a PATCH. Sending it without that would leave two current documents, and nobody could tell which one holds.
#
# ### ✎ 3.6 Publish a newer summary
#
# Write the function that makes a replacement of any submission:
#
# 1. `relatesTo` of its DocumentReference is a list: `code` *replaces*, and `target` refers to the old one.
# 2. One more entry asks for a `PATCH` at the place of the old one. Its resource is a Parameters ([FHIRPath Patch](https://hl7.org/fhir/R4/fhirpatch.html)) with one `parameter` called *operation*, whose `part` says three things, each under its `name`: *type* (`valueCode` *replace*), *path* (`valueString` *DocumentReference.status*), *value* (`valueCode` *superseded*).

# %% picture-replacing
L.picture("replacing")

# %% ex-3-6-publish
def replacing(bundle, old):
    """Returns a submission whose DocumentReference takes the place of an older one."""
# >>> learner
    return ____
# >>> solution
    bundle["entry"][1]["resource"]["relatesTo"] = [{"code": "replaces", "target": {"reference": old}}]
    parts = [{"name": "type", "valueCode": "replace"}, {"name": "value", "valueCode": "superseded"},
             {"name": "path", "valueString": "DocumentReference.status"}]
    patch = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
    bundle["entry"].append({"resource": patch, "request": {"method": "PATCH", "url": old}})
    return bundle
# <<<

# %% ex-3-6 exercise=3.6
newer = L.client.get("Patient/rosa-fuenzalida/$summary").body
again = L.client.transact(replacing(envelope(newer, "Patient/rosa-fuenzalida"), mine))
replacement = place_of(again, "DocumentReference")
L.check("3.6", replacement)

# %% find-again
L.client.get(query)

# %% [markdown] levels
# ## 9 Levels of metadata
#
# The profile of the submission says how much the metadata tell. **Minimal** is what this region uses. **Comprehensive** also wants the class of the document, its format, where and by whom it was made. The judge says what would be missing:

# %% levels-minimal
L.validate(bundle, profile="mhd-minimal")

# %% levels-comprehensive
comprehensive = [name.replace("Minimal", "Comprehensive") for name in bundle["meta"]["profile"]]
L.validate({**bundle, "meta": {"profile": comprehensive}}, profile="mhd-comprehensive")

# %% [markdown] ask-3-7
# ## 10 Break it
#
# A Recipient keeps all of a submission or nothing. When it refuses, it names a code of IHE:
#
# | code | means |
# |---|---|
# | `XDSRegistryMetadataError` | the metadata are wrong, or contradict the document |
# | `XDSMissingDocument` | a document is described and not there |
# | `XDSPatientIdDoesNotMatch` | not everything is about the same patient |
#
# ### ✎ 3.7 Predict the answer
#
# Write the code, or `"accepted"`:
#
# - `wrong_hash`: the hash is that of other bytes
# - `lost_binary`: `attachment.url` names a Binary that is not in the Bundle
# - `two_patients`: the DocumentReference is about Luzia, the SubmissionSet about Rosa
# - `no_profile`: the Bundle does not say in `meta.profile` which level it follows

# %% ex-3-7 exercise=3.7
# >>> learner
predicted = {"wrong_hash": ____, "lost_binary": ____, "two_patients": ____, "no_profile": ____}
# >>> solution
predicted = {"wrong_hash": "XDSRegistryMetadataError", "lost_binary": "XDSMissingDocument",
             "two_patients": "XDSPatientIdDoesNotMatch", "no_profile": "accepted"}
# <<<
L.check("3.7", predicted)

# %% [markdown] now-look
# Now look. Each answer says where, why, and what to do.

# %% break-tool
def broken(change):
    bundle = submission(document, patient="Patient/rosa-fuenzalida")
    change(bundle, bundle["entry"][1]["resource"])
    return L.client.transact(bundle)

# %% break-hash
broken(lambda bundle, reference: reference["content"][0]["attachment"].update(hash="2jmj7l5rSw0yVb/vlWAYkK/YBwk="))

# %% break-binary
broken(lambda bundle, reference: reference["content"][0]["attachment"].update(url="urn:uuid:" + "0" * 8))

# %% break-patients
broken(lambda bundle, reference: reference.update(subject={"reference": "Patient/luzia-nogueira"}))

# %% break-profile
broken(lambda bundle, reference: bundle.pop("meta"))

# %% [markdown] ask-3-8
# ## 11 Open task
#
# ### ✎ 3.8 Publish for your own country
#
# Put a synthetic patient of your country on the server, build a summary of that patient as in lesson 02, and publish it. Hand in the places of the patient, of the DocumentReference and of the Binary. Hidden checks judge metadata, bytes, document and SubmissionSet when your facilitator grades.

# %% ex-3-8-build
# >>> learner
places = [____, ____, ____]
# >>> solution
number = {"system": "urn:oid:2.16.600", "value": "5123987"}
traveller = L.client.create({"resourceType": "Patient", "birthDate": "1990-05-02", "identifier": [number],
                             "name": [{"family": "Benítez"}]})
place = "Patient/" + traveller.json["id"]
done = L.client.transact(envelope(json.dumps(build_summary(traveller.json)).encode(), place))
places = [place, place_of(done, "DocumentReference"), place_of(done, "Binary")]
# <<<

# %% ex-3-8 exercise=3.8
L.submit("3.8", dict(zip(("patient", "document", "content"), places)))

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | frame a submission | `submission(document, patient=…)` | [MHD 3:4.65.4.1.2](https://profiles.ihe.net/ITI/MHD/ITI-65.html) |
# | describe bytes | `attachment_of(content, type)` of 3.2 | [FHIR R4 Attachment](https://hl7.org/fhir/R4/datatypes.html#Attachment) |
# | describe and replace a document | `reference_of`, `replacing` of 3.3 and 3.6 | [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html) |
# | find | `search_of(system, value)` of 3.4 | [MHD ITI-67](https://profiles.ihe.net/ITI/MHD/ITI-67.html) |
# | retrieve | `consumer.retrieve(reference)` | [MHD ITI-68](https://profiles.ihe.net/ITI/MHD/ITI-68.html) |
# | unwrap a document | `document_in(answer)` of 3.5 | [FHIR R4 Binary](https://hl7.org/fhir/R4/binary.html#rest) |
# | compare size and hash | `consumer.verify(reference, retrieved)` | [FHIR R4 Attachment](https://hl7.org/fhir/R4/datatypes.html#Attachment) |
#
# The same in a page of code, to compare with yours: run `submission??` and `DocumentConsumer??`.

# %% [markdown] reflect
# ## Before you go
#
# How does your system find out that a document was replaced after it showed it to a doctor? Write down your answer.

# %% [markdown] own-system
# ## 12 Your own system
#
# The same against your own server: write its FHIR base address and the identifier of a synthetic patient there. Nothing of this part is graded.

# %% own-find
# >>> learner
own = L.against(____)
theirs = own.client.get(____)
# >>> solution
own = L.against(L.client.base)
theirs = own.client.get(search_of("urn:oid:2.16.152", "48215377-1"))
# <<<
theirs

# %% own-retrieve
own_newest = newest_of(theirs.json) if theirs else ____
own_bytes = DocumentConsumer(own.client).retrieve(own_newest)
own_bytes

# %% own-verify
consumer.verify(own_newest, own_bytes)

# %% [markdown] next
# ## What comes next
#
# Documents travel now. In [04 · Terminology](04_terminology.ipynb) you make sure that their codes mean the same on the other side.

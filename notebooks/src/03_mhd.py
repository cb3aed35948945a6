# %% [markdown] title
# # 03 · Document sharing
#
# [English](../en/03_mhd.ipynb) · [Español](../es/03_mhd.ipynb) · [Português](../pt/03_mhd.ipynb)
#
# **Time:** about 45 minutes. **Before:** [02 · International Patient Summary](02_ips.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa Fuenzalida, from Chile, is brought to a hospital in Panama. The doctor there knows her national number from her identity card and nothing else. Your system must have **published** her summary before; the hospital's system must **find**, **retrieve** and **verify** it. Today you play both, and then you break what you built.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. name the actors and transactions of **IHE MHD** (3.1)
# 2. compute **size and hash** as FHIR wants them, which many systems get wrong (3.2)
# 3. **publish** a document with its metadata (3.3) and **replace** it (3.6)
# 4. **find** it by a national identifier (3.4) and **retrieve** its bytes (3.5)
# 5. read what a server answers when it refuses a submission (3.7)
#
# Task 3.8 is open: hidden checks judge it when your facilitator grades.

# %% setup
from sandbox.course import ____, DocumentConsumer, DocumentSource, build_summary, content_of, lesson, newest, submission

L = lesson("03_mhd")
source, consumer = DocumentSource(L.client), DocumentConsumer(L.client)
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
# A Source sends one transaction Bundle with three parts: the **SubmissionSet** (a List: something is submitted), the **DocumentReference** (the description) and the **Binary** (the bytes). `submission` makes it; its code is a page long and meant to be read: run `submission??` in a new cell.

# %% submission-code
document = L.client.get("Patient/rosa-fuenzalida/$summary").json
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
# Compute both for these bytes. `hashlib.sha1(content)` has two methods that give the digest: which one gives bytes?

# %% ex-3-2 exercise=3.2
import base64, hashlib

content = "Rosa Fuenzalida: alergia a la penicilina, sí".encode()
# >>> learner
attachment = {"contentType": "text/plain", "size": ____, "hash": ____}
# >>> solution
attachment = {"contentType": "text/plain", "size": len(content),
              "hash": base64.b64encode(hashlib.sha1(content).digest()).decode()}
# <<<
L.check("3.2", attachment)

# %% [markdown] ask-3-3
# ## 4 Publish
#
# ### ✎ 3.3 Publish Rosa's summary
#
# Say about which patient of this server the document is. The answer has one entry for each part, in the order of the submission, with the place where it was stored. Hand in the place of the DocumentReference, without the version.

# %% ex-3-3-publish
# >>> learner
sent = source.publish(document, patient=____)
# >>> solution
sent = source.publish(document, patient="Patient/rosa-fuenzalida")
# <<<
sent

# %% ex-3-3 exercise=3.3
# >>> learner
mine = ____
# >>> solution
mine = sent.json["entry"][1]["response"]["location"].partition("/_history")[0]
# <<<
L.check("3.3", mine)

# %% [markdown] ask-3-4
# ## 5 Find
#
# Now you are the hospital in Panama. You do not know the id that Chile's server gave to Rosa, only her number `48215377-1`; Chile's numbers have the system `urn:oid:2.16.152`. A search can follow a reference with a dot: `patient.identifier` asks for the identifier of the patient that a document is about. What was replaced is still there, so ask for `status=current`.
#
# ### ✎ 3.4 The Consumer's search

# %% ex-3-4 exercise=3.4
# >>> learner
query = ____
# >>> solution
query = "DocumentReference?patient.identifier=urn:oid:2.16.152|48215377-1&status=current"
# <<<
L.check("3.4", query)

# %% find-code
found = L.client.get(query)
found

# %% [markdown] retrieve
# ## 6 Retrieve
#
# The address of the bytes stands in `content[0].attachment.url`. Follow it; do not build it yourself, it may lead to another server.

# %% retrieve-code
retrieved = consumer.retrieve(newest(found))
retrieved

# %% [markdown] ask-3-5
# ### ✎ 3.5 The document
#
# Look closely at what came back. Asked for FHIR, some servers send the document, others the **Binary** resource with the document in base64 inside; both do as a standard says, and a Consumer must cope with both. `content_of` takes the bytes out. Hand in the document as a dictionary.

# %% ex-3-5 exercise=3.5
import json

# >>> learner
received = ____
# >>> solution
received = json.loads(content_of(retrieved))
# <<<
L.check("3.5", received)

# %% verify-code
consumer.verify(newest(found), retrieved)

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

# %% picture-replacing
L.picture("replacing")

# %% ex-3-6-publish
newer = L.client.get("Patient/rosa-fuenzalida/$summary").json
# >>> learner
again = source.publish(newer, patient="Patient/rosa-fuenzalida", replaces=____)
# >>> solution
again = source.publish(newer, patient="Patient/rosa-fuenzalida", replaces=mine)
# <<<
again

# %% ex-3-6 exercise=3.6
# >>> learner
replacement = ____
# >>> solution
replacement = again.json["entry"][1]["response"]["location"].partition("/_history")[0]
# <<<
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
L.validate({**bundle, "meta": {}}, profile="mhd-comprehensive")

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
traveller = L.client.create({"resourceType": "Patient", "birthDate": "1990-05-02", "name": [{"family": "Benítez"}],
                             "identifier": [{"system": "urn:oid:2.16.600", "value": "5123987"}]})
place = "Patient/" + traveller.json["id"]
done = source.publish(build_summary(traveller.json), patient=place)
places = [place, *(entry["response"]["location"].partition("/_history")[0] for entry in done.json["entry"][1:])]
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
# | make a submission | `submission(document, patient=…)` | [MHD 3:4.65.4.1.2](https://profiles.ihe.net/ITI/MHD/ITI-65.html) |
# | publish, replace | `source.publish(document, patient=…, replaces=…)` | [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html) |
# | find | `consumer.find(identifier)` | [MHD ITI-67](https://profiles.ihe.net/ITI/MHD/ITI-67.html) |
# | retrieve | `consumer.retrieve(newest(found))` | [MHD ITI-68](https://profiles.ihe.net/ITI/MHD/ITI-68.html) |
# | take the bytes out | `content_of(retrieved)` | [FHIR R4 Binary](https://hl7.org/fhir/R4/binary.html#rest) |
# | compare size and hash | `consumer.verify(reference, retrieved)` | [FHIR R4 Attachment](https://hl7.org/fhir/R4/datatypes.html#Attachment) |

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
theirs = DocumentConsumer(own.client).find(____)
# >>> solution
own = L.against(L.client.base)
theirs = DocumentConsumer(own.client).find("urn:oid:2.16.152|48215377-1")
# <<<
theirs

# %% own-retrieve
own_bytes = DocumentConsumer(own.client).retrieve(newest(theirs))
own_bytes

# %% own-verify
consumer.verify(newest(theirs), own_bytes)

# %% [markdown] next
# ## What comes next
#
# Documents travel now. In [04 · Terminology](04_terminology.ipynb) you make sure that their codes mean the same on the other side.

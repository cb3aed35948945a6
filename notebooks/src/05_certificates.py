# %% [markdown] title
# # 05 · Vaccination certificates
#
# [English](../en/05_certificates.ipynb) · [Español](../es/05_certificates.ipynb) · [Português](../pt/05_certificates.ipynb)
#
# **Time:** about 90 minutes. **Before:** [01 · FHIR fundamentals](01_fhir.ipynb).

# %% [markdown] story
# ## The story
#
# Yeison Palacios from Quibdó was vaccinated against yellow fever in 2016. In Costa Rica the officer at the airport has ten seconds, no connection to Colombia, and a telephone. What Yeison shows is a **QR code**: a certificate that his country has signed. This lesson makes one from his record and takes it apart to the last byte.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. answer **WHO's questionnaire** from a record and get a signed document (5.1)
# 2. say what does **not** go into a certificate (5.2)
# 3. take the layers off a code: Base45, zlib, CBOR, COSE (5.3, 5.4)
# 4. make **bad** certificates, and tell at which step each is found out (5.5)
# 5. write the same dose as **EU DCC** (5.6) and as **International Certificate** (5.7)
# 6. say **until when** a certificate holds, whatever its signature says (5.9), and write the **rule** of a country (5.10)
# 7. find what was **taken back** in revocation batches (5.11)
#
# Task 5.8 is open: hidden checks judge it when your facilitator grades.

# %% imports
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from unicodedata import combining, normalize

# %% setup
from sandbox.course import ____, code, codes_in, facts_in, failed_step, lesson, new_country, periods, rezip, rule_says
from sandbox.course import taken_back, unbase45, uncbor, unzip

L = lesson("05_certificates")
L

# %% [markdown] record
# ## 1 From the record to the certificate
#
# The record has what a doctor needs. A certificate has what an officer needs: who, against what, when, which batch, who vouches for it. WHO calls these fields the **core data set** (DDCC) and asks for them with a Questionnaire.

# %% read-dose
record = L.client.get("Immunization/yeison-palacios-yellow-fever").json
record

# %% read-form
L.client.get("Questionnaire/DDCCVSCoreDataSetQuestionnaire")

# %% [markdown] ask-5-1
# ### ✎ 5.1 Answer the questionnaire
#
# Three answers are missing. Write the function that takes them from any record: under `lot` the batch number, under `date` the day of the dose, under `dose` its number, each as an object with the type that the questionnaire asks for (`valueString`, `valueDate`, `valueInteger`). Nothing may be made up: what is not known is left out.

# %% ex-5-1-answers
who = {"name": {"valueString": "Yeison Andrés Palacios Mosquera"}, "birthDate": {"valueDate": "1995-01-30"}}
what = {"vaccine": {"valueCoding": {"system": "http://www.whocc.no/atc", "code": "J07BL01"}},
        "brand": {"valueCoding": {"display": "Stamaril"}}, "manufacturer": {"valueCoding": {"display": "Sanofi Pasteur"}},
        "disease": {"valueCoding": {"system": "http://id.who.int/icd11/mms", "code": "1D47"}}}
where = {"country": {"valueCoding": {"system": "urn:iso:std:iso:3166", "code": "COL"}}, "centre": {"valueString": "ESE Ismael"},
         "pha": {"valueString": "Ministerio de Salud"}, "hcid": {"valueString": "URN:HCID:CO-0001"}}

# %% ex-5-1 exercise=5.1
# >>> learner
def dose_of(record):
    return {"lot": ____, "date": ____, "dose": ____}
# >>> solution
def dose_of(record):
    number = record["protocolApplied"][0]["doseNumberPositiveInt"]
    return {"lot": {"valueString": record["lotNumber"]}, "date": {"valueDate": record["occurrenceDateTime"][:10]},
            "dose": {"valueInteger": number}}
# <<<
items = [{"linkId": link, "answer": [one]} for link, one in {**who, **what, **where, **dose_of(record)}.items()]
response = {"resourceType": "QuestionnaireResponse", "status": "completed", "item": items,
            "questionnaire": "http://smart.who.int/ddcc/Questionnaire/DDCCVSCoreDataSetQuestionnaire"}
L.check("5.1", response)

# %% generate
made = L.client.send("POST", "QuestionnaireResponse/$generateHealthCertificate", body=response)
made

# %% [markdown] ask-5-2
# The answer is a FHIR document, signed, with the QR code as a picture in it. The server has stored it and registered it, too: ITI-67 finds it as in lesson 03.
#
# ### ✎ 5.2 What was left out?
#
# Whoever scans a code reads **all** of it, and cannot forget it. Answer `"in"` or `"out"`: which of these stand in the certificate?

# %% ex-5-2 exercise=5.2
# >>> learner
essential = {"name": ____, "lot": ____, "telephone": ____, "address": ____, "allergies": ____, "issuer": ____}
# >>> solution
essential = {"name": "in", "lot": "in", "telephone": "out", "address": "out", "allergies": "out", "issuer": "in"}
# <<<
L.check("5.2", essential)

# %% [markdown] layers
# ## 2 Through the bytes
#
# | layer | what it is |
# |---|---|
# | `HC1:` | the prefix: a health certificate, version 1 |
# | Base45 | 45 letters that a QR code packs tightly |
# | zlib | compression |
# | COSE_Sign1 | the envelope: protected header, header, payload, signature |
# | CWT | the payload: who, until when, and the health data at −260 |
#
# Here is the code, as picture and as text:

# %% picture-peeling
L.picture("peeling")

# %% the-text
text = codes_in(made)[0]
code(text)

# %% [markdown] ask-5-3
# ### ✎ 5.3 Take off three layers
#
# `unbase45`, `unzip` and `uncbor` take off one layer each. The text begins with the prefix `HC1:`, which is no part of Base45: `text[4:]` is what follows it. Put the right thing into each.

# %% ex-5-3 exercise=5.3
# >>> learner
packed = unbase45(____)
signed = unzip(____)
envelope = uncbor(____)
# >>> solution
packed = unbase45(text[4:])
signed = unzip(packed)
envelope = uncbor(signed)
# <<<
L.check("5.3", {"tag": envelope.tag, "header": uncbor(envelope.value[0])})

# %% look-envelope
envelope

# %% [markdown] claims
# Tag 18 says *COSE_Sign1*. The protected header holds the algorithm (1: −7 is ES256) and the **key id** (4): eight bytes that tell a verifier which key of the trust list to take. The third part is the payload:

# %% look-claims
uncbor(envelope.value[2])

# %% [markdown] ask-5-4
# ### ✎ 5.4 Four numbers
#
# CBOR maps are written with numbers to stay small. Which number stands for what?

# %% ex-5-4 exercise=5.4
# >>> learner
numbers = {"issuer": ____, "issued": ____, "expires": ____, "health": ____}
# >>> solution
numbers = {"issuer": 1, "issued": 6, "expires": 4, "health": -260}
# <<<
L.check("5.4", numbers)

# %% [markdown] verify
# ## 3 Believe it or not
#
# Anybody can write such bytes. A verifier goes through the steps in order, and each can fail for its own reason:

# %% picture-verifying
L.picture("verifying")

# %% steps
L.steps(text)

# %% [markdown] ask-5-5
# ### ✎ 5.5 Where is it found out?
#
# Make four bad certificates out of Chile's `good` one, and see at which step each fails first:
#
# - `letter`: one letter of the text is mistyped (one in the middle, for another of Base45)
# - `lot`: the batch number `YF-77` is changed inside, and everything packed again: bytes have `.replace(b"…", b"…")`, and `rezip` packs
# - `stranger`: the same card, signed by a country that is on no list: `new_country("CL")` makes one, `.sign(card)` signs
# - `old`: the same card, signed by Chile, and over since last month: `.sign(card, days=-30)`
#
# `failed_step(text, keys)` names the step. Think before you run it: what do you expect?

# %% good-one
chile = new_country("CL")
dose = {"vp": "YellowFeverProductd2c75a15", "dt": "2026-02-01", "bo": "YF-77", "is": "Ministerio de Salud"}
card = {"n": "Rosa Fuenzalida", "dob": "1958-03-21", "v": dose}
good = chile.sign(card)
failed_step(good, chile.keys)

# %% ex-5-5 exercise=5.5
# >>> learner
bad = {"letter": ____, "lot": ____, "stranger": ____, "old": ____}
# >>> solution
other = "1" if good[60] == "0" else "0"
signed_by_chile = unzip(unbase45(good[4:]))
bad = {"letter": good[:60] + other + good[61:],
       "lot": rezip(signed_by_chile.replace(b"YF-77", b"YF-78")),
       "stranger": new_country("CL").sign(card), "old": chile.sign(card, days=-30)}
# <<<
L.check("5.5", {name: failed_step(text, chile.keys) for name, text in bad.items()})

# %% [markdown] now-look
# Now look at all steps of one of them; put another name in.

# %% break-one
L.steps(bad["lot"], keys=chile.keys)

# %% [markdown] ask-5-6
# ## 4 The same in other forms
#
# The layers are always these. What differs is the number at which the health data stand and the names of their fields: EU DCC at `1`, DDCC at `3`, the International Certificate at `-6`.
#
# ### ✎ 5.6 EU DCC
#
# The European form knows COVID-19 alone. Luzia Nogueira had her second of two doses in Brazil. `dn` is the number of the dose, `sd` how many there are in the series, `co` the country in two letters. `fnt` and `gnt` are the names as a passport prints them: capitals from A to Z without accents, `<` for a blank. Write the function for that; `normalize("NFD", text)` parts each letter from its accent, and `combining(letter)` tells an accent.

# %% ex-5-6 exercise=5.6
# >>> learner
def in_passport(name):
    return ____
shot = {"dn": ____, "sd": ____, "co": ____}
# >>> solution
def in_passport(name):
    letters = normalize("NFD", name.upper())
    return "".join(letter for letter in letters if not combining(letter)).replace(" ", "<")
shot = {"dn": 2, "sd": 2, "co": "BR"}
# <<<
family, given = "Nogueira dos Santos", "Luzia Aparecida"
names = {"fn": family, "gn": given, "fnt": in_passport(family), "gnt": in_passport(given)}
rest = {"tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dt": "2021-10-01",
        "is": "Ministério da Saúde", "ci": "URN:UVCI:01:BR:LN2021#1"}
L.check("5.6", {"ver": "1.3.0", "nam": names, "dob": "1972-08-15", "v": [{**rest, **shot}]})

# %% [markdown] ask-5-7
# ### ✎ 5.7 The yellow card
#
# The International Certificate (ICVP) replaces the yellow booklet. It names the product by its number in WHO's list (`vp`), the date (`dt`), the batch (`bo`), who answers for it (`is`) and from when it holds (`vls`). A first dose against yellow fever protects from the **tenth day** on (IHR, Annex 7). `ndt` says which document `nid` is the number of: `NI` (national) or `PPN` (passport). Yeison shows his passport.
#
# Write the function that makes `v` from Yeison's record; a `date` and a `timedelta` can be added.

# %% ex-5-7 exercise=5.7
# >>> learner
def yellow(record):
    return ____
document = ____
# >>> solution
def yellow(record):
    day = date.fromisoformat(record["occurrenceDateTime"][:10])
    return {"vp": "YellowFeverProductd2c75a15", "dt": day.isoformat(), "bo": record["lotNumber"],
            "vls": (day + timedelta(days=10)).isoformat(), "is": "Ministerio de Salud"}
document = "PPN"
# <<<
person = {"n": "Yeison Andrés Palacios Mosquera", "dob": "1995-01-30", "nid": "BX214477", "ndt": document}
L.check("5.7", {**person, "v": yellow(record)})

# %% [markdown] ask-5-8
# ## 5 Open task
#
# ### ✎ 5.8 Keyla's yellow card
#
# Make the International Certificate of Keyla Zelaya from her record (`Patient/keyla-zelaya`, `Immunization/keyla-zelaya-yellow-fever`). Answer the questionnaire `http://smart.who.int/icvp/Questionnaire/ICVP`, have it signed by the server and hand in the **text** of the code: only what her record says, and only what an officer needs.

# %% look-keyla
L.client.get("Immunization/keyla-zelaya-yellow-fever")

# %% look-icvp
L.client.get("Questionnaire/ICVP")

# %% ex-5-8-build
# >>> learner
card = ____
# >>> solution
keyla, shot = (L.client.get(f"{place}").json for place in ("Patient/keyla-zelaya", "Immunization/keyla-zelaya-yellow-fever"))
name = " ".join([*keyla["name"][0]["given"], keyla["name"][0]["family"]])
q = lambda link, kind, value: {"linkId": link, "answer": [{kind: value}]}
details = [q("productID", "valueCoding", {"code": "YellowFeverProductd2c75a15"}), q("date", "valueDate", shot["occurrenceDateTime"][:10]),
           q("batchNo", "valueString", shot["lotNumber"]), q("issuer", "valueString", "Secretaría de Salud")]
items = [q("name", "valueString", name), q("dob", "valueDate", keyla["birthDate"]), {"linkId": "vaccineDetails", "item": details}]
card = codes_in(L.client.send("POST", "QuestionnaireResponse/$generateHealthCertificate", body={**response, "item": items,
                "questionnaire": "http://smart.who.int/icvp/Questionnaire/ICVP"}))[0]
# <<<

# %% ex-5-8 exercise=5.8
L.submit("5.8", card)

# %% look-card
L.steps(card)

# %% [markdown] two-ends
# ## 6 Until when?
#
# A certificate has **two ends**. `exp` says until when the signature counts. What the content says of itself is another matter: `du` of a recovery (EU DCC), `certificate.period.end` (DDCC). Many verifiers look at the first alone: the card is green, and the recovery it speaks of was over three weeks ago.
#
# Here are four codes of Chile. Every signature is right.

# %% four-codes
codes = periods(chile)

def claims_in(text):
    return uncbor(uncbor(unzip(unbase45(text[4:]))).value[2])

{name: claims_in(text) for name, text in codes.items()}

# %% [markdown] ask-5-9
# ### ✎ 5.9 Technically valid, and over
#
# Say for each code its **last day** (`YYYY-MM-DD`, in UTC): that of `exp` or that of the content, whichever comes first. Then name those that are over today. You may read the days off the card above, or have Python find them.

# %% ex-5-9 exercise=5.9
# >>> learner
ends = {"recovery": ____, "dose": ____, "card": ____, "test": ____}
over = [____]
# >>> solution
claims = {name: claims_in(text) for name, text in codes.items()}
technical = {name: datetime.fromtimestamp(each[4], UTC).date().isoformat() for name, each in claims.items()}
own = {"recovery": claims["recovery"][-260][1]["r"][0]["du"], "dose": claims["dose"][-260][3]["certificate"]["period"]["end"],
       "test": claims["test"][-260][4]["certificate"]["period"]["end"]}
ends = {name: min(day, own.get(name, day)) for name, day in technical.items()}
over = [name for name, day in ends.items() if day < date.today().isoformat()]
# <<<
L.check("5.9", {"codes": codes, "ends": ends, "over": over})

# %% look-recovery
L.steps(codes["recovery"], keys=chile.keys)

# %% [markdown] ask-5-10
# Our verifier believes the signature and warns that the recovery is over. Whether that is a refusal is for the country at the border to say: put in `"test"`, and see what ends for good.
#
# ### ✎ 5.10 The rule of a country
#
# A right signature does not say whom a country lets in. That is said by **rules**, which countries hand to all verifiers as data ([CertLogic](https://github.com/ehn-dcc-development/eu-dcc-business-rules)): an expression over the certificate (`payload`) and the clock (`external.validationClock`). Write Peru's: the series is **whole** (`dn` at least `sd`), and the last dose was given **14 to 270 days** ago. `plusTime` makes a date of a text, and adds days to it.

# %% dose-with-rule
shot = {"tg": "840539006", "dn": 2, "sd": 2, "dt": "2026-09-01", "co": "BR"}
luzia = {"ver": "1.3.0", "dob": "1972-08-15", "v": [shot]}
today = {"plusTime": [{"var": "external.validationClock"}, 0, "day"]}

# %% ex-5-10-build
# >>> learner
rule = {"and": [____]}
# >>> solution
def since(days):
    return {"plusTime": [{"var": "payload.v.0.dt"}, days, "day"]}

whole = {">=": [{"var": "payload.v.0.dn"}, {"var": "payload.v.0.sd"}]}
rule = {"and": [whole, {"not-before": [today, since(14)]}, {"not-after": [today, since(270)]}]}
# <<<
rule_says(rule, luzia)

# %% ex-5-10 exercise=5.10
L.check("5.10", rule)

# %% [markdown] ask-5-11
# ## 7 Taken back
#
# A batch of vaccine was spoiled, a clerk sold certificates: they are right in every step, and must not count. Countries tell each other by **revocation batches**. A list with names would be a second scandal, so a batch holds **hashes**: the first 16 bytes of SHA-256, in Base64. `hashType` says of what:
#
# | `hashType` | what is hashed |
# |---|---|
# | `UCI` | the identifier of the certificate (`ci`) |
# | `COUNTRYCODEUCI` | the issuer (`CL`), and the identifier right behind it |
# | `SIGNATURE` | the signature; of ES256 the first half alone (`r`, 32 bytes): whoever has a certificate can make another second half that holds, too |
#
# `kid` says by whose key the certificates were signed; `UNKNOWN_KID` stands for any.
#
# ### ✎ 5.11 Which were taken back?
#
# Write the function that a verifier should have: `True` if a code stands in one of the batches. Texts become bytes with `.encode()`.

# %% fetch-batches
given = taken_back(chile)

def half(content):
    return b64encode(sha256(content).digest()[:16]).decode()

given["batches"], facts_in(given["codes"]["A"])

# %% ex-5-11 exercise=5.11
# >>> learner
def is_taken_back(text):
    return ____
# >>> solution
def is_taken_back(text):
    fact = facts_in(text)
    hashes = {"UCI": half(fact["ci"].encode()), "COUNTRYCODEUCI": half((fact["issuer"] + fact["ci"]).encode()),
              "SIGNATURE": half(fact["signature"][:32])}
    return any({"hash": hashes[batch["hashType"]]} in batch["entries"] and batch["kid"] in ("UNKNOWN_KID", fact["kid"])
               for batch in given["batches"])
# <<<
L.check("5.11", {"given": given, "revoked": {name: is_taken_back(text) for name, text in given["codes"].items()}})

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | have answers signed | `QuestionnaireResponse/$generateHealthCertificate` | [WHO DDCC](https://smart.who.int/ddcc/) |
# | take the texts of the codes | `codes_in(made)` | [WHO ICVP](https://smart.who.int/icvp/) |
# | take off Base45 | `unbase45(text[4:])` | [RFC 9285](https://www.rfc-editor.org/rfc/rfc9285) |
# | take off zlib | `unzip(packed)` | [RFC 1950](https://www.rfc-editor.org/rfc/rfc1950) |
# | read CBOR and COSE | `uncbor(signed)` | [RFC 9052 4.2](https://www.rfc-editor.org/rfc/rfc9052#section-4.2) |
# | read the claims | `uncbor(envelope.value[2])` | [RFC 8392 3.1](https://www.rfc-editor.org/rfc/rfc8392#section-3.1) |
# | have codes with two ends | `periods(chile)` | [HCERT 3.3.4](https://github.com/ehn-dcc-development/eu-dcc-hcert-spec/blob/main/hcert_spec.md#334-expiration-time) |
# | ask a rule | `rule_says(rule, luzia)` | [CertLogic](https://github.com/ehn-dcc-development/eu-dcc-business-rules) |
# | find what was taken back | `taken_back(chile)` | [DCC Gateway](https://github.com/eu-digital-green-certificates/dgc-gateway) |
# | go through all steps | `L.steps(text)`, `failed_step(text, keys)` | [RFC 9052 4.4](https://www.rfc-editor.org/rfc/rfc9052#section-4.4) |

# %% [markdown] reflect
# ## Before you go
#
# Which fields of your country's certificate does no officer need? Each of them can be read by whoever takes a picture of the code.

# %% [markdown] own-system
# ## 8 Your own certificate
#
# Paste the text of a code that your system has made, or scan one at `/certificates` of the server. Use test data only. Nothing of this part is graded.

# %% own-steps
# >>> learner
L.steps(____)
# >>> solution
L.steps(text, keys=None)
# <<<

# %% [markdown] next
# ## What comes next
#
# All rests on the key: how does Costa Rica know which keys are Colombia's? In [06 · Keys and trust](06_trust.ipynb) you build a country's keys and bring them onto the list.

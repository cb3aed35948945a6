# %% [markdown] title
# # 06 · Keys and trust
#
# [English](../en/06_trust.ipynb) · [Español](../es/06_trust.ipynb) · [Português](../pt/06_trust.ipynb)
#
# **Time:** about 90 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Peru scans a Chilean certificate. The signature is right; but whose is it? There is no time to telephone Santiago. So each country hands its keys to a common **gateway** before the first traveller comes, the gateway checks them, and all countries fetch one list. At connectathons more teams fail here than anywhere else: a file is missing, a country is wrong, a certificate has run out.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. tell the **four keys** of a country apart by their certificates (6.1) and compute a **key id** (6.2)
# 2. write the checks of a **gateway** that onboards countries (6.3), and mend a folder (6.4)
# 3. find a country's keys on the **trust list** (6.5)
# 4. write what **Peru** asks of certificates of Chile (6.6), and what the **gateway** answers to uploads (6.7)
# 5. find the entries of a list that **must not be believed** (6.9)
# 6. **upload** a new signer as the gateway takes it (6.10)
#
# Task 6.8 is open: hidden checks judge it when your facilitator grades.

# %% imports
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from ssl import PEM_cert_to_DER_cert

# %% setup
from sandbox.course import ____, at_work, code, doubtful_list, entries_in, facts_of, is_signed, key_id, lesson, new_country, puzzle
from sandbox.course import rezip, unbase45, uncbor, unzip

L = lesson("06_trust")
L

# %% [markdown] four
# ## 1 Four keys
#
# | key | what it is |
# |---|---|
# | **SCA** | the authority of the country; it lies in a safe and signs only other certificates |
# | **DSC** | the signer of documents; it signs thousands of certificates a day |
# | **UP** | signs what is uploaded to the gateway |
# | **TLS** | shows the gateway who has connected |
#
# A key that is stolen does the less harm the less it may do. That is why there are four. Chile gets its own, made now, for training alone:

# %% picture-keys
L.picture("keys")

# %% chile
chile = new_country("CL")
chile

# %% [markdown] ask-6-1
# ### ✎ 6.1 Which key?
#
# Four certificates of Chile were met at work: that of who has signed a traveller's `certificate`, of who has signed a new `signer`, of who has signed an `upload`, and of who has opened a `connection`. `facts_of` reads what stands in them. Write the function that tells from these facts which key it is: `"SCA"`, `"DSC"`, `"UP"` or `"TLS"`.

# %% met-at-work
seen = {task: facts_of(pem) for task, pem in at_work(chile).items()}
seen

# %% ex-6-1 exercise=6.1
# >>> learner
def role_of(facts):
    return ____
# >>> solution
def role_of(facts):
    if facts["is_authority"]:
        return "SCA"
    if "clientAuth" in facts["purposes"]:
        return "TLS"
    return "UP" if facts["issuer"] == facts["subject"] else "DSC"
# <<<
L.check("6.1", {task: role_of(facts) for task, facts in seen.items()})

# %% [markdown] ask-6-2
# ### ✎ 6.2 The key id
#
# A code has no room for a whole certificate. It carries the **kid**: the first eight bytes of SHA-256 over the certificate of the signer, as DER, here in Base64. "Key not found" is the commonest failure of an event, and nearly always the kid is that of another file. Write the function, and compute the kid of Chile's signer of documents. `chile.der(place)` returns a file of `chile.files` as its bytes.

# %% ex-6-2 exercise=6.2
# >>> learner
def kid_of(der):
    return ____
kid = ____
# >>> solution
def kid_of(der):
    digest = sha256(der).digest()
    return b64encode(digest[:8]).decode()
kid = kid_of(chile.der("DSC/DSC.pem"))
# <<<
L.check("6.2", {"certificate": chile.files["DSC/DSC.pem"], "kid": kid})

# %% [markdown] onboard
# ## 2 Onboard a country
#
# The gateway takes nobody in on trust. It runs the same checks over every country's folder:

# %% check-chile
L.onboarding(chile.files, "CL")

# %% [markdown] ask-6-3
# ### ✎ 6.3 Be the gateway
#
# Each word below breaks Chile's folder in one way. Write the checks that find it, and name them as the card above does.
#
# | word | what was done | check |
# |---|---|---|
# | `lost` | the upload certificate was not handed in | `files` |
# | `unreadable` | a file was cut while it was copied | `pem` |
# | `doubled` | a file holds two certificates | `one_certificate` |
# | `neighbour` | the signer's certificate names another country | `country` |
# | `authority` | the SCA may have authorities below it | `basic_constraints` |
# | `purpose` | the signer may sign certificates instead of documents | `key_usage` |
# | `short` | the signer has an RSA key of 1024 bits | `key_length` |
# | `stranger` | the signer was not signed by the SCA | `chain` |
# | `old` | the signer ran out a year ago | `validity` |
#
# First what is wrong with the **files**: a function that returns the name of the check, or `""`. `expected` has the places that a folder must have, and `facts_of` of what cannot be read is empty.

# %% broken
words = ("lost", "unreadable", "doubled", "neighbour", "authority", "purpose", "short", "stranger", "old")
nine = {word: chile.broken(word) for word in words}
expected = list(chile.files)

# %% ex-6-3-first
# >>> learner
def fault_of_files(files):
    return ____
# >>> solution
def fault_of_files(files):
    if any(place not in files for place in expected):
        return "files"
    if any(text.count("BEGIN CERTIFICATE") > 1 for text in files.values()):
        return "one_certificate"
    return "" if all(facts_of(text) for text in files.values()) else "pem"
# <<<

# %% [markdown] ask-6-3-keys
# Then what is wrong with the **keys**: of the SCA (`SCA/SCA.pem`) its `path_length`, which must be 0; of the signer (`DSC/DSC.pem`) its `country`, `uses`, `bits`, `issuer`, and `ends` (a moment with its zone). An EC key has 256 bits, an RSA key 2048 or more.

# %% ex-6-3 exercise=6.3
# >>> learner
def fault_of_keys(files):
    return ____
# >>> solution
def fault_of_keys(files):
    authority, signer = facts_of(files["SCA/SCA.pem"]), facts_of(files["DSC/DSC.pem"])
    shortest = {"EC": 256, "RSA": 2048}[signer["kind"]]
    met = {"country": signer["country"] != "CL", "basic_constraints": authority["path_length"] != 0,
           "key_usage": signer["uses"] != ["digital_signature"], "key_length": signer["bits"] < shortest,
           "chain": signer["issuer"] != authority["subject"], "validity": signer["ends"] < datetime.now(UTC)}
    return next((check for check, is_met in met.items() if is_met), "")
# <<<
L.check("6.3", {word: fault_of_files(files) or fault_of_keys(files) for word, files in nine.items()})

# %% [markdown] now-break
# A real gateway checks the signature itself, too: a name can be copied. See what it says of any of them: put another word in.

# %% break-one
L.onboarding(chile.broken("neighbour"), "CL")

# %% [markdown] ask-6-4
# ### ✎ 6.4 Mend a folder
#
# Uruguay's folder has three faults. Read the card, and put the files of `uruguay.files` in place of those that are wrong, and of no others: what was checked once is not changed without need.

# %% uruguay
uruguay = new_country("UY")
handed_in = puzzle(uruguay)
L.onboarding(handed_in, "UY")

# %% ex-6-4 exercise=6.4
# >>> learner
mended = ____
# >>> solution
mended = dict(handed_in)
for place in ("UP/UP.pem", "SCA/SCA.pem", "DSC/DSC.pem"):
    mended[place] = uruguay.files[place]
# <<<
L.check("6.4", mended)

# %% [markdown] list
# ## 3 The list
#
# What was taken in is published as DID documents, below paths that are the same on every copy of the list:
#
# `v2/trustlist/DOMAIN/PARTICIPANT/USAGE/did.json`
#
# Domains are `DCC`, `DDCC`, `PH4H` and others, participants have the **three** letters of ISO 3166 (`CHL`, `PER`), usages are `SCA`, `DSC` and so on. `-` stands for any. Each entry has the key, the certificate and the kid:

# %% fetch-list
L.ask("POST", "/v2/vshcIssuance", {"jsonContent": "{}"})  # the server signs something, so it has a key
L.ask("GET", "/v2/trustlist/did.json")

# %% [markdown] ask-6-5
# ### ✎ 6.5 Where are Chile's keys?
#
# Write the function that makes a path from the three words, and the path of the list that holds the **signers of documents** of **Chile** in the domain **DCC**, and nothing else. Whoever leaves a word out means any: `-`.

# %% ex-6-5 exercise=6.5
# >>> learner
def path_of(domain="-", participant="-", usage="-"):
    return ____
path = ____
# >>> solution
def path_of(domain="-", participant="-", usage="-"):
    return f"v2/trustlist/{domain}/{participant}/{usage}/did.json"
path = path_of(domain="DCC", participant="CHL", usage="DSC")
# <<<
L.check("6.5", path)

# %% [markdown] across
# ## 4 Across the border
#
# Chile signs a certificate. Peru has fetched the list and goes through the steps of lesson 05. Each country decides by the list alone: no list, no trust.

# %% sign
dose = {"vp": "YellowFeverProductd2c75a15", "dt": "2026-02-01", "bo": "YF-77", "is": "Ministerio de Salud"}
text = chile.sign({"n": "Rosa Fuenzalida", "dob": "1958-03-21", "v": dose})
code(text)

# %% peru-verifies
L.steps(text, keys=chile.keys)

# %% [markdown] ask-6-6
# ### ✎ 6.6 Be Peru
#
# Six travellers show a certificate. Write what Peru does with the text and with the keys that it has: return the step at which it fails first, `"trust"`, `"signature"` or `"validity"`, or else `"valid"`.
#
# - `listed`: signed by Chile's DSC, which is on the list
# - `forged`: the batch was changed behind the signature
# - `forgotten`: signed by a new DSC that nobody has uploaded yet
# - `rehearsal`: signed by the key of the test environment; Peru uses the list of production
# - `withdrawn`: the key was taken off the list yesterday
# - `over`: the certificate has run out, its key is listed
#
# The kid stands in the protected header at `4`, the end in the claims at `4`, in seconds. A key of the list has its `kid`, and `is_signed(text, key)` tells whether it has signed.

# %% travellers
card, test = {"n": "Rosa Fuenzalida", "dob": "1958-03-21", "v": dose}, new_country("CL")
shown = {"listed": (text, chile.keys),
         "forged": (rezip(unzip(unbase45(text[4:])).replace(b"YF-77", b"YF-78")), chile.keys),
         "forgotten": (new_country("CL").sign(card), chile.keys),
         "rehearsal": (test.sign(card), chile.keys),
         "withdrawn": (text, []),
         "over": (chile.sign(card, days=-30), chile.keys)}

# %% ex-6-6 exercise=6.6
# >>> learner
def peru_says(text, keys):
    return ____
# >>> solution
def peru_says(text, keys):
    envelope = uncbor(unzip(unbase45(text[4:]))).value
    header, claims = uncbor(envelope[0]), uncbor(envelope[2])
    known = [key for key in keys if key.kid == header[4]]
    if not known:
        return "trust"
    if not any(is_signed(text, key) for key in known):
        return "signature"
    return "valid" if claims[4] > datetime.now(UTC).timestamp() else "validity"
# <<<
L.check("6.6", {name: peru_says(text, keys) for name, (text, keys) in shown.items()})

# %% [markdown] now-peru
# Now look at what our own verifier says of one of them.

# %% break-time
L.steps(shown["over"][0], keys=chile.keys)

# %% [markdown] ask-6-7
# ## 5 The gateway
#
# New signers come onto the list by upload: the certificate of the signer, signed as CMS by the **UP** key, over a connection with the **TLS** certificate. `connectathon gateway` runs one on your machine.
#
# ### ✎ 6.7 What does the gateway answer?
#
# Of each upload it knows whose TLS certificate has `connected`, whose UP key has `signed`, the `country` in the new certificate, whose SCA is its `issuer`, and whether the list has it (`is_listed`). Write the function that returns the answer. The first of these that is true counts:
#
# 1. nobody known has connected: there is `"no connection"`, and no HTTP
# 2. the upload is signed by another country than the one that has connected, or the certificate is another country's: `"403"`
# 3. the SCA of that country has not issued the certificate: `"400"`
# 4. it stands on the list already: `"409"`
# 5. else it is taken: `"201"`

# %% picture-gateway
L.picture("gateway")

# %% uploads
usual = {"connected": "CL", "signed": "CL", "country": "CL", "issuer": "CL", "is_listed": False}
uploads = {"own": usual, "again": {**usual, "is_listed": True},
           "neighbour": {**usual, "country": "PE", "issuer": "PE"},
           "wrong_key": {**usual, "signed": "PE"},
           "self_made": {**usual, "issuer": None},
           "nobody": {**usual, "connected": None}}

# %% ex-6-7 exercise=6.7
# >>> learner
def answer_to(upload):
    return ____
# >>> solution
def answer_to(upload):
    home = upload["connected"]
    if home is None:
        return "no connection"
    if upload["signed"] != home or upload["country"] != home:
        return "403"
    if upload["issuer"] != home:
        return "400"
    return "409" if upload["is_listed"] else "201"
# <<<
L.check("6.7", {name: answer_to(upload) for name, upload in uploads.items()})

# %% [markdown] ask-6-8
# ## 6 Open task
#
# ### ✎ 6.8 Your country
#
# Onboard your own country with a signer of your own choice. `signer` makes one: `country`, `key` (`"EC P-256"`, `"EC P-224"`, `"RSA 1024"`, `"RSA 3072"`), `use` (`"digital_signature"`, `"key_cert_sign"`), `years`, and `by` whom it is signed (`"SCA"`, `"UP"`). Hand in the code of the country and all files. A DSC lives two years at most.

# %% ex-6-8-build
# >>> learner
ours = ____
signer = ____
# >>> solution
ours = new_country("PY")
signer = ours.signer(country="PY", key="EC P-256", use="digital_signature", years=2, by="SCA")
# <<<

# %% ex-6-8 exercise=6.8
L.submit("6.8", {"country": ours.code, "files": {**ours.files, "DSC/DSC.pem": signer}})

# %% [markdown] doubt
# ## 7 Doubt the list
#
# A list that was fetched is a claim like any other. Whoever believes a key only because it **stands there** believes an upload key, an authority, a key withdrawn last week, and the key of whoever changed one line on the way. Somebody has sent this list of Chile's keys by e-mail:

# %% fetch-doubtful
listed = doubtful_list(chile)
entries = entries_in(listed)
{name: {fact: value for fact, value in entry.items() if fact != "der"} for name, entry in entries.items()}

# %% [markdown] ask-6-9
# ### ✎ 6.9 Which entries must not be believed, and why?
#
# Write the function that a verifier should have. It takes one entry and returns the first reason that it finds, or `"believed"`:
#
# | word | reason |
# |---|---|
# | `usage` | it is listed for something else than signing documents (`DSC`) |
# | `status` | the list itself says that it no longer holds |
# | `key` | the key of the JWK is not that of the certificate |
# | `kid` | the id is not the one of the certificate (`key_id(entry["der"], 8)`) |
# | `country` | the certificate is of another country than the list says |
# | `chain` | whoever signed it is not the authority that stands behind it |

# %% ex-6-9-build
# >>> learner
def why_not(entry):
    return ____
# >>> solution
def why_not(entry):
    met = {"usage": entry["usage"] != "DSC", "status": entry["status"] not in ("", "ACTIVE"),
           "key": entry["key"] != entry["certified"], "kid": entry["kid"] != key_id(entry["der"], 8),
           "country": entry["country"] != "CL", "chain": entry["issuer"] != entry["authority"]}
    return next((reason for reason, is_met in met.items() if is_met), "believed")
# <<<

# %% ex-6-9 exercise=6.9
why = {name: why_not(entry) for name, entry in entries.items()}
L.check("6.9", {"list": listed, "why": why})

# %% [markdown] now-doubt
# `connectathon trust check FILE` asks the same of any list, and says it in words. It checks the signature of each certificate by the key of its issuer, too: names alone can be copied.

# %% [markdown] ask-6-10
# ## 8 Onto the list
#
# Chile's signer runs out soon, and a new one was made. The gateway takes it at `POST /signerCertificate` as **CMS** (`application/cms`): one message that holds the new certificate, as its bytes (**DER**, not the PEM text), and the signature of the key that may **upload**. `openssl cms -sign` makes the same.
#
# ### ✎ 6.10 Upload the new signer
#
# Write the function that makes the upload of any new signer: an object with `method`, `path`, `content_type` and `body`. `country.cms(content, by=…)` signs bytes with one of its four keys: `"SCA"`, `"DSC"`, `"UP"`, `"TLS"`. `PEM_cert_to_DER_cert` of Python makes bytes of a PEM text.

# %% new-signer
new_signer = chile.signer(country="CL")
print(new_signer)

# %% ex-6-10 exercise=6.10
# >>> learner
def upload_of(country, pem):
    return ____
# >>> solution
def upload_of(country, pem):
    body = country.cms(PEM_cert_to_DER_cert(pem), by="UP")
    return {"method": "POST", "path": "/signerCertificate", "content_type": "application/cms", "body": body}
# <<<
L.check("6.10", {"files": chile.files, "upload": upload_of(chile, new_signer)})

# %% [markdown] now-upload
# The answer is 201, and a minute later all other countries can verify what the new signer signs. `DELETE` with the same message takes it off the list again.

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | make a country | `new_country("CL")` | [WHO GDHCN](https://smart.who.int/trust/) |
# | read a certificate | `facts_of(pem)` | [RFC 5280 4.1](https://www.rfc-editor.org/rfc/rfc5280#section-4.1) |
# | compute a key id | `sha256(der).digest()[:8]`, `key_id(der, 8)` | [RFC 9052 3.1](https://www.rfc-editor.org/rfc/rfc9052#section-3.1) |
# | have a folder checked | `L.onboarding(chile.files, "CL")` | [RFC 5280 4.2.1.3](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3) |
# | ask about a signature | `is_signed(text, key)` | [RFC 9052 4.4](https://www.rfc-editor.org/rfc/rfc9052#section-4.4) |
# | see what an authority may have below it | `facts_of(pem)["path_length"]` | [RFC 5280 4.2.1.9](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9) |
# | compare what an entry says | `entries_in(listed)` | [RFC 7517 4.7](https://www.rfc-editor.org/rfc/rfc7517#section-4.7) |
# | sign an upload | `chile.cms(content, by="UP")` | [RFC 5652 5](https://www.rfc-editor.org/rfc/rfc5652#section-5) |
# | read the trust list | `L.ask("GET", "/v2/trustlist/did.json")` | [DID Core 5](https://www.w3.org/TR/did-core/#core-properties) |

# %% [markdown] reflect
# ## Before you go
#
# Where does the SCA key of your country lie, and who can use it? When does your DSC run out, and who will notice?

# %% [markdown] own-system
# ## 9 Your own keys
#
# Paste the certificates that your country hands in, each as PEM text. Never paste a **private** key anywhere. Nothing of this part is graded.

# %% own-folder
# >>> learner
L.onboarding({"SCA/SCA.pem": ____, "UP/UP.pem": ____, "TLS/TLS.pem": ____, "TLS/CA.pem": ____}, "CL")
# >>> solution
L.onboarding(chile.files, "CL")
# <<<

# %% [markdown] next
# ## What comes next
#
# A code holds a few hundred letters; a whole summary does not fit. In [07 · Health links](07_links.ipynb) the code holds a key instead.

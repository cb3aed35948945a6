# %% [markdown] title
# # 06 · Keys and trust
#
# [English](../en/06_trust.ipynb) · [Español](../es/06_trust.ipynb) · [Português](../pt/06_trust.ipynb)
#
# **Time:** about 60 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Peru scans a Chilean certificate. The signature is right; but whose is it? There is no time to telephone Santiago. So each country hands its keys to a common **gateway** before the first traveller comes, the gateway checks them, and all countries fetch one list. At connectathons more teams fail here than anywhere else: a file is missing, a country is wrong, a certificate has run out.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. tell the **four keys** of a country apart (6.1) and compute a **key id** (6.2)
# 2. **onboard** a country, break it in nine ways, and mend another one's mistakes (6.3, 6.4)
# 3. find a country's keys on the **trust list** (6.5)
# 4. predict what **Peru** says to certificates of Chile (6.6), and what the **gateway** says to uploads (6.7)
# 5. find the entries of a list that **must not be believed** (6.9)
# 6. **upload** a new signer as the gateway takes it (6.10)
#
# Task 6.8 is open: hidden checks judge it when your facilitator grades.

# %% setup
from ssl import PEM_cert_to_DER_cert

from sandbox.course import ____, code, doubtful_list, entries_in, key_id, lesson, new_country, puzzle, replaced

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
# Answer `"SCA"`, `"DSC"`, `"UP"` or `"TLS"`: which key signs Rosa's certificate, which one signs the certificate of a new signer, which one the upload of it, and which one opens the connection?

# %% ex-6-1 exercise=6.1
# >>> learner
keys = {"certificate": ____, "signer": ____, "upload": ____, "connection": ____}
# >>> solution
keys = {"certificate": "DSC", "signer": "SCA", "upload": "UP", "connection": "TLS"}
# <<<
L.check("6.1", keys)

# %% [markdown] ask-6-2
# ### ✎ 6.2 The key id
#
# A code has no room for a whole certificate. It carries the **kid**: the first eight bytes of SHA-256 over the certificate of the signer, as DER. "Key not found" is the commonest failure of an event, and nearly always the kid is that of another file.

# %% ex-6-2 exercise=6.2
# >>> learner
kid = key_id(chile.der(____), ____)
# >>> solution
kid = key_id(chile.der("DSC/DSC.pem"), 8)
# <<<
L.check("6.2", {"certificate": chile.files["DSC/DSC.pem"], "kid": kid})

# %% [markdown] onboard
# ## 2 Onboard a country
#
# The gateway takes nobody in on trust. It runs the same checks over every country's folder:

# %% check-chile
L.onboarding(chile.files, "CL")

# %% [markdown] ask-6-3
# ### ✎ 6.3 Break it nine ways
#
# Each word below breaks Chile's folder in one way. Which check finds it? The names of the checks stand in the card above.
#
# | word | what was done |
# |---|---|
# | `lost` | the upload certificate was not handed in |
# | `unreadable` | a file was cut while it was copied |
# | `doubled` | a file holds two certificates |
# | `neighbour` | the signer's certificate names another country |
# | `authority` | the SCA may have authorities below it |
# | `purpose` | the signer may sign certificates instead of documents |
# | `short` | the signer has an RSA key of 1024 bits |
# | `stranger` | the signer was not signed by the SCA |
# | `old` | the signer ran out a year ago |

# %% ex-6-3-first
# >>> learner
files_found = {"lost": ____, "unreadable": ____, "doubled": ____}
# >>> solution
files_found = {"lost": "files", "unreadable": "pem", "doubled": "one_certificate"}
# <<<

# %% ex-6-3 exercise=6.3
# >>> learner
keys_found = {"neighbour": ____, "authority": ____, "purpose": ____, "short": ____, "stranger": ____, "old": ____}
# >>> solution
keys_found = {"neighbour": "country", "authority": "basic_constraints", "purpose": "key_usage", "short": "key_length",
              "stranger": "chain", "old": "validity"}
# <<<
L.check("6.3", {**files_found, **keys_found})

# %% [markdown] now-break
# Now look at any of them: put another word in.

# %% break-one
L.onboarding(chile.broken("neighbour"), "CL")

# %% [markdown] ask-6-4
# ### ✎ 6.4 Mend a folder
#
# Uruguay's folder has three faults. Read the card, and say which files have to be made anew. `replaced` puts the new ones in their places.

# %% uruguay
uruguay = new_country("UY")
handed_in = puzzle(uruguay)
L.onboarding(handed_in, "UY")

# %% ex-6-4 exercise=6.4
# >>> learner
mended = replaced(handed_in, uruguay, [____])
# >>> solution
mended = replaced(handed_in, uruguay, ["UP/UP.pem", "SCA/SCA.pem", "DSC/DSC.pem"])
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
# Write the path of the list that holds the **signers of documents** of **Chile** in the domain **DCC**, and nothing else.

# %% ex-6-5 exercise=6.5
# >>> learner
path = "v2/trustlist/" + ____
# >>> solution
path = "v2/trustlist/" + "DCC/CHL/DSC/did.json"
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
# ### ✎ 6.6 What does Peru say?
#
# Answer `"valid"`, `"trust"`, `"signature"` or `"validity"`: does the certificate hold, or at which step does it fail first?
#
# - `listed`: signed by Chile's DSC, which is on the list
# - `forgotten`: signed by a new DSC that nobody has uploaded yet
# - `rehearsal`: signed by the key of the test environment; Peru uses the list of production
# - `withdrawn`: the key was taken off the list yesterday
# - `over`: the certificate has run out, its key is listed

# %% ex-6-6 exercise=6.6
# >>> learner
peru = {"listed": ____, "forgotten": ____, "rehearsal": ____, "withdrawn": ____, "over": ____}
# >>> solution
peru = {"listed": "valid", "forgotten": "trust", "rehearsal": "trust", "withdrawn": "trust", "over": "validity"}
# <<<
L.check("6.6", peru)

# %% [markdown] now-peru
# Now look: Uruguay's list instead of Chile's, and a certificate that has run out.

# %% break-list
L.steps(text, keys=uruguay.keys)

# %% break-time
L.steps(chile.sign({"n": "Rosa Fuenzalida", "dob": "1958-03-21", "v": dose}, days=-30), keys=chile.keys)

# %% [markdown] ask-6-7
# ## 5 The gateway
#
# New signers come onto the list by upload: the certificate of the signer, signed as CMS by the **UP** key, over a connection with the **TLS** certificate. `connectathon gateway` runs one on your machine.
#
# ### ✎ 6.7 What does the gateway answer?
#
# Answer `"201"`, `"403"`, `"409"`, `"400"` or `"no connection"`:
#
# - `own`: Chile uploads its new signer, signed by its UP key
# - `again`: the same upload once more
# - `neighbour`: Chile uploads a signer of Peru, signed by Chile's UP key
# - `wrong_key`: Chile's signer, but the upload is signed by Peru's UP key
# - `self_made`: a signer that Chile's SCA has not signed
# - `nobody`: the connection has no certificate of an onboarded country

# %% picture-gateway
L.picture("gateway")

# %% ex-6-7 exercise=6.7
# >>> learner
gateway = {"own": ____, "again": ____, "neighbour": ____, "wrong_key": ____, "self_made": ____, "nobody": ____}
# >>> solution
gateway = {"own": "201", "again": "409", "neighbour": "403", "wrong_key": "403", "self_made": "400", "nobody": "no connection"}
# <<<
L.check("6.7", gateway)

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
# `chile.cms(content, by=…)` signs bytes with one of Chile's four keys: `"SCA"`, `"DSC"`, `"UP"`, `"TLS"`. `PEM_cert_to_DER_cert` of Python makes bytes of a PEM text.

# %% new-signer
new_signer = chile.signer(country="CL")
print(new_signer)

# %% ex-6-10-build
# >>> learner
upload = {"method": ____, "path": ____, "content_type": ____, "body": chile.cms(____, by=____)}
# >>> solution
upload = {"method": "POST", "path": "/signerCertificate", "content_type": "application/cms",
          "body": chile.cms(PEM_cert_to_DER_cert(new_signer), by="UP")}
# <<<

# %% ex-6-10 exercise=6.10
L.check("6.10", {"files": chile.files, "upload": upload})

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
# | compute a key id | `key_id(chile.der(place), 8)` | [RFC 9052 3.1](https://www.rfc-editor.org/rfc/rfc9052#section-3.1) |
# | have a folder checked | `L.onboarding(chile.files, "CL")` | [RFC 5280 4.2.1.3](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3) |
# | put new files in | `replaced(files, country, places)` | [RFC 5280 4.2.1.9](https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.9) |
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

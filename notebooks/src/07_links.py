# %% [markdown] title
# # 07 · Health links
#
# [English](../en/07_links.ipynb) · [Español](../es/07_links.ipynb) · [Português](../pt/07_links.ipynb)
#
# **Time:** about 60 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa wants to show her **whole** summary to a doctor in Lima, once, without a login and without her papers staying there. It does not fit into a QR code. So the code holds a **link**: an address, and the key to what lies there. The server that keeps the file cannot read it.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. **decode** a link (7.1)
# 2. **share** a summary with a passcode and an end (7.2), and write the **receiver** of one (7.3)
# 3. **provoke** what a server answers when something is wrong (7.4)
# 4. reckon **what leaks** and to whom (7.5)
# 5. take the link out of **whatever a scanner reads**, also out of the form of the event, **VHL** (7.6)
#
# You write each as a function; together they are both ends of a health link. Task 7.7 is open: hidden checks judge it when your facilitator grades.

# %% setup
import json
from base64 import urlsafe_b64decode
from datetime import UTC, datetime, timedelta

from sandbox.course import ____, code, lesson, unbase45, uncbor, unlink, unseal, unzip

L = lesson("07_links")
L

# %% [markdown] anatomy
# ## 1 What a link says
#
# The server makes a link of Rosa's summary. `shlink:/` is the prefix of *SMART Health Links*; what follows is JSON in base64url.

# %% make-link
summary = L.client.get("Patient/rosa-fuenzalida/$summary").json
first = L.ask("POST", "/api/links", {"content": summary, "passcode": "4711", "label": "IPS",
                                     "expires": (datetime.now(UTC) + timedelta(days=1)).isoformat()}).json
code(first["link"])

# %% look-link
unlink(first["link"])

# %% [markdown] ask-7-1
# ### ✎ 7.1 Decode it yourself
#
# `unlink` has done it for you. Write it now: a function that takes the text of a link and returns what a receiver needs, under names that say what for.
#
# | name | what it is |
# |---|---|
# | `where` | the address at which the files are asked for (`url`) |
# | `opens` | the key that opens them (`key`) |
# | `until` | the end (`exp`) as a moment in UTC; in the link it is seconds since 1970 |
# | `passcode` | `True` if a passcode is asked for: the letter `P` is in `flag` |
#
# Base64url has four letters for three bytes, and the link leaves out the `=` at the end: `"=" * (-len(letters) % 4)` puts them back.

# %% ex-7-1 exercise=7.1
# >>> learner
def parts_of(link):
    return ____
# >>> solution
def parts_of(link):
    letters = link.removeprefix("shlink:/")
    says = json.loads(urlsafe_b64decode(letters + "=" * (-len(letters) % 4)))
    return {"where": says["url"], "opens": says["key"], "passcode": "P" in says.get("flag", ""),
            "until": datetime.fromtimestamp(says["exp"], UTC)}
# <<<
L.check("7.1", {"link": first["link"], "parts": parts_of(first["link"])})

# %% [markdown] share
# ## 2 Share
#
# Whoever takes a picture of the code has the key. The passcode is told by **another way** than the link, such as by word of mouth, and may be given wrong only a few times in the life of a link. The label can be read by anybody who sees the code.

# %% picture-link
L.picture("link")

# %% [markdown] ask-7-2
# ### ✎ 7.2 A link for the doctor in Lima
#
# Write the function that makes the wish to share any summary: an object with `content`, a `passcode` that nobody guesses at once, `expires`, an end within **seven days** as a text with its zone, and a `label` that says nothing about the person.

# %% ex-7-2 exercise=7.2
# >>> learner
def wish_for(document, days):
    return ____
# >>> solution
def wish_for(document, days):
    ends = datetime.now(UTC) + timedelta(days=days)
    return {"content": document, "passcode": "copihue-82", "expires": ends.isoformat(), "label": "IPS"}
# <<<
wish = wish_for(summary, 2)
L.check("7.2", wish)

# %% share-it
shared = L.ask("POST", "/api/links", wish).json
shared["link"]

# %% [markdown] ask-7-3
# ## 3 Receive
#
# The receiver asks for the **manifest** by POST: `recipient` says who asks, `passcode` is what was told. The manifest names under `files` where each file lies (`location`); the address serves once. The file comes sealed (JWE), and the key from the link opens it.
#
# ### ✎ 7.3 Open it in Lima
#
# You are the *Clínica San Borja*. Write the receiver: from the link that you have just made to the document, as an object. `L.ask(method, address, body)` sends, `.json` or `.body.decode()` is what came, and `unseal(text, key)` opens a sealed file.

# %% ex-7-3 exercise=7.3
# >>> learner
def receive(link, who, passcode):
    return ____
# >>> solution
def receive(link, who, passcode):
    says = unlink(link)
    manifest = L.ask("POST", says["url"], {"recipient": who, "passcode": passcode}).json
    sealed = L.ask("GET", manifest["files"][0]["location"]).body.decode()
    return json.loads(unseal(sealed, says["key"]))
# <<<
who = "Clínica San Borja"
L.check("7.3", {"recipient": who, "document": receive(shared["link"], who, wish["passcode"])})

# %% received
received = L.receive(shared["link"], recipient=who, passcode=wish["passcode"])

# %% look-received
received

# %% show-received
L.show(received.document)

# %% [markdown] ask-7-4
# ## 4 When something is wrong
#
# ### ✎ 7.4 Provoke five answers
#
# A receiver that knows only success is lost at the first refusal. Provoke these, and hand in the **status** of each answer (`.status`):
#
# - `nobody`: the request does not say who asks
# - `guessed`: a wrong passcode, the first time
# - `again`: the same address of a file, a second time
# - `over`: the link was taken back, by POST to `/api/links/ID/withdraw` with its `secret`
# - `dead`: the right passcode, after ten attempts were spent on wrong ones
#
# `fresh()` makes a link to break, with `id`, `url` and `secret`; its passcode is `4711`.

# %% fresh
def fresh():
    return L.ask("POST", "/api/links", {"content": summary, "passcode": "4711", "label": "IPS"}).json

# %% ex-7-4 exercise=7.4
# >>> learner
answers = {"nobody": ____, "guessed": ____, "again": ____, "over": ____, "dead": ____}
# >>> solution
def asked(link, **body):
    return L.ask("POST", link["url"], body)

good, bad = {"recipient": who, "passcode": "4711"}, {"recipient": who, "passcode": "0000"}
place = asked(first, **good).json["files"][0]["location"]
gone, spent = fresh(), fresh()
L.ask("POST", f"/api/links/{gone['id']}/withdraw", {"secret": gone["secret"]})
for attempt in range(10):
    asked(spent, **bad)
answers = {"nobody": asked(first, passcode="4711").status, "guessed": asked(first, **bad).status,
           "again": [L.ask("GET", place).status for time in range(2)][1],
           "over": asked(gone, **good).status, "dead": asked(spent, **good).status}
# <<<
L.check("7.4", answers)

# %% [markdown] now-look
# A link that is over, withdrawn or dead looks the same from outside: nothing is there. So nobody learns which links there ever were. What the server says beside a status:

# %% break-recipient
L.ask("POST", first["url"], {"passcode": "4711"})

# %% break-passcode
L.ask("POST", first["url"], {"recipient": "Clínica San Borja", "passcode": "0000"})

# %% [markdown] ask-7-5
# ### ✎ 7.5 What leaks?
#
# Who has one thing can get others with it. These are the steps by which a sealed file becomes readable:
#
# | whoever has | gets |
# |---|---|
# | `link` | `url`, `key` |
# | `url`, `passcode` | `sealed`, the file as the server keeps it |
# | `sealed`, `key` | `document` |
#
# Write the function `gets` that goes through the steps with what somebody `has`, and returns `True` if they come to have what they `want`. The table stands in `steps`; `{"url"} <= known` asks whether a set is part of another.

# %% who-has-what
steps = [({"link"}, {"url", "key"}), ({"url", "passcode"}, {"sealed"}), ({"sealed", "key"}, {"document"})]
cases = {"server_reads": {"has": {"url", "passcode", "recipient", "time"}, "want": "document"},
         "server_knows": {"has": {"url", "passcode", "recipient", "time"}, "want": "recipient"},
         "picture": {"has": {"link"}, "want": "document"},
         "both": {"has": {"link", "passcode"}, "want": "document"},
         "copy": {"has": {"document"}, "want": "document"}}

# %% ex-7-5 exercise=7.5
# >>> learner
def gets(has, want):
    return ____
# >>> solution
def gets(has, want):
    known = set(has)
    for needed, given in steps:
        if needed <= known:
            known |= given
    return want in known
# <<<
L.check("7.5", {name: gets(**case) for name, case in cases.items()})

# %% [markdown] leaks
# `server_reads`: the server that keeps the sealed file cannot read Rosa's diagnoses. `server_knows`: it does know when the file was asked for, and who said to ask. `picture`: a picture of the code is not enough. `both`: with the passcode it is. `copy`: what the doctor in Lima has received she can keep, when the link is over.

# %% [markdown] vhl
# ## 5 Signed links: VHL
#
# A bare link says nothing about who made it. A **Verifiable Health Link** puts it into a certificate as in lesson 05: the issuer's country signs it, and whoever scans it checks the key on the trust list **before** asking for anything. This is how the event shares summaries. Its service keeps the file as plain JSON, though.

# %% picture-signed-link
L.picture("signed_link")

# %% issue-vhl
issued = L.ask("POST", "/v2/vshcIssuance", {"jsonContent": summary, "passCode": "4711"})
vhl = issued.body.decode()
L.steps(vhl)

# %% open-vhl
L.ask("POST", "/v2/vshcValidation", {"qrCodeContent": vhl})

# %% [markdown] ask-7-6
# ### ✎ 7.6 Whatever the scanner reads
#
# People show a bare link, a link behind the address of a viewer, or a signed one. Write the function that takes what was scanned and returns the link, from `shlink:/` on. In a signed one it stands among the claims of lesson 05: below `-260`, then `5`, in a list of objects with `u`.

# %% scanned
scanned = {"bare": first["link"], "viewer": "https://viewer.example.org/#" + first["link"], "signed": vhl}

# %% ex-7-6 exercise=7.6
# >>> learner
def link_in(text):
    return ____
# >>> solution
def link_in(text):
    if text.startswith("HC1:"):
        claims = uncbor(uncbor(unzip(unbase45(text[4:]))).value[2])
        return claims[-260][5][0]["u"]
    return text[text.index("shlink:/"):]
# <<<
L.check("7.6", {"scanned": scanned, "links": {name: link_in(text) for name, text in scanned.items()}})

# %% [markdown] ask-7-7
# ## 6 Open task
#
# ### ✎ 7.7 A link of your own
#
# Share the summary of another patient of the training data by a link that ends within seven days, asks for a passcode and says nothing about the person. Hand in the **link**.

# %% ex-7-7-build
# >>> learner
link = ____
# >>> solution
other = L.client.get("Patient/yeison-palacios/$summary").json
yours = {**wish_for(other, 3), "passcode": "ceiba-31"}
link = L.ask("POST", "/api/links", yours).json["link"]
# <<<

# %% ex-7-7 exercise=7.7
L.submit("7.7", link)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | read a link | `urlsafe_b64decode(letters)`, `unlink(link)` | [SMART Health Links](https://docs.smarthealthit.org/smart-health-links/spec/) |
# | share | `L.ask("POST", "/api/links", wish)` | [RFC 3339 5.6](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) |
# | open a sealed file | `unseal(sealed, key)` | [RFC 7516](https://www.rfc-editor.org/rfc/rfc7516) |
# | receive, step by step | `L.receive(link, recipient=…, passcode=…)` | [manifest](https://docs.smarthealthit.org/smart-health-links/spec/#shlink-manifest-request) |
# | verify a signed link | `L.steps(vhl)` | [VHL](https://profiles.ihe.net/ITI/VHL/) |

# %% [markdown] reflect
# ## Before you go
#
# How would a patient of yours tell the passcode? And how would she take the link back when the code was seen by the wrong person?

# %% [markdown] own-system
# ## 7 Your own links
#
# Paste a link or the text of a code that your system has made, with test data, and its passcode. Nothing of this part is graded.

# %% own-link
# >>> learner
L.receive(____, recipient="Clínica San Borja", passcode=____)
# >>> solution
L.receive(first["link"], recipient="Clínica San Borja", passcode="4711")
# <<<

# %% [markdown] next
# ## What comes next
#
# Documents, codes, certificates, keys and links: with these you have what Tracks 1 and 2a ask for. Register your system and let the test bench try it: tracks `ddcc.generation`, `icvp.content`, `vhl.issuer` and `vhl.receiver` go on from here. Whoever wants to show a part of a certificate alone goes on with [11 · From certificate to wallet](11_wallet.ipynb).

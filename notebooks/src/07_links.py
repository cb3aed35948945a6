# %% [markdown] title
# # 07 · Health links
#
# [English](../en/07_links.ipynb) · [Español](../es/07_links.ipynb) · [Português](../pt/07_links.ipynb)
#
# **Time:** about 30 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb).

# %% [markdown] story
# ## The story
#
# Rosa wants to show her **whole** summary to a doctor in Lima, once, without a login and without her papers staying there. It does not fit into a QR code. So the code holds a **link**: an address, and the key to what lies there. The server that keeps the file cannot read it.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. read what a **link** says (7.1)
# 2. **share** a summary with a passcode and an end (7.2), and **receive** one (7.3)
# 3. tell what a server answers when something is wrong (7.4)
# 4. say **what leaks** and what does not (7.5)
# 5. recognise the form in which the event shares links, **VHL** (7.6)
#
# Task 7.7 is open: hidden checks judge it when your facilitator grades.

# %% setup
from datetime import UTC, datetime, timedelta

from sandbox.course import ____, code, lesson, unlink

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
# ### ✎ 7.1 What is each part for?
#
# Answer `"where"`, `"opens"`, `"until"` or `"passcode"`: which part says **where** the files are asked for, which one **opens** them, which one says **until** when, and which one that a **passcode** is needed?

# %% ex-7-1 exercise=7.1
# >>> learner
parts = {"url": ____, "key": ____, "exp": ____, "flag": ____}
# >>> solution
parts = {"url": "where", "key": "opens", "exp": "until", "flag": "passcode"}
# <<<
L.check("7.1", parts)

# %% [markdown] share
# ## 2 Share
#
# Whoever takes a picture of the code has the key. The passcode is told by **another way** than the link, such as by word of mouth, and may be given wrong only a few times in the life of a link. The label can be read by anybody who sees the code.

# %% picture-link
L.picture("link")

# %% [markdown] ask-7-2
# ### ✎ 7.2 A link for the doctor in Lima
#
# Write the wish: a passcode that nobody guesses at once, an end within **seven days**, and a label that says nothing about Rosa.

# %% ex-7-2 exercise=7.2
# >>> learner
wish = {"content": summary, "passcode": ____, "expires": ____, "label": ____}
# >>> solution
wish = {"content": summary, "passcode": "copihue-82", "expires": (datetime.now(UTC) + timedelta(days=2)).isoformat(), "label": "IPS"}
# <<<
L.check("7.2", wish)

# %% share-it
shared = L.ask("POST", "/api/links", wish).json
shared["link"]

# %% [markdown] ask-7-3
# ## 3 Receive
#
# The receiver asks for the **manifest** by POST, says who asks and gives the passcode. The manifest names where each file lies; the address serves once. The file comes sealed (JWE), and the key from the link opens it.
#
# ### ✎ 7.3 Open it in Lima
#
# You are the *Clínica San Borja*. Open the link that you have just made.

# %% ex-7-3 exercise=7.3
# >>> learner
who, passcode = ____, ____
# >>> solution
who, passcode = "Clínica San Borja", wish["passcode"]
# <<<
received = L.receive(shared["link"], recipient=who, passcode=passcode)
L.check("7.3", {"recipient": who, "document": received.document})

# %% look-received
received

# %% show-received
L.show(received.document)

# %% [markdown] ask-7-4
# ## 4 When something is wrong
#
# ### ✎ 7.4 Predict five answers
#
# Answer `"400"`, `"401"` or `"404"`:
#
# - `nobody`: the request does not say who asks
# - `guessed`: a wrong passcode, the first time
# - `again`: the same address of a file, a second time
# - `over`: the link ran out yesterday
# - `dead`: the right passcode, after the last attempt was spent on wrong ones

# %% ex-7-4 exercise=7.4
# >>> learner
answers = {"nobody": ____, "guessed": ____, "again": ____, "over": ____, "dead": ____}
# >>> solution
answers = {"nobody": "400", "guessed": "401", "again": "404", "over": "404", "dead": "404"}
# <<<
L.check("7.4", answers)

# %% [markdown] now-look
# Now look. A link that is over, withdrawn or dead looks the same from outside: nothing is there. So nobody learns which links there ever were.

# %% break-recipient
L.ask("POST", first["url"], {"passcode": "4711"})

# %% break-passcode
L.ask("POST", first["url"], {"recipient": "Clínica San Borja", "passcode": "0000"})

# %% break-manifest
manifest = L.ask("POST", first["url"], {"recipient": "Clínica San Borja", "passcode": "4711"}).json
place = manifest["files"][0]["location"]
[L.ask("GET", place).status, L.ask("GET", place).status]

# %% [markdown] ask-7-5
# ### ✎ 7.5 What leaks?
#
# Answer `"yes"` or `"no"`:
#
# - `server_reads`: can the server that keeps the sealed file read Rosa's diagnoses?
# - `server_knows`: does it know when the file was asked for, and who said to ask?
# - `picture`: can somebody with a picture of the code, but without the passcode, read the file?
# - `both`: can somebody with the code and the passcode read it?
# - `copy`: can the doctor in Lima keep what was received, when the link is over?

# %% ex-7-5 exercise=7.5
# >>> learner
leaks = {"server_reads": ____, "server_knows": ____, "picture": ____, "both": ____, "copy": ____}
# >>> solution
leaks = {"server_reads": "no", "server_knows": "yes", "picture": "no", "both": "yes", "copy": "yes"}
# <<<
L.check("7.5", leaks)

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
# ### ✎ 7.6 Tell them apart
#
# Answer `"SHL"`, `"VHL"` or `"both"`. Which of the two, as you have just seen them: the bare link or the signed one?
#
# - `signed`: a country vouches for it
# - `passcode`: may ask for a passcode
# - `hc1`: its code begins with `HC1:`
# - `sealed`: its file came as JWE

# %% ex-7-6 exercise=7.6
# >>> learner
which = {"signed": ____, "passcode": ____, "hc1": ____, "sealed": ____}
# >>> solution
which = {"signed": "VHL", "passcode": "both", "hc1": "VHL", "sealed": "SHL"}
# <<<
L.check("7.6", which)

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
other = {**wish, "content": L.client.get("Patient/yeison-palacios/$summary").json, "passcode": "ceiba-31"}
link = L.ask("POST", "/api/links", other).json["link"]
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
# | read a link | `unlink(link)` | [SMART Health Links](https://docs.smarthealthit.org/smart-health-links/spec/) |
# | share | `L.ask("POST", "/api/links", wish)` | [RFC 3339 5.6](https://www.rfc-editor.org/rfc/rfc3339#section-5.6) |
# | receive | `L.receive(link, recipient=…, passcode=…)` | [RFC 7516](https://www.rfc-editor.org/rfc/rfc7516) |
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

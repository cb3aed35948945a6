# %% [markdown] title
# # 00 · Welcome to the rehearsal room
#
# [English](../en/00_welcome.ipynb) · [Español](../es/00_welcome.ipynb) · [Português](../pt/00_welcome.ipynb)
#
# **Time:** 5 minutes. **Before:** nothing. **After:** you have asked a FHIR server two questions and know how this room tells you whether you are right.

# %% [markdown] connectathon
# ## What a connectathon is
#
# Teams bring their own systems to one room and try, for two or three days, to exchange real documents: yours writes, mine reads. A **monitor** looks at each exchange and says whether it holds. Nobody wins by speaking well; it works or it does not.
#
# Most teams lose their time on small things: a wrong address, a date in the local format, a code without its system. This room is for meeting those things early, alone, and with an explanation.

# %% [markdown] tracks
# ## The tracks
#
# | Track | Your system shows that it can | Standards |
# |---|---|---|
# | **1** | write a patient's summary and share it, so that a hospital in another country finds and reads it | International Patient Summary (IPS), IHE MHD |
# | **2a** | issue and verify vaccination certificates as QR codes | WHO DDCC, HCERT |
# | **2b** | hand certificates to a person's wallet and check who issued them | DIDs, verifiable credentials |
#
# All three stand on FHIR, so FHIR comes first.

# %% [markdown] how-to-run
# ## How to work here
#
# A grey box with code is a *cell*. Click it and press **Shift + Enter** to run it. Run the cells from top to bottom. Where you see `____`, write your answer in its place.
#
# The next cell opens the lesson. It looks for the sandbox server and starts one if there is none.

# %% setup
from sandbox.course import ____, lesson

L = lesson("00_welcome")
L

# %% picture-tracks
L.picture("tracks")

# %% picture-room
L.picture("room")

# %% [markdown] first-request
# ## Your first request
#
# A FHIR server tells what it is and what it can do at the address `metadata`. The answer is a **CapabilityStatement**: a resource like any other.

# %% first-request-code
metadata = L.client.get("metadata")
metadata

# %% [markdown] ask-0-1
# ### ✎ 0.1 Which version of FHIR does this server speak?
#
# The whole answer is a Python dictionary in `metadata.json`. Read the element **`fhirVersion`** from it, or copy its value.

# %% ex-0-1 exercise=0.1
# >>> learner
version = ____
# >>> solution
version = metadata.json["fhirVersion"]
# <<<
L.check("0.1", version)

# %% [markdown] cards
# ## What the card tells
#
# A **○** means: nothing answered yet. A **✗** comes with what was expected, what was found and where, the clause of the standard behind it, and the next step. A **✓** says why it is right. `L.hint("0.1")` gives up to three hints; a button does the same. Try a wrong answer on purpose: here it costs nothing.

# %% [markdown] ask-0-2
# ### ✎ 0.2 How many patients does the server hold?
#
# This search asks for patients, three at a time:

# %% search-code
page = L.client.get("Patient?_count=3")
page

# %% [markdown] total
# The reply is a **Bundle**. It lists one page of patients, and **`total`** says how many there are on all pages.

# %% ex-0-2 exercise=0.2
# >>> learner
how_many = ____
# >>> solution
how_many = page.json["total"]
# <<<
L.check("0.2", how_many)

# %% [markdown] ask-0-3
# ### ✎ 0.3 Which track is yours?
#
# Your ministry wants a hospital in the neighbouring country to find the summary of a traveller who fell ill there. In which track do you rehearse that? Answer `"1"`, `"2a"` or `"2b"`.

# %% ex-0-3 exercise=0.3
# >>> learner
track = ____
# >>> solution
track = "1"
# <<<
L.check("0.3", track)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | where it says so |
# |---|---|---|
# | ask the server | `L.client.get("metadata")` | [FHIR R4 capabilities](https://hl7.org/fhir/R4/http.html#capabilities) |
# | read its answer | `answer.json` | [FHIR R4 Bundle.total](https://hl7.org/fhir/R4/bundle-definitions.html#Bundle.total) |
# | check an answer, or get a hint | `L.check("0.1", version)`, `L.hint("0.1")` | [MHD 1:33](https://profiles.ihe.net/ITI/MHD/1_33_mobile_access_to_health_documents.html) |

# %% [markdown] next
# ## Go on
#
# Next: [01 · FHIR fundamentals](01_fhir.ipynb), about 40 minutes. You will register a patient, make mistakes on purpose, and point the same checks at your own system.

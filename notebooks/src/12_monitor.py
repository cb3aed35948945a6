# %% [markdown] title
# # 12 · The monitor
#
# [English](../en/12_monitor.ipynb) · [Español](../es/12_monitor.ipynb) · [Português](../pt/12_monitor.ipynb)
#
# **Time:** about 20 minutes. **Before:** [09 · The rehearsal](09_rehearsal.ipynb).

# %% [markdown] story
# ## The story
#
# At the connectathon a bench tests, and a **monitor** looks: at what no program sees, and with the right to decide. Today that is you. You belong to the team of Chile; Peru, Panama and your own team have handed in what they did. What you write is read tonight by people who are tired.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. take what **waits**, and leave your own team's to others (12.1)
# 2. read the **evidence** (12.2)
# 3. give something back with a **comment** that helps (12.3)
# 4. choose the **decision** (12.4)

# %% setup
from sandbox.course import ____, lesson, monitor_desk

L = lesson("12_monitor")
L

# %% desk
desk = monitor_desk(L.folder, L.client.get("Patient/rosa-fuenzalida/$summary").json, language=L.language)
desk

# %% picture-monitor
L.picture("monitor")

# %% [markdown] queue-text
# ## 1 What waits
#
# `desk.ask` asks the event's server in your name. The queue has what waits for a monitor: the urgent first, then what waits longest. Your own team's instance is `desk.own`; try to take it.

# %% queue
waiting = desk.ask("GET", "/api/instances/queue?event=lacpass-2023").json
[(row["countries"], row["title"], row["state_name"]) for row in waiting]

# %% own
refused = desk.ask("POST", f"/api/instances/{desk.own}/claim", {})
refused

# %% [markdown] ask-12-1
# ### ✎ 12.1 What may you take?
#
# List the countries whose instances wait for you, and the status with which the server has refused your own team's.

# %% ex-12-1 exercise=12.1
# >>> learner
queue = {"waiting": ____, "own": ____}
# >>> solution
queue = {"waiting": [row["countries"][0] for row in waiting], "own": refused.status}
# <<<
L.check("12.1", queue)

# %% [markdown] take-text
# ## 2 Take the next, and read
#
# `POST /api/instances/queue` gives you the next one, and nobody else can decide it meanwhile. Read who takes part, what the bench says, the evidence, and the checklist.

# %% take
mine = desk.ask("POST", "/api/instances/queue", {"event": "lacpass-2023"}).json
{name: mine[name] for name in ("parts", "bench", "checklist", "missing_evidence", "acts")}

# %% run
run = desk.ask("GET", f"/api/runs/{mine['bench'][0]['run']}").json
[(test["number"], test["title"], test["verdict"]) for test in run["tests"] if test["verdict"] != "pass"]

# %% [markdown] ask-12-2
# ### ✎ 12.2 Read the evidence
#
# Which country is it, what does the bench say of the whole run, and which test failed? Its finding names the clause of [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html#2365412-message-semantics).

# %% ex-12-2 exercise=12.2
# >>> learner
read = {"country": ____, "verdict": ____, "test": ____}
# >>> solution
failed = [test["number"] for test in run["tests"] if test["verdict"] == "fail"]
read = {"country": mine["parts"][0]["country"], "verdict": mine["bench"][0]["verdict"], "test": failed[0]}
# <<<
L.check("12.2", read)

# %% see-finding
[finding for test in run["tests"] if test["verdict"] == "fail" for finding in test["findings"]]

# %% [markdown] ask-12-3
# ## 3 Give it back
#
# ### ✎ 12.3 A comment that helps
#
# It is the first morning, and the mistake is mended in a minute: give it **back**, so that nothing is decided. The team needs to know which test it is, or which element ([Attachment](https://hl7.org/fhir/R4/datatypes.html#Attachment)), and what to do first. No person is named, no patient, and nobody is blamed.

# %% ex-12-3 exercise=12.3
# >>> learner
words = ____
# >>> solution
words = ("SRC-13: attachment.hash no es el SHA-1 de los bytes enviados. "
         "Calcúlenlo sobre el Binary, envíen de nuevo y entreguen otra vez.")
# <<<
L.check("12.3", words)

# %% return
given_back = desk.ask("POST", f"/api/instances/{mine['id']}/return", {"words": words})
given_back.json["state"], given_back.json["history"][-1]

# %% [markdown] decisions-text
# ## 4 Decide
#
# The next one is Panama's. The bench has passed it, but what the checklist asks has not been shown to you yet. Somebody who *verifies* says that every point was looked at; the server takes no shorter way. See what it answers:

# %% picture-decisions
L.picture("decisions")

# %% decide
second = desk.ask("POST", "/api/instances/queue", {"event": "lacpass-2023"}).json
place = f"/api/instances/{second['id']}/decide"
desk.ask("POST", place, {"decision": "verified", "ticked": [0]}).json

# %% decide-partially
said = {"decision": "partially", "ticked": [0, 1], "words": "Falta explicar las advertencias del banco."}
desk.ask("POST", place, said).json["state"]

# %% [markdown] ask-12-4
# ### ✎ 12.4 Which decision?
#
# Answer `"verified"`, `"partially"`, `"failed"`, `"return"`, `"overrule"` or `"leave"`:
#
# - `complete`: every point looked at, the evidence there, passed by the bench
# - `not_shown`: passed by the bench; one point of the checklist is still to be shown
# - `over`: the bench has failed it, the event is over, and the team does not mend it
# - `by_mistake`: handed in by mistake; nothing was run yet
# - `bench_wrong`: the bench is wrong, and you can show it by a clause
# - `own_partner`: your own team plays the other role

# %% ex-12-4 exercise=12.4
# >>> learner
decisions = {"complete": ____, "not_shown": ____, "over": ____,
             "by_mistake": ____, "bench_wrong": ____, "own_partner": ____}
# >>> solution
decisions = {"complete": "verified", "not_shown": "partially", "over": "failed",
             "by_mistake": "return", "bench_wrong": "overrule", "own_partner": "leave"}
# <<<
L.check("12.4", decisions)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | page |
# |---|---|---|
# | see what waits | `GET /api/instances/queue` | `/instances/queue` |
# | take the next | `POST /api/instances/queue` | `/instances/queue` |
# | read it | `GET /api/instances/ID`, `GET /api/runs/RUN` | `/instances/ID` |
# | give it back | `POST /api/instances/ID/return` | `/instances/ID` |
# | decide | `POST /api/instances/ID/decide` | `/instances/ID` |
# | overrule the bench | `POST /api/instances/ID/overrulings` | |

# %% [markdown] reflect
# ## Before you go
#
# A team contests what you decided, and is right. What do you write to it? Two sentences.

# %% [markdown] next
# ## What comes next
#
# Read the comments of your last event: from how many did the team know what to do first?

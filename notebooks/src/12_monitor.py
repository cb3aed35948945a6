# %% [markdown] title
# # 12 · The monitor
#
# [English](../en/12_monitor.ipynb) · [Español](../es/12_monitor.ipynb) · [Português](../pt/12_monitor.ipynb)
#
# **Time:** about 30 minutes. **Before:** [09 · The rehearsal](09_rehearsal.ipynb).

# %% [markdown] story
# ## The story
#
# At the connectathon a bench tests, and a **monitor** looks: at what no program sees, and with the right to decide. Today that is you. You belong to the team of Chile; Peru, Panama and your own team have handed in what they did. What you write is read tonight by people who are tired.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. line up what **waits**, and leave your own team's to others (12.1)
# 2. read the **evidence** (12.2)
# 3. give something back with a **comment** that helps (12.3)
# 4. choose the **decision** (12.4)
#
# You write each as a function: what a monitor knows by heart on the third day, a program can say on the first.

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
# `desk.ask` asks the event's server in your name. Here is everything that goes on. An instance waits for a monitor while its `state` is `to_verify`; `state_name` says the same in your language. Your own team's instance is `desk.own`; try to take it.

# %% everything
everything = desk.ask("GET", "/api/instances?event=lacpass-2023").json
[(row["countries"], row["title"], row["state"], row["waiting_since"]) for row in everything]

# %% own
refused = desk.ask("POST", f"/api/instances/{desk.own}/claim", {})
refused

# %% [markdown] ask-12-1
# ### ✎ 12.1 What may you take?
#
# Write the queue of a monitor of `own`: the rows that wait, without those in which that country plays, and first the one that waits longest. Then `queue`: under `waiting` the first country of each row of your queue, under `own` the status with which the server has refused your own team's.

# %% ex-12-1 exercise=12.1
# >>> learner
def queue_of(rows, own):
    return ____
queue = {"waiting": ____, "own": ____}
# >>> solution
def queue_of(rows, own):
    mine = [row for row in rows if row["state"] == "to_verify" and own not in row["countries"]]
    return sorted(mine, key=lambda row: row["waiting_since"])
queue = {"waiting": [row["countries"][0] for row in queue_of(everything, "CL")],
         "own": refused.status}
# <<<
L.check("12.1", queue)

# %% [markdown] queue-after
# The server keeps the same queue. It puts one thing before the length of waiting: what somebody has called urgent.

# %% queue
waiting = desk.ask("GET", "/api/instances/queue?event=lacpass-2023").json
[(row["countries"], row["title"], row["state_name"]) for row in waiting]

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
# Which `country` is it, what `verdict` does the bench give to the whole run, and which `test` failed first? Write it as a function that reads any instance, and asks for its run; you will read forty of them. The finding names the clause of [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html#2365412-message-semantics).

# %% ex-12-2 exercise=12.2
# >>> learner
def read_of(instance):
    return ____
# >>> solution
def read_of(instance):
    bench = instance["bench"][0]
    run = desk.ask("GET", f"/api/runs/{bench['run']}").json
    failed = [test["number"] for test in run["tests"] if test["verdict"] == "fail"]
    return {"country": instance["parts"][0]["country"], "verdict": bench["verdict"], "test": failed[0]}
# <<<
L.check("12.2", read_of(mine))

# %% see-finding
failed = next(test for test in run["tests"] if test["verdict"] == "fail")
failed["findings"]

# %% [markdown] ask-12-3
# ## 3 Give it back
#
# ### ✎ 12.3 A comment that helps
#
# It is the first morning, and the mistake is mended in a minute: give it **back**, so that nothing is decided. The team needs to know which test it is, or which element ([Attachment](https://hl7.org/fhir/R4/datatypes.html#Attachment)), and what to do first. No person is named, no patient, and nobody is blamed.
#
# Tonight you write twenty of them. Write the function that makes one out of a test that failed: its number, the place and the words of its first finding, and behind them your own sentence about the first step.

# %% ex-12-3 exercise=12.3
# >>> learner
def comment_on(test):
    return ____
# >>> solution
def comment_on(test):
    finding = test["findings"][0]
    what = f"{test['number']}, {finding['where']}: {finding['text']} ({finding['clause']})"
    return f"{what} Calcúlenlo sobre el Binary, envíen de nuevo y entreguen otra vez."
# <<<
words = comment_on(failed)
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

# %% usual
usual = {"own_team": False, "runs": 1, "bench": "pass", "ticked": 3, "points": 3,
         "is_over": False, "clause_against_bench": ""}

# %% cases
cases = {"complete": usual,
         "not_shown": {**usual, "ticked": 2},
         "mendable": {**usual, "bench": "fail"},
         "over": {**usual, "bench": "fail", "is_over": True},
         "by_mistake": {**usual, "runs": 0, "bench": "", "ticked": 0},
         "bench_wrong": {**usual, "bench": "fail", "clause_against_bench": "FHIR R4 references.html#literal"},
         "own_partner": {**usual, "own_team": True}}

# %% [markdown] ask-12-4
# ### ✎ 12.4 Which decision?
#
# Write down the rule by which you decide, as a function. The first of these that is true counts:
#
# 1. your own team plays a part (`own_team`): you `"leave"` it to others
# 2. you can show by a clause that the bench is wrong: you `"overrule"` the bench
# 3. nothing was run yet, or the bench has failed it while the event is not over (`is_over`): you `"return"` it, so that nothing is decided
# 4. the bench has failed it, and no time is left: `"failed"`
# 5. the bench has passed it: `"verified"` where every point is ticked, else `"partially"`

# %% ex-12-4 exercise=12.4
# >>> learner
def decision(case):
    return ____
# >>> solution
def decision(case):
    if case["own_team"]:
        return "leave"
    if case["clause_against_bench"]:
        return "overrule"
    if not case["runs"] or (case["bench"] == "fail" and not case["is_over"]):
        return "return"
    if case["bench"] == "fail":
        return "failed"
    return "verified" if case["ticked"] == case["points"] else "partially"
# <<<
L.check("12.4", {name: decision(case) for name, case in cases.items()})

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | page |
# |---|---|---|
# | see everything | `GET /api/instances?event=EVENT` | `/instances` |
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

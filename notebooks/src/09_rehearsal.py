# %% [markdown] title
# # 09 · The rehearsal
#
# [English](../en/09_rehearsal.ipynb) · [Español](../es/09_rehearsal.ipynb) · [Português](../pt/09_rehearsal.ipynb)
#
# **Time:** about 60 minutes. **Before:** [03 · Document sharing](03_mhd.ipynb); better still, [08 · Workshop](08_workshop.ipynb).

# %% [markdown] story
# ## The story
#
# It is the first morning of the connectathon. Your system works; now it has to be **seen to work**: registered, tested by the plan, looked at by a monitor, met by other countries, and published. Teams lose more hours here than in their code. Today you walk the whole way once, with nobody waiting behind you.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. **register** a system so that the plan knows what it has to do (9.1)
# 2. read the **plan** and find your planned tests in it (9.2)
# 3. run a test, and read a **failure**: which test, where, by which clause (9.3)
# 4. make of the **verdicts** of a run what each person has to do (9.4)
# 5. ask a **monitor**, and write down who may decide (9.5)
# 6. find a **partner** from another country (9.6)
# 7. let out what is **published**, and nothing else (9.7)
#
# You write it as functions. Together they are a small program of your own against the API of an event.

# %% setup
from sandbox.course import ____, lesson, submission

L = lesson("09_rehearsal")
L

# %% picture-rehearsal
L.picture("rehearsal")

# %% [markdown] words
# ## 1 Four words
#
# | word | is |
# |---|---|
# | **planned test** | what the plan asks, such as `1.4`: with roles, a checklist, and what proves it |
# | **bench test** | one assertion of the bench, such as `SRC-13`; a planned test asks for many |
# | **run** | the bench at work once against your system, with every exchange kept |
# | **test instance** | a planned test as your team plays it: your runs, partners, evidence, and what a monitor decides |
#
# All of this has pages: `/event`, `/team`, `/instances`, `/matrix`. Here you use the same [JSON API](https://spec.openapis.org/oas/v3.1.0) as they do, since a program of yours can do so too; `/api/openapi.json` describes it.

# %% [markdown] ask-9-1
# ### ✎ 9.1 Register your system
#
# A system has a short name without blanks, the **FHIR base** (no more, no less), the team, the country as two letters of [ISO 3166-1](https://www.iso.org/iso-3166-country-codes.html), and the **actors** that it plays, in the words of [IHE MHD](https://profiles.ihe.net/ITI/MHD/1331_actors_and_transactions.html#13311-actor-descriptions-and-actor-profile-requirements) with hyphens: `document-source`, `document-consumer`, and so on. Without actors the plan does not know what to ask of it.
#
# You are the team `Equipo Paraguay`, your system publishes documents, and its base is that of this server. Write the object with `name`, `base`, `team`, `country` and `actors`.

# %% ex-9-1 exercise=9.1
# >>> learner
system = ____
# >>> solution
system = {"name": "salud-py", "base": L.client.base, "team": "Equipo Paraguay",
          "country": "PY", "actors": ["document-source"]}
# <<<
L.check("9.1", system)

# %% register
L.ask("POST", "/api/systems", system)

# %% [markdown] partner-text
# Other countries register too. This is the hospital of Panama, which takes documents:

# %% register-partner
panama = {"name": "hospital-pa", "base": L.client.base, "team": "Equipo Panamá",
          "country": "PA", "actors": ["document-recipient"]}
L.ask("POST", "/api/systems", panama)

# %% [markdown] ask-9-2
# ## 2 The plan
#
# ### ✎ 9.2 What must your system do?
#
# By the actors of your system the event knows its planned tests. Some are required, others a team may choose. Write the function that returns the ids of those that are **required** in a role; that of a Document Source is called `source` in the API.

# %% to-do
to_do = L.ask("GET", f"/api/plans/lacpass-2023/to-do?system={system['name']}").json
[(task["test"]["id"], task["role"], task["test"]["is_required"], task["test"]["title"]) for task in to_do]

# %% ex-9-2 exercise=9.2
# >>> learner
def required(tasks, role):
    return ____
# >>> solution
def required(tasks, role):
    tests = [task["test"] for task in tasks if task["role"] == role]
    return [test["id"] for test in tests if test["is_required"]]
# <<<
L.check("9.2", required(to_do, "source"))

# %% [markdown] run-text
# ## 3 Run, and fail
#
# You start a **test instance** of `1.4`, and in it a **run**. Your system is a client, so the run opens an **inbox** and waits. You send a submission, with a mistake in it that looks small: somebody copied the hash of another document.

# %% picture-instance
L.picture("instance")

# %% start
started = L.ask("POST", "/api/instances", {"event": "lacpass-2023", "test": "1.4", "system": system["name"]})
L.ask("POST", f"/api/instances/{started.json['id']}/runs", {"role": "source"})
run = L.ask("GET", f"/api/runs?system={system['name']}&limit=1").json[0]
run["id"], run["inbox"], run["state"]

# %% send-wrong
document = L.client.get("Patient/rosa-fuenzalida/$summary").json
bundle = submission(document, patient="Patient/rosa-fuenzalida")
attachment = bundle["entry"][1]["resource"]["content"][0]["attachment"]
right, attachment["hash"] = attachment["hash"], "2jmj7l5rSw0yVb/vlWAYkK/YBwk="
L.ask("POST", run["inbox"], bundle)

# %% [markdown] ask-9-3
# ### ✎ 9.3 Read the failure
#
# A failure says which bench test, in words what is wrong, **where** in what you sent, what was expected and found, and by which **clause** of [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html#2365412-message-semantics). Read the clause before you change anything: with it you can also disagree.
#
# Write the function that takes this out of any run: for each finding of each test that failed, an object with `test` (its number), `where` and `clause`.

# %% see-failure
result = L.ask("GET", f"/api/runs/{run['id']}").json
[test for test in result["tests"] if test["verdict"] == "fail"]

# %% ex-9-3 exercise=9.3
# >>> learner
def failures_of(run):
    return ____
# >>> solution
def failures_of(run):
    failed = [test for test in run["tests"] if test["verdict"] == "fail"]
    return [{"test": test["number"], "where": finding["where"], "clause": finding["clause"]}
            for test in failed for finding in test["findings"]]
# <<<
L.check("9.3", failures_of(result))

# %% [markdown] mend-text
# Mend it, send it again to the same inbox, and finish the run. The newest submission counts; the first stays in the log, for nobody is ashamed of a failure here.

# %% send-right
attachment["hash"] = right
L.ask("POST", run["inbox"], bundle)
again = L.ask("POST", f"/api/runs/{run['id']}/finish").json
again["verdict"], failures_of(again)

# %% night
night = [{"number": "SRC-01", "verdict": "pass"}, {"number": "SRC-07", "verdict": "warn"},
         {"number": "SRC-13", "verdict": "fail"}, {"number": "SRC-22", "verdict": "skip"},
         {"number": "SRC-26", "verdict": "fail"}, {"number": "RCP-01", "verdict": "inconclusive"},
         {"number": "RCP-02", "verdict": "error"}, {"number": "RCP-03", "verdict": "pass"}]

# %% [markdown] ask-9-4
# ### ✎ 9.4 What does a verdict ask of you?
#
# | verdict | means |
# |---|---|
# | `pass`, `fail` | the assertion holds, or it does not |
# | `warn` | allowed, and likely not meant |
# | `skip` | an input was missing, or there was nothing to judge |
# | `inconclusive` | your system did not answer, or not in time |
# | `error` | the sandbox itself failed |
#
# Each asks for another step: `"mend"` the system, `"explain"` it to the monitor, `"add"` what the test needs, `"repeat"` the run, `"report"` it to the facilitator. `night` is what your team finds in the morning. Write the function that makes the list for the wall out of it: an object with the numbers of the tests under each step. What has passed asks for nothing.

# %% ex-9-4 exercise=9.4
# >>> learner
def list_for_wall(tests):
    return ____
# >>> solution
STEPS = {"fail": "mend", "warn": "explain", "skip": "add", "inconclusive": "repeat", "error": "report"}

def list_for_wall(tests):
    wall = {step: [] for step in STEPS.values()}
    for test in tests:
        if test["verdict"] in STEPS:
            wall[STEPS[test["verdict"]]].append(test["number"])
    return wall
# <<<
L.check("9.4", list_for_wall(night))

# %% [markdown] monitor-text
# ## 4 A monitor
#
# The bench has passed you. For `1.4` that is half: its `proof` is `both`, and a monitor looks at what no program can see. Hand the instance in, and look at what it asks.

# %% submit
handed_in = L.ask("POST", f"/api/instances/{started.json['id']}/submit", {"words": "Listo para revisar."})
handed_in.json["state"], handed_in.json["checklist"]

# %% claim
L.ask("POST", f"/api/instances/{started.json['id']}/claim", {})

# %% [markdown] ask-9-5
# You cannot decide about yourself, as you see.
#
# ### ✎ 9.5 Who may verify?
#
# Six people would like to verify an instance that your team plays with that of Panama. Write the rule as a function that returns `True` or `False`. Whoever verifies
#
# - has the role `monitor`,
# - is of no team that takes part: the partner's result hangs on it as well,
# - has ticked every point of the checklist, counted from 0, in any order.
#
# Where the plan asks for the proof `automatic`, nobody has to look: the bench decides alone. And what was decided a team may **contest**, with a reason: then it waits for a monitor again.

# %% people
played = {"parts": [{"team": "Equipo Paraguay"}, {"team": "Equipo Panamá"}], "checklist": ["…", "…", "…"]}
people = {"ana": {"team": "Equipo Paraguay", "role": "monitor", "ticked": [0, 1, 2]},
          "eva": {"team": "Equipo Panamá", "role": "monitor", "ticked": [0, 1, 2]},
          "luz": {"team": "Equipo Perú", "role": "monitor", "ticked": [0, 1, 2]},
          "ivo": {"team": "Equipo Chile", "role": "monitor", "ticked": [0, 2]},
          "teo": {"team": "Equipo Brasil", "role": "participant", "ticked": [0, 1, 2]},
          "sol": {"team": "Equipo Brasil", "role": "monitor", "ticked": [2, 0, 1]}}

# %% ex-9-5 exercise=9.5
# >>> learner
def may_verify(person, instance):
    return ____
# >>> solution
def may_verify(person, instance):
    teams = [part["team"] for part in instance["parts"]]
    is_outside = person["role"] == "monitor" and person["team"] not in teams
    return is_outside and sorted(person["ticked"]) == list(range(len(instance["checklist"])))
# <<<
L.check("9.5", {name: may_verify(person, played) for name, person in people.items()})

# %% [markdown] ask-9-6
# ## 5 A partner
#
# ### ✎ 9.6 With whom, and how often?
#
# `1.8` is played with another country: you publish to **its** repository, through the bench, which reads along. Find in the plan which role the partner takes and how many meetings are asked, each with another partner; and take from `not-met` with whom your system could still play it. Write `partner` with `role`, `system` (its name) and `meetings`.

# %% plan-1-8
tests = L.ask("GET", "/api/plans/lacpass-2023").json["tests"]
shared = next(test for test in tests if test["id"] == "1.8")
{name: shared[name] for name in ("title", "roles", "meetings")}

# %% not-met
not_met = L.ask("GET", f"/api/plans/lacpass-2023/not-met?system={system['name']}").json
not_met

# %% ex-9-6 exercise=9.6
# >>> learner
partner = ____
# >>> solution
asked = next(role for role in shared["roles"] if role["name"] != "source")
free = [row["partner"] for row in not_met if row["test"] == shared["id"]]
partner = {"role": asked["name"], "system": free[0], "meetings": shared["meetings"]}
# <<<
L.check("9.6", partner)

# %% invite
together = {"event": "lacpass-2023", "test": "1.8", "system": system["name"], "partner": partner["system"]}
both = L.ask("POST", "/api/instances", together)
[(part["role"], part["system"], part["standing"]) for part in both.json["parts"]]

# %% [markdown] partner-next
# At an event the other team is asked and accepts; agree on a patient and an identifier in the conversation of the instance before you send. From now on the matrix shows whom you met.

# %% say
words = {"words": "Vamos con Rosa Fuenzalida, 48215377-1. ¿Listos?"}
L.ask("POST", f"/api/instances/{both.json['id']}/say", words).json["history"]

# %% [markdown] publish-text
# ## 6 Published
#
# At the end facilitators confirm what was achieved, and publish it. Today you may do so yourself. First look at how you stand, as those who take part see it; then at what the world sees, without signing in. No monitor has verified you yet, so there is no line of yours.

# %% publish
L.ask("POST", "/api/plans/lacpass-2023/results/confirm", {})
L.ask("POST", "/api/plans/lacpass-2023/results/publish", {})
L.ask("GET", f"/api/plans/lacpass-2023/results?system={system['name']}")

# %% for-everybody
L.ask("GET", "/api/published/lacpass-2023")

# %% [markdown] ask-9-7
# ### ✎ 9.7 What does the world see?
#
# A connectathon is a place to fail early. [IHE's own results](https://connectathon-results.ihe.net/) show only what was achieved, and so does this one. `known` is what an event knows at the end of the day. Write the function that returns what of it everybody may read: a line for each test that was verified, wholly or in part (`"verified"`, `"partially"`), with `test`, `system`, `country`, `state` and `peers`, those with whom it was played. How many runs it took and who sat at the keyboard is nobody else's business.

# %% known
usual = {"system": "salud-py", "country": "PY", "peers": ["hospital-pa"], "tries": 3, "person": "Ana"}
known = [{**usual, "test": "1.4", "state": "verified", "peers": []},
         {**usual, "test": "1.8", "state": "partially"},
         {**usual, "test": "1.9", "state": "failed"},
         {**usual, "test": "1.12", "state": "to_verify"}]

# %% ex-9-7 exercise=9.7
# >>> learner
def for_everybody(rows):
    return ____
# >>> solution
def for_everybody(rows):
    shown = ("test", "system", "country", "state", "peers")
    reached = [row for row in rows if row["state"] in ("verified", "partially")]
    return [{name: row[name] for name in shown} for row in reached]
# <<<
L.check("9.7", for_everybody(known))

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call | page |
# |---|---|---|
# | register a system | `POST /api/systems` | `/team` |
# | read the plan | `GET /api/plans/EVENT/to-do?system=…` | `/event` |
# | start an instance, run | `POST /api/instances`, `POST /api/instances/ID/runs` | `/instances/ID` |
# | read a run | `GET /api/runs/ID` | `/runs/ID` |
# | hand in | `POST /api/instances/ID/submit` | `/instances/ID` |
# | find partners | `GET /api/plans/EVENT/not-met?system=…` | `/matrix` |
# | read results | `GET /api/plans/EVENT/results` | `/event/EVENT/results` |

# %% [markdown] reflect
# ## Before you go
#
# Which of your systems will stand in which role, and who of your team answers when a partner asks at nine in the morning? Write down names.

# %% [markdown] next
# ## What comes next
#
# Register your own system on the sandbox of your event, and let `connectathon plan` tell you what is missing before the first day. In [10 · The event's own systems](10_event_systems.ipynb) you meet those that stand between you and the others.

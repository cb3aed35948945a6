# %% [markdown] title
# # 09 · The rehearsal
#
# [English](../en/09_rehearsal.ipynb) · [Español](../es/09_rehearsal.ipynb) · [Português](../pt/09_rehearsal.ipynb)
#
# **Time:** about 45 minutes. **Before:** [03 · Document sharing](03_mhd.ipynb); better still, [08 · Workshop](08_workshop.ipynb).

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
# 4. know what each **verdict** asks of you (9.4)
# 5. ask a **monitor**, and know who may decide (9.5)
# 6. find a **partner** from another country (9.6)
# 7. say what is **published**, and what never is (9.7)

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
# You are the team `Equipo Paraguay`, your system publishes documents, and its base is that of this server.

# %% ex-9-1 exercise=9.1
# >>> learner
system = {"name": ____, "base": ____, "team": "Equipo Paraguay", "country": ____, "actors": [____]}
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
# By the actors of your system the event knows its planned tests. Some are required, others a team may choose. List the ids of those that are **required** of a Document Source; in the API that role is called `source`.

# %% to-do
to_do = L.ask("GET", f"/api/plans/lacpass-2023/to-do?system={system['name']}").json
[(task["test"]["id"], task["role"], task["test"]["is_required"], task["test"]["title"]) for task in to_do]

# %% ex-9-2 exercise=9.2
# >>> learner
mine = ____
# >>> solution
mine = [task["test"]["id"] for task in to_do
        if task["role"] == "source" and task["test"]["is_required"]]
# <<<
L.check("9.2", mine)

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
# A failure says which bench test, in words what is wrong, **where** in what you sent, what was expected and found, and by which **clause** of [MHD ITI-65](https://profiles.ihe.net/ITI/MHD/ITI-65.html#2365412-message-semantics). Read the clause before you change anything: with it you can also disagree. Take the number of the test, the place and the clause out of the run.

# %% see-failure
result = L.ask("GET", f"/api/runs/{run['id']}").json
failed = [test for test in result["tests"] if test["verdict"] == "fail"]
failed

# %% ex-9-3 exercise=9.3
# >>> learner
failure = {"test": ____, "where": ____, "clause": ____}
# >>> solution
finding = failed[0]["findings"][0]
failure = {"test": failed[0]["number"], "where": finding["where"], "clause": finding["clause"]}
# <<<
L.check("9.3", failure)

# %% [markdown] mend-text
# Mend it, send it again to the same inbox, and finish the run. The newest submission counts; the first stays in the log, for nobody is ashamed of a failure here.

# %% send-right
attachment["hash"] = right
L.ask("POST", run["inbox"], bundle)
again = L.ask("POST", f"/api/runs/{run['id']}/finish").json
again["verdict"], [test["number"] for test in again["tests"] if test["verdict"] != "pass"]

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
# Say for each what you do: `"mend"` the system, `"explain"` it to the monitor, `"add"` what the test needs, `"repeat"` the run, or `"report"` it to the facilitator.

# %% ex-9-4 exercise=9.4
# >>> learner
next_step = {"fail": ____, "warn": ____, "skip": ____, "inconclusive": ____, "error": ____}
# >>> solution
next_step = {"fail": "mend", "warn": "explain", "skip": "add", "inconclusive": "repeat", "error": "report"}
# <<<
L.check("9.4", next_step)

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
# ### ✎ 9.5 Who may decide?
#
# Answer `"yes"` or `"no"`:
#
# - `own_team`: somebody of your team who is also a monitor
# - `partner_team`: a monitor of a team that plays in the same instance
# - `other_monitor`: a monitor of a third country
# - `bench_alone`: the bench, for a planned test whose proof is `automatic`
# - `unticked`: a monitor who verifies without having gone through the checklist
# - `contested`: may your team contest what was decided, with a reason?

# %% ex-9-5 exercise=9.5
# >>> learner
may = {"own_team": ____, "partner_team": ____, "other_monitor": ____, "bench_alone": ____, "unticked": ____, "contested": ____}
# >>> solution
may = {"own_team": "no", "partner_team": "no", "other_monitor": "yes",
       "bench_alone": "yes", "unticked": "no", "contested": "yes"}
# <<<
L.check("9.5", may)

# %% [markdown] ask-9-6
# ## 5 A partner
#
# ### ✎ 9.6 With whom, and how often?
#
# `1.8` is played with another country: you publish to **its** repository, through the bench, which reads along. Find in the plan which role the partner takes and how many meetings are asked, each with another partner; and take from `not-met` with whom your system could still play it.

# %% plan-1-8
tests = L.ask("GET", "/api/plans/lacpass-2023").json["tests"]
shared = next(test for test in tests if test["id"] == "1.8")
{name: shared[name] for name in ("title", "roles", "meetings")}

# %% not-met
not_met = L.ask("GET", f"/api/plans/lacpass-2023/not-met?system={system['name']}").json
not_met

# %% ex-9-6 exercise=9.6
# >>> learner
partner = {"role": ____, "system": ____, "meetings": ____}
# >>> solution
asked = next(role for role in shared["roles"] if role["name"] != "source")
partner = {"role": asked["name"], "system": panama["name"], "meetings": shared["meetings"]}
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
# A connectathon is a place to fail early. [IHE's own results](https://connectathon-results.ihe.net/) show only what was achieved, and so does this one. Is it published? `"yes"` or `"no"`:
#
# - `verified`: that your system was verified as Document Source
# - `country`: which country the system is of
# - `failed`: that a test of yours failed
# - `tries`: how many runs you needed
# - `person`: who sat at the keyboard

# %% ex-9-7 exercise=9.7
# >>> learner
published = {"verified": ____, "country": ____, "failed": ____, "tries": ____, "person": ____}
# >>> solution
published = {"verified": "yes", "country": "yes", "failed": "no", "tries": "no", "person": "no"}
# <<<
L.check("9.7", published)

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

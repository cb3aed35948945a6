# %% [markdown] title
# # 13 · Identity and security
#
# [English](../en/13_identity.ipynb) · [Español](../es/13_identity.ipynb) · [Português](../pt/13_identity.ipynb)
#
# **Time:** about 50 minutes. **Before:** [01 · FHIR](01_fhir.ipynb) and [06 · Keys and trust](06_trust.ipynb).

# %% [markdown] story
# ## The story
#
# Flor Huamán lies in the emergency room, without papers. Before anybody reads her summary, four things have to be settled: **who she is**, which **numbers** she has elsewhere, whether **who asks** may ask, and what is **written down** of it. At events all four are often left for later: certificates that nobody checks, servers without a token. Today you build them.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. find a person by what she says (**PDQm**, 13.1), and choose the right transaction (13.2)
# 2. ask for somebody's other numbers (**PIXm**, 13.3), and read the refusals (13.4)
# 3. check a **token** (13.5), and refuse in the right words (13.6)
# 4. know whom a client meets over **TLS** (13.7), and let both sides show a certificate (13.8)
# 5. write an **AuditEvent** of what was asked (13.9)

# %% setup
import base64, ssl, time
from datetime import datetime, timezone
import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sandbox.course import ____, event_systems, lesson, tls_lab

# %% lesson
L = lesson("13_identity")
L

# %% [markdown] pdqm-text
# ## 1 Who is she?
#
# **PDQm** is a search of Patient ([ITI-78](https://profiles.ihe.net/ITI/PDQm/ITI-78.html)): a reception asks a registry by what a person says. A parameter that a server does not know is one that it may leave out, and then it finds too many ([FHIR R4 search, errors](https://hl7.org/fhir/R4/search.html#errors)).

# %% picture-identity
L.picture("identity")

# %% example-search
L.client.get("Patient?family=fuenzalida&given=rosa")

# %% [markdown] ask-13-1
# ### ✎ 13.1 By what she says
#
# Flor says that her family name is Huamán and that she was born on 9 May 2001. Write the search of Patient by **family name and date of birth**.

# %% ex-13-1 exercise=13.1
# >>> learner
search = ____
# >>> solution
search = "Patient?family=huaman&birthdate=2001-05-09"
# <<<
L.check("13.1", search)

# %% see-search
L.client.get(search)

# %% [markdown] ask-13-2
# ### ✎ 13.2 Which transaction?
#
# Seven are close to each other: `"ITI-65"`, `"ITI-67"`, `"ITI-78"`, `"ITI-81"`, `"ITI-83"`, `"ITI-104"`, `"ITI-119"`. Which one for what?
#
# - `reception`: somebody tells name and date of birth
# - `other_number`: a national number is known, the number of another hospital is wanted
# - `unsure`: some of it may be wrong, and each candidate is to come with how sure the server is
# - `feed`: a person was registered anew, and the cross-reference is to know of it
# - `audit`: who has asked for her since Monday?
#
# [PDQm](https://profiles.ihe.net/ITI/PDQm/volume-1.html) · [PIXm](https://profiles.ihe.net/ITI/PIXm/volume-1.html) · [BALP](https://profiles.ihe.net/ITI/BALP/volume-1.html)

# %% ex-13-2 exercise=13.2
# >>> learner
which = {"reception": ____, "other_number": ____, "unsure": ____, "feed": ____, "audit": ____}
# >>> solution
which = {"reception": "ITI-78", "other_number": "ITI-83", "unsure": "ITI-119",
         "feed": "ITI-104", "audit": "ITI-81"}
# <<<
L.check("13.2", which)

# %% [markdown] pixm-text
# ## 2 Her other numbers
#
# **PIXm** asks by one identifier for the others: `Patient/$ihe-pix` with `sourceIdentifier`, and `targetSystem` where only one domain is wanted ([ITI-83](https://profiles.ihe.net/ITI/PIXm/ITI-83.html)). What comes is a `Parameters`: `targetIdentifier` is an identifier, `targetId` a reference to a Patient.

# %% example-pix
L.client.get("Patient/$ihe-pix?sourceIdentifier=urn:oid:2.16.604|90427716").json

# %% [markdown] ask-13-3
# ### ✎ 13.3 The passport behind a number
#
# Write the function. It asks for passports alone and returns their values, such as `["X90427716"]`; an empty list where the answer holds none.

# %% pix-given
CHILE, PASSPORTS = "urn:oid:2.16.152", "urn:oid:2.16.840.1.113883.4.330.152"
PIX = f"{L.client.base}/Patient/$ihe-pix"

# %% ex-13-3 exercise=13.3
# >>> learner
def passports_of(number):
    return ____
# >>> solution
def passports_of(number):
    asked = {"sourceIdentifier": f"{CHILE}|{number}", "targetSystem": PASSPORTS}
    parts = httpx.get(PIX, params=asked).json().get("parameter", [])
    return [part["valueIdentifier"]["value"] for part in parts if part["name"] == "targetIdentifier"]
# <<<
L.check("13.3", {"rosa": passports_of("48215377-1"), "nobody": passports_of("1-9")})

# %% [markdown] ask-13-4
# ### ✎ 13.4 Nobody, or not known here?
#
# A search that finds nobody is answered in its way; PIXm has [answers of its own](https://profiles.ihe.net/ITI/PIXm/ITI-83.html). Predict the status, as a number:
#
# - `search_nobody`: `Patient?family=nobody`
# - `pix_nobody`: `$ihe-pix` by a number that nobody has
# - `pix_domain`: `$ihe-pix` by a number of a domain that the server does not know
# - `pix_alone`: `$ihe-pix` by the only number that somebody has

# %% ex-13-4 exercise=13.4
# >>> learner
statuses = {"search_nobody": ____, "pix_nobody": ____, "pix_domain": ____, "pix_alone": ____}
# >>> solution
statuses = {"search_nobody": 200, "pix_nobody": 404, "pix_domain": 400, "pix_alone": 200}
# <<<
L.check("13.4", statuses)

# %% see-statuses
sources = [f"{CHILE}|1-9", "urn:oid:2.16.999|1", "urn:oid:2.16.320|9912345670704"]
[L.client.get("Patient?family=nobody").status,
 *(httpx.get(PIX, params={"sourceIdentifier": source}).status_code for source in sources)]

# %% [markdown] token-text
# ## 3 Who may ask?
#
# A **token** says who asks and what for; an authorization server signs it ([IUA](https://profiles.ihe.net/ITI/IUA/index.html), [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)). To read one is not to check it: whoever holds it can read it, and whoever likes can write one.

# %% picture-entering
L.picture("entering")

# %% token-given
HERE = "https://registry.example/fhir"
authority, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")

def token(key=authority, **changes):
    claims = {"iss": "https://login.example", "sub": "dra.quispe", "aud": HERE,
              "exp": int(time.time()) + 600, "scope": "system/Patient.rs"}
    return jwt.encode({"alg": "ES256"}, claims | changes, key)

# %% tokens-given
header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
tokens = {"good": token(), "too_narrow": token(scope="system/Observation.rs"),
          "other_server": token(aud="https://bank.example"), "expired": token(exp=1_700_000_000),
          "forged": token(other), "unsigned": f"{header}.{token().split('.')[1]}."}
tokens["good"]

# %% ours-given
def is_ours(text):
    claims = claims_of(text)
    return claims if claims is ____ else claims is not None

# %% [markdown] ask-13-5
# ### ✎ 13.5 Is this token for me?
#
# Return the claims of a token that was signed by `authority`, is meant for `HERE` (`aud`) and has not run out (`exp`); else `None`. What it may do is another question, which comes next.
#
# `jwt.decode(text, key, algorithms=["ES256"]).claims` checks the signature and raises a `JoseError` where it is not right. Name the algorithms yourself: who lets the token choose, takes one that is signed by nobody ([RFC 8725, 3.1](https://www.rfc-editor.org/rfc/rfc8725#section-3.1)).

# %% ex-13-5 exercise=13.5
# >>> learner
def claims_of(text):
    return ____
# >>> solution
def claims_of(text):
    try:
        claims = jwt.decode(text, authority, algorithms=["ES256"]).claims
    except JoseError:
        return None
    return claims if claims["aud"] == HERE and claims["exp"] > time.time() else None
# <<<
L.check("13.5", {name: is_ours(text) for name, text in tokens.items()})

# %% [markdown] ask-13-6
# ### ✎ 13.6 Refuse in the right words
#
# Your registry reads the header `Authorization` of a search of Patient. Return `(status, error)`:
#
# - no token of kind `Bearer` at all: 401, and no error: it was not said that one is needed
# - one that is not for you: 401, `"invalid_token"`
# - one without `system/Patient.rs` in its scope: 403, `"insufficient_scope"`
# - else 200, and no error: `""`
#
# `Bearer` may be written in small letters ([RFC 9110, 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1)). The words are those of [RFC 6750, 3.1](https://www.rfc-editor.org/rfc/rfc6750#section-3.1), and go into `WWW-Authenticate`.

# %% ex-13-6 exercise=13.6
# >>> learner
def reply_to(authorization):
    return ____
# >>> solution
def reply_to(authorization):
    kind, _, text = authorization.partition(" ")
    if kind.lower() != "bearer":
        return 401, ""
    claims = claims_of(text)
    if claims is None:
        return 401, "invalid_token"
    is_enough = "system/Patient.rs" in claims["scope"].split()
    return (200, "") if is_enough else (403, "insufficient_scope")
# <<<
asked = {"nothing": "", "password": "Basic cXVpc3BlOjEyMzQ=", "small_letters": f"bearer {tokens['good']}",
         **{name: f"Bearer {tokens[name]}" for name in ("expired", "too_narrow", "good")}}
L.check("13.6", {name: reply_to(text) for name, text in asked.items()})

# %% [markdown] real-text
# And a real server: a second sandbox, which asks for a token and writes down who asked. First without, then with a wrong one, then with the right one.

# %% real-server
secret = "a-token-for-the-lesson-alone"
event = event_systems(L.folder, token=secret)
tries = [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {secret}"}]
replies = [httpx.get(f"{event}/fhir/Patient?family=huaman", headers=each) for each in tries]
[(reply.status_code, reply.headers.get("WWW-Authenticate", "")) for reply in replies]

# %% [markdown] tls-text
# ## 4 Whom do you talk to?
#
# A token in the open is everybody's: it travels over **TLS**. A client asks three things of a server's certificate: has an **authority** that I trust signed it, is it for the **name** that I called, and is it the **time** for it ([RFC 5280, 6.1](https://www.rfc-editor.org/rfc/rfc5280#section-6.1), [RFC 9525](https://www.rfc-editor.org/rfc/rfc9525))? At many events the first answer to any trouble is `verify=False`: then nobody asks anything.

# %% lab
lab = tls_lab(L.folder)
careful = ssl.create_default_context(cafile=lab.authority)
blind = ssl.create_default_context()
blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
lab

# %% [markdown] ask-13-7
# ### ✎ 13.7 What does it notice?
#
# The client `careful` trusts the event's authority and calls `registry.example`. Predict for each server: `"ok"`, or at what it stops: `"authority"`, `"name"`, `"time"`?
#
# - `good`: signed by the authority, for this name
# - `self_signed`: for this name, signed by itself
# - `stranger`: for this name, signed by somebody else's authority
# - `other_name`: signed by the authority, for `mail.example`
# - `old`: signed by the authority, for this name, until yesterday
# - `blind`: the client that verifies nothing meets the server `self_signed`

# %% ex-13-7 exercise=13.7
# >>> learner
meets = {"good": ____, "self_signed": ____, "stranger": ____, "other_name": ____, "old": ____,
         "blind": ____}
# >>> solution
meets = {"good": "ok", "self_signed": "authority", "stranger": "authority", "other_name": "name",
         "old": "time", "blind": "ok"}
# <<<
L.check("13.7", meets)

# %% see-tls
{name: lab.meet(careful, name) for name in lab.servers} | {"blind": lab.meet(blind, "self_signed")}

# %% [markdown] ask-13-8
# ### ✎ 13.8 Both show a certificate
#
# Health nodes want to know who calls before a token is spoken of: **mutual TLS**, as in [ATNA](https://profiles.ihe.net/ITI/TF/Volume2/ITI-19.html). Write both contexts with [ssl](https://docs.python.org/3/library/ssl.html#ssl.create_default_context):
#
# - the server's is for `ssl.Purpose.CLIENT_AUTH`, trusts `lab.authority`, shows `lab.servers["good"]` and **requires** a certificate
# - the client's trusts `lab.authority` and shows `lab.client`
#
# `load_cert_chain(pair.certificate, pair.key)` shows one. `lab.tried` lets them meet, and others try to get in between.

# %% ex-13-8 exercise=13.8
# >>> learner
def server_context():
    return ____
def client_context():
    return ____
# >>> solution
def server_context():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=lab.authority)
    context.load_cert_chain(lab.servers["good"].certificate, lab.servers["good"].key)
    context.verify_mode = ssl.CERT_REQUIRED
    return context
def client_context():
    context = ssl.create_default_context(cafile=lab.authority)
    context.load_cert_chain(lab.client.certificate, lab.client.key)
    return context
# <<<
L.check("13.8", lab.tried(server_context(), client_context()))

# %% [markdown] audit-text
# ## 5 What is written down
#
# The second sandbox has written down your searches: an **AuditEvent** for each transaction ([FHIR R4 AuditEvent](https://hl7.org/fhir/R4/auditevent.html), [BALP](https://profiles.ihe.net/ITI/BALP/content.html)), found again by ITI-81. Here is the newest:

# %% see-audit
found = httpx.get(f"{event}/fhir/AuditEvent?_sort=-date&_count=1", headers=tries[-1]).json()
found["entry"][0]["resource"]

# %% audit-given
TERMS = "http://terminology.hl7.org/CodeSystem/"
REST = {"system": TERMS + "audit-event-type", "code": "rest"}
FIND = {"system": "urn:ihe:event-type-code", "code": "ITI-78"}
QUESTION = {"system": TERMS + "object-role", "code": "24"}
SOURCE = {"observer": {"display": "registry.example"}}

# %% [markdown] ask-13-9
# ### ✎ 13.9 Write one yourself
#
# Your registry has refused a search. Return its AuditEvent: `type` and `subtype` are given, `source` too. `action` of a search is `E` (execute); `recorded` is now; `outcome` is `"0"` where it was answered, `"4"` where the status is 400 or more. In `agent` stands who asked, with `requestor` true; in `entity` the question, with the role 24 and as base64, so that it can be asked again to the letter ([BALP, query](https://profiles.ihe.net/ITI/BALP/content.html)).

# %% ex-13-9 exercise=13.9
# >>> learner
def audit_of(question, user, status):
    return ____
# >>> solution
def audit_of(question, user, status):
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    query = base64.b64encode(question.encode()).decode()
    return {"resourceType": "AuditEvent", "type": REST, "subtype": [FIND], "action": "E",
            "recorded": now, "outcome": "4" if status >= 400 else "0", "source": SOURCE,
            "agent": [{"who": {"display": user}, "requestor": True}],
            "entity": [{"role": QUESTION, "query": query}]}
# <<<
L.check("13.9", audit_of("GET Patient?family=huaman&birthdate=2001-05-09", "dra.quispe", 403))

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | call |
# |---|---|
# | find a person | `GET Patient?family=…&birthdate=…` (ITI-78) |
# | ask for other numbers | `GET Patient/$ihe-pix?sourceIdentifier=…&targetSystem=…` (ITI-83) |
# | check a token | `jwt.decode(text, key, algorithms=["ES256"])`, then `aud` and `exp` |
# | show a certificate | `context.load_cert_chain(certificate, key)` |
# | require one | `context.verify_mode = ssl.CERT_REQUIRED` |
# | read who asked | `GET AuditEvent?…` (ITI-81) |
# | have your supplier tested | `connectathon run pdqm.supplier --system ADDRESS` |
# | let the bench into a closed system | `connectathon systems` and the page of what lets into it |

# %% [markdown] reflect
# ## Before you go
#
# In your system, look for `verify=False`, `CERT_NONE`, `InsecureSkipVerify`, `TrustAll`. Who wrote it, for which afternoon, and who will take it out?

# %% [markdown] next
# ## What comes next
#
# Have your own registry tested: `pdqm.supplier` asks it as a reception would. In [03 · Document sharing](03_mhd.ipynb) whoever was found here is the patient of a document.

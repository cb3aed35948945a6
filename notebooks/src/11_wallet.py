# %% [markdown] title
# # 11 · From certificate to wallet
#
# [English](../en/11_wallet.ipynb) · [Español](../es/11_wallet.ipynb) · [Português](../pt/11_wallet.ipynb)
#
# **Time:** about 60 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb) and [06 · Keys and trust](06_trust.ipynb).

# %% [markdown] story
# ## The story
#
# A QR code shows everything to whoever scans it. Yeison Palacios would like to show in Lima that he is vaccinated against yellow fever, and keep his date of birth to himself. For that he carries a **credential** in a **wallet**: his country signs it, his wallet has a key of its own, and each time he decides what leaves. Today you write all three sides by hand: issuer, wallet and verifier.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. take a **DID** apart (11.1), and say which of its keys counts on which day (11.2)
# 2. turn a certificate into the **claims** of a credential (11.3), and **sign** it (11.4)
# 3. **receive** a credential with the proof of a key (11.5)
# 4. show **only what is asked** (11.6), and refuse what somebody shows again (11.7)
# 5. take a credential **back** (11.8)
#
# At the end you try your own issuer, wallet or verifier.

# %% setup
import base64
import gzip
import json
import time
import zlib
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit
import httpx
import rfc8785
from Crypto.Hash import keccak
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sandbox.course import ____, lesson

L = lesson("11_wallet")
L

# %% picture-wallet
L.picture("wallet")

# %% [markdown] did-text
# ## 1 Whose name is it?
#
# A **DID** is a name with its key behind it ([DID 1.0](https://www.w3.org/TR/did-1.0/#a-simple-example)). In the region you meet `did:lac1`, of the network [LACChain](https://github.com/lacchain/LACChain-identity-contracts). What follows the method is base58, and holds 51 bytes:
#
# | bytes | what |
# |---|---|
# | 0–1, 2–3 | version and type, both `0001` |
# | 4–23 | the address of the **controller** |
# | 24–43 | the address of the **registry** that has its keys |
# | 44–46 | the number of the **chain** on which the registry is |
# | 47–50 | a **checksum**: the first four bytes of Keccak-256 over all before |

# %% unbase58
LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

def unbase58(text):
    number = 0
    for letter in text:
        number = number * 58 + LETTERS.index(letter)
    return number.to_bytes(51)

# %% dids
dids = {"chile": "did:lac1:1iT4etmza7GKhw34ZmZg9cA1whQWAUh721yJsatKK4LknPfgLFRUh9uZj4SqiTE2Q97N",
        "peru": "did:lac1:1iT5PMEpL2MqPBWmvHj7UZhB1YZK2ANxrLfDswG75yPZjNv16Q3Qz7m1G2MGg7MDTmtG",
        "panama": "did:lac1:1iT5FWNj5JGqHPFNNk3rUZt36VNx1LfwQ7xeng8LQPuaX4PbeyKGkgQD3EqUUfrBrdCY"}
content = {name: unbase58(did.removeprefix("did:lac1:")) for name, did in dids.items()}
{name: (body[47:].hex(), keccak.new(digest_bits=256, data=body[:47]).digest()[:4].hex())
 for name, body in content.items()}

# %% [markdown] ask-11-1
# ### ✎ 11.1 Byte by byte
#
# Take from `content["chile"]` the address of its registry, as `"0x…"`, and the number of its chain. One of the three DIDs has a wrong checksum: `"chile"`, `"peru"` or `"panama"`?

# %% ex-11-1 exercise=11.1
# >>> learner
named = {"registry": ____, "chain": ____, "wrong": ____}
# >>> solution
body = content["chile"]
named = {"registry": "0x" + body[24:44].hex(), "chain": int.from_bytes(body[44:47]), "wrong": "peru"}
# <<<
L.check("11.1", named)

# %% [markdown] resolve-text
# ## 2 Which key counts?
#
# The DID says where to ask; the registry keeps **events**, and whoever resolves a DID folds them into a document ([DID 1.0, resolution](https://www.w3.org/TR/did-1.0/#did-resolution)). Each event says from when (`changed`) and until when (`valid_to`) a key may sign. A later event of the same key replaces its end. So a key that was **stolen** can be revoked backwards: whatever it signed since then counts no more.

# %% events
events = [{"key": "k1", "changed": "2026-01-10", "valid_to": "2027-01-10"},
          {"key": "k2", "changed": "2026-02-01", "valid_to": "2026-08-01"},
          {"key": "k3", "changed": "2026-02-20", "valid_to": "2027-02-20"},
          {"key": "k4", "changed": "2026-05-04", "valid_to": "2027-05-04"},
          {"key": "k3", "changed": "2026-06-15", "valid_to": "2026-02-25", "compromised": True}]

# %% [markdown] ask-11-2
# ### ✎ 11.2 On the first of March, on the first of September
#
# Knowing all events: the signatures of which keys count if they were made on `2026-03-01`, and on `2026-09-01`? Write it as a function; dates in this form are compared like texts.

# %% ex-11-2 exercise=11.2
# >>> learner
def keys_on(day):
    return ____
# >>> solution
def keys_on(day):
    begins = {event["key"]: event["changed"] for event in reversed(events)}
    ends = {event["key"]: event["valid_to"] for event in events}
    return [key for key in begins if begins[key] <= day < ends[key]]
# <<<
L.check("11.2", {"march": keys_on("2026-03-01"), "september": keys_on("2026-09-01")})

# %% [markdown] claims-text
# ## 3 From the certificate to the claims
#
# Here is the core data set of Yeison's certificate ([WHO DDCC](https://smart.who.int/ddcc/)), and a template that somebody copied from an example.

# %% certificate
ddcc = {"name": "Yeison Andrés Palacios Mosquera", "birthDate": "1995-01-30",
        "telephone": "+57 310 555 0142", "address": "Carrera 4 26-31, Quibdó",
        "vaccination": {"disease": "1D47", "brand": "YellowFeverProductd2c75a15", "date": "2016-06-22",
                        "lot": "YF-CO-2216"},
        "certificate": {"hcid": "URN:HCID:CO-0001", "issuer": "Ministerio de Salud"}}
template = {"vct": "urn:connectathon:vaccination:1", "name": "Ana Ejemplo", "birthdate": "1990-01-01",
            "vaccine": {"product": "EXAMPLE", "date": "2020-01-01", "lot": "LOT-1", "issuer": "ACME"}}

# %% [markdown] ask-11-3
# ### ✎ 11.3 Fill in the claims
#
# Write the claims of the credential with the members of the template, each from `ddcc`. `vct` says which kind of credential it is ([SD-JWT VC](https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/)) and stays. What no verifier needs stays out, and so does what nobody has said.

# %% ex-11-3 exercise=11.3
# >>> learner
claims = ____
# >>> solution
dose = ddcc["vaccination"]
claims = {"vct": template["vct"], "name": ddcc["name"], "birthdate": ddcc["birthDate"],
          "vaccine": {"product": dose["brand"], "date": dose["date"], "lot": dose["lot"],
                      "issuer": ddcc["certificate"]["issuer"]}}
# <<<
L.check("11.3", claims)

# %% [markdown] sign-text
# ## 4 Sign
#
# In 2023 the ministries signed JSON as a whole: a **Data Integrity** proof with the suite [`ecdsa-jcs-2019`](https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019). Two hashes are signed one behind the other: first that of the proof's **options**, with the `@context` of the document, then that of the **document**. Both go through [JCS](https://www.rfc-editor.org/rfc/rfc8785) before, so that blanks and the order of names make no difference.
#
# The issuer is a key that is its own name: [`did:jwk`](https://github.com/quartzjer/did-jwk/blob/main/spec.md).

# %% issuer-key
def base64url(content):
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

ministry = ECKey.generate_key("P-256")
did = "did:jwk:" + base64url(rfc8785.dumps(ministry.as_dict(private=False)))
document = {"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiableCredential"],
            "issuer": did, "validFrom": "2026-11-01T00:00:00Z", "credentialSubject": {"lot": "YF-CO-2216"}}
document

# %% tools
def hash_of(value):
    return sha256(rfc8785.dumps(value)).digest()

def signature(key, content):
    r, s = decode_dss_signature(key.private_key.sign(content, ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)

def base58(content):
    number, text = int.from_bytes(content), ""
    while number:
        number, place = divmod(number, 58)
        text = LETTERS[place] + text
    return text

options = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019",
           "created": "2026-11-01T00:00:00Z", "verificationMethod": did + "#0",
           "proofPurpose": "assertionMethod", "@context": document["@context"]}

# %% [markdown] ask-11-4
# ### ✎ 11.4 Sign, then break it
#
# Return the document with its `proof`: the options, and in `proofValue` the signature as base58 behind the letter `z` ([multibase](https://www.w3.org/TR/cid-1.0/#multibase-0)).
#
# Then predict at which step of verifying it is found out: `"form"`, `"signature"` or `"trust"`?
#
# - `changed`: a letter of the document was changed
# - `without_z`: the `z` is missing, as in every proof of 2023
# - `unknown`: all is right, and the issuer is somebody whom nobody knows

# %% ex-11-4 exercise=11.4
# >>> learner
def signed(document):
    return ____
found_at = {"changed": ____, "without_z": ____, "unknown": ____}
# >>> solution
def signed(document):
    value = "z" + base58(signature(ministry, hash_of(options) + hash_of(document)))
    return {**document, "proof": {**options, "proofValue": value}}
found_at = {"changed": "signature", "without_z": "signature", "unknown": "trust"}
# <<<
credential = signed(document)
L.check("11.4", {"credential": credential, **found_at})

# %% [markdown] now-break
# Now look: the credential as it is, with another batch, and without its `z`. The first is right up to the last step: nobody here believes a key that has only named itself. The third says why it fails: without the letter nobody knows in which alphabet the rest is written, and a strict verifier does not guess.

# %% see-signed
L.steps(json.dumps(credential) if credential else ____)

# %% break-letter
L.steps(json.dumps(credential).replace("2216", "2217") if credential else ____)

# %% break-z
L.steps(json.dumps(credential).replace('"z', '"') if credential else ____)

# %% [markdown] offer-text
# ## 5 Into the wallet
#
# Now the sandbox plays the issuer of Chile, and you are the wallet. The issuer makes an **offer** ([OpenID4VCI 1.0, 4.1](https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#section-4.1)): a link with a code that serves once, and a PIN that goes another way.

# %% offer
yeison = {"n": ddcc["name"], "dob": ddcc["birthDate"], "v": {"vp": "YellowFeverProductd2c75a15", "tg": "1D47",
          "dt": "2016-06-22", "bo": "YF-CO-2216", "is": "Ministerio de Salud"}}
made = L.ask("POST", "/api/offers", {"country": "CL", "content": yeison, "formats": ["dc+sd-jwt"]}).json
offer = json.loads(parse_qs(urlsplit(made["by_value"]).query)["credential_offer"][0])
offer

# %% token
issuer, grant = offer["credential_issuer"], next(iter(offer["grants"]))
code = offer["grants"][grant]["pre-authorized_code"]
paid = {"grant_type": grant, "pre-authorized_code": code, "tx_code": made["pin"]}
token = httpx.post(f"{issuer}/token", data=paid).json()["access_token"]
nonce = httpx.post(f"{issuer}/nonce").json()["c_nonce"]
issuer, nonce

# %% [markdown] proof-text
# Before the issuer signs, the wallet **proves** that it has a key: a JWT, signed by that key, for this issuer and with its nonce ([OpenID4VCI 1.0, F.1](https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#appendix-F.1)). This is how `joserfc` signs one:

# %% example-jwt
mine = ECKey.generate_key("P-256")
public = mine.as_dict(private=False)
jwt.encode({"alg": "ES256", "typ": "JWT", "jwk": public}, {"hello": "Lima"}, mine)

# %% broken-proofs
good = {"aud": issuer, "iat": int(time.time()), "nonce": nonce}
broken = {"first": ({"typ": "openid4vci-proof+jwt"}, {**good, "aud": f"{issuer}/token"}),
          "second": ({"typ": "JWT"}, good),
          "third": ({"typ": "openid4vci-proof+jwt"}, {**good, "nonce": "lima-1"})}
broken

# %% [markdown] ask-11-5
# ### ✎ 11.5 Prove your key
#
# Write the proof: in the header `alg`, `typ` (`openid4vci-proof+jwt`) and your public key as `jwk`; in the claims `aud` (the issuer), `iat` (now, in seconds) and `nonce`. And say of each of the three broken ones above what is wrong: the `"aud"`, the `"nonce"` or the `"typ"`?

# %% ex-11-5 exercise=11.5
# >>> learner
def proof_of(nonce):
    return ____
sorted_out = {"first": ____, "second": ____, "third": ____}
# >>> solution
def proof_of(nonce):
    header = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": public}
    return jwt.encode(header, {"aud": issuer, "iat": int(time.time()), "nonce": nonce}, mine)
sorted_out = {"first": "aud", "second": "typ", "third": "nonce"}
# <<<
L.check("11.5", {"proof": proof_of(nonce), "issuer": issuer, "nonce": nonce, **sorted_out})

# %% redeem
fresh = httpx.post(f"{issuer}/nonce").json()["c_nonce"]
wish = {"credential_configuration_id": "vaccination_dc+sd-jwt", "proofs": {"jwt": [proof_of(fresh)]}}
held = ____
if proof_of(fresh):
    reply = httpx.post(f"{issuer}/credential", json=wish, headers={"Authorization": f"Bearer {token}"})
    held = reply.json()["credentials"][0]["credential"] if reply.is_success else ____
L.steps(held)

# %% [markdown] sdjwt-text
# ## 6 Show only what is asked
#
# What came is an **SD-JWT** ([RFC 9901](https://www.rfc-editor.org/rfc/rfc9901)): parts with `~` between them. The issuer has signed digests alone; each **disclosure** opens one claim. `vaccine` is within the credential, and its parts within `vaccine`.

# %% picture-sdjwt
L.picture("sdjwt")

# %% disclosures
def read(disclosure):
    return json.loads(base64.urlsafe_b64decode(disclosure + "=" * (-len(disclosure) % 4)))

def payload_of(text):
    return read(text.split(".")[1])

first, *disclosures = held.rstrip("~").split("~") if held else [____]
[read(disclosure)[1:] for disclosure in disclosures]

# %% [markdown] request-text
# Lima asks. What a verifier wants stands in a **DCQL** query ([OpenID4VP 1.0, 6](https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6)), beside its name (`client_id`) and its `nonce`:

# %% request
wanted = [{"path": ["name"]}, {"path": ["vaccine", "product"]}, {"path": ["vaccine", "date"]}]
query = {"credentials": [{"id": "shot", "format": "dc+sd-jwt", "claims": wanted,
                          "meta": {"vct_values": ["urn:connectathon:vaccination:1"]}}]}
asked = L.ask("POST", "/api/requests", {"query": query}).json
request = {name: values[0] for name, values in parse_qs(urlsplit(asked["link"]).query).items()}
request

# %% [markdown] ask-11-6
# ### ✎ 11.6 Answer Lima
#
# Keep the disclosures that are needed: those of the three claims, and that of whatever they are within. Join the issuer's part and them with `~`, with one at the end. Behind it comes the **key binding**: a JWT of type `kb+jwt`, signed by your key, with `iat`, `aud` (the whole `client_id`), `nonce` and `sd_hash`, the SHA-256 in base64url of all the text before ([RFC 9901, 4.3](https://www.rfc-editor.org/rfc/rfc9901#section-4.3)).

# %% ex-11-6 exercise=11.6
# >>> learner
def shown_to(request):
    return ____
# >>> solution
def shown_to(request):
    kept = [each for each in disclosures if read(each)[1] in ("name", "vaccine", "product", "date")]
    text = "~".join([first, *kept, ""])
    claims = {"iat": int(time.time()), "aud": request["client_id"], "nonce": request["nonce"],
              "sd_hash": base64url(sha256(text.encode()).digest())}
    return text + jwt.encode({"alg": "ES256", "typ": "kb+jwt"}, claims, mine)
# <<<
presentation = shown_to(request) if held else ____
L.check("11.6", {"presentation": presentation, "client_id": request["client_id"], "nonce": request["nonce"]})

# %% send
form = {"vp_token": json.dumps({"shot": [presentation]}) if presentation else "", "state": request["state"]}
sent = httpx.post(request["response_uri"], data=form) if presentation else ____
answer = L.ask("GET", f"/api/requests/{asked['id']}").json
answer["state"], [shown["claims"] for shown in answer.get("shown", [])]

# %% [markdown] ask-11-7
# ## 7 Again?
#
# ### ✎ 11.7 Now you are the verifier
#
# Somebody has recorded what you sent, and tries it in five ways:
#
# - `again`: the same answer, to the same request
# - `tomorrow`: the same presentation, to a new request of the same verifier
# - `elsewhere`: the same presentation, to Panama, who for once had chosen the same nonce
# - `less`: with one disclosure taken out
# - `stranger`: the same words in the key binding, signed by another key
#
# Write the function that says what is wrong: `"spent"` (the request is open no more), `"nonce"`, `"aud"`, `"sd_hash"` or `"signature"`, and `"accepted"` for what is right, as the `first` one is. The key that must have signed stands in the credential, in `cnf` ([RFC 9901, 7.3](https://www.rfc-editor.org/rfc/rfc9901#section-7.3)). `payload_of` reads the first JWT of a text; `jwt.decode` raises a `JoseError` where the key does not fit.

# %% attempts
def attempts_with(presentation):
    text, binding = presentation.rsplit("~", 1)
    forged = jwt.encode({"alg": "ES256", "typ": "kb+jwt"}, payload_of(binding), ECKey.generate_key("P-256"))
    issued, _, *kept = text.split("~")
    now = {**request, "is_open": True}
    return {"first": (now, presentation), "again": ({**now, "is_open": False}, presentation),
            "tomorrow": ({**now, "nonce": "lima-2"}, presentation),
            "elsewhere": ({**now, "client_id": "x509_san_dns:panama.example"}, presentation),
            "less": (now, "~".join([issued, *kept, binding])), "stranger": (now, f"{text}~{forged}")}

attempts = attempts_with(presentation) if presentation else {}

# %% ex-11-7 exercise=11.7
# >>> learner
def judged(request, shown):
    return ____
# >>> solution
def judged(request, shown):
    text, binding = shown.rsplit("~", 1)
    holder = ECKey.import_key(payload_of(shown)["cnf"]["jwk"])
    try:
        said = jwt.decode(binding, holder).claims
    except JoseError:
        return "signature"
    right = {"nonce": request["nonce"], "aud": request["client_id"],
             "sd_hash": base64url(sha256(f"{text}~".encode()).digest())}
    if not request["is_open"]:
        return "spent"
    return next((name for name in right if said[name] != right[name]), "accepted")
# <<<
L.check("11.7", {name: judged(*attempt) for name, attempt in attempts.items()} or ____)

# %% [markdown] now-replay
# Now look: the same answer once more, then the presentation in answer to a new request. This verifier calls itself by the address of one request (`redirect_uri:`), so that in a new one its name is another, too. One that has a certificate or a DID keeps its name, and then the nonce alone protects ([OpenID4VP 1.0, 14.1](https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-14.1)).

# %% replay
httpx.post(request["response_uri"], data=form).json() if presentation else ____

# %% replay-tomorrow
later = L.ask("POST", "/api/requests", {"query": query}).json
new = {name: values[0] for name, values in parse_qs(urlsplit(later["link"]).query).items()}
if presentation:
    httpx.post(new["response_uri"], data={**form, "state": new["state"]})
shown = L.ask("GET", f"/api/requests/{later['id']}").json.get("shown", [])
[finding["text"] for each in shown for step in each["steps"] for finding in step["findings"]]

# %% [markdown] status-text
# ## 8 Take it back
#
# A signature cannot be taken back. So a credential names its place in a **status list**, a long row of bits that the issuer publishes, and verifiers look there. There are two kinds, and they count in opposite directions:
#
# | what | [Bitstring Status List](https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-encoding) (W3C) | [Token Status List](https://datatracker.ietf.org/doc/draft-ietf-oauth-status-list/) (IETF) |
# |---|---|---|
# | first bit of a byte | the **most** significant: `0x80` | the **least** significant: `0x01` |
# | packed with | `gzip` | `zlib` |
# | written as | base64url behind the letter `u` | base64url |

# %% [markdown] ask-11-8
# ### ✎ 11.8 Flip the right bit
#
# Take back the credential at `place` in a list of each kind; everybody else's stays as it is. Each list has 131,072 bits: 16,384 bytes.

# %% ex-11-8 exercise=11.8
place = 4711
# >>> learner
lists = {"w3c": ____, "ietf": ____}
# >>> solution
most, least = bytearray(16384), bytearray(16384)
most[place // 8] |= 0x80 >> place % 8
least[place // 8] |= 0x01 << place % 8
lists = {"w3c": "u" + base64url(gzip.compress(most)), "ietf": base64url(zlib.compress(least))}
# <<<
L.check("11.8", lists)

# %% see-status
entry = payload_of(first)["status"]["status_list"] if held else ____
listed = payload_of(httpx.get(entry["uri"]).text) if held else ____
entry, {name: listed[name] for name in ("iat", "exp", "ttl")}

# %% [markdown] status-after
# `ttl` is how many seconds a verifier may keep the list. Until then it does not notice, and a verifier without a connection never does: say of every offline check how old its list is.

# %% progress
L.progress()

# %% [markdown] met
# ## What you have met
#
# | to | with | where it says so |
# |---|---|---|
# | read a DID | `unbase58`, Keccak-256 | [LACChain identity](https://github.com/lacchain/LACChain-identity-contracts) |
# | sign a document | `rfc8785`, `cryptography` | [VC Data Integrity ECDSA 3.3](https://www.w3.org/TR/vc-di-ecdsa/#ecdsa-jcs-2019) |
# | prove a key | `joserfc.jwt` | [OpenID4VCI 1.0 F.1](https://openid.net/specs/openid-4-verifiable-credential-issuance-1_0.html#appendix-F.1) |
# | show some claims | `~`, `sd_hash` | [RFC 9901 4.3](https://www.rfc-editor.org/rfc/rfc9901#section-4.3) |
# | read a request | DCQL | [OpenID4VP 1.0 6](https://openid.net/specs/openid-4-verifiable-presentations-1_0.html#section-6) |
# | see every step | `L.steps(text)` | [VC Data Model 2.0 7.1](https://www.w3.org/TR/vc-data-model-2.0/#verification) |

# %% [markdown] reflect
# ## Before you go
#
# A border officer, an airline and a school ask for the same vaccination. Which claims does each of them really need? Write the three lists; they are three DCQL queries.

# %% [markdown] own-system
# ## 9 Your own issuer, wallet or verifier
#
# These tracks of the bench try such systems here. Nothing of this part is graded.

# %% own-tracks
rooms = ("vc", "vci", "vp")
tracks = [track for track in L.ask("GET", "/api/tracks").json if track["id"].split(".")[0] in rooms]
{track["id"]: (track["name"], [given["name"] for given in track["inputs"]]) for track in tracks}

# %% [markdown] own-text
# An issuer or verifier is asked at its address (`system=`); a wallet comes to us, and the card says where. Try one, with invented data. What a track takes besides stands behind its name above: give it by that name.

# %% own-run
# >>> learner
L.bench(____, system=____)
# >>> solution
[track["id"] for track in tracks if track["is_of_client"]]
# <<<

# %% [markdown] own-credential
# And one credential that your system has issued, with all its steps:

# %% own-steps
# >>> learner
L.steps(____)
# >>> solution
L.steps(presentation or held)
# <<<

# %% [markdown] next
# ## What comes next
#
# Open `/wallet` of the server on your telephone: it does what you have done here by hand, and says before each answer what leaves and what stays.

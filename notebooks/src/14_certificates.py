# %% [markdown] title
# # 14 · Workshop: certificates and links of your own
#
# [English](../en/14_certificates.ipynb) · [Español](../es/14_certificates.ipynb) · [Português](../pt/14_certificates.ipynb)
#
# **Time:** about 75 minutes. **Before:** [05 · Vaccination certificates](05_certificates.ipynb) and [07 · Health links](07_links.ipynb).

# %% [markdown] story
# ## The story
#
# In lessons 05 to 07 the server signed every code and sealed every link. Your ministry has to do that itself, with its own key, on its own machine. Today you write the issuer, the verifier at the border and the health link, function by function, with nothing of the sandbox. At the end they move into one file, and the **test bench** asks it from outside.

# %% [markdown] objectives
# ## What you will be able to do
#
# 1. **issue** a certificate that every verifier of the world can read (14.1)
# 2. **verify** one, with a list of what was taken back, and say why it fails (14.2)
# 3. share a summary by a **health link** (14.3)
# 4. run it as a service of your own, and have it tested from outside

# %% imports
import base64, hashlib, json, secrets, time, zlib

import cbor2
import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from joserfc import jwe
from joserfc.jwk import OctKey

# %% lesson
from sandbox.course import ____, code, lesson, own_service

L = lesson("14_certificates")
L

# %% [markdown] issuing-text
# ## 1 The issuer
#
# From the inside out: the health data; around them the **claims** with issuer, time and end ([RFC 8392](https://www.rfc-editor.org/rfc/rfc8392#section-3.1)); around these the **signature** ([RFC 9052, 4.4](https://www.rfc-editor.org/rfc/rfc9052#section-4.4)); then zlib, Base45 and `HC1:` ([HCERT](https://github.com/ehn-dcc-development/eu-dcc-hcert-spec)). Here is Luzia's dose, as the European form has it.

# %% picture-issuing
L.picture("issuing")

# %% dose
shot = {"tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
        "dt": "2021-10-01", "co": "BR", "is": "Ministério da Saúde", "ci": "URN:UVCI:01:BR:LN2021#1"}
names = {"fn": "Nogueira dos Santos", "gn": "Luzia Aparecida", "fnt": "NOGUEIRA<DOS<SANTOS", "gnt": "LUZIA<APARECIDA"}
dose = {"ver": "1.3.0", "nam": names, "dob": "1972-08-15", "v": [shot]}

# %% [markdown] given-text
# Given are Base45 ([RFC 9285](https://www.rfc-editor.org/rfc/rfc9285)) in both directions, and the two halves of an ECDSA signature as COSE wants them: 32 bytes each, one behind the other. `cryptography` writes them in another form (DER).

# %% base45-given
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

def base45(content: bytes) -> str:
    """Returns bytes as Base45."""
    text = ""
    for place in range(0, len(content), 2):
        number = int.from_bytes(content[place:place + 2], "big")
        count = 3 if len(content) - place > 1 else 2
        text += "".join(LETTERS[number // 45 ** power % 45] for power in range(count))
    return text

# %% unbase45-given
def unbase45(text: str) -> bytes:
    """Returns the bytes of Base45; raises ValueError for anything else."""
    content = b""
    for place in range(0, len(text), 3):
        values = [LETTERS.index(letter) for letter in text[place:place + 3]]
        number = sum(value * 45 ** power for power, value in enumerate(values))
        content += number.to_bytes(len(values) - 1, "big")
    return content

# %% signature-given
def signature_of(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    """Returns the signature (ES256) as COSE has it."""
    r, s = utils.decode_dss_signature(key.sign(content, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")

def is_signed(key: ec.EllipticCurvePublicKey, content: bytes, signature: bytes) -> bool:
    """Tells whether a key has signed bytes."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(utils.encode_dss_signature(r, s), content, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True

# %% [markdown] ask-14-1
# ### ✎ 14.1 Issue
#
# What is signed is the array `["Signature1", protected, b"", content]` as CBOR: `protected` is the header `{1: -7, 4: kid}` as CBOR (-7 is ES256), `content` the claims as CBOR: `1` the country, `6` now, `4` the end, both in seconds, and at `-260` the health data under `1`. The certificate is `[protected, {}, content, signature]` with the CBOR tag 18.

# %% issue
def issue(payload: dict, key: ec.EllipticCurvePrivateKey, kid: bytes, country: str, until: int) -> str | None:
    """Returns the text of a certificate: HC1:…"""
# >>> solution
    claims = {1: country, 6: int(time.time()), 4: until, -260: {1: payload}}
    protected, content = cbor2.dumps({1: -7, 4: kid}), cbor2.dumps(claims)
    to_sign = cbor2.dumps(["Signature1", protected, b"", content])
    parts = [protected, {}, content, signature_of(key, to_sign)]
    return "HC1:" + base45(zlib.compress(cbor2.dumps(cbor2.CBORTag(18, parts))))
# <<<

# %% keys
FORM = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
mine, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
kid, strange = b"ministry", b"stranger"
soon = int(time.time()) + 86_400

# %% ex-14-1 exercise=14.1
text = issue(dose, mine, kid, "BR", soon)
L.check("14.1", {"text": text, "key": mine.public_key().public_bytes(*FORM).hex()} if text else ____)

# %% [markdown] bench-content-text
# The bench reads it part by part, as at the event. And here it is, to be scanned.

# %% bench-content
L.bench("hcert.content", certificate=text)

# %% show-code
code(text or ____)

# %% [markdown] ask-14-2
# ## 2 The verifier
#
# ### ✎ 14.2 Verify
#
# Two functions. `take_apart` goes the way back and returns the four parts; whatever is no certificate raises an error. `verify` asks in this order, and returns at the first no: `"unreadable"`, `"unknown"` (no such `kid` among the keys), `"forged"`, `"expired"`, `"revoked"`, else `"valid"`.
#
# The order counts: of what is forged, nothing is believed, its end neither. On the list of what was taken back stands the beginning of a hash of the identifier `ci`, so that the list tells nobody's name ([Decision (EU) 2022/483](https://eur-lex.europa.eu/eli/dec_impl/2022/483/oj)): `hashlib.sha256(ci.encode()).hexdigest()[:32]`.

# %% take-apart
def take_apart(text: str) -> list | None:
    """Returns protected header, unprotected header, content and signature."""
# >>> solution
    if not text.startswith("HC1:"):
        raise ValueError(text[:4])
    content = zlib.decompress(unbase45(text.removeprefix("HC1:")))
    return cbor2.loads(content).value
# <<<

# %% verify
def verify(text: str, keys: dict, revoked: set, now: int) -> str | None:
    """Returns what a verifier says: valid, unreadable, unknown, forged, expired or revoked."""
# >>> solution
    try:
        protected, _, content, signature = take_apart(text)
        key, claims = keys.get(cbor2.loads(protected)[4]), cbor2.loads(content)
        mark = hashlib.sha256(claims[-260][1]["v"][0]["ci"].encode()).hexdigest()[:32]
    except Exception:
        return "unreadable"
    signed = cbor2.dumps(["Signature1", protected, b"", content])
    if key is None or not is_signed(key, signed, signature):
        return "forged" if key else "unknown"
    return "expired" if claims[4] <= now else "revoked" if mark in revoked else "valid"
# <<<

# %% texts
again = {**dose, "v": [{**shot, "ci": "URN:UVCI:01:BR:LN2021#2"}]}
revoked = {hashlib.sha256(b"URN:UVCI:01:BR:LN2021#2").hexdigest()[:32]}
keys = {kid: mine.public_key()}
texts = {"good": text, "changed": issue(dose, other, kid, "BR", soon), "old": issue(dose, mine, kid, "BR", 1_700_000_000),
         "stranger": issue(dose, other, strange, "BR", soon), "taken_back": issue(again, mine, kid, "BR", soon),
         "noise": "HC1:6BF", "old_forged": issue(dose, other, kid, "BR", 1_700_000_000)}

# %% ex-14-2 exercise=14.2
L.check("14.2", {name: verify(each, keys, revoked, int(time.time())) for name, each in texts.items()})

# %% [markdown] ask-14-3
# ## 3 The health link
#
# ### ✎ 14.3 Share
#
# A link has what opens the file, and not the file: `url`, `key` (32 random bytes as base64url), `exp` in seconds and `v` 1, as JSON, as base64url, behind `shlink:/` ([SMART Health Links, payload](https://docs.smarthealthit.org/smart-health-links/spec/#construct-a-shlink-payload)). The file is a JWE: `alg` `dir`, `enc` `A256GCM`, `cty` `application/fhir+json` ([RFC 7516](https://www.rfc-editor.org/rfc/rfc7516)). The name in the address is all that protects the manifest: `secrets.token_urlsafe(32)`.

# %% picture-own-link
L.picture("own_link")

# %% base64url-given
def base64url(content: bytes) -> str:
    """Returns bytes as base64url, without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

# %% share
def share(document: dict, base: str, until: int) -> dict | None:
    """Returns `link`, `file` (sealed) and `name`; the address of the manifest is base/manifest/name."""
# >>> solution
    key, name = secrets.token_bytes(32), secrets.token_urlsafe(32)
    header = {"alg": "dir", "enc": "A256GCM", "cty": "application/fhir+json"}
    file = jwe.encrypt_compact(header, json.dumps(document), OctKey.import_key(key))
    link = {"url": f"{base}/manifest/{name}", "key": base64url(key), "exp": until, "v": 1}
    return {"link": "shlink:/" + base64url(json.dumps(link).encode()), "file": file, "name": name}
# <<<

# %% summary
summary = httpx.get(f"{L.client.base}/Patient/luzia-nogueira/$summary", timeout=30).json()

# %% ex-14-3 exercise=14.3
L.check("14.3", share(summary, "http://127.0.0.1:8080", soon))

# %% [markdown] service-text
# ## 4 Out of the notebook
#
# `own_service` writes your functions and what they use into one file, `team_certificates.py`, and starts it as `python -m team_certificates serve`. It makes a key of its own, issues at `/certificate`, makes a link at `/link` and answers for its manifest. Nothing of the sandbox is in it.

# %% service
L.folder.mkdir(parents=True, exist_ok=True)
for name, content in {"certificate.json": dose, "document.json": summary}.items():
    (L.folder / name).write_text(json.dumps(content), encoding="utf-8")
service = own_service(L.folder, {"issue": issue, "verify": verify, "share": share}, frame="certificates")
service

# %% outside-text
certificate, link = (httpx.get(f"{service.base}/{name}").text or None for name in ("certificate", "link"))
certificate, link

# %% [markdown] outside
# Now the bench stands outside: `hcert.content` over the certificate, `vhl.issuer` over the link, whose manifest it fetches from your service.

# %% bench-certificate
L.bench("hcert.content", certificate=certificate)

# %% bench-link
L.bench("vhl.issuer", system=service.base, certificate=link)

# %% progress
L.progress()

# %% [markdown] met
# ## What you have built
#
# | function | what it is | tests of the bench |
# |---|---|---|
# | `issue` | issuer | HCC-01 to HCC-11 |
# | `take_apart`, `verify` | verifier | |
# | `share` | sharer of health links | VHI-01 to VHI-14 |

# %% [markdown] reflect
# ## Before you go
#
# The key of your service lives as long as its process. Where would your ministry keep it, who may use it, and what happens on the day on which it is stolen? Read `team_certificates.py`, and write down what is missing before it may stand on the internet.

# %% [markdown] next
# ## What comes next
#
# In [06 · Keys and trust](06_trust.ipynb) your key comes onto the list of the region: until then verifiers abroad say `unknown`. In [11 · From certificate to wallet](11_wallet.ipynb) the same dose becomes a credential.

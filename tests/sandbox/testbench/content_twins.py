"""Issuers of certificates and health cards with one fault each: what they hand in, and the list or key set they publish."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.certificates import base45, cose
from sandbox.certificates.claims import Claims, written
from sandbox.certificates.hcert import encoded
from sandbox.certificates.keys import kid_of, trusted
from sandbox.certificates.shc import thumbprint
from sandbox.certificates.unpacking import to_base64url
from sandbox.trust.documents import document_of
from sandbox.trust.pki import Pair, new_dsc, new_pki
from tests.sandbox.certificates.making import CONTENTS, NOW, chile
from tests.sandbox.certificates.test_cards import ISSUER, a_payload

LIST = "https://trust.example/did.json"
KEYS = f"{ISSUER}/.well-known/jwks.json"
DCC = CONTENTS["eu_dcc"]
Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Twin:
    """What is handed in, what addresses answer, and under which inputs."""

    text: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)


def own() -> Pair:
    return chile().dsc[0]


def a_list(*pairs: Pair, usage: str = "DSC") -> Any:
    document = document_of(
        [trusted(pair.certificate, domain="DCC") for pair in pairs], host="h", path="v2/trustlist"
    )
    for method in document["verificationMethod"]:
        method["keyusage"] = {"code": f"#{usage}"}
    return document


def issued(content: Any = None, number: int = 1, **more: Any) -> Twin:
    """A certificate: of another content, key, issuer or time, with its bytes or its text changed."""
    pair: Pair = more.get("pair") or own()
    begins = NOW + more.get("begins", timedelta(hours=-1))
    ends = NOW + more.get("ends", timedelta(days=30))
    claims = Claims(
        more.get("country", "CL"),
        int(begins.timestamp()),
        int(ends.timestamp()),
        {number: DCC if content is None else content},
    )
    text = encoded(claims, pair.key, kid=kid_of(pair.certificate))
    if "bytes" in more:
        text = "HC1:" + base45.encode(
            zlib.compress(more["bytes"](zlib.decompress(base45.decode(text[4:]))))
        )
    text = more["text"](text) if "text" in more else text
    document = more["list"] if "list" in more else a_list(own())
    return Twin(text, {LIST: document} if document else {}, {"trustlist": LIST})


def dose(**changes: Any) -> Any:
    changed = {**DCC["v"][0], **changes}
    return {**DCC, "v": [{name: value for name, value in changed.items() if value is not None}]}


def resigned(
    header: dict[int, Any], unprotected: dict[int, Any] | None = None, payload: Any = None
) -> Change:
    """Returns what signs a certificate again, with other headers or claims."""

    def change(content: bytes) -> bytes:
        body = cose.read_sign1(content).payload if payload is None else cbor2.dumps(payload)
        protected = cbor2.dumps(header) if header else b""
        r, s = decode_dss_signature(
            own().key.sign(cose.to_be_signed(protected, body), ec.ECDSA(SHA256()))
        )
        signature = r.to_bytes(32) + s.to_bytes(32)
        return cbor2.dumps(cbor2.CBORTag(18, [protected, unprotected or {}, body, signature]))

    return change


def in_der(content: bytes) -> bytes:
    signed = cose.read_sign1(content)
    signature = own().key.sign(
        cose.to_be_signed(signed.protected, signed.payload), ec.ECDSA(SHA256())
    )
    return cbor2.dumps(cbor2.CBORTag(18, [signed.protected, {}, signed.payload, signature]))


def other_content(content: bytes) -> bytes:
    signed = cose.read_sign1(content)
    claims = Claims(
        "CL",
        int(NOW.timestamp()) - 60,
        int(NOW.timestamp()) + 999,
        {1: {**DCC, "dob": "1999-01-01"}},
    )
    return cbor2.dumps(cbor2.CBORTag(18, [signed.protected, {}, written(claims), signed.signature]))


def with_raw_deflate(text: str) -> str:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    plain = zlib.decompress(base45.decode(text[4:]))
    return "HC1:" + base45.encode(deflater.compress(plain) + deflater.flush())


KID = {4: kid_of(chile().dsc[0].certificate)}
TIMES = {1: "CL", 6: int(NOW.timestamp()) - 60, 4: int(NOW.timestamp()) + 999}
PERIOD = {"start": "2026-01-01", "end": "2026-02-01"}
OVER = {
    **CONTENTS["ddcc_vs"],
    "certificate": {**CONTENTS["ddcc_vs"]["certificate"], "period": PERIOD},
}
CERTIFICATES: dict[str, Callable[[], Twin]] = {
    "right": issued,
    "forgets_the_prefix": lambda: issued(text=lambda text: text[4:]),
    "writes_another_prefix": lambda: issued(text=lambda text: "HC2:" + text[4:]),
    "writes_small_letters": lambda: issued(text=lambda text: "HC1:" + text[4:].lower()),
    "cuts_the_text": lambda: issued(text=lambda text: text[:-20]),
    "deflates_raw": lambda: issued(text=with_raw_deflate),
    "leaves_bytes_behind": lambda: issued(text=lambda text: "HC1:" + base45.encode(base45.decode(text[4:]) + b"more")),
    "names_no_key": lambda: issued(bytes=resigned({1: -7})),
    "names_the_key_unprotected": lambda: issued(bytes=resigned({1: -7}, KID)),
    "asks_for_what_nobody_knows": lambda: issued(bytes=resigned({1: -7, **KID, 2: ["x"], "x": 1})),
    "counts_in_milliseconds": lambda: issued(
        bytes=resigned({1: -7, **KID}, payload={**TIMES, 6: TIMES[6] * 1000, 4: TIMES[4] * 1000, -260: {1: DCC}})
    ),
    "never_ends": lambda: issued(bytes=resigned({1: -7, **KID}, payload={1: "CL", 6: TIMES[6], -260: {1: DCC}})),
    "writes_three_letters": lambda: issued(bytes=resigned({1: -7, **KID}, payload={**TIMES, 1: "XCL", -260: {1: DCC}})),
    "has_a_form_of_its_own": lambda: issued({"x": 1}, 99),
    "forgets_a_field": lambda: issued(dose(ci=None)),
    "counts_no_dose": lambda: issued(dose(dn=0)),
    "writes_a_code_of_its_own": lambda: issued(dose(mp="EU/9/99/9999")),
    "has_two_kinds_at_once": lambda: issued({**DCC, "t": []}),
    "is_over": lambda: issued(begins=timedelta(days=-9), ends=timedelta(days=-1)),
    "begins_later": lambda: issued(begins=timedelta(days=1)),
    "outlives_its_period": lambda: issued(OVER, 3),
    "outlives_its_key": lambda: issued(ends=timedelta(days=9999)),
    "signs_in_another_name": lambda: issued(country="UY"),
    "says_another_country": lambda: issued(dose(co="UY")),
    "signs_in_der": lambda: issued(bytes=in_der),
    "changes_what_was_signed": lambda: issued(bytes=other_content),
    "signs_with_a_key_of_no_list": lambda: issued(pair=new_dsc("CL", chile().sca, at=NOW)),
    "signs_with_the_authority": lambda: issued(pair=chile().sca, list=a_list(chile().sca, usage="SCA")),
    "signs_with_a_key_for_tests": lambda: with_its_list(new_dsc("CL", chile().sca, at=NOW, groups=("t",))),
    "says_more_than_is_asked": lambda: issued(dose(phone="1")),
    "publishes_no_list": lambda: issued(list=None),
    "lists_a_stranger_too": lambda: issued(list=a_list(own(), new_pki("CL", at=NOW).up)),
}  # fmt: skip


def with_its_list(pair: Pair) -> Twin:
    return issued(pair=pair, list=a_list(pair))


def carded(change: Change = lambda payload: None, **more: Any) -> Twin:
    """A card: with another payload, header, key set or text."""
    payload = json.loads(json.dumps(a_payload()))
    payload["nbf"] = int(payload["nbf"])
    change(payload)
    key = ec.generate_private_key(ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    point = {"x": to_base64url(numbers.x.to_bytes(32)), "y": to_base64url(numbers.y.to_bytes(32))}
    jwk = {"kty": "EC", "use": "sig", "alg": "ES256", "crv": "P-256", **point}
    jwk["kid"] = more.get("kid") or thumbprint(jwk)
    window = zlib.MAX_WBITS if more.get("is_zlib") else -zlib.MAX_WBITS
    deflater = zlib.compressobj(9, zlib.DEFLATED, window)
    plain = json.dumps(payload, separators=(",", ":")).encode()
    body = plain if more.get("is_plain") else deflater.compress(plain) + deflater.flush()
    header = {"zip": "DEF", "alg": "ES256", "kid": jwk["kid"], **more.get("header", {})}
    head = json.dumps({name: value for name, value in header.items() if value}).encode()
    content = f"{to_base64url(head)}.{to_base64url(body)}"
    der = key.sign(content.encode(), ec.ECDSA(SHA256()))
    r, s = decode_dss_signature(der)
    signature = der if more.get("is_der") else r.to_bytes(32) + s.to_bytes(32)
    text = f"{content}.{to_base64url(signature)}"
    text = more["text"](text) if "text" in more else text
    place = more.get("place", KEYS)
    published = more["published"](jwk) if "published" in more else {"keys": [jwk]}
    return Twin(text, {place: published} if published else {}, {"jwks": place})


def bundle(payload: Any) -> Any:
    return payload["vc"]["credentialSubject"]["fhirBundle"]


def resource(payload: Any, number: int) -> Any:
    return bundle(payload)["entry"][number]["resource"]


def digits(jws: str) -> str:
    return "".join(f"{ord(letter) - 45:02}" for letter in jws)


def in_two(jws: str) -> str:
    middle = len(jws) // 2
    return f"shc:/1/2/{digits(jws[:middle])}\nshc:/2/2/{digits(jws[middle:])}"


def of_another(jwk: dict[str, Any]) -> Any:
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return {
        "keys": [
            {
                **jwk,
                "x": to_base64url(numbers.x.to_bytes(32)),
                "y": to_base64url(numbers.y.to_bytes(32)),
            }
        ]
    }


def whole_key(jwk: dict[str, Any]) -> Any:
    return {"keys": [{**jwk, "d": "A" * 43}]}


CARDS: dict[str, Callable[[], Twin]] = {
    "right": carded,
    "cuts_the_card": lambda: carded(text=lambda text: text.rpartition(".")[0]),
    "leaves_blanks": lambda: carded(text=lambda text: f" {text} "),
    "makes_two_codes_of_one_card": lambda: carded(text=in_two),
    "loses_half_a_card": lambda: carded(text=lambda text: in_two(text).partition("\n")[0]),
    "names_another_algorithm": lambda: carded(header={"alg": "ES384"}),
    "names_no_compression": lambda: carded(is_plain=True, header={"zip": None}),
    "deflates_with_zlib": lambda: carded(is_zlib=True),
    "is_called_by_http": lambda: carded(lambda payload: payload.update(iss="http://health.example/issuer")),
    "ends_its_name_with_a_slash": lambda: carded(lambda payload: payload.update(iss=f"{ISSUER}/")),
    "forgets_when": lambda: carded(lambda payload: payload.pop("nbf")),
    "counts_in_milliseconds": lambda: carded(lambda payload: payload.update(nbf=payload["nbf"] * 1000)),
    "forgets_the_type": lambda: carded(lambda payload: payload["vc"].update(type=[])),
    "forgets_the_version": lambda: carded(lambda payload: payload["vc"]["credentialSubject"].pop("fhirVersion")),
    "sends_a_document": lambda: carded(lambda payload: bundle(payload).update(type="document")),
    "keeps_ids": lambda: carded(lambda payload: resource(payload, 0).update(id="rosa")),
    "writes_long_references": lambda: carded(
        lambda payload: bundle(payload)["entry"][1].update(fullUrl="https://fhir.example/Immunization/1")
    ),
    "says_finished": lambda: carded(lambda payload: resource(payload, 1).update(status="finished")),
    "forgets_the_moment": lambda: carded(lambda payload: resource(payload, 1).pop("occurrenceDateTime")),
    "leads_nowhere": lambda: carded(lambda payload: resource(payload, 1)["patient"].update(reference="resource:9")),
    "begins_later": lambda: carded(lambda payload: payload.update(nbf=payload["nbf"] + 9999)),
    "is_over": lambda: carded(lambda payload: payload.update(nbf=1, exp=2)),
    "names_its_key_as_it_likes": lambda: carded(kid="my-key"),
    "publishes_its_private_key": lambda: carded(published=whole_key),
    "publishes_no_keys": lambda: carded(published=lambda jwk: None),
    "publishes_elsewhere": lambda: carded(place="https://elsewhere.example/jwks.json"),
    "publishes_the_key_of_another": lambda: carded(published=of_another),
    "publishes_other_keys": lambda: carded(published=lambda jwk: {"keys": [{**jwk, "kid": thumbprint({**jwk, "x": "A"})}]}),
    "signs_in_der": lambda: carded(is_der=True),
}  # fmt: skip
TWINS: dict[str, dict[str, Callable[[], Twin]]] = {
    "hcert.content": CERTIFICATES,
    "shc.content": CARDS,
}

"""The ground on which a consumer of trust lists is tried: a list with right and wrong entries, and
a code for each way to be wrong.

The keys are made once for each country and kept, so that list and codes fit whenever they are got.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.certificates import base45, cose
from sandbox.certificates.claims import Claims, written
from sandbox.certificates.hcert import as_text, encoded
from sandbox.certificates.keys import kid_of, trusted
from sandbox.errors import NotFound
from sandbox.fhir.json import write_json
from sandbox.testbench.inbox import OfferReply, OfferRequest, json_reply
from sandbox.trust import cms
from sandbox.trust.documents import document_of
from sandbox.trust.folder import TrustFolder
from sandbox.trust.gateway import anchor_of
from sandbox.trust.pki import DOMAIN, Pair, new_dsc, new_pki
from sandbox.trust.published import CLAUSE, Batch, batch_with, hash_of, listing

LIFE = timedelta(days=1)
YEARS_AGO = timedelta(days=365 * 3)
MAKING = threading.Lock()
# a parameter that a reader must understand (RFC 9052 3.1), of the range for private use
UNKNOWN = {cose.CRIT: [-65537], -65537: "rehearsal"}
ODD_KID = hashlib.sha256(b"no certificate has this id").digest()[:8]
EU_PERSON = {
    "ver": "1.3.0", "nam": {"fn": "Ensayo", "fnt": "ENSAYO", "gn": "Clara", "gnt": "CLARA"},
    "dob": "1984-02-29",
}  # fmt: skip
EU_DOSE = {
    "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 1,
    "sd": 1, "dt": "2026-01-02", "is": "Ensayo",
}  # fmt: skip
CODING = {"code": "1D47", "system": "http://id.who.int/icd11/mms"}
DDCC_CERTIFICATE = {"issuer": "Ensayo", "version": "RC2"}
DDCC = {
    "name": "Clara Ensayo", "birthDate": "1984-02-29",
    "vaccination": {
        "vaccine": CODING, "brand": CODING, "lot": "E", "date": "2026-01-02", "dose": 1,
        "country": CODING,
    },
}  # fmt: skip
ICVP = {
    "dob": "1984-02-29", "ndt": "NI",
    "v": {"vp": "YellowFeverProduct1", "dt": "2026-01-02", "bo": "E-1", "is": "Ensayo"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signs a code: a key, the id that the code names, the country that it says, and when."""

    pair: Pair
    kid: bytes
    issuer: str
    begins: datetime
    ends: datetime


class TrustGround:
    """The list and the codes of a country at a moment."""

    def __init__(self, trust: TrustFolder, country: str, *, at: datetime) -> None:
        trust.signer(country, at=at)  # so that there is a key to list
        self._trust = trust
        self._pki = trust.pki(country)
        self._country = country
        self._at = at

    def document(self, *, host: str, path: str) -> dict[str, Any]:
        """Returns the list: the country's own keys and, beside them, an entry for each fault."""
        document = document_of(self._trust.listed(), host=host, path=path)
        methods = document["verificationMethod"]
        for pair, issuers, change in self._entries().values():
            key = trusted(pair.certificate, domain=DOMAIN)
            (made,) = document_of([key], host=host, path=path)["verificationMethod"]
            made["publicKeyJwk"]["x5c"] += [_der(issuer) for issuer in issuers]
            made["participant"] = {"code": self._participant()}
            methods.append({**made, **change(made)})
        return document

    def code(self, kind: str, number: int) -> str:
        """Returns the code of a kind; its number makes it differ from those of other inboxes."""
        return self._signed(kind, *self._content(kind, number))

    def batch(self, number: int) -> Batch:
        """Returns what was taken back: the code of this number, by its identifier."""
        return batch_with(self._country, "UCI", [hash_of(self._identifier(number))])

    def signed_batch(self, number: int) -> bytes:
        """Returns it as it is handed on: CMS by the upload key of the country."""
        return cms.signed(write_json(self.batch(number).content(self._at)), self._pki.up)

    def link_code(self, kind: str, link: str) -> str:
        """Returns the code of a kind around a health link (HCERT subclaim 5)."""
        return self._signed(kind, 5, [{"u": link, "n": "Clara"}])

    def _signed(self, kind: str, claim: int, content: Any) -> str:
        signature = self._signature(kind)
        claims = Claims(
            signature.issuer,
            int(signature.begins.timestamp()),
            int(signature.ends.timestamp()),
            {claim: content},
        )
        if kind == "critical":
            sealed = cose.sign1(
                written(claims), signature.pair.key, kid=signature.kid, more=UNKNOWN
            )
            return as_text(sealed)
        text = encoded(claims, signature.pair.key, kid=signature.kid)
        return _changed(text) if kind == "changed" else text

    def _identifier(self, number: int) -> str:
        return f"URN:UVCI:01:{self._country}:{number}"

    def _content(self, kind: str, number: int) -> tuple[int, Mapping[str, Any]]:
        if kind in ("foreign_group", "valid_group", "revoked"):
            own = {"co": self._country, "ci": self._identifier(number)}
            return 1, {**EU_PERSON, "v": [{**EU_DOSE, **own}]}
        if kind == "period_over":
            ended = f"{self._at - timedelta(days=30):%Y-%m-%d}"
            period = {"start": "2026-01-02", "end": ended}
            stated = {**DDCC_CERTIFICATE, "hcid": {"value": f"TEST-{number}"}, "period": period}
            return 3, {**DDCC, "certificate": stated}
        return -6, {**ICVP, "n": f"Clara Ensayo {number}", "nid": f"TEST-{number}"}

    def _signature(self, kind: str) -> Signature:
        """Returns who signs the code of a kind, in whose name and for when."""
        now = self._at
        own = self._pki.dsc[0]
        listed = {each.kid for each in self._trust.listed()}
        # the newest that is listed, as for all that this country signs
        own = next((p for p in reversed(self._pki.dsc) if kid_of(p.certificate) in listed), own)
        entries = self._entries()
        pair = entries[kind][0] if kind in entries else own
        signs = {
            "unlisted": lambda: new_pki(self._country, at=now).dsc[0],
            "other_key": lambda: self._kept("other_key-stranger", self._signer),
        }
        kid = kid_of(pair.certificate)
        if kind in signs:
            pair = signs[kind]()
            # the list has the stranger's key beside the certificate of another
            kid = kid if kind == "other_key" else kid_of(pair.certificate)
        kid = ODD_KID if kind == "other_id" else kid
        issuer = self._other() if kind == "other_issuer" else self._country
        if kind == "expired":
            return Signature(pair, kid, issuer, now - timedelta(days=3), now - timedelta(days=2))
        if kind == "future":
            return Signature(pair, kid, issuer, now + timedelta(days=2), now + timedelta(days=3))
        return Signature(pair, kid, issuer, now, now + LIFE)

    def _entries(self) -> dict[str, tuple[Pair, list[Pair], Callable[[dict[str, Any]], Any]]]:
        """Returns for each kind that has an entry of its own: the certificate, who is said to have
        issued it, and how the entry differs from a right one.
        """
        sca = self._pki.sca
        stranger = self._kept("other_key-stranger", self._signer)
        abroad = self._kept("other_country", lambda: new_pki(self._other(), at=self._at).up)
        elsewhere = self._kept("broken_chain", lambda: new_pki(self._country, at=self._at).dsc[0])
        alone = self._kept("self_issued", lambda: new_pki(self._country, at=self._at).up)
        over = self._kept("over", lambda: self._signer(self._at - YEARS_AGO))
        tests = self._kept("foreign_group", lambda: self._signer(groups=("t",)))
        vaccines = self._kept("valid_group", lambda: self._signer(groups=("v",)))
        return {
            "valid_group": (vaccines, [sca], _as_it_is),
            "authority": (sca, [], _used_as("SCA")),
            "upload": (self._pki.up, [], _used_as("UP")),
            "tls": (self._pki.tls, [], _used_as("TLS")),
            "other_key": (self._kept("other_key", self._signer), [sca], _keyed_by(stranger)),
            "other_id": (self._kept("other_id", self._signer), [sca], _named(ODD_KID)),
            "broken_chain": (elsewhere, [sca], _as_it_is),
            "other_country": (abroad, [], _as_it_is),
            "self_issued": (alone, [], _as_it_is),
            "terminated": (self._kept("terminated", self._signer), [sca], _ended),
            "over": (over, [sca], _as_it_is),
            "foreign_group": (tests, [sca], _as_it_is),
        }

    def _signer(self, at: datetime | None = None, *, groups: tuple[str, ...] = ()) -> Pair:
        return new_dsc(self._country, self._pki.sca, at=at or self._at, groups=groups)

    def _kept(self, name: str, make: Callable[[], Pair]) -> Pair:
        place = self._trust.folder / self._country / "rehearsal" / name
        # list and codes may be asked for at once, and must fit each other
        with MAKING:
            return anchor_of(place, make)

    def _other(self) -> str:
        """Returns another country."""
        return "UY" if self._country != "UY" else "PE"

    def _participant(self) -> str:
        from sandbox.countries import participant_of

        return f"#{participant_of(self._country)}"


def offer_list(request: OfferRequest) -> OfferReply:
    """Serves the keys that are trusted, and entries that are not to be; raises NotFound."""
    path = request.place.removesuffix("/did.json")
    if path == request.place:
        raise NotFound("trust.no_list", where="path", asked=request.place)
    return json_reply(ground_of(request).document(host=request.host, path=path))


def offer_batches(request: OfferRequest, *, number: int) -> OfferReply:
    """Serves the list of what was taken back, and its batch (DCC Gateway 1.10.0); raises NotFound.

    Args:
        request: Who asks.
        number: Of the code that was taken back.
    """
    ground = ground_of(request)
    batch = ground.batch(number)
    id = request.place.partition("/")[2]
    if not id:
        return json_reply(listing([batch], at=request.services.clock()))
    if id != batch.id:
        raise NotFound("gateway.no_batch", where="batchId", clause=CLAUSE, found=id)
    return OfferReply(ground.signed_batch(number), "application/cms-text")


def ground_of(request: OfferRequest) -> TrustGround:
    """Returns the ground of the country of this sandbox."""
    services = request.services
    return TrustGround(services.trust(), services.country, at=services.clock())


def _as_it_is(_method: dict[str, Any]) -> dict[str, Any]:
    return {}


def _ended(_method: dict[str, Any]) -> dict[str, Any]:
    return {"status": "TERMINATED"}


def _used_as(usage: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda _: {"keyusage": {"code": f"#{usage}"}}


def _named(kid: bytes) -> Callable[[dict[str, Any]], dict[str, Any]]:
    shown = base64.b64encode(kid).decode()
    return lambda method: {
        "id": f"{method['controller']}#{shown}",
        "publicKeyJwk": {**method["publicKeyJwk"], "kid": shown},
    }


def _keyed_by(pair: Pair) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Puts the key of another into the entry, beside the certificate as it is."""
    (other,) = document_of([trusted(pair.certificate)], host="x", path="x")["verificationMethod"]
    numbers = {name: other["publicKeyJwk"][name] for name in ("x", "y")}
    return lambda method: {"publicKeyJwk": {**method["publicKeyJwk"], **numbers}}


def _changed(text: str) -> str:
    """Returns a certificate of which the content was changed behind its signature."""
    signed = zlib.decompress(base45.decode(text.removeprefix("HC1:")))
    # as long as before, so that the CBOR around it stays whole and only the signature is wrong
    return as_text(signed.replace(b"Clara", b"Carla"))


def _der(pair: Pair) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return base64.b64encode(pair.certificate.public_bytes(Encoding.DER)).decode()

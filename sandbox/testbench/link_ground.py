"""The ground on which receivers of health links are tried: a link for each way in which a link, its
files or the code around it can be right or wrong.

Nothing is kept: keys and addresses follow from the name of the inbox, which cannot be guessed, so
that a link and its files fit whenever they are got.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.certificates.links import SHLINK, sealed
from sandbox.certificates.unpacking import from_base64, to_base64url
from sandbox.errors import BadRequest, NotFound
from sandbox.fhir.json import Json, parse_json, write_json
from sandbox.testbench.inbox import OfferReply, OfferRequest, json_reply
from sandbox.testbench.link_kinds import FAMILIES, LINKS

if TYPE_CHECKING:
    from sandbox.testbench.trust_ground import TrustGround

FHIR = "application/fhir+json"
JOSE = "application/jose"
PLACE = "k"
LIFE = timedelta(days=1)
PAGE = b"<!doctype html><script>alert(1)</script><p>Clara</p>"
API = b'{"aud": "https://fhir.example", "access_token": "-", "token_type": "Bearer"}'


def order_of(inbox: str) -> tuple[str, ...]:
    """Returns in which order an inbox has the kinds of links: one that cannot be guessed from
    another's.
    """
    return tuple(sorted(LINKS, key=lambda kind: _digest(inbox, kind).hex()))


def family_of(inbox: str, kind: str) -> str:
    """Returns the family name that stands behind a link.

    Args:
        inbox: The name of the inbox.
        kind: A name of LINKS.
    """
    return FAMILIES[_digest(inbox, kind, "family")[0] % len(FAMILIES)]


def text_of_link(request: OfferRequest, kind: str, ground: TrustGround) -> str:
    """Returns the text of a link, or of the signed code that it stands in.

    Args:
        request: Who asks.
        kind: A name of LINKS.
        ground: Whose keys sign codes.
    """
    made = LINKS[kind]
    payload: dict[str, Any] = {
        "url": f"{request.base}/{PLACE}/{_token(request.inbox, kind)}",
        "key": to_base64url(_key(request.inbox, kind)[: made.key_bytes]),
        "exp": int((request.services.clock() + LIFE * made.days).timestamp()),
        **({"flag": made.flag} if made.flag else {}),
        "v": made.version,
    }
    body = to_base64url(write_json(payload))
    link = f"{made.prefix}{SHLINK}{body}"
    return ground.link_code(made.code, link) if made.code else link


def reply_at(request: OfferRequest) -> OfferReply:
    """Answers for a link and its files; raises NotFound for what is none of this inbox."""
    token, _, rest = request.place.removeprefix(f"{PLACE}/").partition("/")
    kind = next((kind for kind in LINKS if _token(request.inbox, kind) == token), "")
    is_direct = "U" in LINKS[kind].flag if kind else False
    is_asked = request.method == ("GET" if rest or is_direct else "POST")
    if not kind or not is_asked or LINKS[kind].file == "gone":
        raise NotFound("sharing.no_link", where=request.place)
    files = _files(request, kind)
    if rest or is_direct:
        number = int(rest or "0") if (rest or "0").isdecimal() else len(files)
        if number >= len(files):
            raise NotFound("sharing.no_link", where=request.place)
        return OfferReply(files[number][1].encode(), JOSE)
    _needs_recipient(request)
    rows = [
        {"contentType": content_type, "embedded": text}
        if LINKS[kind].file == "embedded"
        else {"contentType": content_type, "location": f"{request.base}/{request.place}/{index}"}
        for index, (content_type, text) in enumerate(files)
    ]
    return json_reply({"files": rows})


def _needs_recipient(request: OfferRequest) -> None:
    body = parse_json(request.body) if request.body else None
    if not isinstance(body, dict) or not str(body.get("recipient") or "").strip():
        raise BadRequest("sharing.no_recipient", where="recipient")


def _files(request: OfferRequest, kind: str) -> list[tuple[str, str]]:
    """Returns the content type and the sealed text of each file behind a link."""
    file = LINKS[kind].file
    key = _key(request.inbox, kind)
    document = write_json(_summary(request, kind))
    if file == "no_files":
        return []
    if file == "web_page":
        return [("text/html", sealed(PAGE, key, content_type="text/html"))]
    if file == "other_key":
        return [(FHIR, sealed(document, _key(request.inbox, "stranger"), content_type=FHIR))]
    text = sealed(document, key, content_type=FHIR, is_deflated=file != "not_deflated")
    if file == "changed_file":
        text = _with_other_letter(text)
    if file == "other_algorithm":
        text = _with_other_header(text)
    if file == "second_file":
        api = "application/smart-api-access"
        return [(api, sealed(API, key, content_type=api)), (FHIR, text)]
    return [(FHIR, text)]


def _with_other_letter(jwe: str) -> str:
    """Returns a file of which one letter was changed on its way."""
    head, empty, iv, secret, tag = jwe.split(".")
    middle = len(secret) // 2
    letter = "A" if secret[middle] != "A" else "B"
    return ".".join((head, empty, iv, secret[:middle] + letter + secret[middle + 1 :], tag))


def _with_other_header(jwe: str) -> str:
    """Returns a file whose header names an algorithm that links do not have."""
    head, _, rest = jwe.partition(".")
    header = {**json.loads(from_base64(head)), "enc": "A128CBC-HS256"}
    return f"{to_base64url(write_json(header))}.{rest}"


def _summary(request: OfferRequest, kind: str) -> Json:
    from sandbox.ips import SummaryOptions, assemble

    patient = {
        "resourceType": "Patient",
        "id": "receiver",
        "name": [{"use": "official", "family": family_of(request.inbox, kind), "given": ["Clara"]}],
        "gender": "female",
        "birthDate": "1984-02-29",
    }
    return assemble(patient, [], SummaryOptions(request.base, request.services.clock(), "es"))


def _token(inbox: str, kind: str) -> str:
    return to_base64url(_digest(inbox, kind, "address"))


def _key(inbox: str, kind: str) -> bytes:
    return _digest(inbox, kind, "key")


def _digest(*words: str) -> bytes:
    return hashlib.sha256("\0".join(words).encode()).digest()

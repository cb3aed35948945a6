"""What an inbox offers beside FHIR to systems that receive: a link to open, codes to judge, the
trust list.

$link              a new health link with its passcode, and as signed code      (vhl.receiver)
shl/…              the manifest and the files of that link
$certificates      four codes in an order of its own, one of them right  (trustlist.consumer)
v2/trustlist/…     the keys that are trusted
$proof             what the system, or whoever sits before it, has read
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from sandbox.api.links import links_of, trust_of
from sandbox.errors import NotFound, SandboxError
from sandbox.event.run import Run
from sandbox.fhir.json import Json, member, parse_json, write_json
from sandbox.sentences import fix_of, text_of
from sandbox.testbench.tracks.trustlist_consumer import order_of
from sandbox.web.requests import language_of

# what signs and seals is imported where it is needed: it takes a tenth of a second
if TYPE_CHECKING:
    from sandbox.certificates.issuing import Signer

Answer = tuple[int, list[tuple[str, str]], bytes]
LIFE = timedelta(days=1)
JSON = "application/json"
JOSE = "application/jose"
FAMILIES = ("Ensayo", "Práctica", "Muestra", "Simulacro", "Modelo", "Prueba", "Borrador", "Taller")
TRACKS = ("vhl.receiver", "trustlist.consumer")


def offered(request: Request, run: Run, body: bytes, *, place: str, inbox: str) -> Answer | None:
    """Returns what an inbox answers at a place by itself; None where the bundled server answers."""
    if run.track.id not in TRACKS:
        return None
    offers: dict[str, Callable[[], Answer]] = {}
    if run.track.id == "vhl.receiver":
        offers = {
            "$link": lambda: _link(request, inbox),
            "shl/": lambda: _shared(request, body, place, inbox),
        }
    else:
        offers = {
            "$certificates": lambda: _codes(request, run),
            "v2/trustlist/": lambda: _list(request, place),
        }
    chosen = next(
        (
            offer
            for name, offer in offers.items()
            if place == name or (name[-1] == "/" and place.startswith(name))
        ),
        None,
    )
    if chosen is None:
        return None
    try:
        return chosen()
    except SandboxError as error:
        return _told(error, request)


def _link(request: Request, inbox: str) -> Answer:
    """Makes a link to a summary of a person who does not exist, with a passcode."""
    from sandbox.certificates.issuing import issue
    from sandbox.certificates.links import written
    from sandbox.sharing import LinkOptions, SharedFile

    now: datetime = request.app.state.services.clock()
    passcode = f"{int(_digest(inbox)[:8], 16) % 10_000:04}"
    document = write_json(_summary(inbox, now))
    options = LinkOptions(now + LIFE, passcode, "IPS")
    made = links_of(request).share([SharedFile(document)], options, address=f"{inbox}/shl/{{id}}")
    link = written(made.link)
    signer = _signer(request, now)
    code = issue([{"u": link}], signer, at=now, ends=now + LIFE, dialect="vhl_list")
    return _json({"link": link, "passcode": passcode, "certificate": code})


def _shared(request: Request, body: bytes, place: str, inbox: str) -> Answer:
    """Answers for the link: its manifest, or a file."""
    words = place.split("/")
    if request.method == "GET" and len(words) == 3 and words[1] == "files":
        text, _ = links_of(request).file(words[2])
        return 200, [("content-type", JOSE)], text.encode()
    if request.method != "POST" or len(words) != 2:
        raise NotFound("sharing.no_link", where=place)
    asked = parse_json(body) if body else None
    recipient, passcode = (str(member(asked, name) or "") for name in ("recipient", "passcode"))
    files = links_of(request).manifest(words[1], recipient=recipient, passcode=passcode)
    told = [
        {"contentType": one.content_type, "location": f"{inbox}/shl/files/{one.token}"}
        for one in files
    ]
    return _json({"files": told})


def _codes(request: Request, run: Run) -> Answer:
    """Makes four codes: right, by an unlisted key, over, changed."""
    from sandbox.certificates.issuing import issue, signer_of
    from sandbox.trust.pki import new_pki

    now: datetime = request.app.state.services.clock()
    mine = _signer(request, now)
    unlisted = new_pki(request.app.state.services.country, at=now).dsc[0]
    other = signer_of(unlisted.certificate, unlisted.key)

    def code(number: int, signer: Signer, ends: datetime) -> str:
        at = min(now, ends - timedelta(days=1))
        return issue(_dose(number), signer, at=at, ends=ends, dialect="icvp_2025")

    made = {
        "valid": lambda number: code(number, mine, now + LIFE),
        "unlisted": lambda number: code(number, other, now + LIFE),
        "expired": lambda number: code(number, mine, now - timedelta(days=2)),
        "changed": lambda number: _changed(code(number, mine, now + LIFE)),
    }
    kinds = enumerate(order_of(run.inbox), start=1)
    return _json(
        {"codes": [{"number": number, "text": made[kind](number)} for number, kind in kinds]}
    )


def _dose(number: int) -> Json:
    """Returns a certificate's content of a person who does not exist."""
    return {
        "n": f"Clara Ensayo {number}",
        "dob": "1984-02-29",
        "nid": f"TEST-{number}",
        "ndt": "NI",
        "v": {
            "vp": "YellowFeverProduct1",
            "dt": "2026-01-02",
            "bo": f"E-{number}",
            "is": "Ensayo",
        },
    }


def _list(request: Request, place: str) -> Answer:
    """Serves the keys that are trusted, of any domain, participant and usage."""
    from sandbox.trust.documents import document_of

    _signer(request, request.app.state.services.clock())  # so that there is a key to list
    path = place.removesuffix("/did.json")
    if path == place:
        raise NotFound("trust.no_list", where="path", asked=place)
    return _json(
        document_of(
            trust_of(request).listed(), host=request.headers.get("host", "localhost"), path=path
        )
    )


def _changed(text: str) -> str:
    """Returns a certificate of which the content was changed behind its signature."""
    import zlib

    from sandbox.certificates import base45
    from sandbox.certificates.hcert import as_text

    signed = zlib.decompress(base45.decode(text.removeprefix("HC1:")))
    return as_text(signed.replace(b"Clara", b"Carla"))


def _summary(inbox: str, now: datetime) -> Json:
    from sandbox.ips import SummaryOptions, assemble

    family = FAMILIES[int(_digest(inbox)[8:16], 16) % len(FAMILIES)]
    name = {"use": "official", "family": family, "given": ["Clara"]}
    patient = {
        "resourceType": "Patient",
        "id": "receiver",
        "name": [name],
        "gender": "female",
        "birthDate": "1984-02-29",
    }
    return assemble(patient, [], SummaryOptions(inbox, now, "es"))


def _signer(request: Request, now: datetime) -> Signer:
    return trust_of(request).signer(request.app.state.services.country, at=now)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _json(content: Any, status: int = 200) -> Answer:
    return status, [("content-type", JSON)], json.dumps(content, ensure_ascii=False).encode()


def _told(error: SandboxError, request: Request) -> Answer:
    finding = error.as_finding()
    language = language_of(request)
    told: dict[str, object] = {
        "key": finding.key,
        "text": text_of(finding, language),
        "fix": fix_of(finding, language),
    }
    if "left" in finding.params:
        told["remainingAttempts"] = finding.params["left"]
    return _json(told, error.status)

"""VHL Receiver and SMART Health Link receiving application: what the system sent when it opened the
link of its inbox.

`GET $link` below the inbox gives the link, its passcode and the same as a signed code to scan.
`GET $links` gives more, each right or wrong in a way of its own (sandbox/testbench/link_ground.py);
the keys of those that are signed codes stand in `v2/trustlist/-/-/DSC/did.json`.  Whoever sits
before the system tells at the end which family name it shows of each, or that it refuses:
`GET $proof?family=…&1=…&2=refused&…`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.errors import NotFound
from sandbox.exchange import Exchange
from sandbox.fhir.json import Json, as_list, member, parse_json, write_json
from sandbox.testbench.inbox import Field, Offer, OfferReply, OfferRequest, Proof, json_reply
from sandbox.testbench.link_kinds import FAMILIES
from sandbox.testbench.link_kinds import LINKS as KINDS
from sandbox.testbench.reading import media_type, place_of, resource_in, unread
from sandbox.testbench.script import (
    Capture,
    Given,
    Script,
    Test,
    Track,
    depends_on,
    finding_at,
    nothing_there,
)
from sandbox.testbench.tracks.vhl_receiver_links import (
    CLAUSE,
    CODES_CLAUSE,
    LINKS,
    OF_CODES,
    OF_LINKS,
    PROOF,
    judges_link,
)

MANIFEST_CLAUSE = f"{CLAUSE} manifest"
FILES_CLAUSE = f"{CLAUSE} files"
LINK = Capture("GET", r"\$link", "Link", "GET /$link")
MANIFEST = Capture("POST", "shl/[^/]+", "Manifest", "POST /shl/…")
FILE = Capture("GET", "shl/files/[^/]+", "File", "GET /shl/files/…")
KEY_LETTERS = 43
LIFE = timedelta(days=1)  # of the link that is offered


def asks_by_post(given: Given) -> Script:
    """The manifest is asked for by POST with JSON (VHR-01)."""
    sent = yield MANIFEST
    kind = _request_header(sent, "content-type")
    if media_type(kind) != "application/json":
        yield finding_at(
            "vhl_receiver.not_json",
            "error",
            "Content-Type",
            MANIFEST_CLAUSE,
            expected="application/json",
            found=kind or "–",
        )
    broken = unread(sent.request_body)
    if broken is not None:
        yield broken
    elif not isinstance(resource_in(sent.request_body), dict):
        yield finding_at(
            "vhl_receiver.no_object",
            "error",
            "body",
            MANIFEST_CLAUSE,
            expected="{recipient, passcode}",
        )


def says_who(given: Given) -> Script:
    """The request says who asks (VHR-02)."""
    sent = yield MANIFEST
    if resource_in(sent.request_body) is None:
        yield depends_on("VHR-01")
        return
    recipient = member(resource_in(sent.request_body), "recipient")
    if not isinstance(recipient, str) or not recipient.strip():
        yield finding_at(
            "vhl_receiver.nobody",
            "error",
            "recipient",
            MANIFEST_CLAUSE,
            found=str(recipient or "–")[:40],
        )


def gives_passcode(given: Given) -> Script:
    """The passcode stands in the body, is right, and nowhere in the address (VHR-03)."""
    sent = yield MANIFEST
    if resource_in(sent.request_body) is None:
        yield depends_on("VHR-01")
    elif member(resource_in(sent.request_body), "passcode") is None:
        yield finding_at("vhl_receiver.no_passcode", "error", "passcode", MANIFEST_CLAUSE)
    elif sent.status == 401:
        yield finding_at(
            "vhl_receiver.wrong_passcode", "error", "passcode", MANIFEST_CLAUSE, found="401"
        )
    elif sent.status != 200:
        yield finding_at(
            "vhl_receiver.not_answered",
            "error",
            "status",
            MANIFEST_CLAUSE,
            expected="200",
            found=str(sent.status),
        )
    if "passcode" in parse_qs(urlsplit(sent.url).query, keep_blank_values=True):
        yield finding_at("vhl_receiver.passcode_in_address", "error", "url", MANIFEST_CLAUSE)


def fetches_files(given: Given) -> Script:
    """The file is fetched from the address in the manifest, once (VHR-04)."""
    asked = yield MANIFEST
    sent = yield FILE
    places = _locations_in(asked)
    if sent.url.partition("?")[0] not in places:
        # not the newest manifest: who has read the file may ask for it anew
        place = place_of(sent).partition("?")[0]
        places |= _locations_in((yield replace(MANIFEST, names=place, otherwise=MANIFEST)))
    if not places:
        yield depends_on("VHR-03")
    elif sent.url.partition("?")[0] not in places:
        yield finding_at(
            "vhl_receiver.other_address",
            "warning",
            "location",
            FILES_CLAUSE,
            expected=", ".join(sorted(places))[:120],
            found=sent.url,
        )
    # a location serves once; the second fetch is the client's fault and not the server's
    elif sent.status == 404:
        yield finding_at(
            "vhl_receiver.fetched_again", "warning", "location", FILES_CLAUSE, found="404"
        )


def _locations_in(manifest: Exchange) -> set[str]:
    return {str(member(file, "location")) for file in as_list(member(manifest.json, "files"))}


def keeps_key(given: Given) -> Script:
    """The key of the link is sent to nobody (VHR-05)."""
    made = yield LINK
    key = _key_of(made)
    if not key:
        yield nothing_there()
        return
    # the key decrypts what the server holds: sent to it, even once, it protects from nobody
    for capture in (MANIFEST, FILE):
        sent = yield capture
        headers = "\n".join(value for _, value in sent.request_headers)
        if any(
            key in unquote(text)
            for text in (sent.url, headers, sent.request_body.decode("utf-8", "replace"))
        ):
            yield finding_at(
                "vhl_receiver.key_sent",
                "error",
                "key",
                f"{CLAUSE} payload",
                found=f"{sent.method} {urlsplit(sent.url).path}"[:80],
            )


def reads_content(given: Given) -> Script:
    """Whoever looks at it reads the name in the document: the file was opened (VHR-06)."""
    from sandbox.certificates.links import NotOpened, opened, read_link

    made = yield LINK
    sent = yield FILE
    proof = yield PROOF
    link = read_link(str(member(made.json, "link") or ""))[1]
    if link is None or sent.status != 200:
        yield nothing_there()
        return
    try:
        document = resource_in(opened(sent.body.decode("ascii", "replace"), link.key)[0])
    except NotOpened:
        yield nothing_there()
        return
    expected = _family(document)
    family = (parse_qs(urlsplit(proof.url).query).get("family") or ["–"])[0].strip()
    if family.casefold() != expected.casefold():
        yield finding_at("vhl_receiver.other_name", "error", "family", FILES_CLAUSE, found=family)


def offer_links(request: OfferRequest) -> OfferReply:
    """Makes a link of each kind, in the order of this inbox."""
    from sandbox.testbench.link_ground import order_of, text_of_link
    from sandbox.testbench.trust_ground import ground_of

    ground = ground_of(request)
    links = [
        {"number": number, "text": text_of_link(request, kind, ground)}
        for number, kind in enumerate(order_of(request.inbox), start=1)
    ]
    return json_reply({"links": links})


def offer_what_is_behind(request: OfferRequest) -> OfferReply:
    """Answers for the links of `$links`; raises NotFound."""
    from sandbox.testbench.link_ground import reply_at

    return reply_at(request)


def offer_list(request: OfferRequest) -> OfferReply:
    """Serves the keys by which signed codes are judged; raises NotFound."""
    from sandbox.testbench.trust_ground import offer_list as offer

    return offer(request)


def offer_link(request: OfferRequest) -> OfferReply:
    """Makes a link to a summary of a person who does not exist, with a passcode."""
    from sandbox.certificates.issuing import issue
    from sandbox.certificates.links import written
    from sandbox.sharing import LinkOptions, SharedFile

    services = request.services
    now = services.clock()
    # of the address, so that it is the same whenever the link is asked for, and another in each run
    passcode = f"{int(_digest(request.base)[:8], 16) % 10_000:04}"
    document = SharedFile(write_json(_summary(request)))
    options = LinkOptions(now + LIFE, passcode, "IPS")
    made = services.links().share([document], options, address=f"{request.base}/shl/{{id}}")
    link = written(made.link)
    signer = services.trust().signer(services.country, at=now)
    code = issue([{"u": link}], signer, at=now, ends=now + LIFE, dialect="vhl_list")
    return json_reply({"link": link, "passcode": passcode, "certificate": code})


def offer_manifest(request: OfferRequest) -> OfferReply:
    """Answers for the link with its manifest; raises NotFound, Unauthorized for the passcode."""
    if request.method != "POST":
        raise NotFound("sharing.no_link", where=request.place)
    body = parse_json(request.body) if request.body else None
    files = request.services.links().manifest(
        request.place.removeprefix("shl/"),
        recipient=str(member(body, "recipient") or ""),
        passcode=str(member(body, "passcode") or ""),
    )
    rows = [
        {"contentType": file.content_type, "location": f"{request.base}/shl/files/{file.token}"}
        for file in files
    ]
    return json_reply({"files": rows})


def offer_file(request: OfferRequest) -> OfferReply:
    """Answers with a file of a manifest, sealed; raises NotFound when it is fetched again."""
    if request.method != "GET":
        raise NotFound("sharing.no_link", where=request.place)
    sealed, _ = request.services.links().file(request.place.removeprefix("shl/files/"))
    return OfferReply(sealed.encode(), "application/jose")


def _summary(request: OfferRequest) -> Json:
    from sandbox.ips import SummaryOptions, assemble

    # another name in each inbox: whoever proves that it was read must have read this one
    family = FAMILIES[int(_digest(request.base)[8:16], 16) % len(FAMILIES)]
    patient = {
        "resourceType": "Patient",
        "id": "receiver",
        "name": [{"use": "official", "family": family, "given": ["Clara"]}],
        "gender": "female",
        "birthDate": "1984-02-29",
    }
    return assemble(patient, [], SummaryOptions(request.base, request.services.clock(), "es"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _family(document: Any) -> str:
    for entry in as_list(member(document, "entry")):
        resource = member(entry, "resource")
        if member(resource, "resourceType") == "Patient":
            return str(member(next(iter(as_list(resource.get("name"))), None), "family") or "")
    return ""


def _key_of(made: Exchange) -> str:
    from sandbox.certificates.unpacking import from_base64

    link = str(member(made.json, "link") or "")
    try:
        payload = json.loads(from_base64(link.rpartition("/")[2]))
    except ValueError:
        return ""
    key = str(member(payload, "key") or "")
    return key if len(key) == KEY_LETTERS else ""


def _request_header(sent: Exchange, name: str) -> str:
    return next((value for key, value in sent.request_headers if key.lower() == name), "")


def _test(number: str, script: Callable[[Given], Script], clause: str, name: str = "") -> Test:
    return Test(
        f"vhl.receiver.{name or getattr(script, '__name__', '')}", number, clause, script, "07"
    )


def _judged(number: str, name: str) -> Test:
    kind = name.partition("_")[2]  # behind `shows` or `refuses`
    clause = CODES_CLAUSE if KINDS[kind].code else CLAUSE
    return _test(number, partial(judges_link, kind=kind), clause, name)


TESTS = (
    _test("VHR-01", asks_by_post, MANIFEST_CLAUSE),
    _test("VHR-02", says_who, MANIFEST_CLAUSE),
    _test("VHR-03", gives_passcode, MANIFEST_CLAUSE),
    _test("VHR-04", fetches_files, FILES_CLAUSE),
    _test("VHR-05", keeps_key, f"{CLAUSE} payload"),
    _test("VHR-06", reads_content, FILES_CLAUSE),
    _judged(OF_LINKS, "shows_plain"),
    _judged("VHR-08", "shows_viewer"),
    _judged("VHR-09", "shows_direct"),
    _judged("VHR-10", "shows_long_lasting"),
    _judged("VHR-11", "shows_embedded"),
    _judged("VHR-12", "shows_not_deflated"),
    _judged("VHR-13", "shows_second_file"),
    _judged(OF_CODES, "shows_signed"),
    _judged("VHR-15", "refuses_over"),
    _judged("VHR-16", "refuses_gone"),
    _judged("VHR-17", "refuses_both_flags"),
    _judged("VHR-18", "refuses_later_version"),
    _judged("VHR-19", "refuses_short_key"),
    _judged("VHR-20", "refuses_no_files"),
    _judged("VHR-21", "refuses_other_key"),
    _judged("VHR-22", "refuses_changed_file"),
    _judged("VHR-23", "refuses_other_algorithm"),
    _judged("VHR-24", "refuses_web_page"),
    _judged("VHR-25", "refuses_unlisted_code"),
    _judged("VHR-26", "refuses_authority_code"),
    _judged("VHR-27", "refuses_terminated_code"),
    _judged("VHR-28", "refuses_over_code"),
    _judged("VHR-29", "refuses_changed_code"),
)
TRACK = Track(
    "vhl.receiver",
    "vhl_receiver",
    TESTS,
    actor="vhl-receiver",
    awaits=(LINK, MANIFEST, FILE, LINKS, PROOF),
    offers=(
        Offer(LINK.place, offer_link, "$link"),
        Offer(LINKS.place, offer_links, "$links"),
        Offer("v2/trustlist/.*", offer_list, "v2/trustlist/-/-/DSC/did.json"),
        Offer("k/.*", offer_what_is_behind),
        Offer(FILE.place, offer_file),
        Offer(MANIFEST.place, offer_manifest),
    ),
    proofs=(
        Proof(
            (
                Field("family", "vhl_receiver.family"),
                *(Field(str(number)) for number in range(1, len(KINDS) + 1)),
            )
        ),
    ),
)

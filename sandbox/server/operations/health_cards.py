"""`Patient/ID/$health-cards-issue`: SMART Health Cards of a patient's vaccinations and laboratory
results (SMART Health Cards 1.4, $health-cards-issue).

A wallet that asks for what nobody has gets Parameters without any; what cannot be understood is
refused, since cards that leave a wish out would be taken for what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sandbox.errors import InvalidResource, NotImplementedHere
from sandbox.fhir.dates import interval_of
from sandbox.fhir.json import Json, parse_json
from sandbox.server.call import Call, Reply, Services
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import Input, parameters_reply, part, read_input
from sandbox.server.operation_types import Types
from sandbox.server.operations.everything import read_record
from sandbox.server.registry import interaction
from sandbox.server.terms import terminology_at_hand
from sandbox.workers import JUDGING

if TYPE_CHECKING:  # what signs is loaded with the first card
    from sandbox.certificates.shc_making import CardContent, Choice

CLAUSE = "SMART Health Cards 1.4 $health-cards-issue"
NAME = "health-cards-issue"
# FHIR bases stand below the address of the server, which is the issuer
SPACE = re.compile(r"(/t/[^/]+)?/fhir\Z")
TAKES: Types = {
    "credentialType": "text",
    "credentialValueSet": "text",
    "includeIdentityClaim": "text",
    "_since": "moment",
}


@interaction(
    NAME, "POST", "Patient/{id}/$health-cards-issue", level="operation", affects_state=True
)
def issue_health_cards(call: Call, services: Services) -> Reply:
    """Returns the cards of a patient that have every type asked for, each with where its resources
    stand here.
    """
    from sandbox.certificates.shc_making import KINDS, Record, contents_of
    from sandbox.trust.cards import issue_cards, issuer_address

    if services.trust is None:
        raise NotImplementedHere("trust.no_signer", where=f"${NAME}", clause=CLAUSE)
    given = read_input(call, TAKES)
    choice = _choice(given)
    body = read(Call(call.base, call.language, "Patient", call.id), services).body
    patient: Json = parse_json(body) if isinstance(body, bytes) else {}
    rows = read_record(call.id, services, types=set(KINDS))
    names = frozenset({f"Patient/{call.id}", f"{call.base}/Patient/{call.id}"})
    record = Record(patient, names, [parse_json(row.body) for row in rows if row.body])
    contents = _of_value_sets(contents_of(record, choice), given, services)
    trust = services.trust()
    issuer = issuer_address(SPACE.sub("", call.base))
    cards = services.workers.run(
        JUDGING, issue_cards, contents, trust.folder, issuer, services.clock()
    )
    if cards:
        trust.keep_issued(*(card.handle for card in cards))
    credentials = [part("verifiableCredential", "String", card.jws) for card in cards]
    if not cards:
        return Reply(200, {"resourceType": "Parameters"})
    return parameters_reply(*credentials, *_links(contents, call.base))


def _choice(given: Input) -> Choice:
    """Reads what is asked for.

    Raises:
        InvalidResource: No type is asked for, or an element of no identity, or since no moment.
    """
    from sandbox.certificates.shc_making import IDENTITY, NEEDED_IDENTITY, Choice, card_type

    given.needed("credentialType")
    types = frozenset(card_type(str(name)) for name in given.values["credentialType"])
    claims = [str(claim) for claim in given.values.get("includeIdentityClaim", [])]
    for claim in claims:
        if claim.removeprefix("Patient.") not in IDENTITY:
            wanted = ", ".join(f"Patient.{name}" for name in IDENTITY)
            found = claim[:80]
            where = "includeIdentityClaim"
            raise InvalidResource(
                "certificates.no_claim", where=where, clause=CLAUSE, found=found, expected=wanted
            )
    identity = tuple(claim.removeprefix("Patient.") for claim in claims) or NEEDED_IDENTITY
    # '+' of a zone arrives as a blank
    since = interval_of(given.text("_since").replace(" ", "+"))
    return Choice(identity, since[0] if since else None, types)


def _of_value_sets(
    contents: Sequence[CardContent], given: Input, services: Services
) -> list[CardContent]:
    """Returns the cards with content from all the value sets that are asked for.

    Raises:
        InvalidResource: A value set is not at hand: nobody can tell what is in it.
    """
    from sandbox.certificates.shc_making import codes_of_content

    urls = [str(url) for url in given.values.get("credentialValueSet", [])]
    if not urls:
        return list(contents)
    terminology = terminology_at_hand(services)
    for url in urls:
        if terminology.definitions.value_set(url) is None:
            raise InvalidResource(
                "certificates.no_value_set", where="credentialValueSet", clause=CLAUSE, found=url
            )
    return [
        content
        for content in contents
        if all(
            any(terminology.is_member(url, *code) for code in codes_of_content(content))
            for url in urls
        )
    ]


def _links(contents: Sequence[CardContent], base: str) -> list[Json]:
    """Returns which resource here each one on a card is (`resourceLink`)."""
    links: list[Json] = []
    for index, content in enumerate(contents):
        for number, source in enumerate(content.sources):
            place = f"{base}/{source['resourceType']}/{source['id']}"
            parts: list[Json] = [
                {"name": "vcIndex", "valueInteger": index},
                {"name": "bundledResource", "valueUri": f"resource:{number}"},
                {"name": "hostedResource", "valueUri": place},
            ]
            links.append({"name": "resourceLink", "part": parts})
    return links

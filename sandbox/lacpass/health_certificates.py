"""WHO's operations for health certificates: generate, folder, revoke (DDCC 1.0.0 transactions).

What generates stores and registers too: document, DocumentReference and folder are there when it
answers (ITI-65).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.errors import InvalidResource, NotFound, NotImplementedHere
from sandbox.fhir.json import Json, as_list, member, parse_json
from sandbox.lacpass.signing import CLAUSE, Issuer, Source, handles_of, signed
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import find_matches
from sandbox.server.interactions.bundles import process_bundle
from sandbox.server.interactions.changing import create, delete, update
from sandbox.server.interactions.reading import read
from sandbox.server.operation_input import Input, parameters_reply, part, read_input
from sandbox.server.registry import interaction
from sandbox.server.search.escaping import escape
from sandbox.store.resources import Version
from sandbox.workers import DECODING

REVOKE = "DDCC 1.0.0 revokeHealthCertificate"
FOLDER = "DDCC 1.0.0 generateHealthFolder"
MOST = 200  # documents of one certificate
DOCUMENT = 1  # its place among the entries of a registration


@interaction(
    "generateHealthCertificate",
    "POST",
    "QuestionnaireResponse/$generateHealthCertificate",
    level="operation",
    affects_state=True,
)
def generate_of_response(call: Call, services: Services) -> Reply:
    """Returns the signed document of a QuestionnaireResponse, given as `response` or as the
    body.
    """
    return generate(call, services)


@interaction(
    "generateHealthCertificate",
    "POST",
    "Bundle/$generateHealthCertificate",
    level="operation",
    affects_state=True,
)
def generate_of_summary(call: Call, services: Services) -> Reply:
    """Returns the same of a summary; `immunizationId` chooses the dose, `organizationId` who
    issues.
    """
    return generate(call, services)


def generate(call: Call, services: Services) -> Reply:
    """Answers with the certificate of a QuestionnaireResponse or of a summary, whichever is given.

    Raises:
        InvalidResource: Neither is given.
        NotImplementedHere: The sandbox has no keys to sign with.
    """
    given = read_input(call)
    source = given.first("response") or given.first("resource")
    if not isinstance(source, dict):
        raise InvalidResource(
            "server.operation_needs", where="response", clause=CLAUSE, name="response"
        )
    return stored_certificate(source_of(source, given), call, services)


def source_of(resource: Json, given: Input, *, form: str = "ddcc_vs") -> Source:
    """Returns what a certificate is made of.

    Args:
        resource: A QuestionnaireResponse, or a summary.
        given: What the operation was called with: `immunizationId` chooses the dose of a summary,
            `organizationId` who issues.
        form: The name of the form for a dose of a summary (WHO DDCC).
    """
    return Source(resource, form, given.text("immunizationId"), given.text("organizationId"))


def stored_certificate(source: Source, call: Call, services: Services) -> Reply:
    """Has a certificate made and signed, stores and registers it in one transaction, and returns
    it.

    Raises:
        InvalidResource: What it is to be made of lacks something.
        NotFinished: Reading that took more than its budget.
        NotImplementedHere: The sandbox has no keys to sign with.
    """
    if services.trust is None:
        raise NotImplementedHere(
            "trust.no_signer", where="$generateHealthCertificate", clause=CLAUSE
        )
    now = services.clock()
    trust = services.trust()
    trust.signer(services.country, at=now)  # here, since a worker has no audit log to tell of a PKI
    issuer = Issuer(trust.folder, services.country, call.base)
    made = services.workers.run(DECODING, signed, source, issuer, now)
    with services.store.writing():
        reply = process_bundle(_calling(call, made.submission), services)
        places = [_place(entry) for entry in as_list(member(reply.body, "entry"))]
        stored = read(
            _calling(call, {"id": places[DOCUMENT].rpartition("/")[2]}, type="Bundle"), services
        )
        # last, and inside the transaction: what was not stored was not issued
        trust.keep_issued(*made.handles)
    return Reply(
        201, stored.body, {"Content-Location": f"{call.base}/{places[DOCUMENT]}/_history/1"}
    )


@interaction(
    "generateHealthFolder",
    "POST",
    "Bundle/$generateHealthFolder",
    level="operation",
    affects_state=True,
)
def folder(call: Call, services: Services) -> Reply:
    """Stores and returns a folder of the given certificates: a List of their DocumentReferences.

    Raises:
        InvalidResource: No document is given.
        NotFound: A document is not registered here.
    """
    from sandbox.ddcc.certifying import folder_of

    given = read_input(call)
    documents = [*given.values.get("bundle", ()), *given.values.get("resource", ())]
    if not documents:
        raise InvalidResource(
            "server.operation_needs", where="bundle", clause=FOLDER, name="bundle"
        )
    references: list[Json] = []
    for document in documents:
        hcid = str(member(member(document, "identifier"), "value") or "")
        about = _registered(hcid, call, services) if hcid else []
        if not about:
            raise NotFound("ddcc.not_registered", where="bundle", clause=FOLDER, found=hcid or "–")
        references += about
    return create(
        _calling(call, folder_of(references, now=services.clock()), type="List"), services
    )


@interaction(
    "revokeHealthCertificate",
    "POST",
    "Bundle/$revokeHealthCertificate",
    level="operation",
    affects_state=True,
)
def revoke(call: Call, services: Services) -> Reply:
    """Takes back the certificate whose HCID is given as `id`: true, or 404 where none is
    registered.
    """
    return _revoked(str(read_input(call).needed("id")), call, services)


@interaction(
    "revokeHealthCertificate",
    "POST",
    "Bundle/{id}/$revokeHealthCertificate",
    level="operation",
    affects_state=True,
)
def revoke_document(call: Call, services: Services) -> Reply:
    """Takes back the certificate whose document has this id."""
    # Without headers: a conditional read could answer 304, with no document to read.
    document = parse_json(read(replace(call, headers={}), services).body or b"{}")  # type: ignore[arg-type]
    return _revoked(str(member(member(document, "identifier"), "value") or ""), call, services)


def _revoked(hcid: str, call: Call, services: Services) -> Reply:
    """Marks what is registered as entered in error, empties folders, deletes documents, and revokes
    the codes.
    """
    about = _registered(hcid, call, services) if hcid else []
    if not about or services.trust is None:
        raise NotFound("ddcc.not_registered", where="id", clause=REVOKE, found=hcid or "–")
    names = {f"DocumentReference/{reference['id']}" for reference in about}
    documents = _documents(hcid, call, services)
    handles = [
        services.workers.run(DECODING, handles_of, row.body) for row in documents if row.body
    ]
    with services.store.writing():
        for reference in about:
            update(
                _calling(
                    call, {**reference, "status": "entered-in-error"}, type="DocumentReference"
                ),
                services,
            )
        for name in names:
            for row in find_matches(
                "List", (("item", name), ("code", "folder")), call, services, count=MOST
            ):
                _empty(parse_json(row.body or b"{}"), names, call, services)
        for row in documents:
            delete(
                replace(call, type="Bundle", id=row.id, query=(), headers={}, body=None), services
            )
        # Last, and inside the transaction: if it fails, nothing stored claims to be revoked.
        services.trust().revocations.revoke(hcid, *frozenset().union(*handles))
    return parameters_reply(part("return", "Boolean", True))


def _empty(folder: Json, names: set[str], call: Call, services: Services) -> None:
    """Takes what is revoked out of a folder."""
    kept = [entry for entry in as_list(folder.get("entry")) if _within(entry) not in names]
    left = {name: value for name, value in folder.items() if name != "entry"}
    update(_calling(call, {**left, **({"entry": kept} if kept else {})}, type="List"), services)


def _within(entry: Any) -> str:
    return "/".join(str(member(member(entry, "item"), "reference")).split("/")[-2:])


def _registered(hcid: str, call: Call, services: Services) -> list[Json]:
    """Returns the current DocumentReferences of a certificate."""
    from sandbox.ddcc.document import publication_of

    query = (("identifier", escape(publication_of(hcid))), ("status", "current"))
    rows = find_matches("DocumentReference", query, call, services, count=MOST)
    return [parse_json(row.body) for row in rows if row.body]


def _documents(hcid: str, call: Call, services: Services) -> list[Version]:
    return find_matches("Bundle", (("identifier", escape(hcid)),), call, services, count=MOST)


def _calling(call: Call, body: Json, *, type: str = "") -> Call:
    return replace(
        call, type=type, id=str(body.get("id", "")) if type else "", query=(), headers={}, body=body
    )


def _place(entry: Any) -> str:
    """Returns `Type/id` of what an entry of a response stored."""
    location = str(member(member(entry, "response"), "location") or "")
    return "/".join(location.partition("/_history/")[0].split("/")[-2:])

"""create, update (also as create) and delete, each also conditional (FHIR R4 http.html#create,
#update, #delete).
"""

from __future__ import annotations

from dataclasses import replace

from sandbox.clock import fhir_instant
from sandbox.errors import BadRequest, InvalidResource
from sandbox.fhir.dates import milliseconds_of, moment_of
from sandbox.server.call import Call, Reply, Services
from sandbox.server.conditions import Query, check_preconditions, find_matches, find_one, read_query
from sandbox.server.preferences import preference
from sandbox.server.registry import interaction
from sandbox.server.writing import check_resource, store_version, version_headers
from sandbox.store.resources import SearchValues, Version

UPDATE = "FHIR R4 http.html#update"
# They are deleted under one write lock.
MOST_DELETED = 100
# Any interaction may carry these; they are not a condition.
FORMATS = ("_format", "_pretty")


@interaction("create", "POST", "{type}")
def create(call: Call, services: Services) -> Reply:
    """Stores a new resource under an id that the server chooses.

    With If-None-Exist it is stored only where nothing matches (FHIR R4 http.html#ccreate).

    Raises:
        BadRequest: The URL has a query, and the client did not ask for leniency.
        InvalidResource: The body is not a resource of the type in the URL.
        PreconditionFailed: Several resources match the condition.
    """
    resource = check_resource(call.body, call.type)
    with services.store.writing():
        condition = _condition(call)
        if condition is not None:
            match = find_one(call.type, condition, call, services)
            if match is not None:
                return existing(match, call)
        # a transaction chose the id before it rewrote the references
        new_id = call.id or services.new_id()
        return store_version(resource, call, services, id=new_id, version=1, method="POST")


def _condition(call: Call) -> Query | None:
    """Returns the condition of a create: If-None-Exist, or, where the client asks for leniency, the
    query of the URL.

    FHIR knows the header alone; some clients (fhirpy) write it as their server takes it, behind the
    address.
    """
    header = call.headers.get("if-none-exist")
    if header is not None:
        return read_query(header)
    asked = tuple(pair for pair in call.query if pair[0] not in FORMATS)
    if not asked:
        return None
    if preference(call.headers, "handling") == "lenient":
        return asked
    raise BadRequest(
        "server.create_query",
        where=asked[0][0],
        clause="FHIR R4 http.html#ccreate",
        name=asked[0][0],
    )


@interaction("update", "PUT", "{type}/{id}")
def update(call: Call, services: Services) -> Reply:
    """Stores the next version, or the first one under an id that the client chose.

    Raises:
        InvalidResource: The id in the body is missing, or is not that of the URL.
        PreconditionFailed: If-Match names another version than the current one.
    """
    resource = check_resource(call.body, call.type)
    if "id" not in resource:
        raise InvalidResource("server.no_id", where=f"{call.type}.id", clause=UPDATE, id=call.id)
    if resource["id"] != call.id:
        raise InvalidResource(
            "server.other_id",
            where=f"{call.type}.id",
            clause=UPDATE,
            found=resource["id"],
            expected=call.id,
        )
    with services.store.writing():
        current = services.store.read(call.type, call.id)
        check_preconditions(call, current)
        version = current.version + 1 if current else 1
        return store_version(resource, call, services, id=call.id, version=version, method="PUT")


@interaction("update", "PUT", "{type}", level="conditional")
def update_conditionally(call: Call, services: Services) -> Reply:
    """Updates the one resource that the query means, or creates it (FHIR R4 http.html#cond-update).

    Raises:
        InvalidResource: The body has another id than the resource that was found.
        PreconditionFailed: Several resources match.
    """
    resource = check_resource(call.body, call.type)
    with services.store.writing():
        match = find_one(call.type, call.query, call, services)
        own = resource.get("id")
        if match is not None and own is not None and own != match.id:
            raise InvalidResource(
                "server.other_id",
                where=f"{call.type}.id",
                clause=UPDATE,
                found=own,
                expected=match.id,
            )
        # `call.id`: a transaction chose it before it rewrote the references.
        id = match.id if match else own or call.id or services.new_id()
        return update(replace(call, id=id, body={**resource, "id": id}), services)


@interaction("delete", "DELETE", "{type}/{id}")
def delete(call: Call, services: Services) -> Reply:
    """Marks the resource as deleted; its history stays.  Deleting what is not there is no error."""
    with services.store.writing():
        current = services.store.read(call.type, call.id)
        check_preconditions(call, current)
        if current is None or current.body is None:
            return Reply(204)
        now = services.clock()
        gone = Version(
            call.type, call.id, current.version + 1, milliseconds_of(now), "DELETE", None
        )
        services.store.write(gone, SearchValues())
        return Reply(204, None, version_headers(gone.version, now=fhir_instant(now)))


@interaction("delete", "DELETE", "{type}", level="conditional")
def delete_conditionally(call: Call, services: Services) -> Reply:
    """Deletes every resource that the query means (FHIR R4 http.html#3.1.0.7.1).

    Raises:
        InvalidResource: More than MOST_DELETED match; nothing is deleted then.
        InvalidSearch: The query has no criteria.
    """
    with services.store.writing():
        for match in to_delete(call, services):
            delete(replace(call, id=match.id, query=()), services)
    return Reply(204)


def to_delete(call: Call, services: Services) -> list[Version]:
    """Returns every resource that a conditional delete means.

    Raises:
        InvalidResource: More than MOST_DELETED match.
        InvalidSearch: The query has no criteria.
    """
    matches = find_matches(call.type, call.query, call, services, count=MOST_DELETED + 1)
    if len(matches) > MOST_DELETED:
        raise InvalidResource(
            "server.too_many_matches", where=call.type, clause=UPDATE, limit=MOST_DELETED
        )
    return matches


def existing(stored: Version, call: Call) -> Reply:
    """Returns the reply of a conditional create that found its resource: 200 with what is there."""
    headers = version_headers(stored.version, now=fhir_instant(moment_of(stored.updated)))
    headers["Location"] = f"{call.base}/{stored.type}/{stored.id}/_history/{stored.version}"
    return Reply(200, stored.body, headers)

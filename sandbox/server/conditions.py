"""What conditional interactions ask first: which resource is meant, and has it changed (FHIR R4
http.html#cond).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from sandbox.errors import BadRequest, InvalidSearch, PreconditionFailed
from sandbox.server.call import Call, Services
from sandbox.server.search.query import CONTROLS, parse_search
from sandbox.server.terms import scope_of
from sandbox.store.resources import PageRequest, Version

CONCURRENCY = "FHIR R4 http.html#concurrency"
ETAG = re.compile(r'^(?:W/)?"?([^"]+)"?$')
Query = tuple[tuple[str, str], ...]


def read_query(text: str) -> Query:
    """Returns the parameters of an If-None-Exist header or of the part behind `?` in a URL."""
    return tuple(parse_qsl(text.partition("?")[2] if "?" in text else text, keep_blank_values=True))


def find_matches(
    type: str, query: Query, call: Call, services: Services, *, count: int = 2
) -> list[Version]:
    """Returns the resources that a query means, at most `count` of them.

    Raises:
        InvalidSearch: The query has no criteria, or one that cannot be read.
    """
    asked = [pair for pair in query if pair[0].partition(":")[0] not in CONTROLS]
    # Without criteria a conditional delete would mean every resource of the type.
    if not asked:
        raise InvalidSearch(
            "server.no_criteria", where=f"{type}?", clause="FHIR R4 http.html#cond", type=type
        )
    criteria = parse_search(type, tuple(asked), scope_of(call, services))
    return list(
        services.store.search(type, criteria, PageRequest(count=count, is_counted=False)).rows
    )


def find_one(type: str, query: Query, call: Call, services: Services) -> Version | None:
    """Returns the one resource that a query means, or None where none matches.

    Raises:
        InvalidSearch: The query has no criteria, or one that cannot be read.
        PreconditionFailed: Several resources match (FHIR R4 http.html#cond).
    """
    # Two rows are enough to tell one match from several.
    matches = find_matches(type, query, call, services)
    if len(matches) > 1:
        text = "&".join(f"{name}={value}" for name, value in query)
        raise PreconditionFailed(
            "server.several", where=type, clause="FHIR R4 http.html#cond", query=f"{type}?{text}"
        )
    return matches[0] if matches else None


def check_preconditions(call: Call, current: Version | None) -> None:
    """Guards a change by the version that the client knows (FHIR R4 http.html#concurrency).

    Raises:
        BadRequest: If-Match or If-None-Match is not an ETag.
        PreconditionFailed: The current version is another one, or there is one or none against
            what the client says.
    """
    _check_if_none_match(call, current)
    wanted = call.headers.get("if-match")
    if wanted is None or wanted == "*":
        return
    tag = ETAG.match(wanted.strip())
    if tag is None:
        raise BadRequest("server.bad_etag", where="If-Match", clause=CONCURRENCY, value=wanted)
    have = str(current.version) if current else "0"
    if tag[1] != have:
        raise PreconditionFailed(
            "server.stale" if current else "server.stale_absent",
            where="If-Match",
            clause=CONCURRENCY,
            wanted=tag[1],
            have=have,
            place=f"{call.type}/{call.id}",
        )


def _check_if_none_match(call: Call, current: Version | None) -> None:
    """Raises PreconditionFailed where a change is not to meet what is there: any version for `*`
    (RFC 9110 13.1.2).
    """
    tags = call.headers.get("if-none-match")
    if tags is None or current is None or current.body is None:
        return
    versions = [match[1] for tag in tags.split(",") if (match := ETAG.match(tag.strip()))]
    if "*" in versions or str(current.version) in versions:
        raise PreconditionFailed(
            "server.already_there",
            where="If-None-Match",
            clause="RFC 9110 13.1.2",
            place=f"{call.type}/{call.id}",
            have=current.version,
        )


def is_unchanged(call: Call, version: int, updated: datetime) -> bool:
    """Tells whether a reader has this version already: If-None-Match, else If-Modified-Since
    (http.html#cread).
    """
    tags = call.headers.get("if-none-match")
    # If-Modified-Since must be ignored when both are sent (RFC 9110 13.1.3).
    if tags is not None:
        versions = [match[1] for tag in tags.split(",") if (match := ETAG.match(tag.strip()))]
        return "*" in versions or str(version) in versions
    since = call.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        moment = parsedate_to_datetime(since)
    except ValueError:
        raise BadRequest(
            "server.bad_http_date", where="If-Modified-Since", clause="RFC 9110 5.6.7", value=since
        ) from None
    # A date without a zone, or with -0000, parses as naive; HTTP dates are GMT (RFC 9110 5.6.7).
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    # HTTP dates have no fractions of a second; ours would make what was just read look newer.
    return updated.replace(microsecond=0) <= moment

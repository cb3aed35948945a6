"""The HTTP edge of the FHIR server: bytes in, Call, Reply, bytes out.  Only here do errors become
replies.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache, partial
from urllib.parse import urlencode

from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.errors import SandboxError, TooCostly, UnsupportedMediaType
from sandbox.fhir.outcome import operation_outcome
from sandbox.findings import Finding
from sandbox.i18n import Language, choose_language
from sandbox.ids import random_id
from sandbox.server import interactions, operations  # noqa: F401  (registers what the server does)
from sandbox.server.binaries import is_raw, unwrap, wrap
from sandbox.server.call import AuditRecord, Call, Reply, Services
from sandbox.server.formats import (
    CLAUSE,
    FORM,
    ReplyFormat,
    media_type,
    read_reply_format,
    read_resource,
    refuse_unreadable,
    write_resource,
)
from sandbox.server.incoming import Incoming, read_incoming
from sandbox.server.partitions import Tenants
from sandbox.server.preferences import preference
from sandbox.server.registry import Match, route
from sandbox.settings import Settings
from sandbox.terminology.ucum import UCUM
from sandbox.threads import in_thread
from sandbox.web.crowding import refuse_crowded
from sandbox.web.replies import headers_of
from sandbox.web.requests import fhir_base, read_body

log = logging.getLogger("sandbox.server")

BODIED = ("POST", "PUT", "PATCH")
JUDGED = ("validate", "transaction")
JUDGING_THREADS = 16  # of their own
WRITES = ("create", "update", "patch")
JSON_REPLY = ReplyFormat("json", is_explicit=True)
SAFE = "|:/,$"  # what a query may show as it is
JSON_KIND = re.compile(r"application/([a-z.-]+\+)?json")
SANDBOXED = b"default-src 'none'; sandbox; frame-ancestors 'self'"
LARGE = 20_000  # bytes; a larger body is read, and what it asks for done, in a thread
# Brief work blocks the event loop; whatever takes longer is aborted and redone in a thread.
BRIEF_SECONDS = 0.02
BRIEF_READS = ("read", "vread", "search-type")
SUBSETS = ("_summary", "_elements")  # made by the definitions
BRIEF_PARAMETERS = ("_id", "_count", "_sort", "_format", "_total", "_after")
STORED = Finding("server.stored", "information", "server.stored", issue="informational")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `kind` is the media type of the content, which may be None."""

    status: int
    content: bytes | None
    kind: str
    headers: Mapping[str, str]


class FhirEndpoint:
    """An ASGI application: answers what is below `/fhir` and `/t/{team}/fhir`, and passes on the
    rest.
    """

    def __init__(self, tenants: Tenants, settings: Settings, rest: ASGIApp) -> None:
        self._tenants = tenants
        self._settings = settings
        self._rest = rest
        self._judges = CapacityLimiter(JUDGING_THREADS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        request = read_incoming(scope) if scope["type"] == "http" else None
        if request is None:
            await self._rest(scope, receive, send)
            return
        exchange = random_id()
        try:
            await _send(send, await self._answer(request, receive, exchange), exchange)
        except ClientDisconnect:
            log.info("disconnected", extra={"exchange": exchange})

    async def _answer(self, request: Incoming, receive: Receive, exchange: str) -> Answer:
        """Returns the answer to any request; an error of any kind becomes an OperationOutcome
        here.
        """
        language = _language(request.headers.get("accept-language"))
        wanted = JSON_REPLY
        try:
            wanted = _wanted(request)
            match = route("GET" if request.method == "HEAD" else request.method, request.path)
            if match.type != "Binary":
                refuse_unreadable(wanted, request.headers.get("accept"))
            return await self._answer_matched(match, request, receive, wanted, language)
        except SandboxError as error:
            log.info(
                "refused", extra={"exchange": exchange, "status": error.status, "key": error.key}
            )
            reply = _error_reply(error, language)
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("failed", extra={"exchange": exchange})
            reply = _error_reply(SandboxError("server.our_fault", exchange=exchange), language)
        return _as_answer(reply, wanted)

    def _is_judged(self, match: Match, request: Incoming) -> bool:
        """Tells whether the work may wait for a worker, which no other request is to feel."""
        if match.interaction.code in JUDGED:
            return True
        # whether a team validates stands in the database, which is not asked here
        is_validating = request.team != "" or self._tenants.main.validation != "off"
        return request.method in BODIED and is_validating

    async def _answer_matched(
        self,
        match: Match,
        request: Incoming,
        receive: Receive,
        wanted: ReplyFormat,
        language: Language,
    ) -> Answer:
        """Reads the body and carries out an interaction, here if it is brief and else in a thread.

        Raises:
            SandboxError: Any refusal, also of a body that is too large.
        """
        content = b""
        if request.method in BODIED:
            content = await read_body(receive, request.headers, limit=self._settings.max_body_bytes)
            if not _is_raw(match, request.headers):
                refuse_crowded(content)
        call = Call(
            base=fhir_base(request.headers, request.scheme, self._settings, team=request.team),
            language=language,
            type=match.type,
            id=match.id,
            version=match.version,
            member=match.member,
            query=request.query,
            headers=request.headers,
        )
        work = (match, call, content, wanted, request)
        # Neither is brief: an audit record is one more write, XML is written by the definitions.
        is_light = wanted.format == "json" and not self._is_audited(match)
        if is_light and _is_brief(match, call, content):
            answer = self._at_once(*work)
            if answer is not None:
                return answer
        waits = self._judges if self._is_judged(match, request) else None
        return await in_thread(partial(self._carry_out, *work), limiter=waits)

    def _is_audited(self, match: Match) -> bool:
        audit = self._tenants.main.audit
        return audit is not None and (match.interaction.code, match.type) in audit.interactions

    def _at_once(
        self, match: Match, call: Call, content: bytes, wanted: ReplyFormat, request: Incoming
    ) -> Answer | None:
        """Does brief work where it is, without another thread; None where it would hold up others,
        or did.
        """
        if not self._tenants.main.store.is_quick():
            return None
        services = self._tenants.of(request.team)
        if services.validation != "off" or not services.store.is_quick():
            return None
        try:
            with services.store.briefly(BRIEF_SECONDS):
                return self._carry_out(match, call, content, wanted, request)
        except TooCostly:
            return None

    def _carry_out(
        self, match: Match, call: Call, content: bytes, wanted: ReplyFormat, request: Incoming
    ) -> Answer:
        services = self._tenants.of(request.team)
        if request.method in BODIED:
            call = replace(call, body=_read(content, match, request.headers))
        try:
            reply = match.interaction.handler(call, services)
        except TooCostly:
            raise  # of brief work: it is done once more elsewhere
        except SandboxError as error:
            _account(match, call, services, request, Reply(error.status))
            raise
        _account(match, call, services, request, reply)
        return _shaped(reply, match, wanted, call)


def _wanted(request: Incoming) -> ReplyFormat:
    query = dict(request.query)
    return _reply_format(query.get("_format"), request.headers.get("accept"), query.get("_pretty"))


def _account(match: Match, call: Call, services: Services, request: Incoming, reply: Reply) -> None:
    """Tells whoever keeps an account what was served."""
    if (
        services.audit is None
        or (match.interaction.code, match.type) not in services.audit.interactions
    ):
        return
    query = f"?{urlencode(request.query, safe=SAFE)}" if request.query else ""
    agent = request.headers.get("user-agent", "")
    location = reply.headers.get("Location", "")
    url = f"{call.base}/{request.path}{query}"
    code = match.interaction.code
    services.audit.keep(
        AuditRecord(
            code,
            call,
            request.method,
            url,
            request.client,
            agent,
            reply.status,
            reply.body,
            location,
        ),
        services,
    )


def _is_brief(match: Match, call: Call, content: bytes) -> bool:
    """Tells whether the work takes less time than changing to another thread would, some rare cases
    aside.
    """
    code = match.interaction.code
    if code == "search-type":
        # Modifiers, chains and `_has` can be slow, and their names contain more than letters; a
        # UCUM quantity is compared with every stored unit.
        return len(call.query) < 5 and all(
            name in BRIEF_PARAMETERS
            if name.startswith("_")
            else name.isalpha() and UCUM not in value
            for name, value in call.query
        )
    if code in ("create", "update"):
        # If-None-Exist is another search.
        is_plain = match.interaction.level == "type" and "if-none-exist" not in call.headers
        return (
            is_plain and len(content) < LARGE and "xml" not in call.headers.get("content-type", "")
        )
    return code in BRIEF_READS and not any(name in SUBSETS for name, _ in call.query)


def _read(content: bytes, match: Match, headers: Mapping[str, str]) -> object:
    """Returns the body as the interaction takes it; raises UnsupportedMediaType or
    InvalidContent.
    """
    content_type = headers.get("content-type", "")
    if match.interaction.pattern[-1:] == ("_search",):
        if media_type(content_type) != FORM:
            media = media_type(content_type) or "-"
            raise UnsupportedMediaType(
                "server.content_type",
                where="Content-Type",
                clause=CLAUSE,
                found=media,
                expected=FORM,
            )
        return content.decode("utf-8", "replace")
    if _is_raw(match, headers):
        return wrap(
            content, content_type, id=match.id, context=headers.get("x-security-context", "")
        )
    if not content and match.interaction.level == "operation":
        return None  # an operation may be called with no more than its query
    return read_resource(content, content_type)


def _is_raw(match: Match, headers: Mapping[str, str]) -> bool:
    """Tells whether a body is the content of a Binary itself (FHIR R4 binary.html#rest)."""
    is_written = match.type == "Binary" and match.interaction.code in WRITES
    return is_written and is_raw(headers.get("content-type", ""))


def _shaped(reply: Reply, match: Match, wanted: ReplyFormat, call: Call) -> Answer:
    """Gives the reply the shape that the client prefers: raw, minimal, an outcome, or the
    resource.
    """
    if (
        match.type == "Binary"
        and match.interaction.code in ("read", "vread")
        and reply.status == 200
    ):
        raw = unwrap(reply.body, wanted)
        if raw is not None:
            return Answer(200, raw[0], raw[1], reply.headers)
    if match.interaction.code in WRITES and "prefer" in call.headers:
        preferred = preference(call.headers, "return")
        if preferred == "minimal":
            reply = replace(reply, body=None)
        elif preferred == "OperationOutcome":
            reply = replace(reply, body=operation_outcome([STORED, *reply.findings], call.language))
    return _as_answer(reply, wanted)


def _error_reply(error: SandboxError, language: Language) -> Reply:
    outcome = operation_outcome(error.as_findings(), language)
    return Reply(error.status, outcome, headers_of(error))


def _as_answer(reply: Reply, wanted: ReplyFormat) -> Answer:
    content, kind = (None, "") if reply.body is None else write_resource(reply.body, wanted)
    headers = dict(reply.headers)
    if reply.findings:
        headers["X-Validation-Errors"] = str(
            sum(finding.severity in ("error", "fatal") for finding in reply.findings)
        )
    return Answer(reply.status, content, kind, headers)


async def _send(send: Send, answer: Answer, exchange: str) -> None:
    headers = [(b"x-exchange-id", exchange.encode()), (b"x-content-type-options", b"nosniff")]
    content = answer.content or b""
    if answer.kind:
        headers.append((b"content-type", answer.kind.encode("latin-1")))
        # what a participant stored, such as HTML, must not act as one of our pages
        if not JSON_KIND.fullmatch(media_type(answer.kind)):
            headers.append((b"content-security-policy", SANDBOXED))
    # A 204 must not have a length (RFC 9110 8.6), and a 304's would be that of the full resource.
    if answer.status not in (204, 304):
        headers.append((b"content-length", str(len(content)).encode()))
    for name, value in answer.headers.items():
        # Only here: in a Bundle's response the same value stays a FHIR instant.
        text = _http_date(value) if name == "Last-Modified" else value
        headers.append((name.lower().encode(), text.encode("latin-1")))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@lru_cache(maxsize=100)
def _http_date(instant: str) -> str:
    return format_datetime(datetime.fromisoformat(instant), usegmt=True)


# Clients send the same few values on every request.
_language = lru_cache(maxsize=200)(choose_language)
_reply_format = lru_cache(maxsize=200)(read_reply_format)

"""The learner's FHIR client: a thin synchronous face over httpx that keeps every exchange.

It hides nothing: whatever the server answers comes back as an exchange, an error status too.
"""

from __future__ import annotations

import time

import httpx

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.errors import BadRequest, SandboxError
from sandbox.exchange import Exchange, redacted
from sandbox.fhir.json import Json, write_json
from sandbox.i18n import Language, say
from sandbox.redact import hidden_by, redact_headers
from sandbox.web.egress import authorities, way_out

FHIR_JSON = "application/fhir+json"


class Unreachable(SandboxError):
    """No server answered at the address."""

    def __init__(self, *, base: str, reason: str, language: Language) -> None:
        super().__init__("course.unreachable", base=base, reason=reason)
        self.language = language

    def _render_traceback_(self) -> list[str]:
        """Lets a notebook show the sentence instead of a traceback."""
        return [say(f"{self.key}.{part}", self.language, **self.params) for part in ("text", "fix")]


class Client:
    """Speaks to one FHIR base; `exchanges` holds all there was, the newest last."""

    def __init__(
        self,
        base: str,
        *,
        language: Language,
        transport: httpx.BaseTransport | None = None,
        token: str = "",
    ) -> None:
        self.base = base.rstrip("/")
        self.credentials = {"Authorization": f"Bearer {token}"} if token else {}
        self.language = language
        self.exchanges: list[Exchange] = []
        self._transport = transport
        headers = {"Accept": FHIR_JSON, "Accept-Language": language, **self.credentials}
        # no proxy but one that was named: the server of a lesson is mostly on the same laptop
        proxy = None if transport else way_out(base)
        self._http = httpx.Client(
            headers=headers,
            timeout=30,
            transport=transport,
            trust_env=False,
            proxy=proxy,
            verify=authorities(),
        )

    def get(self, path: str, **params: str) -> Exchange | Blank:
        """Sends GET to a path below the base, such as `Patient/1` or `Patient?name=rosa`."""
        return self.send("GET", path, params=params)

    def close(self) -> None:
        """Closes the connections; the exchanges stay."""
        self._http.close()

    def fetch(self, path: str) -> Exchange:
        """Sends GET for a check.

        Raises:
            BadRequest: The path holds a blank or leaves the base: a fault of the check, not of the
                answer.
            Unreachable: Nobody answers there.
        """
        exchange = self.send("GET", path)
        if isinstance(exchange, Blank):
            raise BadRequest("course.outside", where=path, path=path, base=self.base)
        return exchange

    def create(self, resource: Json) -> Exchange | Blank:
        """Sends a new resource with POST to its type; the server chooses the id."""
        kind = resource.get("resourceType", "") if isinstance(resource, dict) else ""
        return self.send("POST", kind if isinstance(kind, str) else "", body=resource)

    def update(self, resource: Json, *, if_match: str = "") -> Exchange | Blank:
        """Sends a resource with PUT to its own place.

        Args:
            resource: With its id.
            if_match: The ETag of the version that was changed (FHIR R4 http.html#concurrency).

        Raises:
            Unreachable: Nobody answers there.
        """
        if has_blank(resource) or not isinstance(resource, dict):
            return BLANK
        headers = {"If-Match": if_match} if if_match else {}
        return self.send(
            "PUT",
            f"{resource.get('resourceType')}/{resource.get('id')}",
            body=resource,
            headers=headers,
        )

    def transact(self, bundle: Json) -> Exchange | Blank:
        """Sends a batch or transaction Bundle with POST to the base."""
        return self.send("POST", "", body=bundle)

    def delete(self, path: str) -> Exchange | Blank:
        """Sends DELETE to a path below the base."""
        return self.send("DELETE", path)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Json | bytes | None = None,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Exchange | Blank:
        """Sends any request below the base; with a blank in it nothing is sent.

        Returns:
            The exchange, which is kept in `exchanges` too, or the blank.

        Raises:
            BadRequest: The path leaves the base.
            Unreachable: Nobody answers there.
        """
        if has_blank(path) or has_blank(body) or has_blank(headers) or has_blank(params):
            return BLANK
        url = f"{self.base}/{self._below_base(path)}".rstrip("/")
        sent = dict(headers or {})
        content = b""
        if body is not None:
            sent.setdefault("Content-Type", FHIR_JSON)
            content = body if isinstance(body, bytes) else write_json(body)
        begun = time.perf_counter()
        try:
            response = self._http.request(
                method, url, params=params or None, content=content or None, headers=sent
            )
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = str(error) or type(error).__name__
            raise Unreachable(base=self.base, reason=reason, language=self.language) from None
        elapsed = time.perf_counter() - begun
        exchange = _exchange_of(response, method=method, sent=content, elapsed=elapsed)
        self.exchanges.append(self._without_secrets(exchange))
        return self.exchanges[-1]

    def _without_secrets(self, exchange: Exchange) -> Exchange:
        # what the transport adds by itself may come back
        hidden = hidden_by(self._transport)
        return redacted(exchange, secrets=hidden) if hidden else exchange

    def _below_base(self, path: str) -> str:
        """Takes a full address of this base (a Location, a next link) as the path below it."""
        if path.startswith(self.base):
            path = path[len(self.base) :]
        # the query is left out: a search may well ask for an address
        place = path.partition("?")[0]
        if "://" in place or ".." in place.split("/") or place.startswith("//"):
            raise BadRequest("course.outside", where=path, path=path, base=self.base)
        return path.lstrip("/")

    def __repr__(self) -> str:
        return f"Client({self.base}, {len(self.exchanges)} exchanges)"


def _exchange_of(response: httpx.Response, *, method: str, sent: bytes, elapsed: float) -> Exchange:
    return Exchange(
        method=method,
        url=str(response.request.url),
        request_headers=tuple(redact_headers(response.request.headers.items())),
        request_body=sent,
        status=response.status_code,
        headers=tuple(redact_headers(response.headers.items())),
        body=response.content,
        elapsed=elapsed,
    )

"""What holds at every door alike: the names that are answered, the origins that may act, what a
proxy may say, and the headers that a browser is told with each answer.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.errors import Misdirected, SandboxError
from sandbox.i18n import choose_language
from sandbox.sentences import fix_of, text_of
from sandbox.settings import Settings
from sandbox.web.guesses import CREDENTIALS, Guess, Guesses, guess_of
from sandbox.web.hosts import answers_to
from sandbox.web.origins import DATA, check_origin
from sandbox.web.problems import problem_response
from sandbox.web.proxies import believed
from sandbox.web.replies import headers_of, outcome_response

# `self` and not `none`: JupyterLab shows our pages in a tab of its own, from its own origin
FRAMES = "frame-ancestors 'self'"
PAGE = f"default-src 'none'; base-uri 'none'; form-action 'none'; {FRAMES}"
# Whoever has such an address is let in by it: neither a cache nor the next page is to learn it.
LETS_IN = re.compile(
    r"/(enter|join|inbox|through|shl|vp/asked|validate/kept|v2/(manifests|ips-json))/"
)

# what watches a server asks these with whatever credential it has
WATCHED = ("/health", "/ready")
# and these while nothing else is answered
OPERATED = (*WATCHED, "/metrics")

IsKnown = Callable[[Scope], Awaitable[bool]]


class Door:
    """Passes on what may come in, with the headers of browsers added to the answer.

    Args:
        app: What answers.
        settings: Say which names, origins and proxies are ours.
        is_known: Tells whether a request carries the credential of somebody.
        check: Raises NotReady while nothing but whether it is ready is to be answered.
    """

    def __init__(
        self, app: ASGIApp, settings: Settings, *, is_known: IsKnown, check: Callable[[], None]
    ) -> None:
        self._app = app
        self._settings = settings
        self._is_known = is_known
        self._check = check
        self._guesses = Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 421 to a name that is not ours (RFC 9110 15.5.20), 403 to another origin, 429 to
        a guess too many (RFC 6585 4), and 503 while nothing is to be answered yet (RFC 9110
        15.6.4).
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # in place: whoever counts the answer looks there for the route that gave it
        scope.update(believed(scope, self._settings.proxies))
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        path = scope["path"]

        client = (scope.get("client") or ("",))[0]
        guess = guess_of(path, headers, client)

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _secured(message["headers"], path)}
            await send(message)

        try:
            self._check_hosts(scope)
            check_origin(scope, headers, self._settings)
            self._check_ready(path)
            if guess:
                self._guesses.check(guess)
            self._guesses.share(scope["method"], path, client)
        except SandboxError as error:
            await refusal(error, path, headers)(scope, receive, secured)
            return

        async def noted(message: Message) -> None:
            if guess and message["type"] == "http.response.start":
                await self._note(guess, message["status"], scope)
            await secured(message)

        await self._app(scope, receive, noted)

    async def _note(self, guess: Guess, status: int, scope: Scope) -> None:
        """Remembers what came of a guess."""
        if status in guess.lock.wrong:
            self._guesses.note_wrong(guess)
        elif guess.lock is CREDENTIALS and self._guesses.is_new(guess):
            # what is open to all says nothing of a credential that came along
            is_right = bool(self._settings.token) and scope["path"] not in WATCHED
            self._guesses.note(guess, is_right=is_right or await self._is_known(scope))

    def _check_ready(self, path: str) -> None:
        if path not in OPERATED:
            self._check()

    def _check_hosts(self, scope: Scope) -> None:
        # one without any is HTTP/1.0, which no browser speaks
        for name, value in scope["headers"]:
            host = value.decode("latin-1")
            if name == b"host" and not answers_to(host, self._settings.hosts):
                raise Misdirected("web.other_host", where="Host", host=host[:100])


def refusal(error: SandboxError, path: str, headers: Mapping[str, str]) -> Response:
    """Returns an error as whoever asked can read it: a person, a FHIR client, or another
    program.
    """
    language = choose_language(headers.get("accept-language"))
    if "text/html" in headers.get("accept", ""):
        finding = error.as_finding()
        text = f"{text_of(finding, language)}\n{fix_of(finding, language)}\n"
        return PlainTextResponse(text, error.status, headers_of(error))
    if DATA.match(path):
        return outcome_response(error, language)
    return problem_response(error, language)


def _secured(headers: list[tuple[bytes, bytes]], path: str) -> list[tuple[bytes, bytes]]:
    """Returns the headers of an answer with those added that a browser needs to be told."""
    sent = {name.lower(): value for name, value in headers}
    added = [(b"x-content-type-options", b"nosniff")]
    is_page = sent.get(b"content-type", b"").startswith(b"text/html")
    if is_page:
        added.append((b"content-security-policy", PAGE.encode()))
    if LETS_IN.match(path):
        added += [(b"referrer-policy", b"no-referrer"), (b"cache-control", b"no-store")]
    elif is_page:
        added.append((b"referrer-policy", b"same-origin"))
    return [*headers, *((name, value) for name, value in added if name not in sent)]

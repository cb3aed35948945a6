"""How the doors of wallets answer: JSON that nobody keeps, and refusals in the words of OAuth
(RFC 6749 5.2, RFC 6750 3).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from sandbox.api.acting import comes_in
from sandbox.api.asking import answer
from sandbox.errors import SandboxError
from sandbox.fhir.json import parse_json
from sandbox.i18n import say
from sandbox.limits import FORM_BYTES
from sandbox.sentences import text_of
from sandbox.web.requests import body_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.vci.refusals import OAuthRefusal

Endpoint = Callable[[Request], Awaitable[Response]]
# wallets in browsers are pages of any origin; nothing here rests on a cookie
HEADERS = {
    "Cache-Control": "no-store",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
}
FORBIDDEN = re.compile(r"[^ !#-\[\]-~]")


def for_wallets(work: Endpoint) -> Endpoint:
    """Returns an endpoint whose refusals are OAuth's, and which pages of any origin may ask."""

    async def endpoint(request: Request) -> Response:
        from sandbox.credentials.vci.refusals import OAuthRefusal

        comes_in(request, "api")
        try:
            response = await work(request)
        except OAuthRefusal as refusal:
            response = refused(refusal)
        except SandboxError as error:
            finding = error.as_finding()
            said = {"error": "invalid_request", "error_description": _plain(text_of(finding, "en"))}
            response = answer(said, error.status)
        response.headers.update(HEADERS)
        return response

    endpoint.__doc__ = work.__doc__
    return endpoint


def refused(refusal: OAuthRefusal) -> Response:
    """Returns the answer to what was refused: 401 for a token, 400 for all else."""
    error = refusal.error
    key = f"credentials.{refusal.reason}"
    sentences = [say(f"{key}.{part}", "en", **refusal.params) for part in ("text", "fix")]
    said = {"error": error, "error_description": _plain(" ".join(sentences)), **refusal.more}
    if error != "invalid_token":
        return answer(said, 400)
    return answer(said, 401, {"WWW-Authenticate": f'Bearer error="{error}"'})


async def form_of(request: Request) -> dict[str, str]:
    """Returns the fields of a form.

    Raises:
        OAuthRefusal: It is no form, or a field stands twice (RFC 6749 3.2).
    """
    from sandbox.credentials.vci.refusals import OAuthRefusal

    body = await body_of(request, limit=FORM_BYTES)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    fields = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    form = dict(fields)
    if kind != "application/x-www-form-urlencoded" or len(form) != len(fields):
        raise OAuthRefusal("invalid_request", "no_form", found=kind or "–")
    return form


async def json_of(request: Request) -> Any:
    """Returns the JSON in the body of a request.

    Raises:
        InvalidContent: There is none.
    """
    return parse_json(await body_of(request, limit=FORM_BYTES))


def bearer_token(request: Request) -> str:
    """Returns the access token in the header of a request; empty for none (RFC 6750 2.1)."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _plain(text: str) -> str:
    """Returns a sentence in the letters that an `error_description` may have (RFC 6749 5.2)."""
    return FORBIDDEN.sub("'", text)

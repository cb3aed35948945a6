"""Slack over HTTP: requests are verified by their signature, stored, and answered at once."""

from __future__ import annotations

from collections.abc import Sequence

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.incoming import Incoming
from bot.slack.app import key_of

# Slack sends some kilobytes; read before the signature is known, so strangers send here too
MOST_BYTES = 1024 * 1024


def receiver(incoming: Incoming, *, signing_secret: str, more: Sequence[Route] = ()) -> Starlette:
    """Returns the application that Slack posts to, at /slack/events.

    Args:
        incoming: Takes what Slack sends.
        signing_secret: By what requests are known to be Slack's.
        more: Other routes, such as those of the installation.
    """
    verifier = SignatureVerifier(signing_secret)

    async def events(request: Request) -> Response:
        # the raw bytes: the signature is over them, not over what they are read as
        content = await _body_of(request)
        if content is None:
            return Response(status_code=413)
        headers = dict(request.headers)
        try:
            is_slack = verifier.is_valid_request(content, headers)
        except ValueError:  # a timestamp that is no number
            is_slack = False
        if not is_slack:
            return Response(status_code=401)
        # form or JSON, as bolt reads them
        payload = AsyncBoltRequest(body=content.decode(), headers={**headers}).body
        if payload.get("type") == "url_verification":
            return JSONResponse({"challenge": payload.get("challenge")})
        # Slack's own look at the certificate carries no command
        if not payload.get("ssl_check"):
            await incoming.take(
                key_of(payload), str(payload.get("type", "slash_commands")), payload
            )
        return Response()

    return Starlette(routes=[Route("/slack/events", events, methods=["POST"]), *more])


async def _body_of(request: Request) -> bytes | None:
    """Returns the body; None for one that is too large, whatever its header says."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            return None
    return bytes(content)

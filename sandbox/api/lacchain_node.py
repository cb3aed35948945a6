"""A node of LACChain by JSON-RPC 2.0, as the published client asks it: POST /lacchain/rpc, also
below a country for a system with one base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.api.asking import answer, answering, writer_of
from sandbox.api.lacchain import network_of
from sandbox.errors import InvalidContent, SandboxError
from sandbox.fhir.json import parse_json
from sandbox.i18n import Language, say
from sandbox.limits import FORM_BYTES
from sandbox.sentences import fix_of, text_of
from sandbox.threads import run_in_threadpool
from sandbox.web.requests import body_of, language_of

if TYPE_CHECKING:  # what signs is imported where it is needed: it takes a tenth of a second
    from sandbox.credentials.lacchain.node import Node

MOST_CALLS = 100
WRITING = "eth_sendRawTransaction"
Answer = dict[str, Any]


async def ask(request: Request) -> Response:
    """POST …/rpc: one call or a list of calls (JSON-RPC 2.0 4, 6)."""
    language = language_of(request)
    try:
        asked = parse_json(await body_of(request, limit=FORM_BYTES))
    except InvalidContent:
        return answer(_refused(None, -32700, "bad_json", language))
    calls = asked if isinstance(asked, list) else [asked]
    if not 0 < len(calls) <= MOST_CALLS:
        return answer(_refused(None, -32600, "bad_call", language))
    if any(isinstance(call, dict) and call.get("method") == WRITING for call in calls):
        await writer_of(request)

    def answered() -> list[Answer | None]:
        from sandbox.credentials.lacchain.node import Node

        node = Node(network_of(request).chain)
        return [_answered(node, call, language) for call in calls]

    replies = [reply for reply in await run_in_threadpool(answered) if reply is not None]
    if not replies:
        return Response(status_code=204)
    return answer(replies if isinstance(asked, list) else replies[0])


def node_routes() -> list[Route]:
    """Returns the routes."""
    return [
        Route(f"/lacchain{ministry}/rpc", answering(ask), methods=["POST"])
        for ministry in ("", "/{country:str}")
    ]


def _answered(node: Node, call: Any, language: Language) -> Answer | None:
    """Returns the answer to a call; None to one that wants none."""
    from sandbox.credentials.lacchain.node import REVERTED, RpcError

    is_call = isinstance(call, dict) and isinstance(call.get("method"), str)
    params = call.get("params", []) if is_call else None
    id = call.get("id") if isinstance(call, dict) else None
    if not is_call or call.get("jsonrpc") != "2.0" or not isinstance(params, list):
        return _refused(id, -32600, "bad_call", language)
    try:
        told = {"jsonrpc": "2.0", "id": id, "result": node.carry_out(call["method"], params)}
    except RpcError as error:
        told = _refused(id, error.code, error.reason, language, **error.params)
    except SandboxError as error:
        finding = error.as_finding()
        message = f"execution reverted: {text_of(finding, language)} {fix_of(finding, language)}"
        told = {"jsonrpc": "2.0", "id": id, "error": {"code": REVERTED, "message": message}}
    return told if "id" in call else None


def _refused(id: Any, code: int, reason: str, language: Language, **params: str) -> Answer:
    key = f"lacchain.{reason}"
    message = " ".join(say(f"{key}.{part}", language, **params) for part in ("text", "fix"))
    return {"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}

"""The webhooks of the description (OpenAPI 3.1, "webhooks"): what is sent to who subscribes, and
with which headers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.api.notice_operations import WEBHOOKS
from sandbox.i18n import Language, say

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""Those of Standard Webhooks 1.0."""
TAG = "subscriptions"


def webhooks_of(schemas: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """Returns what is sent, by its type.

    Args:
        schemas: Those of all `data`, by `webhook TYPE`.
        language: Of the sentences.
    """
    return {type: {"post": _webhook(type, schemas, language)} for type in WEBHOOKS}


def _webhook(type: str, schemas: Mapping[str, Any], language: Language) -> dict[str, Any]:
    payload = {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": type},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": schemas[f"webhook {type}"],
        },
    }
    signed = {"description": say("api.signed", language), "required": True}
    return {
        "operationId": "on_" + type.replace(".", "_"),
        "tags": [TAG],
        "summary": say(f"api.webhook.{type}", language),
        "parameters": [
            {"name": name, "in": "header", "schema": {"type": "string"}, **signed}
            for name in HEADERS
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": payload}}},
        "responses": {
            "2XX": {"description": say("api.webhook_taken", language)},
            "410": {"description": say("api.webhook_gone", language)},
        },
    }

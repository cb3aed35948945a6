"""How an issuer or verifier refuses, in the words of OAuth: an `error`, and why."""

from __future__ import annotations

from typing import Literal

from sandbox.credentials.texts import Json

Error = Literal[
    "invalid_request",
    "invalid_grant",
    "unsupported_grant_type",
    "unsupported_response_type",
    "invalid_scope",
    "invalid_target",
    "invalid_authorization_details",
    "request_not_supported",
    "invalid_token",
    "invalid_credential_request",
    "unknown_credential_configuration",
    "unknown_credential_identifier",
    "unsupported_credential_format",
    "unsupported_credential_type",
    "invalid_proof",
    "invalid_nonce",
    "invalid_transaction_id",
    "invalid_notification_id",
    "invalid_notification_request",
]


class OAuthRefusal(Exception):
    """A request that is refused.

    `error` is the standard's code, `reason` the key of a sentence in the catalogue of credentials,
    `params` what the sentence names.  `more` stands beside it in the answer.
    """

    def __init__(self, error: Error, reason: str, **params: str) -> None:
        super().__init__(error, reason, params)
        self.error = error
        self.reason = reason
        self.params = params
        self.more: Json = {}

"""An issuer as drafts 11 to 13 of OpenID4VCI had it, for wallets that still speak one.

Each draft is an issuer of its own beside the one of 1.0, where nothing is loosened for it.  What it
gives is `vc+sd-jwt` and `jwt_vc_json` by pre-authorised code, each time with a
warning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.credentials.issuing import Format
from sandbox.credentials.kinds import Kind
from sandbox.credentials.sdjwt.verifying import OLD_TYP
from sandbox.credentials.texts import Json
from sandbox.credentials.vaccination import TYPE
from sandbox.credentials.vci.issuer import NONCE_LIFE, CredentialIssuer
from sandbox.credentials.vci.metadata import CONFIGURATIONS, GRANT, OF_DRAFTS, issuer_metadata
from sandbox.credentials.vci.refusals import OAuthRefusal
from sandbox.i18n import say

WRITTEN: dict[Format, str] = {"dc+sd-jwt": OLD_TYP}
"""How drafts wrote a format that has another name in 1.0."""


@dataclass(frozen=True, slots=True)
class DraftDesk:
    """The doors of an issuer where a draft has them otherwise; `number` is the draft's."""

    issuer: CredentialIssuer
    number: int

    def token(self, form: Mapping[str, str]) -> Json:
        """Returns an access token, with a nonce (draft 13, 6.2).

        Args:
            form: Before draft 13 the PIN was `user_pin`.

        Raises:
            OAuthRefusal: As `CredentialIssuer.token` does.
        """
        fields = dict(form)
        if self.number < 13:
            fields.pop("tx_code", None)
            if "user_pin" in fields:
                fields["tx_code"] = fields.pop("user_pin")
        return {**self.issuer.token(fields), **self._nonce()}

    def credential(self, token: str, body: Any) -> Json:
        """Returns a credential as it was given before there were several (draft 13, 7.3).

        Args:
            token: An access token.
            body: Asks by format, with one proof.

        Raises:
            OAuthRefusal: In the words of drafts; with a new nonce where the proof was not right.
        """
        try:
            given = self.issuer.credential(token, asked_in(body))
        except OAuthRefusal as refusal:
            raise self._refusal(refusal) from None
        written = {"format": body["format"]} if self.number < 13 else {}
        told = {**written, "credential": given["credentials"][0]["credential"], **self._nonce()}
        return told if self.number < 12 else {**told, "notification_id": given["notification_id"]}

    def _nonce(self) -> Json:
        lasts = int(NONCE_LIFE.total_seconds())
        warning = say("credentials.draft_spoken.text", "en")
        return {**self.issuer.nonce(), "c_nonce_expires_in": lasts, "warning": warning}

    def _refusal(self, refusal: OAuthRefusal) -> OAuthRefusal:
        """Returns a refusal as drafts had it, without `invalid_nonce` (draft 13, 7.3.1.2)."""
        if refusal.error not in ("invalid_nonce", "invalid_proof"):
            return refusal
        told = OAuthRefusal("invalid_proof", refusal.reason, **refusal.params)
        told.more = self._nonce()
        return told


def asked_in(body: Any) -> Any:
    """Returns the request for a credential as 1.0 has it.

    Args:
        body: As a draft has it (draft 13, 7.2).

    Raises:
        OAuthRefusal: It names no format, or no type of it, that is given here.
    """
    if not isinstance(body, dict):
        return body
    if not isinstance(body.get("format"), str):
        raise OAuthRefusal("invalid_credential_request", "draft_format")
    of_format = {
        id: kind for id, (kind, format) in OF_DRAFTS.items() if written(format) == body["format"]
    }
    if not of_format:
        known = ", ".join(dict.fromkeys(written(format) for _, format in OF_DRAFTS.values()))
        names = {"found": body["format"][:40], "expected": known}
        raise OAuthRefusal("unsupported_credential_format", "draft_other_format", **names)
    fitting = [id for id, kind in of_format.items() if _is_type(body, kind)]
    if not fitting:
        raise OAuthRefusal("unsupported_credential_type", "draft_other_type")
    proof = body.get("proof")
    if not isinstance(proof, dict) or proof.get("proof_type") != "jwt":
        raise OAuthRefusal("invalid_proof", "draft_proof")
    return {"credential_configuration_id": fitting[0], "proofs": {"jwt": [proof.get("jwt")]}}


def metadata_of_draft(issuer: str, country: str, number: int) -> Json:
    """Returns the metadata of an issuer in the words of a draft (draft 13, 11.2.3).

    Args:
        issuer: Its identifier.
        country: For whom it issues.
        number: Of the draft.
    """
    final = issuer_metadata(issuer, country)
    names = ["credential_issuer", "credential_endpoint", "display"]
    kept = {name: final[name] for name in names}
    if number > 11:
        kept["notification_endpoint"] = final["notification_endpoint"]
    supported = {id: _described(id, final, number) for id in OF_DRAFTS}
    if number == 13:
        return {**kept, "credential_configurations_supported": supported}
    if number == 12:
        return {**kept, "credentials_supported": supported}
    rows = [{"id": id, **described} for id, described in supported.items()]
    return {**kept, "credentials_supported": rows}


def server_metadata_of_draft(issuer: str) -> Json:
    """Returns the metadata of the authorization server beside an issuer of a draft.

    Args:
        issuer: The identifier of both.
    """
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def written(format: Format) -> str:
    """Returns how drafts wrote a format."""
    return WRITTEN.get(format, format)


def _described(id: str, final: Json, number: int) -> Json:
    kind, format = CONFIGURATIONS[id]
    configuration = final["credential_configurations_supported"][id]
    binding = "cryptographic_binding_methods_supported"
    signing = "credential_signing_alg_values_supported"
    described = {
        "format": written(format),
        "scope": id,
        binding: configuration[binding],
        # the name is of draft 13, where the proofs became an object too
        (signing if number > 12 else "cryptographic_suites_supported"): configuration[signing],
        "display": configuration["credential_metadata"]["display"],
    }
    if number > 12:
        described["proof_types_supported"] = configuration["proof_types_supported"]
    if format == "dc+sd-jwt":
        return {**described, "vct": kind.vct}
    types = ["VerifiableCredential", TYPE]
    return described | (
        {"types": types} if number < 12 else {"credential_definition": {"type": types}}
    )


def _is_type(body: Json, kind: Kind) -> bool:
    """Tells whether a request is for a kind: by `vct`, or by the types of W3C, at the top in
    draft 11.
    """
    if body["format"] == OLD_TYP:
        return body.get("vct") == kind.vct
    definition = body.get("credential_definition")
    types = definition.get("type") if isinstance(definition, dict) else body.get("types")
    return isinstance(types, list) and TYPE in types

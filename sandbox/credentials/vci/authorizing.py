"""Codes for wallets whose holder agrees in a browser: pushed requests (RFC 9126), PKCE by S256
(RFC 7636), and who answers (RFC 9207), as OpenID4VCI 1.0 5 asks.

What is to be issued is decided by the offer that a request names, and who agrees proves by the
offer's PIN to be its holder.  Wallets are not registered: the page says where the answer goes.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from sandbox.credentials.keeping import Keeping
from sandbox.credentials.texts import Json, sha256_text
from sandbox.credentials.vci.details import asked_in
from sandbox.credentials.vci.refusals import OAuthRefusal

AUTHORIZATION = "authorization_code"
REQUEST_URI = "urn:ietf:params:oauth:request_uri:"
REQUEST_LIFE = timedelta(minutes=5)
CODE_LIFE = timedelta(minutes=1)
METHOD = "S256"
DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")  # RFC 7636 4.2: SHA-256 in base64url
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 4.1
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
# what a browser would run, or read from its own machine, instead of going to a wallet
NO_WALLETS = frozenset({"about", "blob", "data", "file", "javascript", "vbscript", "view-source"})
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits for its holder: which wallet asks, where the answer goes, for which
    configurations, and whether the holder proves by a PIN who they are.
    """

    client: str
    redirect: str
    configurations: tuple[str, ...]
    has_pin: bool


class Authorizing:
    """The part of an issuer that asks its holder.

    Args:
        kept: Requests and codes.
        address: The identifier of the issuer, which is its authorization server too.
    """

    def __init__(self, kept: Keeping, address: str) -> None:
        self._kept = kept
        self._address = address

    def push(self, form: Mapping[str, str]) -> Json:
        """Returns by what a wallet names its request in a browser (RFC 9126 2.2).

        Args:
            form: The parameters of an authorization request.

        Raises:
            OAuthRefusal: One is missing, or asks for what is not here.
        """
        _refuse_what_is_not_here(form)
        client, redirect = form.get("client_id", ""), form.get("redirect_uri", "")
        if not client or len(client) > LONGEST:
            raise OAuthRefusal("invalid_request", "no_client")
        if not can_go_back(redirect):
            raise OAuthRefusal("invalid_request", "bad_redirect", found=redirect[:120] or "–")
        if form.get("resource", self._address) != self._address:
            found = form["resource"][:120]
            raise OAuthRefusal(
                "invalid_target", "other_resource", expected=self._address, found=found
            )
        kept = {
            "client": client,
            "redirect": redirect,
            "state": form.get("state"),
            "digest": _digest_in(form),
            "issuer_state": form.get("issuer_state", ""),
            **self._wanted(form),
        }
        secret = secrets.token_urlsafe(24)
        self._kept.keep("pushed", secret, kept, REQUEST_LIFE)
        seconds = int(REQUEST_LIFE.total_seconds())
        return {"request_uri": f"{REQUEST_URI}{secret}", "expires_in": seconds}

    def asked(self, query: Mapping[str, str]) -> Asked:
        """Returns what the holder is asked for.

        Args:
            query: Of the address that a wallet has opened: `client_id` and `request_uri`.

        Raises:
            OAuthRefusal: The request was not pushed, is over, or is another wallet's.
        """
        pushed, promised = self._waiting(query)
        return Asked(
            pushed["client"],
            pushed["redirect"],
            tuple(pushed["configurations"]),
            bool(promised["pin"]),
        )

    def agree(self, query: Mapping[str, str], pin: str) -> str:
        """Returns where the browser goes with a code, which serves once (RFC 6749 4.1.2).

        Args:
            query: As for `asked`.
            pin: The offer's, by which its holder is known.

        Raises:
            OAuthRefusal: As for `asked`, or the PIN is wrong.
        """
        pushed, promised = self._waiting(query)
        state = pushed["issuer_state"]
        # spent before it is compared: two that guess at the same time spend two
        if not self._kept.spend("state", state):
            raise OAuthRefusal("invalid_request", "no_issuer_state")
        if not hmac.compare_digest(pin.encode(), str(promised["pin"]).encode()):
            raise OAuthRefusal("invalid_grant", "bad_pin")
        if not self._kept.take("pushed", _secret_in(query)) or not self._kept.take("state", state):
            raise OAuthRefusal("invalid_request", "no_issuer_state")
        code = secrets.token_urlsafe(32)
        # a request that was pushed before there were details has none
        chosen = {**promised, "configurations": pushed["configurations"]}
        chosen["detailed"] = pushed.get("detailed", [])
        bound = {name: pushed[name] for name in ("client", "redirect", "digest")}
        self._kept.keep("grant", code, {**bound, "promised": chosen}, CODE_LIFE)
        return self._back(pushed, code=code)

    def decline(self, query: Mapping[str, str]) -> str:
        """Returns where the browser goes when the holder does not agree (RFC 6749 4.1.2.1).

        Args:
            query: As for `asked`.

        Raises:
            OAuthRefusal: As for `asked`.
        """
        pushed, _ = self._waiting(query)
        self._kept.take("pushed", _secret_in(query))
        return self._back(pushed, error="access_denied")

    def redeem(self, form: Mapping[str, str]) -> Json:
        """Returns what is promised to whoever has a code (OpenID4VCI 1.0 6.1, RFC 7636 4.6).

        Args:
            form: Of the token request.

        Raises:
            OAuthRefusal: `invalid_grant` where the code is none, used, over, another wallet's, or
                not proven by its verifier.
        """
        code = form.get("code", "")
        if not code:
            raise OAuthRefusal("invalid_request", "no_grant")
        grant = self._kept.read("grant", code)
        # used up whatever comes of it: who has a code without its verifier has found it
        is_mine = grant is not None and promised_by(self._address, grant["promised"]) is not None
        if grant is None or not is_mine or not self._kept.take("grant", code):
            raise OAuthRefusal("invalid_grant", "bad_grant")
        for name, field in (("client", "client_id"), ("redirect", "redirect_uri")):
            if form.get(field) != grant[name]:
                found = form.get(field, "–")[:120]
                raise OAuthRefusal("invalid_grant", "other_grant", place=field, found=found)
        verifier = form.get("code_verifier", "")
        is_proven = hmac.compare_digest(sha256_text(verifier), str(grant["digest"]))
        if not VERIFIER.fullmatch(verifier) or not is_proven:
            raise OAuthRefusal("invalid_grant", "bad_verifier")
        return {**grant["promised"], "client": grant["client"]}

    def _waiting(self, query: Mapping[str, str]) -> tuple[Json, Json]:
        """Returns a request that waits and what its offer promises; raises OAuthRefusal."""
        if "request_uri" not in query:
            raise OAuthRefusal("invalid_request", "not_pushed", expected=f"{self._address}/par")
        pushed = self._kept.read("pushed", _secret_in(query))
        if pushed is None or pushed["client"] != query.get("client_id"):
            raise OAuthRefusal("invalid_request", "bad_request_uri")
        return pushed, self._promised(pushed["issuer_state"])

    def _promised(self, state: str) -> Json:
        promised = promised_by(self._address, self._kept.read("state", state))
        if promised is None:
            raise OAuthRefusal("invalid_request", "no_issuer_state")
        return promised

    def _wanted(self, form: Mapping[str, str]) -> Json:
        """Returns the configurations that are asked for, and those of them that are by details: all
        of the offer where none is named (OpenID4VCI 1.0 5.1.1, 5.1.2).
        """
        offered = self._promised(form.get("issuer_state", ""))["configurations"]
        detailed = asked_in(form, offered, self._address)
        scopes = form.get("scope", "").split(" ") if form.get("scope") else []
        other = [scope for scope in scopes if scope not in offered]
        if other:
            found, expected = " ".join(other)[:120], " ".join(offered)
            raise OAuthRefusal("invalid_scope", "bad_scope", found=found, expected=expected)
        asked = [*scopes, *detailed] or offered
        return {"configurations": list(dict.fromkeys(asked)), "detailed": detailed}

    def _back(self, pushed: Json, **answer: str) -> str:
        fields = {**answer, "iss": self._address}
        if pushed["state"] is not None:
            fields["state"] = pushed["state"]
        mark = "&" if urlsplit(pushed["redirect"]).query else "?"
        return f"{pushed['redirect']}{mark}{urlencode(fields)}"


def issuer_in(address: str) -> str:
    """Returns which issuer an address is of, whatever host and proxy stand before it.

    Args:
        address: Its identifier.
    """
    return address.rpartition("/vci/")[2]


def promised_by(address: str, promised: Json | None) -> Json | None:
    """Returns what was promised; None where there is nothing, or another issuer has promised it:
    what Chile offers is not Peru's to give.

    Args:
        address: The identifier of the issuer that is asked.
        promised: As it was kept.
    """
    is_its_own = promised is not None and promised.get("issuer") == issuer_in(address)
    return promised if is_its_own else None


def can_go_back(address: str) -> bool:
    """Tells whether a browser may be sent to an address: a whole one without fragment (RFC 6749
    3.1.2), of the web or of an app's own scheme (RFC 8252 7).

    Args:
        address: As a wallet gives it.
    """
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not is_plain or len(address) > LONGEST or "#" in address or "@" in parts.netloc:
        return False
    if parts.scheme in ("https", "http"):
        return bool(parts.hostname)
    is_scheme = SCHEME.fullmatch(parts.scheme) is not None and ":" in address
    return is_scheme and parts.scheme not in NO_WALLETS


def _refuse_what_is_not_here(form: Mapping[str, str]) -> None:
    if "request" in form or "request_uri" in form:
        raise OAuthRefusal("request_not_supported", "request_object")
    if form.get("response_type") != "code":
        found = form.get("response_type", "–")[:40]
        raise OAuthRefusal("unsupported_response_type", "response_type", found=found)


def _digest_in(form: Mapping[str, str]) -> str:
    digest, method = form.get("code_challenge", ""), form.get("code_challenge_method", "plain")
    if method != METHOD or not DIGEST.fullmatch(digest):
        raise OAuthRefusal("invalid_request", "no_pkce", found=method[:40])
    return digest


def _secret_in(query: Mapping[str, str]) -> str:
    return query.get("request_uri", "").removeprefix(REQUEST_URI)

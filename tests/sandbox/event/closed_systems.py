"""Systems that are not open, on sockets of loopback: a sandbox behind OAuth 2.0, Basic, an API key or TLS of a private authority."""

from __future__ import annotations

import base64
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.app import create_app
from sandbox.cli.serve import open_listener
from sandbox.settings import Settings
from tests.ready import a_prepared

CLIENT = "bench-client"
CLIENT_SECRET = "canary/oauth+secret-7Q2x"
Allows = Callable[[Request], bool]


class Gate:
    """Lets in whoever `allows` says; all else is 401."""

    def __init__(self, app: ASGIApp, allows: Allows) -> None:
        self._app = app
        self._allows = allows
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            self.seen.append(request.headers.get("authorization", ""))
            if not self._allows(request):
                refused = Response("", 401, {"WWW-Authenticate": "Bearer"})
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)


@dataclass
class TokenEndpoint:
    """A token endpoint (RFC 6749 4.4): each token is good for `uses` requests, whatever it says of its end."""

    uses: int = 10_000
    answer: dict[str, Any] | None = None
    given: list[str] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        asked = parse_qs((await request.body()).decode())
        pair = base64.b64encode(f"{CLIENT}:canary%2Foauth%2Bsecret-7Q2x".encode()).decode()
        reply: Response
        if request.headers.get("authorization") != f"Basic {pair}":
            reply = JSONResponse({"error": "invalid_client"}, 401)
        elif asked.get("grant_type") != ["client_credentials"]:
            reply = JSONResponse({"error": "unsupported_grant_type"}, 400)
        else:
            token = f"canary-access-token-{len(self.given)}"
            self.given.append(token)
            told = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
            reply = JSONResponse(told if self.answer is None else self.answer)
        await reply(scope, receive, send)

    def allows(self, request: Request) -> bool:
        """Tells whether a request carries a token that is good still."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.used[token] = self.used.get(token, 0) + 1
        return token in self.given and self.used[token] <= self.uses


@contextmanager
def serving(app: ASGIApp, **options: Any) -> Iterator[str]:
    """Serves an application on loopback, and gives its address without a path."""
    config = uvicorn.Config(app, log_level="critical", access_log=False, **options)
    server = uvicorn.Server(config)
    scheme = "https" if "ssl_certfile" in options else "http"
    with open_listener(0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def a_system(folder: Path) -> ASGIApp:
    """A FHIR server, as yet open."""
    return create_app(a_prepared(Settings(folder / "closed", seed="training", graders=0)))


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def files(self, folder: Path, name: str) -> dict[str, str]:
        """Writes both, and returns how uvicorn is told of them."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.pem").write_text(self.pem)
        (folder / f"{name}.key").write_text(self.key_pem)
        return {
            "ssl_certfile": str(folder / f"{name}.pem"),
            "ssl_keyfile": str(folder / f"{name}.key"),
        }


def issued(
    name: str,
    by: Issued | None = None,
    *,
    host: str = "127.0.0.1",
    is_authority: bool = False,
    days: int = 30,
) -> Issued:
    """Makes a certificate: of an authority, or of a server and client under one; by itself without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    alternative: x509.GeneralName = x509.DNSName(host)
    if host[0].isdigit():
        alternative = x509.IPAddress(ipaddress.ip_address(host))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject if by else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        both = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(both), critical=False)
    signed = builder.sign(by.key if by else key, hashes.SHA256())
    return Issued(signed, key)


def asking_for_certificates(authority: Path) -> dict[str, Any]:
    """How uvicorn is told to let in those alone whom an authority knows."""
    return {"ssl_ca_certs": str(authority), "ssl_cert_reqs": ssl.CERT_REQUIRED}

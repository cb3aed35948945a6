"""What a team may enter for a system that is not open: fields, the ways that they make up together,
and what is wrong with them.  Pure.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

from sandbox.errors import BadRequest
from sandbox.limits import ACCESS_PEM, ACCESS_WORD
from sandbox.testbench.entering import Entry, context_of
from sandbox.web.addresses import refuse_userinfo

PEM = ("certificate", "private_key", "authorities")
OPEN = ("user", "header", "token_endpoint", "client_id", "scope", "client_auth")
"""What a form may show while it is typed; all else is typed unseen."""
PLACES = "places"
"""The origins for which a system's fields were sealed; nobody enters it."""
CLIENT_AUTH = ("basic", "body")


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: the fields that it needs, and those that it may have.

    `is_authorization`: it fills the header of this name, so that there can be one of them.
    """

    id: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()
    is_authorization: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Returns all its fields."""
        return (*self.needed, *self.optional)

    @property
    def of_tls(self) -> str:
        """Returns how an agent takes what TLS trusts or shows; empty for a way of HTTP."""
        options = [f"--{name.replace('_', '-')} FILE" for name in self.fields if name in PEM]
        return " ".join(options)


WAYS = (
    Way(
        "oauth2",
        ("token_endpoint", "client_id", "client_secret"),
        ("scope", "client_auth"),
        is_authorization=True,
    ),
    Way("basic", ("user", "password"), is_authorization=True),
    Way("bearer", ("token",), is_authorization=True),
    Way("api_key", ("header", "key")),
    Way("mutual_tls", ("certificate", "private_key")),
    Way("authorities", ("authorities",)),
)
FIELDS = tuple(field for way in WAYS for field in way.fields)
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")  # RFC 9110 5.6.2
# RFC 9110 7.6.1 and 8.6: of the connection or of the message, which the bench sets by itself
NOT_A_KEY = frozenset({
    "authorization", "host", "content-length", "content-type", "transfer-encoding", "connection",
    "te", "trailer", "upgrade", "accept", "accept-encoding", "accept-language", "cookie",
})  # fmt: skip


def put_together(before: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Returns what a system has from now on.

    A field that is given takes the place of what was there, an empty one takes it away; what fills
    `Authorization` takes the place of any other way that fills it.

    Raises:
        BadRequest: A field is unknown or cannot be one, a way lacks one, or two exclude each other.
    """
    for field in given:
        if field not in FIELDS:
            raise BadRequest(
                "access.no_field", where=field, name=field[:40], known=", ".join(FIELDS)
            )
    clean = {name: _clean(name, value) for name, value in given.items()}
    coming = {name for name, value in clean.items() if value}
    kept = {name: value for name, value in before.items() if name in FIELDS}
    entered = [way for way in WAYS if way.is_authorization and coming & set(way.fields)]
    for way in WAYS:
        if way.is_authorization and entered and way not in entered:
            kept = {name: value for name, value in kept.items() if name not in way.fields}
    fields = {name: value for name, value in (kept | clean).items() if value}
    check(fields)
    return fields


def ways_in(fields: Mapping[str, str] | frozenset[str]) -> tuple[Way, ...]:
    """Returns the ways of which there is any field."""
    return tuple(way for way in WAYS if any(field in fields for field in way.fields))


def check(fields: Mapping[str, str]) -> None:
    """Raises BadRequest for fields that do not let in together."""
    chosen = ways_in(fields)
    for way in chosen:
        for field in way.needed:
            if field not in fields:
                raise BadRequest("access.lacks_field", where=field, way=way.id, name=field)
    for first, second in combinations([way for way in chosen if way.is_authorization], 2):
        raise BadRequest("access.two_ways", where=second.id, first=first.id, second=second.id)
    _check_words(fields)
    if any(name in fields for name in PEM):
        _check_pem(fields)


def _clean(name: str, value: str) -> str:
    if len(value) > (ACCESS_PEM if name in PEM else ACCESS_WORD):
        raise BadRequest("access.too_long", where=name, name=name)
    # a file ends with a line break, which is no part of the password in it
    clean = value.replace("\r\n", "\n").strip("\n")
    # what is no printable ASCII is another word in each encoding, and a line break another header
    if name not in PEM and not (clean.isascii() and (clean.isprintable() or not clean)):
        raise BadRequest("access.odd_signs", where=name, name=name)
    return clean


def _check_words(fields: Mapping[str, str]) -> None:
    header = fields.get("header", "X")
    if not TOKEN.match(header) or header.lower() in NOT_A_KEY:
        raise BadRequest("access.bad_header", where="header", name=header[:40])
    if ":" in fields.get("user", ""):  # RFC 7617 2
        raise BadRequest("access.colon_in_user", where="user")
    if fields.get("client_auth", "basic") not in CLIENT_AUTH:
        raise BadRequest("access.bad_client_auth", where="client_auth")
    endpoint = fields.get("token_endpoint")
    if endpoint is not None:
        refuse_userinfo(endpoint, where="token_endpoint")
        # RFC 6749 3.2: no fragment
        if not endpoint.startswith(("https://", "http://")) or "#" in endpoint:
            raise BadRequest("access.bad_endpoint", where="token_endpoint")


def _check_pem(fields: Mapping[str, str]) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509 import load_pem_x509_certificates

    def read(name: str, load: Callable[[bytes], object]) -> None:
        if name in fields:
            try:
                load(fields[name].encode())
            except (ValueError, TypeError, UnicodeError):
                raise BadRequest("access.bad_pem", where=name, name=name) from None

    def load_key(pem: bytes) -> object:
        return load_pem_private_key(pem, None)

    read("certificate", load_pem_x509_certificates)
    read("authorities", load_pem_x509_certificates)
    read("private_key", load_key)
    entry = Entry(
        frozenset(),
        frozenset(),
        certificate=fields.get("certificate", ""),
        private_key=fields.get("private_key", ""),
        authorities=fields.get("authorities", ""),
    )
    try:
        context_of(entry)
    except (ssl.SSLError, ValueError):
        raise BadRequest("access.other_key", where="private_key") from None

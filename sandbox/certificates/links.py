"""SMART Health Links and IHE's Verifiable Health Links: what a link contains, and the JWE-sealed
files behind it.

A link holds the key of its files, so whoever has the link can read them; the server that keeps them
cannot.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.certificates.claims import MILLISECONDS, Claims
from sandbox.certificates.steps import SHL, Certificate, done, failed, finding
from sandbox.certificates.unpacking import NotInflated, from_base64, inflate, to_base64url
from sandbox.certificates.verifying import validity
from sandbox.findings import Finding
from sandbox.limits import LINK_CHARACTERS, LINK_FILE_BYTES

SHLINK = "shlink:/"
VHLINK = "vhlink:/"
# Also behind the address of a viewer and `#`.  Two slashes are what the event's service writes.
ANYWHERE = re.compile(r"(?:^|#)((?:shlink|vhlink):/{1,2})([A-Za-z0-9_+/=-]*)\Z")
# a direct file (U) has no manifest at which a passcode (P) could be asked for
FLAGS = {"", "L", "P", "U", "LP", "LU"}
KEY_BYTES = 32
# 32 bytes in base64url without padding
KEY_LETTERS = 43
NO_URI = re.compile(r"[\x00-\x20\x7f<>\"]")  # letters that no address has (RFC 3986 2)
MOST_LABEL = 80
MOST_URL = 128
IV_BYTES = 12
TAG_BYTES = 16
CLAUSE = "SMART Health Links 1"
PAYLOAD = f"{CLAUSE} payload"
note = partial(finding, room="links")
Reason = Literal["no_jwe", "other_algorithm", "wrong_key", "too_large"]


@dataclass(frozen=True, slots=True)
class Link:
    """What a link says: where its files are, the key to them, until when (seconds since 1970),
    which flags.
    """

    url: str
    key: bytes
    expires: int | None = None
    flag: str = ""
    label: str = ""

    @property
    def is_direct(self) -> bool:
        """Tells whether the address is that of the one file itself (U)."""
        return "U" in self.flag

    @property
    def needs_passcode(self) -> bool:
        """Tells whether a passcode is asked for (P)."""
        return "P" in self.flag

    @property
    def secret(self) -> str:
        """What of the address nobody can guess, which is the longest of its parts: the example of
        the specification goes on behind it, and others have it in the query.
        """
        address = self.url.partition("://")[2].partition("#")[0]
        return max(re.split(r"[/?&=]", address)[1:], key=len, default="")


class NotOpened(ValueError):
    """A file that cannot be read with the key of its link; `reason` is the last part of the key of
    a finding.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


class SameMember(ValueError):
    """An object that has a member twice; says which."""


def is_link(text: str) -> bool:
    """Tells whether a text is a link, also behind the address of a viewer."""
    return ANYWHERE.search(text.strip()) is not None


def written(link: Link, *, prefix: str = SHLINK) -> str:
    """Returns a link as text: minified JSON in base64url (SMART Health Links 1, payload)."""
    payload: dict[str, Any] = {"url": link.url, "key": to_base64url(link.key)}
    payload |= {} if link.expires is None else {"exp": link.expires}
    payload |= {"flag": link.flag} if link.flag else {}
    payload |= {"label": link.label} if link.label else {}
    return prefix + to_base64url(
        json.dumps({**payload, "v": 1}, separators=(",", ":"), ensure_ascii=False).encode()
    )


def read_link(text: str, *, at: datetime | None = None) -> tuple[Certificate, Link | None]:
    """Returns the steps of reading a link, and the link; deployed forms are read with a warning.

    Args:
        text: A link, also behind the address of a viewer.
        at: The moment for which its end is judged; now where there is none.

    Returns:
        The steps, and the link, None where an error makes it useless.
    """
    certificate = Certificate(text, order=SHL)
    payload = _payload(text.strip(), certificate)
    if payload is not None:
        certificate.content = payload
        expires = _seconds(payload.get("exp"))
        certificate.claims = Claims("", None, expires, {None: payload})
        certificate.steps.append(done("schema", [*_schema(payload)]))
        validity(certificate, certificate.claims, at or datetime.now(UTC), clause=PAYLOAD)
    certificate.complete()
    if payload is None or certificate.step("schema").status == "fail":
        return certificate, None
    key = from_base64(payload["key"])
    label = str(payload.get("label") or "")
    flag = "".join(sorted(str(payload.get("flag") or "")))
    return certificate, Link(payload["url"], key, _seconds(payload.get("exp")), flag, label)


def new_key() -> bytes:
    """Returns a new key for the files of a link."""
    return os.urandom(KEY_BYTES)


def sealed(content: bytes, key: bytes, *, content_type: str, is_deflated: bool = True) -> str:
    """Returns a file as compact JWE: the key itself, A256GCM, deflated on request (RFC 7516, RFC
    7518 4.5).
    """
    header: dict[str, str] = {"alg": "dir", "enc": "A256GCM", "cty": content_type}
    if is_deflated:
        header["zip"] = "DEF"
        # raw deflate: without the two bytes before and the four behind
        content = zlib.compress(content, 9)[2:-4]
    protected = to_base64url(json.dumps(header, separators=(",", ":")).encode())
    iv = os.urandom(IV_BYTES)
    secret = AESGCM(key).encrypt(iv, content, protected.encode())
    parts = (
        protected,
        "",
        to_base64url(iv),
        to_base64url(secret[:-TAG_BYTES]),
        to_base64url(secret[-TAG_BYTES:]),
    )
    return ".".join(parts)


def opened(jwe: str, key: bytes) -> tuple[bytes, str]:
    """Returns what a file holds, and its content type.

    Args:
        jwe: The file as it was fetched, in compact form.
        key: The key of the link, 32 bytes.

    Raises:
        NotOpened: It is no JWE, is sealed with another algorithm or key, or is too large.
    """
    parts = jwe.strip().split(".")
    # Base64 makes four letters of three bytes; what is inside is limited while inflating
    if len(jwe) > 2 * LINK_FILE_BYTES:
        raise NotOpened("too_large")
    try:
        header = json.loads(from_base64(parts[0])) if len(parts) == 5 else None
        iv, secret, tag = (from_base64(part) for part in parts[2:])
    except (ValueError, RecursionError):
        raise NotOpened("no_jwe") from None
    if not isinstance(header, dict):
        raise NotOpened("no_jwe")
    if (header.get("alg"), header.get("enc"), parts[1]) != ("dir", "A256GCM", "") or header.get(
        "zip", "DEF"
    ) != "DEF":
        raise NotOpened("other_algorithm")
    try:
        content = AESGCM(key).decrypt(iv, secret + tag, parts[0].encode())
    except (InvalidTag, ValueError):
        raise NotOpened("wrong_key") from None
    if "zip" in header:
        try:
            content, _ = inflate(content, most=LINK_FILE_BYTES, is_raw=True)
        except NotInflated as error:
            raise NotOpened("too_large" if error.reason == "too_large" else "no_jwe") from None
    return content, str(header.get("cty", ""))


def links_in(content: Any) -> list[str]:
    """Returns the links that a health certificate holds, in any of their forms (HCERT subclaim
    5).
    """
    # a text as IHE specifies it, a list of {u} as the event's service writes it, or {value}
    items = content if isinstance(content, list) else [content]
    texts = [
        item.get("u") or item.get("value") if isinstance(item, Mapping) else item for item in items
    ]
    links = [text for text in texts if isinstance(text, str) and is_link(text)]
    nested = content.get("value") if isinstance(content, Mapping) else None
    return links or (links_in(nested) if isinstance(nested, list) else [])


def _payload(text: str, certificate: Certificate) -> dict[str, Any] | None:
    match = ANYWHERE.search(text) if len(text) <= LINK_CHARACTERS else None
    if match is None:
        certificate.steps.append(
            failed(
                "prefix", "no_link", expected=SHLINK, found=text[:12], clause=CLAUSE, room="links"
            )
        )
        return None
    prefix, body = match.groups()
    odd = (
        [note("two_slashes", "warning", found=prefix, clause=CLAUSE)]
        if prefix.endswith("//")
        else []
    )
    certificate.steps.append(done("prefix", odd, detail=prefix))
    try:
        payload = json.loads(from_base64(body), object_pairs_hook=_members)
    except SameMember as error:
        certificate.steps.append(
            failed("claims", "link_twice", found=str(error), clause="RFC 8259 4", room="links")
        )
        return None
    except (ValueError, RecursionError):
        certificate.steps.append(
            failed("claims", "no_link_payload", clause=f"{CLAUSE} payload", room="links")
        )
        return None
    if not isinstance(payload, dict):
        certificate.steps.append(
            failed("claims", "no_link_payload", clause=f"{CLAUSE} payload", room="links")
        )
        return None
    is_padded = "=" in body or "+" in body or "/" in body
    odd = [note("padded", "warning", where="payload", clause="RFC 4648 5")] if is_padded else []
    certificate.steps.append(
        done("claims", odd, detail=str(payload.get("label") or "")[:MOST_LABEL])
    )
    return payload


def _schema(payload: Mapping[str, Any]) -> Iterator[Finding]:
    """Yields where a payload is not as specified; what nobody can use is an error, what can be read
    a warning.
    """
    yield from _faults_of_url(payload.get("url"))
    yield from _faults_of_key(payload.get("key"))
    yield from _faults_of_end(payload.get("exp"))
    yield from _faults_of_flag(payload.get("flag") or "")
    label = payload.get("label")
    if label is not None and (not isinstance(label, str) or len(label) > MOST_LABEL):
        size = str(len(str(label)))
        expected = str(MOST_LABEL)
        yield note(
            "link_label", "warning", where="label", found=size, expected=expected, clause=PAYLOAD
        )
    version = payload.get("v", 1)
    if version != 1 or isinstance(version, bool):
        yield note("link_version", "error", where="v", found=str(version)[:20], clause=PAYLOAD)


def _faults_of_url(url: Any) -> Iterator[Finding]:
    parts = urlsplit(url) if isinstance(url, str) else None
    is_address = parts is not None and parts.scheme in ("https", "http") and parts.netloc
    # credentials in an address are a trick more often than a need (RFC 9110 4.2.4)
    if parts is None or not is_address or "@" in parts.netloc or NO_URI.search(url):
        yield note("link_url", "error", where="url", found=str(url)[:80], clause=PAYLOAD)
        return
    if parts.scheme == "http":
        yield note("link_http", "warning", where="url", found=url[:80], clause=PAYLOAD)
    if len(url) > MOST_URL:
        size = str(len(url))
        expected = str(MOST_URL)
        yield note(
            "link_long", "warning", where="url", found=size, expected=expected, clause=PAYLOAD
        )


def _faults_of_key(key: Any) -> Iterator[Finding]:
    if not _is_key(key):
        size = str(len(key)) if isinstance(key, str) else "–"
        yield note("link_key", "error", where="key", found=size, clause=PAYLOAD)
    elif len(key) != KEY_LETTERS or "+" in key or "/" in key:
        yield note("padded", "warning", where="key", clause="RFC 4648 5")


def _faults_of_end(expires: Any) -> Iterator[Finding]:
    if expires is not None and _seconds(expires) is None:
        yield note("link_exp", "error", where="exp", found=str(expires)[:40], clause=PAYLOAD)
    elif isinstance(expires, (int, float)) and expires >= MILLISECONDS:
        yield finding(
            "time_milliseconds", "warning", where="exp", found=str(expires), clause=PAYLOAD
        )


def _faults_of_flag(flag: Any) -> Iterator[Finding]:
    ordered = "".join(sorted(flag)) if isinstance(flag, str) else None
    if ordered not in FLAGS:
        yield note("link_flag", "error", where="flag", found=str(flag)[:20], clause=PAYLOAD)
    elif ordered != flag:
        yield note("link_flag_order", "warning", where="flag", found=flag, clause=PAYLOAD)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns the members of an object; raises SameMember where one stands twice."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        raise SameMember(next(name for name in names if names.count(name) > 1)[:40])
    return members


def _is_key(key: Any) -> bool:
    try:
        return isinstance(key, str) and len(from_base64(key)) == KEY_BYTES
    except ValueError:
        return False


def _seconds(value: Any) -> int | None:
    """Returns a time in seconds, also of one in milliseconds; None for what is none."""
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or value != value
        or abs(value) > 10**15
    ):
        return None
    return int(value / 1000) if value >= MILLISECONDS else int(value)

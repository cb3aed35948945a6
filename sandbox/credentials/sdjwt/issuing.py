"""Issues SD-JWT credentials: which claims the holder may show alone is said by their paths."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.sdjwt.disclosures import (
    ALGORITHM,
    DIGESTS,
    ELEMENT,
    SALT_BYTES,
    Disclosure,
    digest_of,
    write_disclosure,
)
from sandbox.credentials.texts import Json, to_base64url

TYP = "dc+sd-jwt"
# A verifier needs these whatever the holder wants (SD-JWT VC 2.2.2.2).
ALWAYS_SHOWN = frozenset({"iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "status"})
Pattern = Sequence[str | int | None]
"""The path of claims as DCQL writes it: None is every element of a list (OpenID4VP 1.0 7)."""


def new_salt() -> str:
    """Returns a salt of chance, as text."""
    return to_base64url(secrets.token_bytes(SALT_BYTES))


def issue(
    claims: Json,
    disclosable: Iterable[Pattern],
    key: PrivateKey,
    header: Json,
    *,
    decoys: int = 0,
    salt: Callable[[], str] = new_salt,
) -> str:
    """Returns an SD-JWT credential with all its disclosures, as its holder gets it.

    Args:
        claims: What it says, `vct` and `cnf` among it.
        disclosable: Paths of the claims that are shown one by one; what is within one may be
            disclosable by itself.
        key: The issuer's.
        header: `x5c` or `kid`, so that the key is found.
        decoys: How many digests of nothing stand in each object that has any, so that nobody
            counts what is hidden.
        salt: Gives a new one each time; by chance, save where something is to be repeatable.

    Raises:
        ValueError: A claim is to be disclosable that a verifier always needs.
    """
    patterns = [tuple(pattern) for pattern in disclosable]
    forbidden = {pattern[0] for pattern in patterns} & ALWAYS_SHOWN
    if forbidden:
        raise ValueError(f"always shown: {', '.join(map(str, sorted(forbidden, key=str)))}")
    hiding = _Hiding(patterns, decoys, salt)
    payload = {**hiding.hide(claims, ()), ALGORITHM: "sha-256"}
    jws = write_jws({"typ": TYP, **header}, payload, key)
    return "~".join([jws, *(each.text for each in hiding.disclosures), ""])


class _Hiding:
    """Walks through claims, and puts digests where they are disclosable."""

    def __init__(
        self, patterns: list[tuple[str | int | None, ...]], decoys: int, salt: Callable[[], str]
    ) -> None:
        self._places = frozenset(pattern for pattern in patterns if None not in pattern)
        self._patterns = [pattern for pattern in patterns if None in pattern]
        self._decoys = decoys
        self._salt = salt
        self.disclosures: list[Disclosure] = []

    def hide(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, list):
            return [self._element(item, (*path, place)) for place, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        shown: Json = {}
        digests: list[str] = []
        for name, child in value.items():
            inner = self.hide(child, (*path, name))
            if self._is_hidden((*path, name)):
                digests.append(self._digest(name, inner))
            else:
                shown[name] = inner
        if digests:
            digests += [digest_of(self._salt()) for _ in range(self._decoys)]
            # in the order of the digests: that of the claims would tell which is which
            shown[DIGESTS] = sorted(digests)
        return shown

    def _element(self, item: Any, path: tuple[str | int, ...]) -> Any:
        inner = self.hide(item, path)
        return {ELEMENT: self._digest(None, inner)} if self._is_hidden(path) else inner

    def _digest(self, name: str | None, value: Any) -> str:
        disclosure = write_disclosure(self._salt(), name, value)
        self.disclosures.append(disclosure)
        return digest_of(disclosure.text)

    def _is_hidden(self, path: tuple[str | int, ...]) -> bool:
        return path in self._places or any(matches(pattern, path) for pattern in self._patterns)


def matches(pattern: Sequence[str | int | None], path: Sequence[str | int]) -> bool:
    """Tells whether a pattern means a place: None stands for every place in a list."""
    return len(pattern) == len(path) and all(
        isinstance(step, int) if wanted is None else wanted == step
        for wanted, step in zip(pattern, path, strict=True)
    )

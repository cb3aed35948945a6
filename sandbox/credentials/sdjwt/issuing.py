"""Issues SD-JWT credentials: which claims the holder may show alone is said by their paths."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sandbox.credentials.jose import write_jws
from sandbox.credentials.keys import PrivateKey
from sandbox.credentials.sdjwt.disclosures import (
    ALGORITHM,
    DIGESTS,
    ELEMENT,
    SALT_BYTES,
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
    hiding = _Hiding(decoys, salt)
    top = _top_of(tuple(map(tuple, disclosable)))
    payload = {**hiding.hide(claims, [top]), ALGORITHM: "sha-256"}
    jws = write_jws({"typ": TYP, **header}, payload, key)
    return "~".join([jws, *hiding.disclosures, ""])


class _Place:
    """A place in patterns: whether what stands there is hidden, and what is below it."""

    __slots__ = ("below", "is_hidden")

    def __init__(self) -> None:
        self.below: dict[str | int | None, _Place] = {}
        self.is_hidden = False


@lru_cache(maxsize=100)
def _top_of(patterns: tuple[tuple[str | int | None, ...], ...]) -> _Place:
    """Returns the top of some patterns, which are the same for every credential of a kind."""
    forbidden = {pattern[0] for pattern in patterns} & ALWAYS_SHOWN
    if forbidden:
        raise ValueError(f"always shown: {', '.join(map(str, sorted(forbidden, key=str)))}")
    top = _Place()
    for pattern in patterns:
        place = top
        for step in pattern:
            place = place.below.setdefault(step, _Place())
        place.is_hidden = True
    return top


def _is_hidden(places: Sequence[_Place]) -> bool:
    return True in [place.is_hidden for place in places]


class _Hiding:
    """Walks through claims and patterns together, and puts digests where claims are disclosable."""

    def __init__(self, decoys: int, salt: Callable[[], str]) -> None:
        self._decoys = decoys
        self._salt = salt
        self.disclosures: list[str] = []

    def hide(self, value: Any, places: Sequence[_Place]) -> Any:
        """Returns a value with digests of what is hidden below some places."""
        if isinstance(value, list):
            return [self._element(item, places, number) for number, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        shown: Json = {}
        digests: list[str] = []
        for name, child in value.items():
            met = [place.below[name] for place in places if name in place.below]
            inner = self.hide(child, met) if met else child
            if met and _is_hidden(met):
                digests.append(self._digest(name, inner))
            else:
                shown[name] = inner
        if digests:
            digests += [digest_of(self._salt()) for _ in range(self._decoys)]
            # in the order of the digests: that of the claims would tell which is which
            shown[DIGESTS] = sorted(digests)
        return shown

    def _element(self, item: Any, places: Sequence[_Place], number: int) -> Any:
        steps = (number, None)
        met = [place.below[step] for place in places for step in steps if step in place.below]
        inner = self.hide(item, met) if met else item
        return {ELEMENT: self._digest(None, inner)} if _is_hidden(met) else inner

    def _digest(self, name: str | None, value: Any) -> str:
        disclosure = write_disclosure(self._salt(), name, value)
        self.disclosures.append(disclosure)
        return digest_of(disclosure)


def matches(pattern: Sequence[str | int | None], path: Sequence[str | int]) -> bool:
    """Tells whether a pattern means a place: None stands for every place in a list."""
    return len(pattern) == len(path) and all(
        isinstance(step, int) if wanted is None else wanted == step
        for wanted, step in zip(pattern, path, strict=True)
    )

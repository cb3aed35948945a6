"""The two canonical forms of a document under a proof: JSON (RFC 8785) and RDF (RDFC-1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import factorial
from threading import local
from typing import Any

import rfc8785

from sandbox.credentials.proofs.contexts import UnknownContext, load, unknown_contexts
from sandbox.credentials.texts import Json, read_object, write_compact
from sandbox.limits import CREDENTIAL_NODES, CREDENTIAL_TRIES

# Defaults that a context may take back with null, each with one that it could have had before.
DEFAULTS = {"@vocab": "urn:taken-back:", "@language": "und"}
# What a relative address is resolved against: nobody has it, so that it is known again.
BASE = "http://relative.invalid/"
MOST_RESOLVED = 50
LONGEST_REMEMBERED = 4_000  # contexts and types of a document, as text
UNREADABLE = (RecursionError, TypeError, AttributeError, KeyError, ValueError)


class NotCanonical(ValueError):
    """A document that has no canonical form: a number too large for JSON, or terms that RDF does
    not know.
    """


def jcs(document: Json) -> bytes:
    """Returns a document as canonical JSON (RFC 8785); raises NotCanonical."""
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise NotCanonical(str(error)[:200]) from None


def rdfc(document: Json) -> bytes:
    """Returns a document as canonical N-Quads (RDFC-1.0).

    Raises:
        UnknownContext: It names a context that is not bundled.
        NotCanonical: It is too large or too much alike, JSON-LD cannot be made of it, or a term
            would be lost: what no context defines is under no signature.
    """
    from pyld import jsonld

    expanded = _expanded(document, is_strict=True)
    if any(text.startswith(BASE) for text in _texts(expanded)):
        raise NotCanonical("a relative address")
    options = {"format": "application/n-quads", "documentLoader": load}
    try:
        dataset = jsonld.to_rdf(expanded, {"documentLoader": load, "produceGeneralizedRdf": False})
        return str(_within_budget().main(dataset, options)).encode()
    except (*UNREADABLE, jsonld.JsonLdError) as error:
        raise NotCanonical(str(error)[:200]) from None


def expanded_types(document: Json) -> list[str]:
    """Returns the types of a document as addresses, as its contexts define them; one that they do
    not define stays as it is.

    Raises:
        UnknownContext: It names a context that is not bundled.
        NotCanonical: Its contexts contradict each other, or define a term twice.
    """
    terms: Json = {name: document[name] for name in ("@context", "type") if name in document}
    try:
        text = write_compact(terms).decode()
    except (*UNREADABLE, UnicodeError) as error:
        raise NotCanonical(str(error)[:200]) from None
    # whoever issues many says the same of each
    return list(_remembered(text) if len(text) <= LONGEST_REMEMBERED else _types_of(text))


def _types_of(terms: str) -> tuple[str, ...]:
    expanded = _expanded(read_object(terms), is_strict=False)
    types = [str(type) for item in expanded for type in item.get("@type", [])]
    return tuple(type.removeprefix(BASE) for type in types)


_remembered = lru_cache(maxsize=200)(_types_of)


def _expanded(document: Json, *, is_strict: bool) -> list[Any]:
    """Returns a document in expanded form; where it is strict, no member may be lost."""
    from pyld import jsonld

    _refuse(document)
    lost: list[str] = []
    processor = jsonld.JsonLdProcessor(on_property_dropped=lambda name: lost.append(str(name)))
    options = {"documentLoader": load, "base": BASE, "contextResolver": _resolver()}
    try:
        expanded = processor.expand(_mended(document), options)
    except (*UNREADABLE, jsonld.JsonLdError) as error:
        raise NotCanonical(str(error)[:200]) from None
    if lost and is_strict:
        raise NotCanonical(f"not defined: {', '.join(sorted(set(lost)))}"[:200])
    return list(expanded)


class _Few(dict[str, Any]):
    """What PyLD has read of contexts, emptied when it is full."""

    def __setitem__(self, name: str, resolved: Any) -> None:
        if len(self) >= MOST_RESOLVED:
            self.clear()
        super().__setitem__(name, resolved)


class _OfThread(local):
    """PyLD's own cache is no thing for several threads: each has one."""

    def __init__(self) -> None:
        self.resolved = _Few()


_READ = _OfThread()


def _resolver() -> Any:
    """Returns what reads contexts, and knows those that this thread has read before."""
    from pyld.context_resolver import ContextResolver

    return ContextResolver(_READ.resolved, load)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        yield from _texts(part)


def _refuse(document: Json) -> None:
    """Raises UnknownContext or NotCanonical for what JSON-LD is not to be asked about."""
    unknown = next(unknown_contexts(document), None)
    if unknown is not None:
        raise UnknownContext(unknown)
    # nodes without a name are told apart by trying: their number decides what that costs
    if _size(document) > CREDENTIAL_NODES:
        raise NotCanonical(f"more than {CREDENTIAL_NODES} values")


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _mended(value: Any) -> Any:
    """Returns a document whose contexts PyLD can read: it stumbles over a default that is taken
    back before one was set (PyLD 3.3.0), so one is set before.
    """
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if not isinstance(value, dict):
        return value
    mended = {name: _mended(item) for name, item in value.items() if name != "@context"}
    if "@context" not in value:
        return mended
    contexts = value["@context"]
    listed = contexts if isinstance(contexts, list) else [contexts]
    mended["@context"] = [part for context in listed for part in _readable(context)]
    return mended


def _readable(context: Any) -> list[Any]:
    members = context if isinstance(context, dict) else {}
    nulls = [name for name, member in members.items() if member is None]
    before = {name: DEFAULTS[name] for name in nulls if name in DEFAULTS}
    if "@direction" in members and members["@direction"] is None:
        # between two contexts PyLD forgets the direction by itself
        context = {name: member for name, member in members.items() if name != "@direction"}
    return [before, context] if before else [context]


def _within_budget() -> Any:
    """Returns RDFC-1.0 as PyLD has it, which ends where nodes without a name are so much alike that
    telling them apart would take factorially many tries (RDFC-1.0 7.1).
    """
    from pyld.canon import URDNA2015

    class WithinBudget(URDNA2015):  # type: ignore[misc]
        tries = 0

        def create_hash_to_related(self, id: Any, issuer: Any) -> Any:
            related = super().create_hash_to_related(id, issuer)
            self.tries += sum(factorial(min(len(nodes), 12)) for nodes in related.values())
            if self.tries > CREDENTIAL_TRIES:
                raise NotCanonical("nodes without a name that are too much alike")
            return related

    return WithinBudget()

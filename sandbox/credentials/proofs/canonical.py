"""The two canonical forms of a document under a proof: JSON (RFC 8785) and RDF (RDFC-1.0)."""

from __future__ import annotations

import rfc8785

from sandbox.credentials.proofs.contexts import UnknownContext, load, unknown_contexts
from sandbox.credentials.texts import Json


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
        NotCanonical: JSON-LD cannot be made of it, or a term would be lost: what no context
            defines is under no signature.
    """
    from pyld import jsonld

    unknown = next(unknown_contexts(document), None)
    if unknown is not None:
        raise UnknownContext(unknown)
    options = {
        "algorithm": "URDNA2015",
        "format": "application/n-quads",
        "documentLoader": load,
        "safe": True,
        "useNative": False,
    }
    try:
        return str(jsonld.normalize(document, options)).encode()
    except (jsonld.JsonLdError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise NotCanonical(str(error)[:200]) from None


def expanded_types(document: Json) -> list[str]:
    """Returns the types of a document as addresses, as its contexts define them.

    Raises:
        UnknownContext: It names a context that is not bundled.
        NotCanonical: Its contexts contradict each other, or define a term twice.
    """
    from pyld import jsonld

    unknown = next(unknown_contexts(document), None)
    if unknown is not None:
        raise UnknownContext(unknown)
    try:
        expanded = jsonld.expand(
            {name: document[name] for name in ("@context", "type") if name in document},
            {"documentLoader": load},
        )
    except (jsonld.JsonLdError, RecursionError, TypeError, AttributeError, KeyError) as error:
        raise NotCanonical(str(error)[:200]) from None
    return [str(type) for item in expanded for type in item.get("@type", [])]

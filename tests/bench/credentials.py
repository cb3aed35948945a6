"""What `make bench` says of verifiable credentials: SD-JWT against the bare signature in the same run, and proofs in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from sandbox.credentials.sdjwt.issuing import issue
from tests.bench.certificates import in_turns
from tests.sandbox.credentials.making import (
    CLAIMS,
    CREDENTIAL,
    ISSUER,
    PATHS,
    judged,
    method_of,
    sdjwt,
    signed,
)

SUITES = ("ecdsa-jcs-2019", "ecdsa-rdfc-2019")


def figures() -> Iterator[tuple[str, str, str]]:
    """Yields name, figure and what it is held against."""
    # a status list is a signature of its own, and is measured by its own document
    claims = {name: value for name, value in CLAIMS.items() if name != "status"}
    text, public = sdjwt(claims), ISSUER.public_key()
    header = {"kid": method_of(ISSUER)}
    signed_part = text.split("~")[0].rpartition(".")[0].encode()
    der = ISSUER.sign(signed_part, ec.ECDSA(SHA256()))
    bare, whole = in_turns(
        lambda: ISSUER.sign(signed_part, ec.ECDSA(SHA256())),
        lambda: issue(claims, PATHS, ISSUER, header),
    )
    yield "issue dc+sd-jwt", f"{whole:.0f} µs, {bare / whole:.2f} of bare signing", "at least 0.3"
    bare, whole = in_turns(
        lambda: public.verify(der, signed_part, ec.ECDSA(SHA256())), lambda: judged(text)
    )
    yield (
        "verify dc+sd-jwt from text",
        f"{whole:.0f} µs, {bare / whole:.2f} of the bare check",
        "at least 0.3",
    )
    document = {name: part for name, part in CREDENTIAL.items() if name != "credentialStatus"}
    linked = [json.dumps(signed(suite, document=document)) for suite in SUITES]
    jcs, rdfc = in_turns(lambda: judged(linked[0]), lambda: judged(linked[1]), each=40)
    yield "verify a credential by ecdsa-jcs-2019", f"{jcs / 1000:.2f} ms", "under 1.5 ms"
    yield "verify a credential by ecdsa-rdfc-2019", f"{rdfc / 1000:.2f} ms", "under 15 ms"

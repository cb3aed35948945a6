"""did:ebsi of the European blockchain, decoded alone: its registry is not asked here."""

from __future__ import annotations

from sandbox.credentials.texts import Json, from_base58

PREFIX = "did:ebsi:z"
# of legal entities: one byte of version, sixteen by chance
VERSION = 1
ID_BYTES = 17


def decode(did: str) -> Json:
    """Returns what a did:ebsi says.

    Raises:
        ValueError: It is none of a legal entity (version 1).
    """
    content = from_base58(did.removeprefix(PREFIX)) if did.startswith(PREFIX) else b""
    if len(content) != ID_BYTES or content[0] != VERSION:
        raise ValueError("no did:ebsi of version 1")
    return {"version": VERSION, "id": content[1:].hex()}

"""The arguments of a call, read as the types that a contract declares."""

from __future__ import annotations

from sandbox.credentials.lacchain.chain import Call
from sandbox.errors import BadRequest

LONGEST_TEXT = 8000
LARGEST = 2**53 - 1
ADDRESS_BYTES = 20


def text_in(call: Call, name: str) -> str:
    """Returns a text; raises BadRequest."""
    value = call.args.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
        raise _wrong(name)
    return value


def hex_in(call: Call, name: str, *, size: int = 0) -> str:
    """Returns bytes as hexadecimal without `0x`, of a size where one is asked; raises
    BadRequest.
    """
    try:
        content = bytes.fromhex(text_in(call, name).removeprefix("0x"))
    except ValueError:
        raise _wrong(name) from None
    if size and len(content) != size:
        raise _wrong(name)
    return content.hex()


def account_in(call: Call, name: str) -> str:
    """Returns an address; raises BadRequest."""
    return f"0x{hex_in(call, name, size=ADDRESS_BYTES)}"


def whole_in(call: Call, name: str, *, least: int = 0, most: int = LARGEST) -> int:
    """Returns a whole number within bounds; raises BadRequest.

    Args:
        call: The call.
        name: Of the argument.
        least: The lowest that is taken.
        most: The highest.
    """
    value = call.args.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(name)
    return value


def _wrong(name: str) -> BadRequest:
    return BadRequest("lacchain.bad_argument", where=name, name=name)

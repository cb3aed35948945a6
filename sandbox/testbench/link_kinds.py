"""The ways in which a health link, its files or the code around it can be right or wrong: data, for
the track that asks about each and for the ground that makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VIEWER = "https://viewer.example/open#"
KEY_BYTES = 32  # SMART Health Links 1, payload
FAMILIES = ("Ensayo", "Práctica", "Muestra", "Simulacro", "Modelo", "Prueba", "Borrador", "Taller")


@dataclass(frozen=True, slots=True)
class LinkKind:
    """How a link differs from the plain one.

    Attributes:
        is_right: Whether what is behind it may be shown.
        flag: The flags of its payload.
        version: Of its payload.
        key_bytes: How long its key is.
        days: Until its end, negative for one that is over.
        prefix: What stands before it, such as the address of a viewer.
        code: The kind of the signed code around it (trust_ground.py); empty for a bare link.
        file: What is behind it: `plain`, or one of the ways of link_ground.py.
    """

    is_right: bool = False
    flag: str = ""
    version: int = 1
    key_bytes: int = KEY_BYTES
    days: int = 1
    code: str = ""
    prefix: str = ""
    file: str = "plain"


LINKS: Mapping[str, LinkKind] = {
    "plain": LinkKind(is_right=True),
    "viewer": LinkKind(is_right=True, prefix=VIEWER),
    "direct": LinkKind(is_right=True, flag="U"),
    "long_lasting": LinkKind(is_right=True, flag="L"),
    "embedded": LinkKind(is_right=True, file="embedded"),
    "not_deflated": LinkKind(is_right=True, file="not_deflated"),
    "second_file": LinkKind(is_right=True, file="second_file"),
    "signed": LinkKind(is_right=True, code="valid"),
    "over": LinkKind(days=-1),
    "gone": LinkKind(file="gone"),
    "both_flags": LinkKind(flag="PU"),
    "later_version": LinkKind(version=2),
    "short_key": LinkKind(key_bytes=KEY_BYTES - 1),
    "no_files": LinkKind(file="no_files"),
    "other_key": LinkKind(file="other_key"),
    "changed_file": LinkKind(file="changed_file"),
    "other_algorithm": LinkKind(file="other_algorithm"),
    "web_page": LinkKind(file="web_page"),
    "unlisted_code": LinkKind(code="unlisted"),
    "authority_code": LinkKind(code="authority"),
    "terminated_code": LinkKind(code="terminated"),
    "over_code": LinkKind(code="expired"),
    "changed_code": LinkKind(code="changed"),
}

"""Language tags: is this a tag of BCP 47 whose language is registered at IANA (RFC 5646 2.2.9)?"""

from __future__ import annotations

import re
from functools import lru_cache

BCP_47 = "urn:ietf:bcp:47"
MAX_LENGTH = 64
TAG = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")  # RFC 5646 2.1
# The tags that most documents use, those of R4's common languages among them, so that the registry,
# whose patterns take a quarter of a second to compile, is read for the others only.
_TAGS = (
    "ar bn cs da de de-AT de-CH de-DE el en en-AU en-CA en-GB en-IN en-NZ en-SG en-US es es-419 "
    "es-AR es-BO es-CL es-CO es-CR es-CU es-DO es-EC es-ES es-GT es-HN es-MX es-NI es-PA es-PE "
    "es-PR es-PY es-SV es-US es-UY es-VE fi fr fr-BE fr-CA fr-CH fr-FR fy fy-NL gn hi hr ht it "
    "it-CH it-IT ja ko nl nl-BE nl-NL no no-NO pa pl pt pt-BR pt-PT qu ru ru-RU sr sr-RS sv sv-SE "
    "te zh zh-CN zh-HK zh-SG zh-TW"
)
FREQUENT = frozenset(_TAGS.split())


def is_language(code: str) -> bool:
    """Tells whether a text is a valid language tag: well formed, and each subtag registered."""
    # a longer text is not even remembered as none
    return code in FREQUENT or (len(code) <= MAX_LENGTH and _is_language(code))


@lru_cache(maxsize=4096)
def _is_language(code: str) -> bool:
    if not TAG.match(code):
        return False
    from langcodes import tag_is_valid

    return bool(tag_is_valid(code))

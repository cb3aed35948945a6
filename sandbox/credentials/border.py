"""What an officer at a border asks a wallet, and whether what was shown answers it: vaccinated
against yellow fever, nothing else (International Health Regulations, annex 7).
"""

from __future__ import annotations

from sandbox.credentials.texts import Json
from sandbox.credentials.vaccination import VCT

QUERY_ID = "yellow-fever"
CODES = ("1D47", "XM3418")
"""Yellow fever and its vaccines in ICD-11, as DDCC core data have them."""
PRODUCT = "YellowFeverProduct"
"""How WHO's ids of prequalified products begin, in certificates of the ICVP."""
ATC = "J07BL"
"""Yellow fever vaccines in the ATC classification, as Immunizations have them."""
QUERY: Json = {
    "credentials": [
        {
            "id": QUERY_ID,
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [VCT]},
            "claims": [
                {"id": "disease", "path": ["vaccine", "disease"], "values": list(CODES)},
                {"id": "product", "path": ["vaccine", "product"]},
            ],
            # the disease tells less than the product: the wallet shows that where it has it
            "claim_sets": [["disease"], ["product"]],
        }
    ]
}


def is_yellow_fever(claims: Json) -> bool:
    """Tells whether claims say a vaccination against yellow fever.

    Args:
        claims: Those that were shown; a wallet may have ignored the values that were asked for
            (OpenID4VP 1.0 6.4.1).
    """
    vaccine = claims.get("vaccine")
    if not isinstance(vaccine, dict):
        return False
    if vaccine.get("disease") in CODES:
        return True
    return str(vaccine.get("product", "")).startswith((PRODUCT, ATC))

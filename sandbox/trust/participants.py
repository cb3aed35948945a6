"""Participants of the trust network by three-letter code (ISO 3166-1 alpha-3), as its paths use
them.
"""

from __future__ import annotations

# Only the countries of the Americas, for whose events the sandbox is made.
CODES = {
    "AG": "ATG", "AR": "ARG", "BS": "BHS", "BB": "BRB", "BZ": "BLZ", "BO": "BOL", "BR": "BRA",
    "CA": "CAN", "CL": "CHL", "CO": "COL", "CR": "CRI", "CU": "CUB", "DM": "DMA", "DO": "DOM",
    "EC": "ECU", "SV": "SLV", "GD": "GRD", "GT": "GTM", "GY": "GUY", "HT": "HTI", "HN": "HND",
    "JM": "JAM", "MX": "MEX", "NI": "NIC", "PA": "PAN", "PY": "PRY", "PE": "PER", "KN": "KNA",
    "LC": "LCA", "VC": "VCT", "SR": "SUR", "TT": "TTO", "US": "USA", "UY": "URY", "VE": "VEN",
}  # fmt: skip


def participant_of(country: str) -> str:
    """Returns the code of three letters of a country of the Americas; of nobody's XA the test code
    XXA; else itself.
    """
    # the network's virtual countries have three letters (XXA, XXB …), certificates two (XA, XB …)
    return CODES.get(country) or (f"X{country}" if country.startswith("X") else country)

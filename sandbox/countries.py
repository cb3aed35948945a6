"""Countries by their codes of two and of three letters (ISO 3166-1), and codes that are nobody's.

Certificates have two letters, the trust network's participants three; its virtual participants
begin with X in both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError

_PAIRS = """
    AD:AND AE:ARE AF:AFG AG:ATG AI:AIA AL:ALB AM:ARM AO:AGO AQ:ATA AR:ARG AS:ASM AT:AUT
    AU:AUS AW:ABW AX:ALA AZ:AZE BA:BIH BB:BRB BD:BGD BE:BEL BF:BFA BG:BGR BH:BHR BI:BDI
    BJ:BEN BL:BLM BM:BMU BN:BRN BO:BOL BQ:BES BR:BRA BS:BHS BT:BTN BV:BVT BW:BWA BY:BLR
    BZ:BLZ CA:CAN CC:CCK CD:COD CF:CAF CG:COG CH:CHE CI:CIV CK:COK CL:CHL CM:CMR CN:CHN
    CO:COL CR:CRI CU:CUB CV:CPV CW:CUW CX:CXR CY:CYP CZ:CZE DE:DEU DJ:DJI DK:DNK DM:DMA
    DO:DOM DZ:DZA EC:ECU EE:EST EG:EGY EH:ESH ER:ERI ES:ESP ET:ETH FI:FIN FJ:FJI FK:FLK
    FM:FSM FO:FRO FR:FRA GA:GAB GB:GBR GD:GRD GE:GEO GF:GUF GG:GGY GH:GHA GI:GIB GL:GRL
    GM:GMB GN:GIN GP:GLP GQ:GNQ GR:GRC GS:SGS GT:GTM GU:GUM GW:GNB GY:GUY HK:HKG HM:HMD
    HN:HND HR:HRV HT:HTI HU:HUN ID:IDN IE:IRL IL:ISR IM:IMN IN:IND IO:IOT IQ:IRQ IR:IRN
    IS:ISL IT:ITA JE:JEY JM:JAM JO:JOR JP:JPN KE:KEN KG:KGZ KH:KHM KI:KIR KM:COM KN:KNA
    KP:PRK KR:KOR KW:KWT KY:CYM KZ:KAZ LA:LAO LB:LBN LC:LCA LI:LIE LK:LKA LR:LBR LS:LSO
    LT:LTU LU:LUX LV:LVA LY:LBY MA:MAR MC:MCO MD:MDA ME:MNE MF:MAF MG:MDG MH:MHL MK:MKD
    ML:MLI MM:MMR MN:MNG MO:MAC MP:MNP MQ:MTQ MR:MRT MS:MSR MT:MLT MU:MUS MV:MDV MW:MWI
    MX:MEX MY:MYS MZ:MOZ NA:NAM NC:NCL NE:NER NF:NFK NG:NGA NI:NIC NL:NLD NO:NOR NP:NPL
    NR:NRU NU:NIU NZ:NZL OM:OMN PA:PAN PE:PER PF:PYF PG:PNG PH:PHL PK:PAK PL:POL PM:SPM
    PN:PCN PR:PRI PS:PSE PT:PRT PW:PLW PY:PRY QA:QAT RE:REU RO:ROU RS:SRB RU:RUS RW:RWA
    SA:SAU SB:SLB SC:SYC SD:SDN SE:SWE SG:SGP SH:SHN SI:SVN SJ:SJM SK:SVK SL:SLE SM:SMR
    SN:SEN SO:SOM SR:SUR SS:SSD ST:STP SV:SLV SX:SXM SY:SYR SZ:SWZ TC:TCA TD:TCD TF:ATF
    TG:TGO TH:THA TJ:TJK TK:TKL TL:TLS TM:TKM TN:TUN TO:TON TR:TUR TT:TTO TV:TUV TW:TWN
    TZ:TZA UA:UKR UG:UGA UM:UMI US:USA UY:URY UZ:UZB VA:VAT VC:VCT VE:VEN VG:VGB VI:VIR
    VN:VNM VU:VUT WF:WLF WS:WSM YE:YEM YT:MYT ZA:ZAF ZM:ZMB ZW:ZWE
"""
CODES = dict(pair.split(":") for pair in _PAIRS.split())
"""The code of three letters by that of two."""
_TWO = {three: two for two, three in CODES.items()}
# the European Union's own for Greece, and what people write for the United Kingdom
_MEANT = {"UK": "GB", "EL": "GR"}
# ISO 3166-1 leaves XA to XZ to its users: the network rehearses with them
_NOBODYS = re.compile(r"X[A-Z]")


def is_country(code: str) -> bool:
    """Tells whether a code of two letters is a country's, or nobody's (XA to XZ)."""
    return code in CODES or _NOBODYS.fullmatch(code) is not None


def meant_by(code: str) -> str:
    """Returns the code of two letters that somebody may have meant; empty for none."""
    letters = code.strip().upper()
    if letters in _MEANT:
        return _MEANT[letters]
    return letters if is_country(letters) else _TWO.get(letters, "")


def two_letters(code: str) -> str:
    """Returns the code of two letters; of XXA that of nobody's XA; empty where none is known."""
    if is_country(code):
        return code
    virtual = code[1:] if code[:1] == "X" and _NOBODYS.fullmatch(code[1:]) else ""
    return _TWO.get(code, virtual)


def participant_of(country: str) -> str:
    """Returns the code of three letters; of nobody's XA the test code XXA; else the code itself."""
    return CODES.get(country) or (f"X{country}" if _NOBODYS.fullmatch(country) else country)


def are_same(left: str, right: str) -> bool | None:
    """Tells whether two codes are of the same country; None where one of them is unknown."""
    if left == right:
        return True
    first = two_letters(left)
    second = two_letters(right)
    return first == second if first and second else None


def name_of(code: str, language: str) -> str:
    """Returns what people call a country; its code where it is nobody's, such as XA, which CLDR
    gives to something else.

    Args:
        code: Of two letters.
        language: Of the reader; English for one that CLDR does not have.
    """
    return _names(language).get(code, code) if code in CODES else code


@cache
def _names(language: str) -> Mapping[str, str]:
    try:
        return Locale.parse(language, sep="-").territories
    except (UnknownLocaleError, ValueError):
        return Locale.parse("en").territories

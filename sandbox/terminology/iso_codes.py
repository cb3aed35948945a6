"""Codes of ISO that are published as no CodeSystem: currencies (4217) and countries (3166).

Of what is not listed at hand but has the right form, nothing is known.
"""

from __future__ import annotations

import re

ISO_4217 = "urn:iso:std:iso:4217"
ISO_3166 = "urn:iso:std:iso:3166"
# Alpha-2 codes that anybody may assign, alpha-3 and numbers; R4 lists the other alpha-2 codes.
COUNTRY = re.compile(r"^(AA|Q[M-Z]|X[A-Z]|ZZ|[A-Z]{3}|\d{3})$")
CURRENCY = re.compile(r"^[A-Z]{3}$")
# The codes in use, and those that passed out of use in the years that documents speak of.
_IN_USE = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN "
    "BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP "
    "ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR "
    "ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR "
    "PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST "
    "XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG ZWL"
)
CURRENCIES = frozenset(_IN_USE.split())


def is_currency(code: str) -> bool | None:
    """Tells whether a text is a currency code; None for one of the right form that is not at
    hand.
    """
    if code in CURRENCIES:
        return True
    return None if CURRENCY.match(code) else False


def is_country(code: str) -> bool | None:
    """Tells that a text can be no country code; None for one that is not at hand."""
    return None if COUNTRY.match(code) else False

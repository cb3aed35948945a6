"""Codes with two ends each: that of the signed bytes, and that of the period which their content
states.  All are rightly signed: what differs is only how long they hold.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.course.blank import BLANK, Blank, has_blank
from sandbox.course.keys import Country

CODING = {"system": "http://id.who.int/icd11/mms", "code": "RA01"}
COUNTRY = {"system": "urn:iso:std:iso:3166", "code": "CHL"}


def periods(country: Any) -> dict[str, str] | Blank:
    """Returns the codes by their name: of two the one end is past, of two none is.

    Args:
        country: Who signs them.
    """
    if has_blank(country) or not isinstance(country, Country):
        return BLANK
    now = datetime.now(UTC)
    forms = {
        "recovery": (1, _recovery(now), 300),
        "dose": (3, _dose(now), 300),
        "card": (-6, _card(now), 90),
        "test": (4, _test(now), -5),
    }
    codes = {}
    for name, (claim, content, days) in forms.items():
        ends = now + timedelta(days=days)
        # one that is over was issued before it ended
        issued = min(now, ends - timedelta(days=1))
        codes[name] = country.signed_as_it_is(claim, content, at=issued, ends=ends)
    return codes


def _day(now: datetime, days: int) -> str:
    return f"{now + timedelta(days=days):%Y-%m-%d}"


def _recovery(now: datetime) -> dict[str, Any]:
    """Returns a recovery whose period is over (EU DCC 1.3.3, `du`)."""
    entry = {
        "tg": "840539006",
        "fr": _day(now, -215),
        "co": "CL",
        "is": "Ministerio de Salud",
        "df": _day(now, -200),
        "du": _day(now, -20),
        "ci": "URN:UVCI:01:CL:RF2026",
    }
    names = {"fn": "Fuenzalida", "fnt": "FUENZALIDA", "gn": "Rosa", "gnt": "ROSA"}
    return {"ver": "1.3.0", "nam": names, "dob": "1958-03-21", "r": [entry]}


def _dose(now: datetime) -> dict[str, Any]:
    """Returns a dose whose period ends before its signature (DDCC core data set)."""
    vaccination = {
        "vaccine": CODING,
        "brand": CODING,
        "lot": "A1",
        "date": _day(now, -120),
        "dose": 1,
        "country": COUNTRY,
    }
    return {**_ddcc(now, begins=-120, ends=60), "vaccination": vaccination}


def _test(now: datetime) -> dict[str, Any]:
    """Returns a test whose signature ended before its period."""
    date = f"{now - timedelta(days=40):%Y-%m-%dT%H:%M:%SZ}"
    test = {"pathogen": CODING, "type": CODING, "date": date, "country": COUNTRY}
    return {**_ddcc(now, begins=-40, ends=100), "test": test}


def _ddcc(now: datetime, *, begins: int, ends: int) -> dict[str, Any]:
    return {
        "name": "Rosa Fuenzalida",
        "birthDate": "1958-03-21",
        "certificate": {
            "issuer": {"identifier": {"value": "MINSAL"}},
            "hcid": {"value": "HC-2"},
            "version": "RC2",
            "period": {"start": _day(now, begins), "end": _day(now, ends)},
        },
    }


def _card(now: datetime) -> dict[str, Any]:
    """Returns a yellow card that states no end of its own."""
    shot = {"vp": "YellowFeverProductd2c75a15", "bo": "YF-77", "is": "MINSAL"}
    return {
        "n": "Rosa Fuenzalida",
        "dob": "1958-03-21",
        "v": {**shot, "dt": _day(now, -80), "vls": _day(now, -70)},
    }

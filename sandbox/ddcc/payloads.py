"""The payload of each certificate dialect, built from the core data set: essential data only,
nothing invented.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sandbox.certificates.dialects import all_dialects, check
from sandbox.countries import two_letters
from sandbox.fhir.json import Json

VERSION = "RC2"  # of the logical models (DDCC 1.0.0)
# ICD-11 (RA01) and SNOMED CT; the EU's list of diseases has the latter alone
COVID = {"RA01", "840539006", "RA01.0", "RA01.1"}
SNOMED_COVID = "840539006"
# the EU's list of vaccines knows no ICD-11: this is the ATC code for any against COVID-19
VACCINE = "J07BX03"
# the form of 2023 has words for doses where all others count them
ORDINALS = ("firstDose", "secondDose", "thirdDose", "fourthDose", "fifthDose")
# what a test result states (DDCC 1.0.0 DDCCCoreDataSetTR.test)
TR = ("pathogen", "type", "brand", "manufacturer", "origin", "date", "result", "centre", "country")
# the longest text that the EU's schema takes (EU DCC 1.3.3)
MOST = 80


def who(core: Json) -> Json:
    """Returns the core data set as it is signed (DDCC 1.0.0 DDCCCoreDataSetVS)."""
    vaccination = {
        "vaccine": core["vaccine"],
        "brand": core["brand"],
        "manufacturer": core.get("manufacturer"),
        "maholder": core.get("ma_holder"),
        "lot": core["lot"],
        "date": core["date"],
        "validFrom": core.get("vaccine_valid"),
        "dose": core["dose"],
        "totalDoses": core.get("total_doses"),
        "country": core["country"],
        "centre": core["centre"],
        "practitioner": _wrapped(core.get("hw")),
        "disease": core.get("disease"),
        "nextDose": core.get("due_date"),
    }
    about = _about(core)
    return stated({**about, "sex": _code(core.get("sex")), "vaccination": stated(vaccination)})


def tested(core: Json) -> Json:
    """Returns the core data set of a test result as it is signed (DDCC 1.0.0 DDCCCoreDataSetTR,
    claim 4 of HCERT, which is proposed).
    """
    test = {name: core.get(name) for name in TR}
    return stated({**_about(core), "test": stated(test)})


def _about(core: Json) -> Json:
    """Returns what every core data set says of the person and of the certificate."""
    certificate = {
        "issuer": {"identifier": {"value": core["pha"]}},
        "hcid": {"value": core["hcid"]},
        "version": VERSION,
        "period": stated({"start": core.get("valid_from"), "end": core.get("valid_until")}),
    }
    return {
        "name": core["name"],
        "birthDate": core.get("birthDate"),
        "identifier": _wrapped(core.get("identifier")),
        "certificate": stated(certificate),
    }


def eu_dcc(core: Json) -> Json | None:
    """Returns the same as EU DCC 1.3.0; None for what its schema and value sets have no place for.

    Where only a whole name is known its last word is taken for the family name, as the reference
    mediator does.
    """
    given, _, family = str(core["name"]).rpartition(" ")
    family = core.get("family") or family
    given = core.get("given") or given
    disease = _code(core.get("disease"))
    country = str(_code(core["country"]))
    dose = {
        "tg": SNOMED_COVID if disease in COVID else disease,
        "vp": VACCINE if disease in COVID else _code(core["vaccine"]),
        "mp": _code(core["brand"]),
        "ma": _code(core.get("ma_holder")) or _code(core.get("manufacturer")),
        "dn": core["dose"],
        "sd": core.get("total_doses"),
        "dt": core["date"],
        # WHO prefers three letters, the EU asks for two
        "co": two_letters(country) or country,
        "is": core["pha"][:MOST],
        "ci": f"URN:UVCI:01:WHO:{core['hcid'].rpartition(':')[2]}"[:MOST],
    }
    name = {"fn": family, "fnt": _standard(family), "gn": given, "gnt": _standard(given)}
    payload = {
        "ver": "1.3.0",
        "nam": stated(name),
        "dob": core.get("birthDate", ""),
        "v": [stated(dose)],
    }
    # judged as a verifier would: what the lists do not know is not issued
    dialect = next(known for known in all_dialects() if known.name == "eu_dcc")
    return None if check(dialect, payload) else payload


def icvp(core: Json) -> Json:
    """Returns the International Certificate of Vaccination in its form of 2025 (SMART ICVP 0.3.0
    DVCMin).
    """
    vaccination = {
        "vp": _code(core["product"]),
        "dt": core["date"],
        "bo": core["lot"],
        "cn": core.get("hw"),
        "is": core.get("pha"),
        "vls": core.get("vaccine_valid"),
        "vle": core.get("valid_until"),
    }
    return stated(
        {
            **_holder(core),
            "ndt": _code(core.get("document")),
            "gn": core.get("guardian"),
            "v": stated(vaccination),
        }
    )


def dvc(core: Json) -> Json:
    """Returns it in the form of 2023, with the vaccine in its parts."""
    number = core["dose"]
    vaccination = {
        "dn": ORDINALS[number - 1] if number <= len(ORDINALS) else "supplementary",
        "tg": _code(core["disease"]),
        "vp": _code(core["vaccine"]),
        "mp": _code(core.get("brand")),
        "ma": _code(core.get("ma_holder")) or _code(core.get("manufacturer")),
        "dt": core["date"],
        "bo": core["lot"],
        "vle": core.get("valid_until"),
        "is": core.get("pha"),
    }
    return stated({**_holder(core), "v": stated(vaccination)})


def stated(values: Json) -> Json:
    """Returns the members that say something."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _holder(core: Json) -> Json:
    return {
        "n": core["name"],
        "dob": core["birthDate"],
        "s": _code(core.get("sex")),
        "ntl": _code(core.get("nationality")),
        "nid": core.get("identifier"),
    }


def _code(coding: Any) -> str | None:
    """Returns the code of a Coding, else what it is called."""
    return coding.get("code") or coding.get("display") if isinstance(coding, dict) else None


def _wrapped(value: Any) -> Json | None:
    return {"value": value} if value else None


def _standard(name: str) -> str:
    """Returns a name as machine-readable travel documents have it, without what is not Latin (ICAO
    9303-3).
    """
    # NFKD parts a letter from its accent; these letters have no parts (ICAO 9303-3 6)
    plain = unicodedata.normalize(
        "NFKD", name.replace("ß", "ss").replace("ø", "o").replace("Ø", "O")
    ).upper()
    return re.sub(r"<+", "<", re.sub(r"[^A-Z<]", "", re.sub(r"[\s'’-]+", "<", plain))).strip("<")[
        :MOST
    ]

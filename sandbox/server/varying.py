"""The same seed with other data: more patients, other values and days, drawn from a word.

A grading is done on data that nobody has seen, so that what a notebook computes is right on it and
what was typed in is not.  The people and ids of the seed itself stay: lessons speak of them.  The
same word gives the same data.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from decimal import Decimal
from random import Random

from sandbox.fhir.json import Json, as_list, member, parse_json, write_json

MOST_ADDED = 4
# of invented people; none is called like somebody of the seed
GIVEN = {
    "female": ("Jimena", "Paulina", "Itzel", "Nadia", "Rocío", "Talita"),
    "male": ("Emiliano", "Gael", "Renán", "Otávio", "Dwayne", "Lautaro"),
}
FAMILY = ("Albornoz", "Catrileo", "Dorsey", "Echandi", "Figueredo", "Quiñones", "Sepúlveda", "Tum")
SLUGS = str.maketrans("áéíóúñ", "aeioun")
SHARED = ("Organization", "Practitioner")  # of a copied patient: they are there already
MOMENTS = ("effectiveDateTime", "occurrenceDateTime")
LAST_DAY = 28  # every month has it
DAY = slice(8, 10)  # of YYYY-MM-DD
LEAST, MOST = 91, 109  # percent of a value


def varied(bundles: Sequence[Json], word: str) -> list[Json]:
    """Returns a seed's transaction Bundles with other values and days, and Bundles of more people.

    Args:
        bundles: Those of the seed; they are not changed.
        word: What the data are drawn from.
    """
    # a text and not a hash of it, which would differ between processes
    random = Random(f"seed {word}")  # noqa: S311  # nobody's secret hangs on it
    whole = [deepcopy(bundle) for bundle in bundles]
    people = [bundle for bundle in whole if _patient_in(bundle)]
    families = random.sample(FAMILY, len(FAMILY))
    added = []
    for family in families[: random.randint(1, min(MOST_ADDED, len(people)))] if people else ():
        added.append(_somebody_else(random.choice(people), family, random))
    for bundle in [*people, *added]:
        for resource in _resources(bundle):
            _vary_values(resource, random)
            _vary_days(resource, random)
    return [*whole, *added]


def _patient_in(bundle: Json) -> Json | None:
    patients = [
        resource for resource in _resources(bundle) if resource.get("resourceType") == "Patient"
    ]
    return patients[0] if len(patients) == 1 else None


def _resources(bundle: Json) -> list[Json]:
    return [entry["resource"] for entry in bundle["entry"]]


def _somebody_else(bundle: Json, family: str, random: Random) -> Json:
    """Returns the record of a person as that of another one, under other ids."""
    patient = _patient_in(bundle) or {}
    given = random.choice(GIVEN.get(str(patient.get("gender")), GIVEN["female"]))
    old = str(patient["id"])
    new = f"{given} {family}".lower().translate(SLUGS).replace(" ", "-")
    entries = [
        entry for entry in bundle["entry"] if entry["resource"]["resourceType"] not in SHARED
    ]
    text = write_json({**bundle, "entry": entries}).decode().replace(old, new)
    copied: Json = parse_json(text.encode())
    for resource in _resources(copied):
        resource.pop("text", None)  # it tells of the other one
    person = _patient_in(copied) or {}
    person["name"] = [{"use": "official", "family": family, "given": [given]}]
    person["birthDate"] = _other_day(str(person["birthDate"]), random)
    for holder in (*as_list(person.get("identifier")), *as_list(person.get("telecom"))):
        holder["value"] = _other_digits(holder["value"], random)
    return copied


def _other_digits(text: str, random: Random) -> str:
    return "".join(str(random.randint(1, 9)) if sign.isdecimal() else sign for sign in text)


def _vary_values(resource: Json, random: Random) -> None:
    for holder in (resource, *as_list(resource.get("component"))):
        quantity = member(holder, "valueQuantity")
        value = member(quantity, "value")
        if isinstance(value, int | float | Decimal):
            other = _other_value(Decimal(str(value)), random)
            quantity["value"] = other
            _tell(resource, str(value), str(other))


def _other_value(value: Decimal, random: Random) -> Decimal:
    """Returns a value near by, to the same digit; a step away where that is the same."""
    step = Decimal(1).scaleb(int(value.as_tuple().exponent))
    near = (value * random.randint(LEAST, MOST) / 100).quantize(step)
    return near if near != value else value + step


def _vary_days(resource: Json, random: Random) -> None:
    for name in MOMENTS:
        moment = resource.get(name)
        if isinstance(moment, str) and len(moment) >= DAY.stop:
            resource[name] = _other_day(moment, random)
            _tell(resource, moment[: DAY.stop], resource[name][: DAY.stop])


def _other_day(moment: str, random: Random) -> str:
    """Returns a moment on another day of its month, so that no year and no order of months
    changes.
    """
    days = [day for day in range(1, LAST_DAY + 1) if f"{day:02}" != moment[DAY]]
    return f"{moment[: DAY.start]}{random.choice(days):02}{moment[DAY.stop :]}"


def _tell(resource: Json, old: str, new: str) -> None:
    """Puts what was changed into the narrative as well."""
    text = resource.get("text")
    if isinstance(text, dict) and isinstance(text.get("div"), str):
        text["div"] = text["div"].replace(old, new)

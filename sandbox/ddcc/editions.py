"""The two sets of DDCC canonicals in use: the published guide's and its earlier build's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """`base` of all canonicals, and the names of the extensions that were renamed."""

    base: str
    brand: str
    country: str

    def profile(self, name: str) -> str:
        """Returns the canonical of a profile or an extension."""
        return f"{self.base}/StructureDefinition/{name}"

    def codes(self, name: str) -> str:
        """Returns the canonical of a code system."""
        return f"{self.base}/CodeSystem/{name}"


# The mediators, and the event's fixtures, still write the canonicals of the earlier build.
PUBLISHED = Edition("http://smart.who.int/ddcc", "DDCCEventBrand", "DDCCCountryOfEvent")
EARLIER = Edition(
    "http://worldhealthorganization.github.io/ddcc", "DDCCVaccineBrand", "DDCCCountryOfVaccination"
)


def edition_of(canonical: str) -> Edition:
    """Returns the edition that a canonical is of: whoever asks in the words of one is answered in
    them.
    """
    return EARLIER if canonical.startswith(EARLIER.base) else PUBLISHED

"""The two sets of DDCC canonicals in use: the published guide's and its earlier build's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """`base` of all canonicals, and the names of the extensions that were renamed."""

    base: str
    brand: str
    country: str
    is_published: bool

    def profile(self, name: str) -> str:
        """Returns the canonical of a profile or an extension."""
        return f"{self.base}/StructureDefinition/{name}"

    def codes(self, name: str) -> str:
        """Returns the canonical of a code system, by the id that it had in the earlier build: the
        published one has it without hyphens.
        """
        return f"{self.base}/CodeSystem/{name.replace('-', '') if self.is_published else name}"


# The mediators, and the event's fixtures, still write the canonicals of the earlier build.
PUBLISHED = Edition("http://smart.who.int/ddcc", "DDCCEventBrand", "DDCCCountryOfEvent", True)
EARLIER = Edition(
    "http://worldhealthorganization.github.io/ddcc",
    "DDCCVaccineBrand",
    "DDCCCountryOfVaccination",
    False,
)


def edition_of(canonical: str) -> Edition:
    """Returns the edition that a canonical is of: whoever asks in the words of one is answered in
    them.
    """
    return EARLIER if canonical.startswith(EARLIER.base) else PUBLISHED

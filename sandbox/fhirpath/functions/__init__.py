"""The functions of FHIRPath by name; each file registers its own, importing this package knows them
all.
"""

from sandbox.fhirpath.functions import collections, conversion, fhir, mathematics, strings
from sandbox.fhirpath.functions.registry import FUNCTIONS, Function

__all__ = ["FUNCTIONS", "Function", "collections", "conversion", "fhir", "mathematics", "strings"]

"""The rehearsal room for health-interoperability connectathons: a FHIR server, lessons and the
checks they share.
"""

__version__ = "0.1.0"

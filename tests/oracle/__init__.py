"""What the text of FHIR R4 says, as mutation kinds and minimal resources: written from its pages, apart from the judge."""

"""The oracle: HL7's Java engine and ours on the same documents.  What is judged stands in `tests/oracle`."""

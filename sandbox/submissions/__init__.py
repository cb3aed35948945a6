"""The rules of document submissions (IHE MHD, ITI-65).  Pure; shared by server and test bench."""

from sandbox.submissions.identifiers import VERSIONS, Version
from sandbox.submissions.metadata import check_submission

__all__ = ["VERSIONS", "Version", "check_submission"]

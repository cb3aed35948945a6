"""What a submission of documents (IHE MHD, ITI-65) must say.  Pure; server and test bench share
it.
"""

from sandbox.submissions.identifiers import VERSIONS, Version
from sandbox.submissions.metadata import check_submission

__all__ = ["VERSIONS", "Version", "check_submission"]

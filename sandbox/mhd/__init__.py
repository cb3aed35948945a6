"""IHE Mobile access to Health Documents (MHD 4.2): what a submission must say, and further transactions."""

from sandbox.mhd import transactions  # noqa: F401  (registers them)
from sandbox.mhd.auditing import AUDIT
from sandbox.mhd.identifiers import VERSIONS, Version
from sandbox.mhd.known import compare_with_known
from sandbox.mhd.metadata import check_submission

__all__ = ["AUDIT", "VERSIONS", "Version", "check_submission", "compare_with_known"]

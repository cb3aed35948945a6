"""IHE Mobile access to Health Documents (MHD 4.2.3): what a submission must say, and further transactions."""

from sandbox.mhd import transactions  # noqa: F401  (registers them)
from sandbox.mhd.metadata import check_submission

__all__ = ["check_submission"]

"""IHE Mobile access to Health Documents (MHD 4.2.3): what a submission must say.  Knows no server and no store."""

from sandbox.mhd.metadata import check_submission

__all__ = ["check_submission"]

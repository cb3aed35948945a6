"""International Patient Summaries: from a patient's resources to a document (IPS 2.0.0).  Knows no server, no store."""

from sandbox.ips.assembly import SummaryWish, assemble

__all__ = ["SummaryWish", "assemble"]

"""International Patient Summaries: from a patient's resources to a document (IPS 2.0.0).  Knows no
server, no store.
"""

from sandbox.ips.assembly import assemble
from sandbox.ips.document import SummaryOptions
from sandbox.ips.merging import merge

__all__ = ["SummaryOptions", "assemble", "merge"]

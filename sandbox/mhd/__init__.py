"""IHE document sharing on the server (MHD 4.2): further transactions, duplicate checks, and the
audit.
"""

from sandbox.mhd import transactions  # noqa: F401  (registers them)
from sandbox.mhd.auditing import AUDIT
from sandbox.mhd.known import compare_with_known

__all__ = ["AUDIT", "compare_with_known"]

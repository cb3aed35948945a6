"""The rehearsal room for health-interoperability connectathons: a FHIR server, lessons and the
checks they share.
"""

import sys

__version__ = "0.1.0"

# httpx brings a command line, and with it rich and pygments, that nobody here calls: 4 MB of each
# process and 60 ms of its start.  It does without where those are not installed, as here.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

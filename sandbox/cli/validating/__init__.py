"""What `connectathon validate` is made of: the documents that paths mean, judging each, and
watching for changes.
"""

from sandbox.cli.validating.judging import Rules, entry_profiles, judge
from sandbox.cli.validating.sources import STDIN, Source, expand, read_source
from sandbox.cli.validating.watching import watch

__all__ = ["STDIN", "Rules", "Source", "entry_profiles", "expand", "judge", "read_source", "watch"]

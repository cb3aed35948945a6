"""What a notebook imports: the lesson, the blank, clients of document sharing, and what takes
certificates apart.
"""

from sandbox.course.blank import BLANK as ____
from sandbox.course.certificates import code, codes_in, rezip, unbase45, uncbor, unzip
from sandbox.course.certified import at_work, facts_of, failed_step, is_signed
from sandbox.course.country_rules import rule_says
from sandbox.course.document_consumer import DocumentConsumer, content_of, matches, newest
from sandbox.course.document_source import DocumentSource, submission
from sandbox.course.event_systems import event_systems
from sandbox.course.evidence import evidence
from sandbox.course.keys import key_id, new_country, puzzle
from sandbox.course.links import unlink, unseal
from sandbox.course.lists import doubtful_list, entries_in
from sandbox.course.monitor_desk import monitor_desk
from sandbox.course.national_record import write_records
from sandbox.course.own_service import own_service
from sandbox.course.periods import periods
from sandbox.course.plots import plot
from sandbox.course.revoking import facts_in, taken_back
from sandbox.course.session import lesson
from sandbox.course.summaries import build_summary
from sandbox.course.tls import tls_lab

__all__ = [
    "DocumentConsumer",
    "DocumentSource",
    "____",
    "at_work",
    "build_summary",
    "code",
    "codes_in",
    "content_of",
    "doubtful_list",
    "entries_in",
    "event_systems",
    "evidence",
    "facts_in",
    "facts_of",
    "failed_step",
    "is_signed",
    "key_id",
    "lesson",
    "matches",
    "monitor_desk",
    "new_country",
    "newest",
    "own_service",
    "periods",
    "plot",
    "puzzle",
    "rezip",
    "rule_says",
    "submission",
    "taken_back",
    "tls_lab",
    "unbase45",
    "uncbor",
    "unlink",
    "unseal",
    "unzip",
    "write_records",
]

"""What a notebook imports: the lesson, the blank, and the clients of a Document Source and Consumer."""

from sandbox.course.blank import BLANK as ____
from sandbox.course.document_consumer import DocumentConsumer, content_of, matches, newest
from sandbox.course.document_source import DocumentSource, submission
from sandbox.course.evidence import evidence
from sandbox.course.session import lesson
from sandbox.course.summaries import build_summary

__all__ = [
    "DocumentConsumer",
    "DocumentSource",
    "____",
    "build_summary",
    "content_of",
    "evidence",
    "lesson",
    "matches",
    "newest",
    "submission",
]

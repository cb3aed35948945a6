"""What a notebook imports: `from sandbox.course import ____, lesson`."""

from sandbox.course.blank import BLANK as ____
from sandbox.course.session import lesson

__all__ = ["____", "lesson"]

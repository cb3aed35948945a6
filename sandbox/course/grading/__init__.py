"""Grading: restore the author's cells, execute in a fresh place, judge the answers outside the kernel, report."""

from sandbox.course.grading.grade import GradedNotebook, grade_notebook

__all__ = ["GradedNotebook", "grade_notebook"]

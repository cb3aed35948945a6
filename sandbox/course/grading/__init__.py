"""Grading: restore the author's cells, execute in a fresh place, judge the answers outside the
kernel, report.
"""

"""Receivers by others, to which notices are sent."""

"""How the code reads, in figures: `python -m tests.metrics` prints them, and fails where one is worse than agreed."""

"""What an event is made of: people and their rights, teams' systems, runs with their reviews,
matrix and reports.

Every door (command line, API, pages) comes through here; what a test is, the test bench says.
"""

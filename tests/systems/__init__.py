"""Servers by others, as systems under test: each in an environment of its own, started on loopback by the tests."""

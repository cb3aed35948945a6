"""Lets `python -m sandbox.cli` run the command where its script is not on the PATH."""

from sandbox.cli import main

main()

"""The JSON API: systems, tracks and runs, for pages, chat and tools alike.

It gathers nothing here: commands and workers need one file of it, and not all its routes.
"""

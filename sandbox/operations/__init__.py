"""What whoever runs a server looks at: whether it is ready, how it is used, and its log.

It gathers nothing here: the command line needs the log alone, and the routes bring the whole API.
"""

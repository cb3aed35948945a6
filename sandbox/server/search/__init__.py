"""Search: from the query string to criteria for the store, and from a resource to the values it is
found by.
"""

"""Hostile inputs, generated: what they are, at which doors they are sent, and a server beside which
they are tried.
"""

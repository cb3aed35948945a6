"""Credentials, lists, proofs, requests and offers changed in one place, a hundred thousand of them."""

"""Verifiable credentials: DIDs, proofs, SD-JWT, status lists; verified with every step said."""

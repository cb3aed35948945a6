"""Issuing to wallets: OpenID for Verifiable Credential Issuance 1.0, pre-authorised code."""

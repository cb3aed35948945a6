"""Asking wallets: OpenID for Verifiable Presentations 1.0, with DCQL."""

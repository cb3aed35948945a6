"""Health links issued by this sandbox: created, requested, opened and withdrawn."""

from sandbox.sharing.links import LinkOptions, Links, Opened, Shared, SharedFile

__all__ = ["LinkOptions", "Links", "Opened", "Shared", "SharedFile"]
